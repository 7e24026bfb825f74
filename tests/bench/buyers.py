"""Buyers who know the way: five requests an order, many at once (T6).

Each has a session, read the forms once, and then buys again and again: cart,
address, payment, place, the order's page. They come from different addresses.
"""

import http.client
import re
import secrets
import threading
import time
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode

from tests.bench.inside import Facts
from tests.bench.processes import Server, cpu_seconds

LANGUAGE = "zh"
REQUESTS = 5


class Wrong(Exception):
    """The shop did not answer as it should have."""


@dataclass
class Buyer:
    """One browser of a guest in China."""

    port: int
    number: int
    sku: str
    product: str
    cookies: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    token: str = ""
    requests: int = 0

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def learn(self) -> None:
        """Read the forms once: token, terms and total stay the same."""
        self.token = _field(self._get(self.product), "csrf_token")
        self._post("cart/add", sku=self.sku, quantity="1")
        self.token = _field(self._get(f"/{LANGUAGE}/checkout/address"), "csrf_token")
        self._post("checkout/address", **self._address(0))
        self._post("checkout/payment", method="cash_on_delivery", option="pos")
        page = self._get(f"/{LANGUAGE}/checkout/review")
        self.fields = {name: _field(page, name) for name in ("seen", "terms")}
        self._place()
        self.requests = 0

    def buy(self, turn: int) -> None:
        """Place one order and look at it.

        :raises Wrong: if any answer is not the one of an order placed.
        """
        self._post("cart/add", sku=self.sku, quantity="1")
        self._post("checkout/address", **self._address(turn))
        self._post("checkout/payment", method="cash_on_delivery", option="pos")
        self._get(self._place())

    def _place(self) -> str:
        key = secrets.token_urlsafe(24)
        where = self._post("checkout/review", form_key=key, **self.fields)
        if "/orders/" not in where:
            raise Wrong(f"placing led to {where}")
        return where

    def _address(self, turn: int) -> dict[str, str]:
        return {
            "name": "张三",
            "phone": f"138{self.number:04d}{turn:04d}",
            "city": "450100",
            "district": "450103",
            "street": "民族大道 1 号",
        }

    def _get(self, path: str) -> str:
        status, _, body = self._ask("GET", path)
        if status != 200:
            raise Wrong(f"{path}: {status}")
        return body

    def _post(self, path: str, **fields: str) -> str:
        form = urlencode(fields | {"csrf_token": self.token})
        status, where, _ = self._ask("POST", f"/{LANGUAGE}/{path}", form)
        if status != 303:
            raise Wrong(f"{path}: {status}")
        return where

    def _ask(self, method: str, path: str, body: str = "") -> tuple[int, str, str]:
        self.requests += 1
        headers = {
            "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
            "X-Forwarded-For": f"10.{self.number // 250}.{self.number % 250}.7",
            "Origin": f"http://127.0.0.1:{self.port}",
        }
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body or None, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.headers.get("Location", ""), text


def _field(page: str, name: str) -> str:
    """Return the value of a form's field."""
    found = re.search(rf'<input[^>]* name="{name}"[^>]*?value="([^"]*)"', page)
    if found is None:
        raise Wrong(f"no field {name}")
    return unescape(found[1])


@dataclass(frozen=True)
class Buying:
    """What came of it; ``cpu_ms`` and ``requests`` are for one order."""

    orders: int
    failures: int
    cpu_ms: float
    requests: float
    seconds: float
    first_failure: str = ""


def buy(server: Server, facts: Facts, buyers: range, orders: int) -> Buying:
    """Let the buyers of these numbers place so many orders each, all at once.

    Nobody comes twice: each number is another person at another address.
    """
    product = facts.products.split("|")[0]
    crowd = [Buyer(server.port, number, facts.sku, product) for number in buyers]
    said: list[str] = []
    _at_once(crowd, said, lambda buyer: buyer.learn())
    if said:
        raise Wrong(said[0])
    before, began = cpu_seconds(server.pid), time.monotonic()
    _at_once(
        crowd, said, lambda buyer: [buyer.buy(turn) for turn in range(1, orders + 1)]
    )
    spent, took = cpu_seconds(server.pid) - before, time.monotonic() - began
    whole = len(buyers) * orders
    return Buying(
        orders=whole,
        failures=len(said),
        cpu_ms=spent * 1000 / whole,
        requests=sum(buyer.requests for buyer in crowd) / whole,
        seconds=took,
        first_failure=said[0] if said else "",
    )


def _at_once(crowd: list[Buyer], said: list[str], do: object) -> None:
    def one(buyer: Buyer) -> None:
        try:
            do(buyer)  # type: ignore[operator]
        except (Wrong, OSError, http.client.HTTPException) as error:
            said.append(repr(error))

    threads = [threading.Thread(target=one, args=(buyer,)) for buyer in crowd]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
