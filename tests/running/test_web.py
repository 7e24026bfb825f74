"""Each web server answers with the settings of the shop."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shop.config import ROOT, ConfigError, load_config
from shop.running.ports import listen
from shop.running.web import SERVERS, gunicorn_options


def test_every_server_that_may_be_chosen_can_be_started() -> None:
    from shop.config import SETTINGS

    assert SETTINGS["server"].choices == tuple(SERVERS)


def test_gunicorn_has_as_many_threads_as_the_settings_say(tmp_path: Path) -> None:
    config = load_config({"SHOP_WEB_THREADS": "7"}, tmp_path)

    assert gunicorn_options(config)["threads"] == 7


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_it_listens_where_the_settings_say(host: str) -> None:
    with listen(host, 0, "PORT") as listener:
        assert listener.getsockname()[0] == host
        with socket.create_connection(listener.getsockname()[:2], timeout=5):
            pass


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with listen("127.0.0.1", 0, "PORT") as first:
        port = first.getsockname()[1]
        with pytest.raises(ConfigError, match=f"Port {port} is in use by another"):
            listen("127.0.0.1", port, "PORT")


@pytest.mark.serial
@pytest.mark.parametrize("server", SERVERS)
def test_it_answers_and_stops_when_asked(server: str, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {k: v for k, v in os.environ.items() if not k.startswith("SHOP_")}
    environ |= {"DATABASE_URL": "", "PORT": str(port), "SHOP_SERVER": server}
    environ |= {"SHOP_INSTANCE": str(tmp_path), "SHOP_SANDBOX": "no"}
    environ |= {"SHOP_WEB_WORKERS": "1"}  # granian loses a signal sent too early
    process = subprocess.Popen(
        [sys.executable, "-m", "shop.running.web"], cwd=ROOT, env=environ
    )
    try:
        assert _status(port, "/healthz") == 200
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) in {0, -signal.SIGTERM}


@pytest.mark.serial
def test_a_web_process_that_is_killed_is_replaced_and_readers_go_on(
    tmp_path: Path,
) -> None:
    with listen("127.0.0.1", 0, "PORT") as probe:
        port = probe.getsockname()[1]
    environ = {k: v for k, v in os.environ.items() if not k.startswith("SHOP_")}
    environ |= {"DATABASE_URL": "", "PORT": str(port), "SHOP_WEB_WORKERS": "1"}
    environ |= {"SHOP_INSTANCE": str(tmp_path), "SHOP_SANDBOX": "no"}
    parent = subprocess.Popen(
        [sys.executable, "-m", "shop.running.web"], cwd=ROOT, env=environ
    )
    try:
        assert _status(port, "/healthz") == 200
        (first,) = _children(parent.pid)

        os.kill(first, signal.SIGKILL)

        assert _status(port, "/healthz") == 200
        assert _children(parent.pid) not in ([], [first])
    finally:
        parent.terminate()
        assert parent.wait(60) == 0


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8")
    return [int(child) for child in text.split()]


def _status(port: int, path: str) -> int:
    end = time.monotonic() + 60
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except ConnectionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        finally:
            connection.close()


@pytest.mark.parametrize("has_keys", [False, True])
def test_what_opens_keys_is_loaded_before_the_forks_if_there_are_keys(
    has_keys: bool, tmp_path: Path
) -> None:
    if has_keys:
        (tmp_path / "provider.key").touch(mode=0o600)
    code = (
        "import os, sys; from shop.config import load_config;"
        "from shop import create_app; from shop.running import web;"
        "web.warm(create_app(load_config(os.environ)));"
        "print('cryptography.fernet' in sys.modules)"
    )
    environ = {k: v for k, v in os.environ.items() if not k.startswith("SHOP_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environ | {"DATABASE_URL": "", "SHOP_INSTANCE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == f"{has_keys}\n"
