"""Keeps the processes of one shop alive, and lets none outlive it.

No threads: one loop waits for signals and for the next restart. A child that
dies is started again after a pause that doubles from half a second to half a
minute; a child that lived for half a minute begins anew.
"""

import contextlib
import ctypes
import mmap
import os
import pickle
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

Result = TypeVar("Result")

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
GRACE = 15.0
PR_SET_PDEATHSIG = 1
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Pulse:
    """The last sign of life of a fork, in memory that its parent sees."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 8)

    def beat(self) -> None:
        """Note that the process is alive at this moment."""
        struct.pack_into("d", self._memory, 0, time.monotonic())

    def last(self) -> float:
        """Return when it was last noted, on the monotonic clock; 0 if never."""
        return float(struct.unpack_from("d", self._memory)[0])


class Process(Protocol):
    """What the tree needs of a process, as ``subprocess.Popen`` has it."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None:
        """Return how it ended, or None; reaps it."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait at most ``timeout`` seconds for its end.

        :raises subprocess.TimeoutExpired: if it goes on.
        """


@dataclass
class Child:
    """One process to keep alive; times are seconds of the monotonic clock.

    It runs a program, or a function of this one in a fork: what the parent has
    loaded is then shared memory, and the start takes no time.
    """

    name: str
    run: Sequence[str] | Callable[[], object]
    process: Process | None = None
    started: float = 0.0
    due: float = 0.0
    deaths: int = 0
    #: Whether it is started only when the shop has opened.
    later: bool = False
    #: When it last gave a sign of life, and how long it may be silent.
    heard: Callable[[], float] | None = None
    patience: float = 0.0

    @property
    def alive(self) -> bool:
        """Whether it runs right now; reaps it if it has ended."""
        return self.process is not None and self.process.poll() is None

    def hangs(self, now: float) -> bool:
        """Say whether it has been silent for longer than it may."""
        if self.heard is None:
            return False
        return now - max(self.started, self.heard()) > self.patience


class Tree:
    """A supervised process tree.

    ``opened`` is asked after each round until it says True; ``announce`` is
    called then, once. A child that dies three times before that ends the whole
    tree: its own words stand on the screen. ``closing`` is called before the
    children are asked to end. One that hangs is killed, and so started again.
    """

    def __init__(
        self,
        children: Sequence[Child],
        environ: Mapping[str, str],
        opened: Callable[[], bool] = lambda: True,
        announce: Callable[[], None] = lambda: None,
        *,
        grace: float = GRACE,
        closing: Callable[[], None] = lambda: None,
    ) -> None:
        self.children = children
        self.environ = environ
        self.opened = opened
        self.announce = announce
        self.grace = grace
        self.closing = closing
        self.stopping = False
        self.announced = False

    def run(self) -> int:
        """Run until a signal asks to stop; return the exit status."""
        with self._signals() as wake:
            try:
                while not self.stopping:
                    if self._round():
                        return 1
                    select.select([wake], [], [], 1.0 if self.announced else 0.1)
                    _drain(wake)
            finally:
                self.stop()
        return 0

    def stop(self) -> None:
        """Ask every child to end, and end those that do not within the grace."""
        self.closing()
        running = [child for child in self.children if child.alive]
        for child in running:
            _send(child, signal.SIGTERM)
        deadline = time.monotonic() + self.grace
        for child in running:
            assert child.process is not None  # noqa: S101
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _send(child, signal.SIGKILL)
                child.process.wait()

    def _round(self) -> bool:
        """Start what is due; True if the tree has to be given up."""
        now = time.monotonic()
        for child in self.children:
            if child.alive or (child.later and not self.announced):
                if child.alive and child.hangs(now):
                    _say(f"The {child.name} process does not answer; it is ended.")
                    _send(child, signal.SIGKILL)
                continue
            if child.process is not None:
                self._mourn(child, now)
                if child.deaths >= 3 and not self.announced:
                    _say(f"The {child.name} process could not start; see above.")
                    return True
            if now >= child.due:
                child.process = start(child.run, self.environ)
                child.started = now
        if not self.announced and self.opened():
            self.announced = True
            self.announce()
        return False

    def _mourn(self, child: Child, now: float) -> None:
        assert child.process is not None  # noqa: S101
        if now - child.started >= LONGEST_PAUSE:
            child.deaths = 0
        pause = min(FIRST_PAUSE * 2**child.deaths, LONGEST_PAUSE)
        child.deaths += 1
        child.due = now + pause
        status = child.process.returncode
        child.process = None
        _say(f"The {child.name} process ended ({status}); again in {pause:g} s.")

    @contextlib.contextmanager
    def _signals(self) -> Iterator[int]:
        """Wake the loop for a stop signal or the end of a child."""
        read, write = os.pipe()
        os.set_blocking(read, False)
        os.set_blocking(write, False)
        old = {
            number: signal.signal(number, self._asked_to_stop)
            for number in STOP_SIGNALS
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN
        }
        old[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        wakeup = signal.set_wakeup_fd(write)
        try:
            yield read
        finally:
            signal.set_wakeup_fd(wakeup)
            for number, handler in old.items():
                signal.signal(number, handler)
            os.close(read)
            os.close(write)

    def _asked_to_stop(self, *_: object) -> None:
        self.stopping = True


def start(
    run: Sequence[str] | Callable[[], object], environ: Mapping[str, str]
) -> Process:
    """Start a process that gets SIGTERM when this one dies, however it dies.

    It leads a session of its own: Ctrl-C reaches this process only, which then
    stops the others in order. It speaks on standard error alone. The death
    signal exists only on Linux.
    """
    if callable(run):
        return Fork(run)
    parent = os.getpid()
    return subprocess.Popen(
        run,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: die_with(parent),  # noqa: PLW1509 (one thread, no locks)
    )


class Fork:
    """A fork of this process that runs one function and ends."""

    def __init__(self, target: Callable[[], object]) -> None:
        self.returncode: int | None = None
        parent = os.getpid()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os._exit(_run_alone(target, parent))

    def poll(self) -> int | None:
        """Return how it ended, or None; reaps it."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait at most ``timeout`` seconds for its end.

        :raises subprocess.TimeoutExpired: if it goes on.
        """
        end = time.monotonic() + (float("inf") if timeout is None else timeout)
        while (status := self.poll()) is None:
            if time.monotonic() >= end:
                raise subprocess.TimeoutExpired("fork", timeout or 0)
            time.sleep(0.01)
        return status


def apart(work: Callable[[], Result]) -> Callable[[], Result | None]:
    """Begin ``work`` in a fork; return what waits for its result, None if it failed.

    Whatever the work had to load is gone with the fork.
    """
    read, write = os.pipe()

    def send() -> None:
        with os.fdopen(write, "wb") as pipe:
            pickle.dump(work(), pipe)

    fork = Fork(send)
    os.close(write)

    def receive() -> Result | None:
        with os.fdopen(read, "rb") as pipe:
            sent = pipe.read()
        return pickle.loads(sent) if fork.wait() == 0 else None  # noqa: S301 (our own)

    return receive


def _run_alone(target: Callable[[], object], parent: int) -> int:
    """Run ``target`` as a process of its own; return its exit status."""
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (*STOP_SIGNALS, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        die_with(parent)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        target()
    except SystemExit as end:
        if isinstance(end.code, str):
            _say(end.code)
            return 1
        return end.code or 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    finally:
        sys.stderr.flush()
    return 0


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with(parent: int) -> None:
    """Let the kernel send SIGTERM to this process when its parent dies."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)


def _send(child: Child, number: signal.Signals) -> None:
    assert child.process is not None  # noqa: S101
    target = child.process.pid
    with contextlib.suppress(ProcessLookupError):
        if number == signal.SIGKILL:
            os.killpg(target, number)  # with everything it started
        else:
            os.kill(target, number)


def _drain(wake: int) -> None:
    with contextlib.suppress(BlockingIOError):
        while os.read(wake, 4096):
            pass


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()
