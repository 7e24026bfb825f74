"""Orders that wait to be paid, placed over plain HTTP; and the books after it.

A browser is needed where somebody pays, not for the seventh basket of the same
telephone. The forms are the shop's own, in the order in which a buyer meets them.
"""

import http.client
import json
import re
import secrets
import sqlite3
import time
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

from tests.journeys.people import HOMES, phone_of
from tests.journeys.running import Shop, wait_for

#: There are enough of it for every case, and nothing else wants it.
PRODUCT, SKU = 3, "A7L-INK-128"


@dataclass(frozen=True)
class Waiting:
    """An order nobody has paid yet; ``placed`` by the clock that only goes on."""

    phone: str
    placed: float
    link: str


@dataclass
class Client:
    """A browser without a screen, at an address of its own on this machine."""

    shop: Shop
    lang: str
    agent: str = "Mozilla/5.0 (X11; Linux x86_64)"
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def __post_init__(self) -> None:
        # So many orders an hour come from one address; these come from many.
        source = f"127.{secrets.randbelow(200) + 20}.{secrets.randbelow(250)}.7"
        host = urlsplit(self.shop.url)
        self._line = http.client.HTTPConnection(
            str(host.hostname), host.port, timeout=60, source_address=(source, 0)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()

    def order(self, city: str, district: str, method: str) -> Waiting:
        """Buy one telephone; the provider is the one that comes first now."""
        page = self._get(f"/{self.lang}/p/{PRODUCT}")
        self.token = _field(page, "csrf_token")
        self._post("cart/add", sku=SKU, quantity="1")
        self.token = _field(self._get(f"/{self.lang}/checkout/address"), "csrf_token")
        typed, phone = phone_of(city)
        home = HOMES[city] | {"city": city, "district": district, "phone": typed}
        self._post("checkout/address", **home)
        self._post("checkout/payment", method=method)
        page = self._get(f"/{self.lang}/checkout/review")
        seen = {name: _field(page, name) for name in ("seen", "terms")}
        form = seen | {"form_key": secrets.token_urlsafe(24)}
        self._post("checkout/review", **form)
        # The same form again is the same order, and leads to its own page.
        where = self._post("checkout/review", **form)
        link = re.search(r"/orders/[\w-]{20,}", where)
        assert link, where
        return Waiting(phone, time.monotonic(), link[0])

    def _get(self, path: str) -> str:
        status, where, text = self._ask("GET", path)
        if status in {301, 302, 303, 308}:
            return self._get(where)
        assert status == 200, f"{path}: {status}"
        return text

    def _post(self, path: str, **fields: str) -> str:
        body = urlencode(fields | {"csrf_token": self.token})
        status, where, text = self._ask("POST", f"/{self.lang}/{path}", body)
        last = path.endswith("review")  # a form for the bank is a page of its own
        assert status == 303 or (last and status == 200), f"{path}: {status}\n{text}"
        return where

    def _ask(self, method: str, path: str, body: str = "") -> tuple[int, str, str]:
        headers = {
            "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
            "Origin": self.shop.url,
            "User-Agent": self.agent,
        }
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        path = quote(path.removeprefix(self.shop.url), safe="/?&=%")
        self._line.request(method, path, body or None, headers)
        answer = self._line.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.headers.get("Location", ""), text


def _field(page: str, name: str) -> str:
    """Return the value of a form's field."""
    found = re.search(rf'<input[^>]* name="{name}"[^>]*?value="([^"]*)"', page)
    assert found, f"no field {name}"
    return unescape(found[1])


@dataclass(frozen=True)
class Paid:
    """What stands in the books about one order, at the shop and at the gateways.

    ``captured`` are (amount, whether it pays the order); ``moved`` are the trades
    whose money is at the shop, in minor units.
    """

    state: str
    total: int
    captured: tuple[tuple[int, bool], ...]
    references: tuple[str, ...]
    moved: tuple[int, ...]
    trades: tuple[dict[str, Any], ...]

    @property
    def is_paid_once(self) -> bool:
        """Say whether exactly one payment of the whole sum pays the order."""
        return [amount for amount, pays in self.captured if pays] == [self.total]


def books(shop: Shop, order: Waiting) -> Paid:
    """Read what the shop wrote down and what the gateways know of one order."""
    with sqlite3.connect(f"file:{shop.folder / 'shop.db'}?mode=ro", uri=True) as data:
        number, state, total = data.execute(
            "select id, state, total_minor from orders where phone like ?",
            (f"%{order.phone}",),
        ).fetchone()
        rows = data.execute(
            "select amount_minor, fulfils, provider_ref from money_row"
            " where order_id = ? and kind = 'captured' order by id",
            (number,),
        ).fetchall()
        tried = data.execute(
            "select merchant_ref from payment_attempt where order_id = ?", (number,)
        ).fetchall()
    data.close()
    refs = {ref for (ref,) in tried}
    trades = [one for one in shop.ledger()["trades"] if one["ref"] in refs]
    return Paid(
        state,
        total,
        tuple((amount, bool(fulfils)) for amount, fulfils, _ in rows),
        tuple(ref for *_, ref in rows),
        tuple(one["amount"] for one in trades if one["state"] == "paid"),
        tuple(trades),
    )


def be_too_late(shop: Shop, order: Waiting) -> None:
    """Move the hour by which an order had to be paid to the day before."""
    with sqlite3.connect(shop.folder / "shop.db", timeout=10) as data:
        found = data.execute(
            "update orders set pay_by_at = strftime('%Y-%m-%d %H:%M:%f', pay_by_at,"
            " '-1 day') where phone like ? and state = 'placed'",
            (f"%{order.phone}",),
        )
        assert found.rowcount == 1
    data.close()


def scan_url(shop: Shop, order: Waiting) -> str:
    """Return where a phone goes that scans the code of an order."""

    def look() -> str:
        for trade in reversed(books(shop, order).trades):
            token, port = trade["data"].get("token"), urlsplit(shop.sandbox_url).port
            path = {"alipay": (1, "/qr/"), "wechat": (3, "/pay?pr=")}
            if trade["gateway"] in path and token:
                more, way = path[trade["gateway"]]
                return f"http://127.0.0.1:{int(port or 0) + more}{way}{token}"
        return ""

    return wait_for(look)


def sandbox(shop: Shop, path: str, **wanted: object) -> None:
    """Turn a knob of the gateways: a fault, their clock, what they owe us."""
    _turn(shop, "POST", path, wanted)


def mend(shop: Shop) -> None:
    """Switch every fault of the gateways off."""
    _turn(shop, "DELETE", "faults", {})


def _turn(shop: Shop, method: str, path: str, wanted: dict[str, object]) -> None:
    host = urlsplit(shop.sandbox_url)
    line = http.client.HTTPConnection(str(host.hostname), host.port, timeout=30)
    head = {"Content-Type": "application/json"}
    line.request(method, f"/_sim/{path}", json.dumps(wanted), head)
    assert line.getresponse().status == 200
    line.close()
