"""Reads and keeps what an owner changed about a market."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Text, bindparam, cast, literal, or_, select, union_all

from shop.db import Ready, db, read
from shop.markets.identity import Identity
from shop.markets.market import Market
from shop.markets.models import MarketOverride
from shop.markets.parameters import BadParameter, Parameters, merged

log = logging.getLogger("shop.markets")


@dataclass(frozen=True, eq=False)
class OwnerWords:
    """All that the owner wrote and a page may need, read at once.

    ``everywhere`` and ``here`` are ``identity``; ``overrides`` as in ``overrides()``.
    Reading the same words again gives the same object, so that what is made of
    them can be kept by it.
    """

    everywhere: Mapping[str, str]
    here: Mapping[str, str]
    overrides: Mapping[str, Any]


_OWNER_WORDS = Ready(union_all(
    select(
        Identity.market.label("place"), literal(0).label("is_number"),
        Identity.name.label("name"), Identity.value.label("value"),
    ).where(or_(Identity.market == "", Identity.market == bindparam("market"))),
    select(
        MarketOverride.market, literal(1), MarketOverride.name,
        cast(MarketOverride.value, Text),
    ).where(MarketOverride.market == bindparam("market")),
))  # fmt: skip


def owner_words(market: Market) -> OwnerWords:
    """Return identity and changed numbers for one market (1 SQL)."""
    rows = read(_OWNER_WORDS, {"market": market.code})
    return _words_of(tuple(tuple(row) for row in rows))


@lru_cache(maxsize=64)
def _words_of(rows: tuple[tuple[str, int, str, str], ...]) -> OwnerWords:
    found: dict[str, dict[str, Any]] = {"all": {}, "here": {}, "numbers": {}}
    for place, is_number, name, value in rows:
        if is_number:
            found["numbers"][name] = json.loads(value)
        else:
            found["here" if place else "all"][name] = value
    return OwnerWords(found["all"], found["here"], found["numbers"])


def overrides(market: Market) -> dict[str, Any]:
    """Return the owner's values by name."""
    return {row.name: row.value for row in read(_OVERRIDES, {"market": market.code})}


_OVERRIDES = select(MarketOverride.name, MarketOverride.value).where(
    MarketOverride.market == bindparam("market")
)


def parameters(market: Market, changed: Mapping[str, Any] | None = None) -> Parameters:
    """Return the numbers of a market with the owner's changes; one query.

    A stored value that no longer fits (an older version's) is left out and
    logged: a shop never stops for it. ``changed`` saves the query.
    """
    values = overrides(market) if changed is None else changed
    found = market.parameters
    for name, value in values.items():
        try:
            found = merged(found, {name: value})
        except BadParameter as error:
            log.warning("market %s: %s", market.code, error)
    return found


def change(market: Market, name: str, value: Any, now: datetime) -> None:
    """Keep one value of the owner. Needs a transaction.

    :raises BadParameter: if no parameter has this name, or not this kind of value.
    """
    merged(market.parameters, {name: value})
    row = db.session.get(MarketOverride, (market.code, name))
    if row is None:
        row = MarketOverride(market=market.code, name=name)
        db.session.add(row)
    row.value, row.updated_at = value, now


def reset(market: Market, name: str) -> None:
    """Go back to the default. Needs a transaction."""
    row = db.session.get(MarketOverride, (market.code, name))
    if row is not None:
        db.session.delete(row)
