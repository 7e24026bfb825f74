"""Settings: declared once, read in order, refused in one sentence."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from shop.config import (
    ROOT,
    SETTINGS,
    Config,
    ConfigError,
    load_config,
    read_secret_key,
)


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop.toml").write_text(text, "utf-8")
    return folder


def test_a_fresh_folder_needs_no_setting(tmp_path: Path) -> None:
    config = load_config({}, tmp_path)

    assert (config.host, config.port) == ("127.0.0.1", 8000)
    assert config.database_url == f"sqlite:///{tmp_path / 'shop.db'}"
    assert config.public_url == "http://127.0.0.1:8000"
    assert config.sandbox
    assert config.demo


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(
    tmp_path: Path,
) -> None:
    write(tmp_path, "port = 9000\nweb_workers = 3\n")

    config = load_config({"PORT": "9100"}, tmp_path)

    assert (config.port, config.web_workers, config.web_threads) == (9100, 3, 4)


def test_an_empty_variable_is_no_setting(tmp_path: Path) -> None:
    assert load_config({"PORT": "", "DATABASE_URL": ""}, tmp_path).port == 8000


def test_the_instance_folder_may_come_from_the_environment(tmp_path: Path) -> None:
    write(tmp_path, "port = 9000")

    config = load_config({"SHOP_INSTANCE": str(tmp_path)})

    assert (config.instance, config.port) == (tmp_path, 9000)


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgres://shop:word@db.example/shop\n")

    config = load_config({"DATABASE_URL_FILE": str(secret)}, tmp_path)

    assert config.database_url == "postgresql+psycopg://shop:word@db.example/shop"


def test_a_relative_database_file_lies_in_the_instance_folder(tmp_path: Path) -> None:
    config = load_config({"DATABASE_URL": "sqlite:///data/a.db"}, tmp_path)

    assert config.sqlite_file == tmp_path / "data/a.db"


def test_a_list_comes_as_text_with_commas_or_as_a_list(tmp_path: Path) -> None:
    text = load_config({"SHOP_TRUSTED_HOSTS": "a.example, b.example"}, tmp_path)
    table = load_config(
        {}, write(tmp_path, 'trusted_hosts = ["a.example", "b.example"]')
    )

    assert text.trusted_hosts == table.trusted_hosts == ("a.example", "b.example")


def test_a_public_shop_has_no_demo_gateways(tmp_path: Path) -> None:
    config = load_config({"SHOP_PUBLIC_URL": "https://shop.example/"}, tmp_path)

    assert config.public_url == "https://shop.example"
    assert not config.sandbox
    assert not config.demo
    assert "shop.example" in config.trusted_hosts


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"PORT": "abc"}, "PORT is 'abc', but must be a whole number from 1 to 65535."),
        ({"PORT": "70000"}, "from 1 to 65535"),
        ({"SHOP_HOTS": "x"}, "SHOP_HOTS is not a setting of this shop. Did you mean"),
        ({"SHOP_PORT": "1"}, "Did you mean PORT?"),
        ({"SHOP_SANDBOX": "maybe"}, "must be true or false"),
        ({"SHOP_SERVER": "apache"}, "must be one of gunicorn, granian, waitress"),
        ({"SHOP_PUBLIC_URL": "shop.example"}, "must look like https://shop.example"),
        ({"SHOP_PUBLIC_URL": "https://a.example:x"}, "must look like"),
        ({"REDIS_URL": "http://a"}, "REDIS_URL must begin with redis://"),
        ({"SHOP_SMTP_URL": "a.example"}, "SHOP_SMTP_URL must begin with smtp://"),
        ({"SHOP_SECRET_KEY": "short"}, "SHOP_SECRET_KEY is too short"),
        ({"SHOP_SANDBOX_PORT": "7990"}, "choose another of the two"),
        ({"FLASK_DEBUG": "1", "SHOP_HOST": "192.0.2.1"}, "FLASK_DEBUG lets anybody"),
        (
            {"SHOP_PUBLIC_URL": "https://shop.example", "SHOP_SANDBOX": "yes"},
            "set SHOP_SANDBOX to false",
        ),
        (
            {"SHOP_HOST_FILE": "/nowhere/host"},
            "SHOP_HOST_FILE: /nowhere/host cannot be",
        ),
        ({"SHOP_HOST": "a", "SHOP_HOST_FILE": "b"}, "not both"),
    ],
)
def test_a_bad_value_is_refused_in_one_sentence(
    tmp_path: Path, environ: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(environ, tmp_path)

    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("prot = 1", "prot in {folder}/shop.toml is not a setting"),
        ("port = '1'\nport = 2", "{folder}/shop.toml is not valid TOML"),
        ("port = 1.5", "port in {folder}/shop.toml is 1.5, but must be"),
        ("port = true", "must be a whole number"),
        ("host = 1", "host in {folder}/shop.toml must be text"),
        ("trusted_hosts = [1]", "must be a list of names"),
        ("instance = '/elsewhere'", "instance in {folder}/shop.toml is not"),
    ],
)
def test_a_bad_file_is_refused_by_its_name(
    tmp_path: Path, text: str, sentence: str
) -> None:
    write(tmp_path, text)

    with pytest.raises(ConfigError) as refused:
        load_config({}, tmp_path)

    assert sentence.format(folder=tmp_path) in str(refused.value)


def test_a_wrong_database_url_does_not_print_its_password(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config({"DATABASE_URL": "mysql://shop:word@db.example/shop"}, tmp_path)

    assert "word" not in str(refused.value)


def test_every_setting_says_what_it_is_for() -> None:
    for setting in SETTINGS.values():
        assert setting.sentence.endswith("."), setting.name
        assert setting.env in {"DATABASE_URL", "REDIS_URL", "PORT"} or (
            setting.env == f"SHOP_{setting.name.upper()}"
        )


def test_the_first_start_makes_a_key_for_its_owner_alone(tmp_path: Path) -> None:
    config = load_config({}, tmp_path / "instance")

    key = read_secret_key(config)

    path = tmp_path / "instance" / "secret.key"
    assert path.read_bytes() == key
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["secret.key"]
    assert read_secret_key(config) == key


def test_a_key_of_ones_own_is_taken(tmp_path: Path) -> None:
    config = load_config({"SHOP_SECRET_KEY": "k" * 40}, tmp_path)

    assert read_secret_key(config) == b"k" * 40
    assert not (tmp_path / "secret.key").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    config = load_config({}, tmp_path)
    read_secret_key(config)
    (tmp_path / "secret.key").chmod(mode)

    with pytest.raises(ConfigError, match="chmod 600"):
        read_secret_key(config)


def test_a_damaged_key_is_refused_and_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "secret.key").touch(mode=0o600)

    with pytest.raises(ConfigError, match="damaged: it has 0 bytes"):
        read_secret_key(load_config({}, tmp_path))

    assert (tmp_path / "secret.key").read_bytes() == b""


def test_many_first_starts_at_once_get_one_key(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from shop.config import *;"
        "sys.stdin.read(1);"
        "print(read_secret_key(load_config({}, Path(sys.argv[1]))).hex())"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "instance")]
    environ = dict(os.environ) | {"PYTHONPATH": str(ROOT)}
    racers = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ
        )
        for _ in range(6)
    ]
    keys = {racer.communicate(b"!")[0].strip() for racer in racers}

    assert [racer.returncode for racer in racers] == [0] * 6
    assert len(keys) == 1
    assert len(keys.pop()) == 64


def test_a_config_cannot_be_changed(tmp_path: Path) -> None:
    config = load_config({}, tmp_path)

    with pytest.raises(AttributeError):
        config.port = 1  # type: ignore[misc]
    assert isinstance(config, Config)
