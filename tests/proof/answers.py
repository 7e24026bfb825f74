"""How fast a notification is answered while eight buyers check out.

    python -m tests.proof answers --count 600

The shop runs as it does everywhere: two web processes, over HTTP. Buyers go
from the product to the placed order again and again, a page a second each
(``PROOF_READS=0``: without a pause); beside them genuine notifications arrive
at a steady rate, each about a payment of its own. The time counts from the
moment one should have been sent.
"""

import http.client
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from flask import Flask
from requests.adapters import HTTPAdapter
from sqlalchemy import func, select

from shop.config import ROOT
from shop.db import db
from shop.orders.models import Order
from shop.payments.invariants import invariants
from tests.catalogue import make as goods
from tests.conftest import KEY
from tests.journeys.running import free_ports
from tests.proof.crowd import Crowd
from tests.proof.deliveries import Subject, notice, subjects_of
from tests.proof.figures import Figures, database_name
from tests.web.checkout.walk import Shopper

BUYERS = 8
#: Seconds a buyer looks at a page; nobody is faster. 0 asks without a pause.
READS = float(os.environ.get("PROOF_READS", "1"))
#: Notifications a second: far more than a shop of this size ever sees.
RATE = 4
#: What a gateway waits for at most: WeChat 5 s; ours (issue of the payments).
LIMIT = 1.0
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def prove(app: Flask, count: int, crowd: Crowd) -> Figures:
    """Notify ``count`` times; ``wrong`` are bad answers, and a slow p99."""
    began, now = time.monotonic(), datetime.now(UTC)
    teapot = goods.variant("TEAPOT", 19_900, stock=100_000)
    page = f"/p/{goods.product('teapot', variants=(teapot,)).product_id}"
    subjects = subjects_of("alipay", count, now)
    before = _orders()
    db.session.remove()
    db.engine.dispose()
    with _server(app) as port:
        buyers = _fork_buyers(port, page)
        time.sleep(2)
        answers = _notify_all(port, subjects, now)
        _wait_for_an_order(before)
        os.kill(buyers, 9)
        os.waitpid(buyers, 0)
    times = sorted(seconds for _word, seconds in answers)
    bad = sum(word != "success" for word, _seconds in answers)
    p99 = _quantile(times, 0.99)
    orders = _orders() - before
    too_slow = p99 >= LIMIT
    wrong = bad + too_slow + len(invariants(db.session(), now)) + (orders == 0)
    facts = {
        "buyers": f"{BUYERS}, {READS:g} s a page",
        "orders": orders,
        "p50": f"{_quantile(times, 0.5) * 1000:.0f} ms",
        "p95": f"{_quantile(times, 0.95) * 1000:.0f} ms",
        "p99": f"{p99 * 1000:.0f} ms",
        "max": f"{times[-1] * 1000:.0f} ms",
        "too slow": int(too_slow),
    }
    elapsed = time.monotonic() - began
    return Figures("answers", database_name(), count, wrong, elapsed, facts)


def _quantile(times: list[float], part: float) -> float:
    return times[min(len(times) - 1, int(len(times) * part))]


def _orders() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Order.id))) or 0


def _wait_for_an_order(before: int) -> None:
    ends = time.monotonic() + 60
    while _orders() == before and time.monotonic() < ends:
        time.sleep(0.2)


@contextmanager
def _server(app: Flask) -> Iterator[int]:
    """Run the shop's web processes on the database and folder of ``app``."""
    port, sandbox_port = free_ports()
    config = app.extensions["shop"]
    url = db.engine.url.render_as_string(hide_password=False)
    environ = {k: v for k, v in os.environ.items() if not k.startswith("SHOP_")} | {
        "PORT": str(port),
        "SHOP_SANDBOX_PORT": str(sandbox_port),
        "SHOP_INSTANCE": str(config.instance),
        "SHOP_SECRET_KEY": KEY,
        "DATABASE_URL": url,
        "SHOP_LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "shop.running.web"]
    with (Path(config.instance) / "web.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{port}/healthz", process)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError("the shop did not start")


def _fork_buyers(port: int, page: str) -> int:
    """Start buyers in a process of their own, which is killed in the end."""
    child = os.fork()
    if child:
        return child
    threads = [
        threading.Thread(target=_shop, args=(port, page, place))
        for place in range(BUYERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os._exit(0)


def _shop(port: int, page: str, place: int) -> None:
    """Buy one teapot after the other, each time as somebody else."""
    number = 0
    while True:
        number += 1
        client = Browser(
            port, f"127.{place + 1}.{number // 250 + 1}.{number % 250 + 1}"
        )
        shopper = Shopper(client)  # type: ignore[arg-type]
        shopper.get(page)
        shopper.add()
        shopper.get("/cart")
        shopper.fill()
        shopper.place(shopper.review("cash_on_delivery", "cash"))


class Browser:
    """A browser without JavaScript: cookies, the hidden token, an address."""

    def __init__(self, port: int, address: str) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.token = ""
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount("http://", _From(address))

    def get(self, path: str) -> Any:
        """Open a page."""
        return self._read(self.session.get(self.base + path, timeout=60))

    def post(self, path: str, data: dict[str, str]) -> Any:
        """Send a form."""
        answer = self.session.post(
            self.base + path,
            data={"csrf_token": self.token} | data,
            allow_redirects=False,
            timeout=60,
        )
        return self._read(answer)

    def _read(self, answer: requests.Response) -> Any:
        time.sleep(READS)
        found = _TOKEN.search(answer.text)
        self.token = found[1] if found else self.token
        answer.location = answer.headers.get("Location")  # type: ignore[attr-defined]
        return answer


class _From(HTTPAdapter):
    """Connects from an address of its own: a limit counts orders by address."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()

    def init_poolmanager(self, *given: Any, **more: Any) -> None:
        super().init_poolmanager(*given, source_address=(self.address, 0), **more)


def _notify_all(
    port: int, subjects: list[Subject], now: datetime
) -> list[tuple[str, float]]:
    """Send each notification at its moment; return answers and seconds."""
    start = time.monotonic() + 0.5

    def send(place: int) -> tuple[str, float]:
        due = start + place / RATE
        time.sleep(max(0.0, due - time.monotonic()))
        request = notice(subjects[place], 1, now)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request(
                "POST", "/pay/alipay/notify", request.body, dict(request.headers)
            )
            said = connection.getresponse().read().decode()
        except OSError as error:
            said = type(error).__name__
        finally:
            connection.close()
        return said, time.monotonic() - due

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(send, range(len(subjects))))
