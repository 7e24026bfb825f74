"""Reads the policies: one file a kind, version, market and language.

``texts/<kind>/<version>/<market>.<language>.md``; the version is the date
from which it holds. Numbers of the market stand in as ``{return_days}`` or
``{card_transfer.pay_by_minutes}``, so that no text repeats a parameter (S117).
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from pathlib import Path

from shop.db import db, insert_new
from shop.i18n import formats
from shop.i18n.reader import reading
from shop.kernel.money import Money
from shop.markets import service as markets
from shop.markets.parameters import names
from shop.markets.registry import market as market_of
from shop.policies.models import AcceptedText

TEXTS = Path(__file__).parent / "texts"
KINDS = ("terms", "delivery", "payment", "returns", "privacy")
_HOLE = re.compile(r"\{([a-z_.]+)\}")


@dataclass(frozen=True)
class Policy:
    """One policy as it reads in one place and language; ``text`` is Markdown.

    ``language`` is the one it is really in: a text may fall back to another.
    """

    kind: str
    version: str
    market: str
    language: str
    title: str
    text: str

    @property
    def valid_from_on(self) -> date:
        """The date from which it holds."""
        return date.fromisoformat(self.version)

    @property
    def text_hash(self) -> str:
        """What an order keeps as proof of the words that were accepted."""
        return hashlib.sha256(f"{self.title}\n{self.text}".encode()).hexdigest()


def versions(kind: str) -> list[str]:
    """Return every version of a policy, the oldest first; of an unknown kind none."""
    if kind not in KINDS:
        return []
    return sorted(one.name for one in (TEXTS / kind).iterdir())


def current(kind: str, market: str, language: str, today: date) -> Policy | None:
    """Return the policy in force on a date of the market."""
    known = [one for one in versions(kind) if one <= today.isoformat()]
    return find(kind, market, language, known[-1]) if known else None


def find(kind: str, market: str, language: str, version: str) -> Policy | None:
    """Return one version, in the language or the nearest there is."""
    if version not in versions(kind):
        return None
    for code in dict.fromkeys((language, language.partition("_")[0], "en", "zh")):
        raw = _read(kind, version, market, code)
        if raw is not None:
            filled = _fill(raw, market, code)
            title, _, text = filled.partition("\n")
            return Policy(
                kind, version, market, code, title.lstrip("# ").strip(), text.strip()
            )
    return None


def remember(policy: Policy) -> None:
    """Keep a policy as it reads now, for the order that accepts it.

    Needs a transaction.
    """
    insert_new(
        AcceptedText,
        text_hash=policy.text_hash,
        kind=policy.kind,
        version=policy.version,
        market=policy.market,
        language=policy.language,
        title=policy.title,
        text=policy.text,
    )


def accepted(text_hash: str) -> Policy | None:
    """Return a policy as it read when an order accepted it."""
    kept = db.session.get(AcceptedText, text_hash)
    if kept is None:
        return None
    return Policy(
        kept.kind, kept.version, kept.market, kept.language, kept.title, kept.text
    )


@cache
def _read(kind: str, version: str, market: str, language: str) -> str | None:
    path = TEXTS / kind / version / f"{market}.{language}.md"
    return path.read_text("utf-8") if path.is_file() else None


def _fill(text: str, market: str, language: str) -> str:
    place = market_of(market)
    known = names(markets.parameters(place))

    def written(hole: re.Match[str]) -> str:
        value = known.get(hole[1], hole[0])
        if hole[1].endswith("_minor") and isinstance(value, int):
            value = Money(value, place.currency)
        return _written(value)

    with reading(language):
        return _HOLE.sub(written, text)


def _written(value: object) -> str:
    """Write a parameter as the reader does; a limit there is not as a dash."""
    match value:
        case None:
            return "–"
        case int():
            return formats.number(value)
        case Money():
            return formats.money(value)
        case time():
            return formats.clock_time(value)
    return str(value)
