"""The environment of the shop is made once, with plain words when it cannot be."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from shop.running import bootstrap


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text("# nothing\n")
    return path


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what would be made and installed instead of doing it."""
    made: list[str] = []
    monkeypatch.setattr(bootstrap, "_runs", lambda folder: "made" in made)
    monkeypatch.setattr(bootstrap, "_create", lambda folder: made.append("made"))
    monkeypatch.setattr(bootstrap, "_install", lambda *_: made.append("installed"))
    return made


def test_the_first_call_makes_and_installs(
    tmp_path: Path, requirements: Path, calls: list[str]
) -> None:
    assert bootstrap.prepare(tmp_path / "venv", requirements)

    assert calls == ["made", "installed"]


def test_the_second_call_does_nothing(
    tmp_path: Path, requirements: Path, calls: list[str]
) -> None:
    bootstrap.prepare(tmp_path / "venv", requirements)

    assert not bootstrap.prepare(tmp_path / "venv", requirements)
    assert calls == ["made", "installed"]


def test_other_requirements_are_installed_into_what_is_there(
    tmp_path: Path, requirements: Path, calls: list[str]
) -> None:
    bootstrap.prepare(tmp_path / "venv", requirements)
    requirements.write_text("flask==3.1.3\n")

    assert bootstrap.prepare(tmp_path / "venv", requirements)
    assert calls == ["made", "installed", "installed"]


def test_a_change_in_an_included_file_counts(tmp_path: Path) -> None:
    (tmp_path / "run.txt").write_text("a==1\n")
    dev = tmp_path / "dev.txt"
    dev.write_text("-r run.txt\nb==1\n")
    before = bootstrap.fingerprint(dev)

    (tmp_path / "run.txt").write_text("a==2\n")

    assert bootstrap.fingerprint(dev) != before


def test_an_interrupted_install_is_not_taken_for_a_whole_one(
    tmp_path: Path,
    requirements: Path,
    calls: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise bootstrap.CannotPrepare("no network")

    install = bootstrap._install
    monkeypatch.setattr(bootstrap, "_install", fail)
    with pytest.raises(bootstrap.CannotPrepare):
        bootstrap.prepare(tmp_path / "venv", requirements)
    monkeypatch.setattr(bootstrap, "_install", install)

    assert bootstrap.prepare(tmp_path / "venv", requirements)
    assert calls == ["made", "installed"]


def test_a_python_without_ensurepip_is_one_sentence(
    tmp_path: Path,
    requirements: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bare = SimpleNamespace(util=SimpleNamespace(find_spec=lambda name: None))
    monkeypatch.setattr(bootstrap, "importlib", bare)

    status = bootstrap.main([str(tmp_path / "venv"), str(requirements)])

    assert status == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert "comes without pip and ensurepip; install the package python3-venv" in said


def test_a_python_too_old_is_one_sentence(
    tmp_path: Path,
    requirements: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    old = SimpleNamespace(version_info=(3, 9, 2), version="3.9.2 (main)")
    old.stderr = sys.stderr
    monkeypatch.setattr(bootstrap, "sys", old)

    assert bootstrap.main([str(tmp_path / "venv"), str(requirements)]) == 1
    assert "Python 3.11 or newer; this is Python 3.9.2." in capsys.readouterr().err


def test_packages_that_cannot_be_had_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = SimpleNamespace(returncode=1)
    monkeypatch.setattr(
        bootstrap, "subprocess", SimpleNamespace(run=lambda *_, **__: failed)
    )
    monkeypatch.setattr(bootstrap, "_create", lambda folder: None)
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("flask==3.1.3\n")

    assert bootstrap.main([str(tmp_path / "venv"), str(requirements)]) == 1
    assert "could not be installed" in capsys.readouterr().err


def test_it_needs_nothing_but_the_standard_library() -> None:
    code = "import runpy, sys; runpy.run_path(sys.argv[1]); print(*sys.modules)"
    command = [sys.executable, "-I", "-S", "-c", code, str(Path(bootstrap.__file__))]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert not {"shop", "flask", "click"} & set(loaded.split())
