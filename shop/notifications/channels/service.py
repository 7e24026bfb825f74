"""What a service that carries messages is asked, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from shop.notifications.rules import Channel
from shop.payments.provider import OpenPoint, Setting


class NotSent(Exception):
    """A message did not leave. ``final``: nobody needs to try it again.

    Without ``final`` it may have left after all (an answer was lost), so trying
    again can send it twice: at least once is what was promised. ``code`` is the
    service's own and never a secret, an address or a number of a phone.
    """

    def __init__(self, code: str, *, final: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.final = final


@dataclass(frozen=True)
class Outgoing:
    """One message for one receiver: E.164 or a mail address.

    ``name`` is the same every time the same message is tried, ``number`` is too.
    ``sender_host`` is the host of the shop's own address.
    """

    to: str = field(repr=False)
    text: str = field(repr=False)
    name: str
    number: int
    kind: str
    language: str
    at: datetime
    subject: str = ""
    html: str = field(default="", repr=False)
    sender_host: str = ""
    shop_name: str = ""
    params: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Taken:
    """A service took a message: its number there, and the cost if it says one."""

    ref: str
    cost_minor: int = 0
    cost_currency: str = ""


class Service:
    """A way to carry messages. Gets the owner's settings by name."""

    code: ClassVar[str]
    channel: ClassVar[Channel]
    settings: ClassVar[tuple[Setting, ...]] = ()
    #: What nobody could confirm about it, for the owner to ask.
    open_points: ClassVar[tuple[OpenPoint, ...]] = ()
    #: The service writes the shop's name into every message by itself.
    signs: ClassVar[bool] = False

    def send(self, out: Outgoing, settings: Mapping[str, str]) -> Taken:
        """Hand one message over, once.

        :raises NotSent: if it was not taken.
        """
        raise NotImplementedError
