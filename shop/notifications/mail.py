"""An e-mail; ``email/message.html`` lays it out in tables for mail programs."""

from dataclasses import dataclass
from datetime import date, datetime

from shop.i18n.text import Lazy, Ltr, Text
from shop.kernel.money import Money

Words = str | Text | Lazy


@dataclass(frozen=True)
class MailPair:
    """A label and its value: "Trace number", "A00000123"."""

    label: Words
    value: Words | Ltr | Money | date | datetime


@dataclass(frozen=True, kw_only=True)
class MailLine:
    """One product of the order in a mail."""

    name: Words
    quantity: int
    amount: Money | Words


@dataclass(frozen=True)
class MailTotal:
    """One row of the price breakdown; ``words`` stand where there is no amount."""

    label: Words
    amount: Money | None = None
    words: Words = ""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """The variable ``mail`` of ``email/message.html``; absolute addresses only.

    ``paragraphs`` are the sentences of the message; the rest is shown if given.
    """

    html_lang: str
    direction: str
    shop_name: Words
    home_url: str
    subject: Words
    title: Words
    paragraphs: tuple[Words, ...]
    preview: Words = ""
    pairs: tuple[MailPair, ...] = ()
    lines: tuple[MailLine, ...] = ()
    totals: tuple[MailTotal, ...] = ()
    button: Words = ""
    button_url: str = ""
    footer: tuple[Words, ...] = ()

    @property
    def start(self) -> str:
        """Return the edge where lines begin: mail programs know no logical words."""
        return "right" if self.direction == "rtl" else "left"

    @property
    def end(self) -> str:
        """Return the edge where lines end."""
        return "left" if self.direction == "rtl" else "right"
