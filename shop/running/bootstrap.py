"""Make ``.venv`` ready: ``python3 shop/running/bootstrap.py .venv requirements.txt``.

The standard library only, and nothing of the shop: it runs before any package
is there. A stamp holds what is installed, so a second call does nothing.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

OLDEST = (3, 11)
#: What is hardly ever imported is not compiled ahead: a quarter of the room.
RARE = (
    r"/(tests?|testing|_pytest|countries|financial|lexers|styles|pip|setuptools|"
    r"pkg_resources|_distutils_hack|mssql|mysql|oracle|redis|node|ruff)/"
)


class CannotPrepare(Exception):
    """The packages cannot be installed; ``str()`` says what to do about it."""


def prepare(folder: Path, requirements: Path) -> bool:
    """Install ``requirements`` into ``folder``; False if they were there already.

    :raises CannotPrepare: with one sentence for the person at the keyboard.
    """
    if sys.version_info < OLDEST:
        raise CannotPrepare(
            f"The shop needs Python {OLDEST[0]}.{OLDEST[1]} or newer; "
            f"this is Python {sys.version.split()[0]}."
        )
    wanted = fingerprint(requirements)
    stamp = folder / f"installed-{requirements.stem}"
    if _stamped(stamp, wanted) and _runs(folder):
        return False
    folder.mkdir(exist_ok=True)
    with _turn(folder / "install.lock"):
        if _stamped(stamp, wanted) and _runs(folder):
            return False
        _say(f"Setting up {folder}: this takes about a minute, only the first time.")
        if not _runs(folder):
            _create(folder)
        _install(folder, requirements)
        stamp.write_text(wanted, "utf-8")
    return True


def fingerprint(requirements: Path) -> str:
    """Return a hash of this Python and of everything ``requirements`` asks for."""
    text = requirements.read_text("utf-8")
    digest = hashlib.sha256(f"{sys.version}\n{sys.base_prefix}\n{text}".encode())
    for line in text.splitlines():
        if line.startswith("-r "):
            digest.update((requirements.parent / line[3:].strip()).read_bytes())
    return digest.hexdigest()


def _stamped(stamp: Path, wanted: str) -> bool:
    return stamp.is_file() and stamp.read_text("utf-8") == wanted


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _runs(folder: Path) -> bool:
    """Say whether the environment's own Python and pip can be started."""
    pip = [str(_python(folder)), "-c", "import pip"]
    try:
        return subprocess.run(pip, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _create(folder: Path) -> None:
    if importlib.util.find_spec("ensurepip") is None:
        raise CannotPrepare(
            f"This Python ({sys.executable}) comes without pip and ensurepip; "
            f"install the package python3-venv of your system and try again."
        )
    try:
        venv.create(folder, with_pip=True, symlinks=True)
        # Older Pythons bring it along; everything here comes as a wheel.
        remove = ["-m", "pip", "uninstall", "-q", "-y", "setuptools"]
        subprocess.run(
            [str(_python(folder)), *remove], capture_output=True, check=False
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotPrepare(
            f"The folder {folder} cannot be made: {error}; on Debian and Ubuntu "
            f"install python3-venv and try again."
        ) from error


def _install(folder: Path, requirements: Path) -> None:
    pip = [str(_python(folder)), "-m", "pip", "install", "-qq", "--no-compile"]
    pip += ["--disable-pip-version-check", "--no-input", "--prefer-binary"]
    if subprocess.run([*pip, "-r", str(requirements)], check=False).returncode != 0:
        raise CannotPrepare(
            "The packages could not be installed (pip's reason stands above); "
            "check the network and start again: what is there already is kept."
        )
    compiled = [str(_python(folder)), "-m", "compileall", "-q", "-j", "2"]
    compiled += ["-x", RARE, str(folder / "lib")]
    subprocess.run(compiled, check=False)
    # What pip compiled of itself is 7 MB that nobody runs again.
    for cache in (folder / "lib").glob("python*/site-packages/pip/**/__pycache__"):
        shutil.rmtree(cache, ignore_errors=True)


@contextlib.contextmanager
def _turn(path: Path) -> Iterator[None]:
    """Wait until no other call installs into the same folder."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


def main(arguments: list[str]) -> int:
    """Prepare ``arguments`` (folder, requirements); 1 and a sentence if it fails."""
    folder, requirements = map(Path, arguments)
    try:
        prepare(folder, requirements)
    except CannotPrepare as refused:
        _say(str(refused))
        return 1
    except KeyboardInterrupt:
        _say("Stopped; the next start goes on from here.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
