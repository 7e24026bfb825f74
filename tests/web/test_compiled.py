"""Compiled templates on the disk: used where they are ours, and nowhere else."""

import os
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment, select_autoescape

from shop.web import compiled as module
from shop.web.compiled import Compiled, compiled


def _environment(folder: Path, text: str = "Tea for {{ who }}") -> Environment:
    return Environment(
        loader=DictLoader({"page.html": text}),
        autoescape=select_autoescape(),
        bytecode_cache=compiled(folder),
    )


def _shown(env: Environment) -> str:
    return env.get_template("page.html").render(who="you")


def _never_compile(env: Environment) -> Environment:
    def refuse(*_: object, **__: object) -> object:
        raise AssertionError("compiled again")

    env.compile = refuse  # type: ignore[assignment, method-assign]
    return env


def test_what_was_compiled_once_is_read_the_next_time(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    assert _shown(_environment(folder)) == "Tea for you"

    assert _shown(_never_compile(_environment(folder))) == "Tea for you"


def test_a_changed_template_is_compiled_again(tmp_path: Path) -> None:
    _shown(_environment(tmp_path / "templates"))

    changed = _environment(tmp_path / "templates", "Rice for {{ who }}")

    assert _shown(changed) == "Rice for you"


def test_changed_code_of_the_shop_compiles_all_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _shown(_environment(tmp_path / "templates"))
    monkeypatch.setattr(module, "program", lambda: "another")

    with pytest.raises(AssertionError, match="compiled again"):
        _shown(_never_compile(_environment(tmp_path / "templates")))


def test_nobody_else_may_read_or_write_it(tmp_path: Path) -> None:
    folder = tmp_path / "instance" / "templates"
    _shown(_environment(folder))

    assert folder.parent.stat().st_mode & 0o777 == 0o700
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o077 for path in folder.iterdir()] == [0]


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o701])
def test_a_folder_open_to_others_is_not_used(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    folder.chmod(mode)

    assert compiled(folder) is None


def test_a_folder_of_somebody_else_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)

    assert compiled(tmp_path / "templates") is None


def test_a_link_to_a_folder_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "templates").symlink_to(tmp_path / "elsewhere")

    assert compiled(tmp_path / "templates") is None


def test_where_no_folder_can_be_made_pages_are_shown_all_the_same(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()

    assert _shown(_environment(tmp_path / "file" / "templates")) == "Tea for you"


def test_a_damaged_file_is_compiled_again(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    _shown(_environment(folder))
    (path,) = folder.iterdir()
    whole = path.read_bytes()

    for length in (0, 10, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert _shown(_environment(folder)) == "Tea for you"
        assert path.read_bytes() == whole


def test_a_disk_that_takes_nothing_shows_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> object:
        raise OSError(28, "No space left on device")

    env = _environment(tmp_path / "templates")
    monkeypatch.setattr("tempfile.NamedTemporaryFile", full)

    assert _shown(env) == "Tea for you"
    assert isinstance(env.bytecode_cache, Compiled)
