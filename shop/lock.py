"""Who is using the installation: many while it is open, one alone while it changes.

Locks of the kernel on files in the instance folder: a process that is killed
gives its lock back. They bind the processes of one machine.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ShopIsOpen(Exception):
    """Web or worker processes of this installation are running."""


def stay_open(instance: Path) -> int:
    """Mark the shop as open until this process and its forks have ended.

    Waits while somebody has it alone. Returns the handle, to be kept.
    """
    handle = _open(instance / "open.lock")
    fcntl.flock(handle, fcntl.LOCK_SH)
    return handle


@contextmanager
def closed(instance: Path) -> Iterator[None]:
    """Keep web and worker processes away for the length of the block.

    :raises ShopIsOpen: if one is running.
    """
    handle = _open(instance / "open.lock")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as taken:
        os.close(handle)
        raise ShopIsOpen from taken
    try:
        yield
    finally:
        os.close(handle)


@contextmanager
def alone(instance: Path, name: str) -> Iterator[None]:
    """Do what ``name`` says in one process at a time; the others wait."""
    handle = _open(instance / f"{name}.lock")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
