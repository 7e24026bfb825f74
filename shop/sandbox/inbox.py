"""Every text message and e-mail the shop sent, readable in a browser."""

import secrets
import threading
from dataclasses import asdict, dataclass
from typing import Any

from shop.sandbox.clock import Clock
from shop.sandbox.store import Store


@dataclass(frozen=True)
class Message:
    """One message as it arrived; ``at`` in sandbox time."""

    id: str
    channel: str
    gateway: str
    to: str
    sender: str
    text: str
    at: float
    subject: str = ""
    template: str = ""
    html: str = ""


class Inbox:
    """The phones and mailboxes of everybody the shop writes to."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._messages = [Message(**body) for body in store.all("message")]

    def add(
        self,
        channel: str,
        gateway: str,
        to: str,
        sender: str,
        text: str,
        *,
        subject: str = "",
        template: str = "",
        html: str = "",
        number: str = "",
    ) -> Message:
        """Keep a message that arrived."""
        message = Message(
            id=number or secrets.token_hex(8),
            channel=channel,
            gateway=gateway,
            to=to,
            sender=sender,
            text=text,
            at=self._clock.now(),
            subject=subject,
            template=template,
            html=html,
        )
        with self._lock:
            self._messages.append(message)
            self._store.put("message", message.id, asdict(message))
        return message

    def find(self, number: str) -> Message | None:
        """Return the message with this number."""
        with self._lock:
            return next((m for m in self._messages if m.id == number), None)

    def newest_first(self, to: str = "", channel: str = "") -> list[Message]:
        """Return messages, of one receiver or channel if named."""
        with self._lock:
            return [
                message
                for message in reversed(self._messages)
                if to in message.to and channel in {"", message.channel}
            ]

    def clear(self) -> None:
        """Forget every message."""
        with self._lock:
            self._messages.clear()

    def report(self, to: str = "", channel: str = "") -> list[dict[str, Any]]:
        """Return messages, newest first."""
        return [asdict(message) for message in self.newest_first(to, channel)]
