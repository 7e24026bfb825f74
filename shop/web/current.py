"""Who is asking, for what, when: the facts of the running request.

The only place of the web that reads the clock.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import cast

from flask import current_app, g, session

from shop.accounts import service as accounts
from shop.accounts.models import Staff
from shop.config import Config
from shop.i18n.languages import Language
from shop.i18n.reader import reader
from shop.markets import market, market_codes, market_for_language
from shop.markets.market import Market
from shop.markets.parameters import Parameters
from shop.markets.service import OwnerWords


def clock() -> datetime:
    """Return the present moment in UTC. Tests put another clock in the config."""
    tick = current_app.config.get("CLOCK")
    return cast(datetime, tick()) if tick else datetime.now(UTC)


def config() -> Config:
    """Return the settings of this installation."""
    return cast(Config, current_app.extensions["shop"])


def language() -> Language:
    """Return the language of the page, from the first part of its path."""
    return reader().language


def current_market() -> Market:
    """Return the market of the visit: the reader's choice, else the language's own.

    Never the address the request came from (DESIGN 10).
    """
    found = g.get("market")
    if found is None:
        chosen = session.get("market", "")
        if chosen not in market_codes():
            chosen = market_for_language(language().code)
        found = g.market = market(chosen)
    return cast(Market, found)


def owner_words() -> OwnerWords:
    """Return what the owner wrote for this visit's market; one query a request."""
    from shop.markets import service

    found = g.get("owner_words")
    if found is None:
        found = g.owner_words = service.owner_words(current_market())
    return cast(OwnerWords, found)


def current_parameters() -> Parameters:
    """Return the numbers of the visit's market with the owner's changes."""
    return _numbers(current_market().code, owner_words())


@lru_cache(maxsize=64)
def _numbers(code: str, words: OwnerWords) -> Parameters:
    from shop.markets import service

    return service.parameters(market(code), words.overrides)


def cart_count() -> int:
    """Return how many pieces are in the visitor's cart; no cookie, no query."""
    from shop.cart import service

    token = session.get("cart", "")
    if not token:
        return 0
    if "cart_count" not in g:
        g.cart_count = service.count(token)
    return cast(int, g.cart_count)


def signed_in_staff() -> Staff | None:
    """Return who is signed in to the desk in this browser, if anybody."""
    token = session.get("staff", "")
    if not token:
        return None
    if "staff" not in g:
        idle = timedelta(hours=config().session_hours)
        found = accounts.signed_in(token, idle, clock())
        g.staff = found[0] if found else None
    return cast("Staff | None", g.staff)


def secret_key() -> bytes:
    """Return the key that seals links and codes."""
    key = current_app.secret_key or b""
    return key.encode() if isinstance(key, str) else key


def request_id() -> str:
    """Return the short id of this request, shown on error pages and in the log."""
    return cast(str, g.get("request_id", ""))
