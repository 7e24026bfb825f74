"""Compiled templates kept on the disk: a start reads them instead of making them.

What is compiled is code: it is read only where nobody but this user can have
written it. Without such a folder templates are compiled at each start, as ever.
"""

import hashlib
import os
import stat
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from jinja2.bccache import Bucket, FileSystemBytecodeCache

from shop.config import ROOT


class Compiled(FileSystemBytecodeCache):
    """Jinja's own store, for one program; a file that fails it is as if not there.

    Jinja knows a changed template by its text; ``program`` stands for all that
    may make another code of the same text. Files are replaced whole, so any
    number of processes may write at once.
    """

    def __init__(self, folder: Path, program: str) -> None:
        super().__init__(str(folder), "%s.bin")
        self.program = program

    def get_source_checksum(self, source: str) -> str:
        return super().get_source_checksum(self.program + source)

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):  # a full disk costs time, not the page
            super().dump_bytecode(bucket)


def compiled(folder: Path) -> Compiled | None:
    """Return the store in ``folder``, made if need be; None if it is not ours alone."""
    try:
        # Each by itself: parents made on the way would be open to others.
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    if not ours or found.st_mode & 0o077 or not os.access(folder, os.W_OK | os.X_OK):
        return None
    return Compiled(folder, program())


def program() -> str:
    """Return a mark of this Python, of Jinja and of the shop's own code.

    Jinja works out filters of constants while it compiles: so the code counts.
    """
    digest = hashlib.sha256(f"{sys.version} {version('jinja2')}".encode())
    for path in sorted((ROOT / "shop").rglob("*.py")):
        state = path.stat()
        digest.update(f"{path} {state.st_mtime_ns} {state.st_size}".encode())
    return digest.hexdigest()
