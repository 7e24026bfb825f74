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

from shop.config import ROOT, load_config
from shop.running.web import SERVERS, gunicorn_options


def test_every_server_that_may_be_chosen_can_be_started() -> None:
    from shop.config import SETTINGS

    assert SETTINGS["server"].choices == tuple(SERVERS)


def test_gunicorn_listens_where_the_settings_say(tmp_path: Path) -> None:
    environ = {"PORT": "9000", "SHOP_HOST": "::1", "SHOP_WEB_WORKERS": "3"}

    options = gunicorn_options(load_config(environ, tmp_path))

    assert options["bind"] == "[::1]:9000"
    assert options["workers"] == 3
    assert options["control_socket_disable"] is True


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
