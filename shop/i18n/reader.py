"""Who reads now: the language and the zone in which values are written."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shop.i18n.catalog import look_again
from shop.i18n.languages import KNOWN, Language, languages


@dataclass(frozen=True)
class Reader:
    """The person for whom text is written: a language and the market's zone."""

    language: Language
    zone: ZoneInfo


_reader: ContextVar[Reader] = ContextVar("reader")


def reader() -> Reader:
    """Return who reads; outside any reading, an English reader in UTC."""
    return _reader.get(None) or Reader(KNOWN["en"], ZoneInfo("UTC"))


@contextmanager
def reading(language: str, zone: str = "UTC") -> Iterator[Reader]:
    """Write for another reader inside the block: mail, tests, another slug."""
    look_again()
    token = _reader.set(
        Reader(languages().get(language) or KNOWN["en"], ZoneInfo(zone))
    )
    try:
        yield reader()
    finally:
        _reader.reset(token)


def set_reader(language: Language, zone: ZoneInfo) -> None:
    """Fix the reader of this request; the web edge calls it once per request."""
    look_again()
    _reader.set(Reader(language, zone))
