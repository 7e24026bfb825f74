"""A shop as a newcomer starts it: ``python app.py`` with an empty folder."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from shop.config import ROOT, SANDBOX_PORTS

#: Seconds: the first start makes keys and loads the demo shop.
START, STOP = 180, 30
#: Seconds a message may take: the worker looks once a second, on a busy machine.
SOON = 40
#: What the machine that runs the tests may say about its own shop.
_OURS = ("SHOP_", "DATABASE_", "REDIS_", "TEST_", "FLASK_", "COV_")
_Found = TypeVar("_Found")
_NO_QUIET_HOURS = """
from datetime import UTC, datetime
from shop import create_app
from shop.db import transaction
from shop.markets import market, service
with create_app().app_context(), transaction():
    for code in ("cn", "ir", "world"):
        service.change(market(code), "quiet_to", "22:00", datetime.now(UTC))
"""


class Shop:
    """A shop that answers, with its sandbox and its folder."""

    def __init__(self, folder: Path, port: int, sandbox_port: int) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.sandbox_url = f"http://127.0.0.1:{sandbox_port}"
        self.log = folder / "app.log"
        gateways = range(sandbox_port, sandbox_port + SANDBOX_PORTS)
        self.hosts = {f"127.0.0.1:{one}" for one in (port, *gateways)}

    @property
    def owner(self) -> tuple[str, str]:
        """Return e-mail and password of the owner."""
        text = (self.folder / "owner-password.txt").read_text("utf-8")
        email, password = text.split()
        return email, password

    def messages(self, receiver: str, channel: str = "") -> list[dict[str, Any]]:
        """Return what arrived at a phone or an address, newest first."""
        query = f"to={receiver}&channel={channel}"
        found: list[dict[str, Any]] = self._ask(f"/_sim/outbox?{query}")
        return found

    def message_with(self, receiver: str, words: str, count: int = 1) -> str:
        """Wait until ``count`` text messages with ``words`` arrived; return the last.

        :raises TimeoutError: with what arrived instead.
        """

        def look() -> str | None:
            texts = [str(one["text"]) for one in self.messages(receiver, "sms")]
            found = [text for text in texts if words in text]
            return found[0] if len(found) >= count else None

        try:
            return wait_for(look)
        except TimeoutError:
            texts = [one["text"] for one in self.messages(receiver)]
            raise TimeoutError(f"{count} × {words!r} is not in {texts}") from None

    def ring_at_night(self) -> None:
        """Let the owner allow text messages at any hour, whenever the tests run."""
        subprocess.run(
            [sys.executable, "-c", _NO_QUIET_HOURS],
            cwd=ROOT,
            env=self.environ,
            timeout=120,
            check=True,
        )

    def ledger(self) -> Any:
        """Return what the gateways of the sandbox know."""
        return self._ask("/_sim/ledger")

    def command(self, *words: str) -> str:
        """Run the owner's command line beside the running shop; return what it said."""
        done = subprocess.run(
            [sys.executable, "app.py", "shop", *words],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    environ: dict[str, str]

    def _ask(self, path: str) -> Any:
        with urllib.request.urlopen(self.sandbox_url + path, timeout=10) as answer:
            return json.load(answer)


def wait_for(look: Callable[[], _Found | None], seconds: float = SOON) -> _Found:
    """Look until something is there.

    :raises TimeoutError: if it does not come.
    """
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"nothing came in {seconds:g} seconds")
        time.sleep(0.2)


@contextmanager
def running_shop(folder: Path, **environ: str) -> Iterator[Shop]:
    """Start a shop in an empty folder on free ports; stop it like a person does."""
    port, sandbox_port = free_ports()
    shop = Shop(folder, port, sandbox_port)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
    kept.pop("MAKELEVEL", None)
    shop.environ = kept | {
        "PORT": str(port),
        "SHOP_SANDBOX_PORT": str(sandbox_port),
        "SHOP_INSTANCE": str(folder),
        **environ,
    }
    with shop.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=ROOT,
            env=shop.environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_for(lambda: _is_open(shop, process), START)
        shop.ring_at_night()
        yield shop
    finally:
        _stop(process)


def _is_open(shop: Shop, process: subprocess.Popen[bytes]) -> bool:
    text = shop.log.read_text("utf-8", "replace")
    assert process.poll() is None, f"the shop ended by itself:\n{text}"
    if shop.url not in text:  # it says where to look once everything answers
        return False
    try:
        with urllib.request.urlopen(f"{shop.url}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except urllib.error.URLError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


def free_ports() -> tuple[int, int]:
    """Return a port for the shop and the first of a row for its sandbox.

    They lie below the range from which the system gives ports away by itself; every
    process of a run with several looks in a part of its own.
    """
    part = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 4
    begin = 18_000 + part * 3_000
    for _ in range(100):
        first = random.randrange(begin, begin + 3_000, SANDBOX_PORTS + 1)
        if all(_is_free(port) for port in range(first, first + SANDBOX_PORTS + 1)):
            return first, first + 1
    raise RuntimeError("no free ports on this machine")


def _is_free(port: int) -> bool:
    with ExitStack() as stack:
        probe = stack.enter_context(socket.socket())
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
