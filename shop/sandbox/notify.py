"""Tell the merchant's server what happened, again and again until it answers.

A notification is kept before it is sent, so that a kill loses none. Its body is
built and signed anew for each delivery. Only loopback addresses are told.
"""

import ipaddress
import logging
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests

from shop.sandbox.clock import Clock
from shop.sandbox.store import Store


@dataclass
class Notification:
    """One thing to tell; ``due_at`` in real time, ``log`` one line a delivery."""

    id: str
    gateway: str
    url: str
    payload: dict[str, Any]
    due_at: float
    sent: int = 0
    done: bool = False
    log: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Delivery:
    """A notification as it goes over the wire."""

    headers: dict[str, str]
    body: bytes
    method: str = "POST"


class Teller(Protocol):
    """What a gateway knows about its notifications."""

    ladder: tuple[float, ...]
    answer_within: float

    def deliver(self, payload: dict[str, Any]) -> Delivery:
        """Build and sign one delivery."""

    def accepted(self, payload: dict[str, Any], status: int, body: bytes) -> bool:
        """Tell whether the merchant took it."""


def is_loopback(host: str | None) -> bool:
    """Tell whether a host name means this machine."""
    if host == "localhost" or (host or "").endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _only_loopback(url: str) -> None:
    """Refuse to send anything away from this machine.

    :raises ValueError: if the address is elsewhere.
    """
    if not is_loopback(urlsplit(url).hostname):
        raise ValueError("not a loopback address")


class Notifier:
    """The queue of notifications and the thread that works it off."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._tellers: dict[str, Teller] = {}
        self._ticks: list[Callable[[], None]] = []
        self._changed = threading.Condition()
        self._pending: dict[str, Notification] = {}
        self._settled: list[Notification] = []
        self._in_flight: dict[str, Future[None]] = {}
        self._stopped = False
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="notify")
        self._thread = threading.Thread(target=self._run, daemon=True, name="notifier")
        for body in store.all("notification"):
            notification = Notification(**body)
            if notification.done:
                self._settled.append(notification)
            else:
                self._pending[notification.id] = notification

    def register(
        self, gateway: str, teller: Teller, tick: Callable[[], None] | None = None
    ) -> None:
        """Let a gateway send notifications, and look at its trades every second."""
        self._tellers[gateway] = teller
        if tick is not None:
            self._ticks.append(tick)

    def start(self) -> None:
        """Start delivering in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Stop delivering; what is pending stays kept."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join(5)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def add(
        self,
        gateway: str,
        url: str,
        payload: dict[str, Any],
        delay: float = 0,
        copies: int = 1,
    ) -> None:
        """Queue a notification; ``delay`` in unscaled seconds before the first try."""
        with self._changed:
            for _ in range(copies):
                notification = Notification(
                    id=secrets.token_hex(8),
                    gateway=gateway,
                    url=url,
                    payload=payload,
                    due_at=self._clock.real() + delay / self._clock.scale,
                )
                self._pending[notification.id] = notification
                self._keep(notification)
            self._changed.notify_all()

    def flush(self) -> list[dict[str, Any]]:
        """Deliver everything pending now, due or not; return what came of it."""
        with self._changed:
            for notification in self._pending.values():
                notification.due_at = 0
            waiting = list(self._pending.values())
            futures = [self._launch(notification) for notification in waiting]
        for future in futures:
            future.result()
        return [asdict(notification) for notification in waiting]

    def preview(self) -> list[dict[str, Any]]:
        """Return the pending notifications as they would go over the wire now."""
        with self._changed:
            waiting = list(self._pending.values())
        found = []
        for notification in waiting:
            delivery = self._tellers[notification.gateway].deliver(notification.payload)
            found.append(
                {
                    "id": notification.id,
                    "gateway": notification.gateway,
                    "url": notification.url,
                    "headers": delivery.headers,
                    "body": delivery.body.decode(),
                }
            )
        return found

    def report(self) -> list[dict[str, Any]]:
        """Return the notifications, oldest first, with the log of each."""
        with self._changed:
            return [asdict(n) for n in [*self._settled, *self._pending.values()]]

    def clear(self) -> None:
        """Forget all notifications."""
        with self._changed:
            self._pending.clear()
            self._settled.clear()

    def _keep(self, notification: Notification) -> None:
        self._store.put("notification", notification.id, asdict(notification))

    def _launch(self, notification: Notification) -> Future[None]:
        """Hand a notification to the pool, unless it is there already."""
        future = self._in_flight.get(notification.id)
        if future is None:
            future = self._pool.submit(self._deliver, notification)
            self._in_flight[notification.id] = future
        return future

    def _deliver(self, notification: Notification) -> None:
        teller = self._tellers[notification.gateway]
        line: dict[str, Any] = {"at": time.time(), "status": None, "answer": ""}
        accepted = False
        try:
            _only_loopback(notification.url)
            delivery = teller.deliver(notification.payload)
            with requests.Session() as session:
                session.trust_env = False
                answer = session.request(
                    delivery.method,
                    notification.url,
                    data=delivery.body,
                    headers=delivery.headers,
                    timeout=teller.answer_within,
                    allow_redirects=False,
                )
            line |= {"status": answer.status_code, "answer": answer.text[:200]}
            accepted = teller.accepted(
                notification.payload, answer.status_code, answer.content
            )
        except Exception as error:
            line["answer"] = f"{type(error).__name__}: {error}"[:200]
        line["accepted"] = accepted
        with self._changed:
            notification.log.append(line)
            notification.sent += 1
            given_up = notification.sent >= len(teller.ladder)
            if accepted or given_up:
                notification.done = True
                if self._pending.pop(notification.id, None):
                    self._settled.append(notification)
            else:
                wait = teller.ladder[notification.sent] / self._clock.scale
                notification.due_at = self._clock.real() + wait
            self._keep(notification)
            self._in_flight.pop(notification.id, None)

    def _run(self) -> None:
        while True:
            for tick in self._ticks:
                try:
                    tick()
                except Exception:
                    logging.getLogger(__name__).exception("A gateway's tick failed")
            with self._changed:
                if self._stopped:
                    return
                now = self._clock.real()
                for notification in list(self._pending.values()):
                    if notification.due_at <= now:
                        self._launch(notification)
                due = [
                    n.due_at - now
                    for n in self._pending.values()
                    if n.id not in self._in_flight
                ]
                self._changed.wait(max(0.01, min([1.0, *due])))
