"""Processes that die come back; when the shop goes, all of them go."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from shop.config import ROOT
from shop.running import supervise
from shop.running.supervise import Child, Tree

pytestmark = pytest.mark.serial

#: A shop of two processes that write their numbers into a folder and wait.
PARENT = """
import os, sys, time
from shop.running.supervise import Child, Tree
child = (
    "import os, signal, sys, time; from pathlib import Path;"
    "sys.argv[2] == 'deaf' and signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "Path(sys.argv[1], f'{sys.argv[2]}-{os.getpid()}').touch(); time.sleep(60)"
)
names = sys.argv[2:]
children = [Child(n, [sys.executable, "-c", child, sys.argv[1], n]) for n in names]
sys.exit(Tree(children, os.environ, grace=0.5).run())
"""


def begin(folder: Path, *names: str) -> subprocess.Popen[bytes]:
    environ = dict(os.environ) | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PARENT, str(folder), *names]
    return subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)


def pids(folder: Path, name: str) -> list[int]:
    found = sorted(folder.glob(f"{name}-*"), key=lambda path: path.stat().st_mtime_ns)
    return [int(path.name.rpartition("-")[2]) for path in found]


def gone(pid: int) -> bool:
    """Say whether a process ended; a zombie that nobody reaps has ended, too."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return text.rpartition(")")[2].split()[0] == "Z"


def eventually(true: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return False


def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    parent = begin(tmp_path, "web", "worker")
    try:
        assert eventually(lambda: len(pids(tmp_path, "web")) == 1)
        first = pids(tmp_path, "web")[0]

        os.kill(first, signal.SIGKILL)

        assert eventually(lambda: len(pids(tmp_path, "web")) == 2)
        assert len(pids(tmp_path, "worker")) == 1
    finally:
        parent.terminate()
        assert parent.wait(60) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_and_the_status_is_fine(
    tmp_path: Path, number: signal.Signals
) -> None:
    parent = begin(tmp_path, "web", "worker")
    assert eventually(lambda: bool(pids(tmp_path, "web") and pids(tmp_path, "worker")))

    parent.send_signal(number)

    assert parent.wait(60) == 0
    assert all(gone(pid) for name in ("web", "worker") for pid in pids(tmp_path, name))


def test_a_child_that_does_not_hear_is_killed_after_the_grace(tmp_path: Path) -> None:
    parent = begin(tmp_path, "deaf")
    assert eventually(lambda: bool(pids(tmp_path, "deaf")))

    parent.terminate()

    assert parent.wait(60) == 0
    assert gone(pids(tmp_path, "deaf")[0])


def test_kill_9_of_the_parent_ends_its_children(tmp_path: Path) -> None:
    parent = begin(tmp_path, "web", "worker")
    assert eventually(lambda: bool(pids(tmp_path, "web") and pids(tmp_path, "worker")))

    parent.kill()
    parent.wait(60)

    children = pids(tmp_path, "web") + pids(tmp_path, "worker")
    assert eventually(lambda: all(gone(pid) for pid in children))


def test_what_cannot_start_ends_the_tree_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(supervise, "FIRST_PAUSE", 0.01)
    failing = Child("web", [sys.executable, "-S", "-c", "raise SystemExit(3)"])

    tree = Tree([failing], os.environ, opened=lambda: False)

    assert tree.run() == 1
    assert "The web process could not start; see above." in capsys.readouterr().err


def test_a_function_runs_in_a_fork_and_its_end_is_the_status() -> None:
    def refuse() -> None:
        sys.exit(3)

    assert supervise.Fork(lambda: None).wait(60) == 0
    assert supervise.Fork(refuse).wait(60) == 3


def test_a_fork_hears_the_signals_of_its_own() -> None:
    fork = supervise.start(lambda: time.sleep(60), os.environ)
    with pytest.raises(subprocess.TimeoutExpired):
        fork.wait(0.05)

    os.kill(fork.pid, signal.SIGTERM)

    assert fork.wait(60) == -signal.SIGTERM


def test_the_pause_before_a_restart_doubles_and_ends_at_half_a_minute() -> None:
    tree = Tree([], {})
    child = Child("web", ["true"])
    pauses = []
    for _ in range(9):
        child.process = supervise.start(["true"], os.environ)
        child.process.wait()
        child.started = 100.0
        tree._mourn(child, 101.0)
        pauses.append(child.due - 101.0)

    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_child_that_lived_long_begins_with_the_shortest_pause() -> None:
    tree = Tree([], {})
    child = Child("web", ["true"], deaths=7)
    child.process = supervise.start(["true"], os.environ)
    child.process.wait()
    child.started = 100.0

    tree._mourn(child, 140.0)

    assert child.due == 140.5


def test_the_shop_is_announced_once_when_it_answers() -> None:
    said: list[str] = []
    answers = iter([False, False, True])
    tree = Tree(
        [Child("web", ["sleep", "60"])],
        os.environ,
        opened=lambda: next(answers),
        announce=lambda: said.append("open"),
    )
    try:
        for _ in range(5):
            tree._round()
    finally:
        tree.stop()

    assert said == ["open"]


def test_who_works_behind_the_counter_comes_when_the_shop_is_open() -> None:
    answers = iter([False, True])
    web = Child("web", ["sleep", "60"])
    worker = Child("worker", ["sleep", "60"], later=True)
    tree = Tree([web, worker], os.environ, opened=lambda: next(answers))
    try:
        tree._round()
        assert (web.alive, worker.alive) == (True, False)
        tree._round()
        tree._round()
        assert worker.alive
    finally:
        tree.stop()


def test_a_child_without_a_sign_of_life_is_killed_and_started_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(supervise, "FIRST_PAUSE", 0.0)
    silent = Child("web", ["sleep", "60"], heard=lambda: 0.0, patience=30.0)
    tree = Tree([silent], os.environ)
    try:
        tree._round()
        assert silent.process is not None
        first = silent.process
        tree._round()
        assert silent.alive  # it has only just begun

        silent.started -= 31
        tree._round()

        assert first.wait(60) == -signal.SIGKILL
        tree._round()
        assert silent.process is not first
        assert (
            "The web process does not answer; it is ended." in capsys.readouterr().err
        )
    finally:
        tree.stop()


def test_a_child_that_gives_signs_of_life_lives_on() -> None:
    child = Child("web", ["sleep", "60"], heard=time.monotonic, patience=30.0)
    tree = Tree([child], os.environ)
    try:
        tree._round()
        child.started -= 3600
        tree._round()
        assert child.alive
    finally:
        tree.stop()


def test_the_door_is_closed_before_the_children_are_asked_to_end() -> None:
    child = Child("web", ["sleep", "60"])
    seen: list[bool] = []
    tree = Tree([child], os.environ, closing=lambda: seen.append(child.alive))
    tree._round()

    tree.stop()

    assert seen == [True]
    assert not child.alive


def test_a_parent_sees_the_pulse_of_its_fork() -> None:
    pulse = supervise.Pulse()
    assert pulse.last() == 0

    began = time.monotonic()
    assert supervise.Fork(pulse.beat).wait(60) == 0

    assert began <= pulse.last() <= time.monotonic()


def test_work_done_apart_gives_its_result_and_leaves_nothing_behind() -> None:
    here: list[int] = []

    def work() -> list[int]:
        here.append(1)
        return [os.getpid(), len(here)]

    pid, seen = supervise.apart(work)() or [0, 0]

    assert pid not in {0, os.getpid()}
    assert seen == 1
    assert here == []


def test_work_that_fails_apart_gives_none(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> int:
        raise ZeroDivisionError

    assert supervise.apart(fail)() is None
    assert "ZeroDivisionError" in capfd.readouterr().err
