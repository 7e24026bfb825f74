"""Processes under measurement: started, watched through /proc, stopped again."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON = [sys.executable]
TICKS = os.sysconf("SC_CLK_TCK")
#: Seconds for a server to answer on a machine with other work.
PATIENCE = 60.0


class NeverAnswered(RuntimeError):
    """A server that was started did not open."""


@dataclass(frozen=True)
class Server:
    """A running server; ``pid`` is the root of its process tree."""

    pid: int
    port: int
    #: Seconds from its start to its first good answer.
    opened_after: float

    @property
    def url(self) -> str:
        """Return the address without a path."""
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str], port: int, path: str, environ: Mapping[str, str], log: Path
) -> Iterator[Server]:
    """Run a server until the block ends; wait until ``path`` is answered with 200.

    :raises NeverAnswered: with the end of what it said.
    """
    began = time.monotonic()
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env=dict(environ), stdout=said, stderr=said,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}{path}"
        while not _answers(url):
            late = time.monotonic() - began > PATIENCE
            if late or process.poll() is not None:
                raise NeverAnswered(log.read_text("utf-8", "replace")[-2000:])
            time.sleep(0.02)
        yield Server(process.pid, port, time.monotonic() - began)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def tree(root: int) -> list[int]:
    """Return a process and everything below it."""
    below: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (stat := _stat(int(folder.name))):
            below.setdefault(int(stat[1]), []).append(int(folder.name))
    found, ahead = [], [root]
    while ahead:
        pid = ahead.pop()
        found.append(pid)
        ahead += below.get(pid, [])
    return found


def cpu_seconds(root: int) -> float:
    """Return the CPU time of a process tree, that of ended children included."""
    ticks = 0
    for pid in tree(root):
        stat = _stat(pid)
        ticks += sum(int(part) for part in stat[11 : 15 if pid == root else 13])
    return ticks / TICKS


def memory(root: int) -> float:
    """Return the proportional share of memory of a process tree, in MB."""
    total = 0
    for pid in tree(root):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8").splitlines()
        except OSError:
            continue  # it has just ended
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def settle(root: int, seconds: float = 3.0) -> None:
    """Wait until a process tree has been the same for a while: some start late."""
    known, since = set(tree(root)), time.monotonic()
    while time.monotonic() - since < seconds:
        time.sleep(0.1)
        if (now := set(tree(root))) != known:
            known, since = now, time.monotonic()


def _stat(pid: int) -> list[str]:
    """Return the fields of ``/proc/PID/stat`` behind the name; none if it ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()
