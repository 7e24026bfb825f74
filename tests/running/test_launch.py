"""``python app.py``: what it starts, what it says, and when it refuses."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from shop.config import ROOT, ConfigError, load_config
from shop.running import launch, ports


def app_py(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SHOP_")}
    return subprocess.run(
        [sys.executable, "app.py", *words],
        cwd=ROOT,
        env=kept | {"DATABASE_URL": ""} | environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_bad_setting_stops_the_start_with_exactly_its_sentence(
    tmp_path: Path,
) -> None:
    ended = app_py(PORT="abc", SHOP_INSTANCE=str(tmp_path))

    assert ended.returncode == 1
    assert ended.stderr == (
        "PORT is 'abc', but must be a whole number from 1 to 65535.\n"
    )


def test_the_command_line_stops_with_the_same_sentence(tmp_path: Path) -> None:
    ended = app_py("shop", "doctor", SHOP_HOTS="x", SHOP_INSTANCE=str(tmp_path))

    assert ended.returncode == 1
    assert ended.stderr.startswith("SHOP_HOTS is not a setting of this shop.")
    assert "Traceback" not in ended.stderr


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        port = other.getsockname()[1]

        ended = app_py(PORT=str(port), SHOP_INSTANCE=str(tmp_path))

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert f"Port {port} is in use by another program" in ended.stderr
    assert not (tmp_path / "shop.db").exists()


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(ConfigError, match="cannot listen on 192"):
        ports.refuse_taken_port("192.0.2.1", 8000, "PORT")


def test_a_missing_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    there = launch._installed
    monkeypatch.setattr(
        launch, "_installed", lambda name: name != "segno" and there(name)
    )

    with pytest.raises(ConfigError) as refused:
        launch.refuse_missing_packages()

    assert str(refused.value) == (
        "Packages are missing (segno); type: make run, "
        "or: pip install -r requirements.txt"
    )


def test_a_python_without_any_package_is_one_sentence() -> None:
    command = [sys.executable, "-S", "app.py", "shop", "doctor"]
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    ended = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith("The package flask is missing; type: make run")
    assert ended.stderr.count("\n") == 1


def test_every_package_of_the_shop_is_there() -> None:
    launch.refuse_missing_packages()


def test_the_demo_shop_has_a_sandbox_and_a_public_one_has_none(tmp_path: Path) -> None:
    public = {"SHOP_PUBLIC_URL": "https://shop.example", "SHOP_WEB_WORKERS": "3"}

    def names(environ: dict[str, str]) -> list[str]:
        config = load_config(environ, tmp_path)
        with socket.socket() as listener:
            children = launch.children(config, Flask("test"), listener)
        return [child.name for child in children]

    assert names({}) == ["sandbox", "web", "web", "worker"]
    assert names(public) == ["web", "web", "web", "worker"]


def test_a_newcomer_is_told_where_to_look_and_how_to_sign_in(tmp_path: Path) -> None:
    config = load_config({"PORT": "9000"}, tmp_path)
    config.owner_password_file.write_text("owner@shop.example\nabcd-efgh\n")

    said = launch.welcome(config)

    assert "http://127.0.0.1:9000/" in said
    assert "e-mail   owner@shop.example" in said
    assert "password abcd-efgh" in said
    assert config.sandbox_url in said


def test_a_changed_password_is_not_printed(tmp_path: Path) -> None:
    assert "password" not in launch.welcome(load_config({}, tmp_path))
