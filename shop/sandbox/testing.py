"""A sandbox inside a test: every gateway in threads, on free ports."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

from shop.sandbox.server import Sandbox

_FORM = re.compile(
    r'<form method="post" action="([^"]*)" id="form-back">(.*?)</form>', re.S
)
_INPUT = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
_MESSAGE = re.compile(r'id="message">([^<]*)<')
_BACK = re.compile(r'id="back" href="([^"]*)"')


@dataclass(frozen=True)
class Returned:
    """Where the buyer's browser goes next: ``GET url``, or ``POST url`` with fields.

    ``url`` is empty if the gateway keeps the buyer; ``message`` is what it says.
    """

    status: int
    url: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    method: str = "GET"


def _read(answer: requests.Response) -> Returned:
    if location := answer.headers.get("Location"):
        return Returned(answer.status_code, urljoin(answer.url, location))
    message = _MESSAGE.search(answer.text)
    text = unescape(message[1]) if message else ""
    if form := _FORM.search(answer.text):
        fields = {unescape(k): unescape(v) for k, v in _INPUT.findall(form[2])}
        url = unescape(form[1])
        return Returned(answer.status_code, url, fields, text, "POST")
    link = _BACK.search(answer.text)
    return Returned(answer.status_code, unescape(link[1]) if link else "", {}, text)


@dataclass(frozen=True)
class Running:
    """A sandbox at work."""

    sandbox: Sandbox
    merchant: dict[str, Any]
    control: str

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, self.control + path, timeout=60, **more)
        answer.raise_for_status()
        return answer.json()

    def open(
        self,
        url: str,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Open a cashier as the buyer's browser does; with fields by POST."""
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                "GET" if fields is None else "POST",
                url,
                data=fields,
                headers=headers,
                timeout=60,
            )

    def pay(
        self,
        url: str,
        fields: Mapping[str, str] | None = None,
        do: str = "pay",
        code: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Returned:
        """Open a cashier or QR target, press a button, say where it leads."""
        code_prefix = "weixin://wxpay/bizpayurl?"
        if url.startswith(code_prefix):
            base = self.merchant["wechat"]["base_url"]
            url = f"{base}/pay?{url.removeprefix(code_prefix)}"
        page = self.open(url, fields, headers)
        if 'name="do"' not in page.text:
            return _read(page)
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(
                page.url,
                data={"do": do, "code": code},
                allow_redirects=False,
                timeout=60,
            )
        return _read(answer)

    def flush(self) -> list[dict[str, Any]]:
        """Complete late payments, deliver all notifications, wait for them."""
        found: list[dict[str, Any]] = self._ask("POST", "/_sim/flush")
        return found

    def fault(self, gateway: str, op: str, mode: str, count: int = 1) -> None:
        """Switch on a fault."""
        body = {"gateway": gateway, "op": op, "mode": mode, "count": count}
        self._ask("POST", "/_sim/faults", json=body)

    def clear_faults(self) -> None:
        """Switch off all faults."""
        self._ask("DELETE", "/_sim/faults")

    def clock(self, offset: str) -> None:
        """Move the sandbox's time to so far from real time, as in ``+20m``."""
        self._ask("POST", "/_sim/clock", json={"offset": offset})

    def be_at(self, moment: datetime) -> None:
        """Let it be this moment in the sandbox now; its time goes on from there."""
        self._ask("POST", "/_sim/clock", json={"at": moment.isoformat()})

    def ledger(self) -> dict[str, Any]:
        """Return all trades and each gateway's balance."""
        found: dict[str, Any] = self._ask("GET", "/_sim/ledger")
        return found

    def outbox(self, to: str = "", channel: str = "") -> list[dict[str, Any]]:
        """Return the messages that arrived, newest first."""
        found: list[dict[str, Any]] = self._ask(
            "GET", "/_sim/outbox", params={"to": to, "channel": channel}
        )
        return found

    def pending(self) -> list[dict[str, Any]]:
        """Return pending notifications as they would be sent: url, headers, body."""
        found: list[dict[str, Any]] = self._ask("GET", "/_sim/notifications?preview=1")
        return found

    def reset(self) -> None:
        """Forget trades, messages, notifications, faults and the moved clock."""
        self._ask("POST", "/_sim/reset")


@contextmanager
def running(directory: Path | str, scale: float = 1.0) -> Iterator[Running]:
    """Run a sandbox for a ``with`` block; the keys in ``directory`` are kept."""
    sandbox = Sandbox(Path(directory), None, scale)
    sandbox.start()
    try:
        yield Running(sandbox, sandbox.merchant, sandbox.box.url("control"))
    finally:
        sandbox.stop()
