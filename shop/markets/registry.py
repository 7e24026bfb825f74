"""The markets of the shop: each file of this folder that makes a ``MARKET`` is one."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from shop.markets.market import Market

#: The market of a reader whose language names none.
DEFAULT = "world"


@cache
def markets() -> Mapping[str, Market]:
    """Return every market by code, the plain one last."""
    package = importlib.import_module("shop.markets")
    found: dict[str, Market] = {}
    for module in pkgutil.iter_modules(package.__path__):
        place = importlib.import_module(f"shop.markets.{module.name}")
        made = getattr(place, "MARKET", None)
        if isinstance(made, Market):
            found[made.code] = made
    ordered = sorted(found.values(), key=lambda one: (one.code == DEFAULT, one.code))
    return MappingProxyType({one.code: one for one in ordered})


def market_codes() -> tuple[str, ...]:
    """Return the codes of all markets, in menu order."""
    return tuple(markets())


def market(code: str) -> Market:
    """Return the market with this code.

    :raises KeyError: if there is none.
    """
    return markets()[code]


def find_market(code: str) -> Market | None:
    """Return the market with this code, if there is one."""
    return markets().get(code)


def market_for_language(language: str, table: Mapping[str, str] | None = None) -> str:
    """Return the code of the market a reader of ``language`` begins in.

    ``table`` is the owner's: language to market code. ``zh_Hant`` counts as ``zh``.
    """
    plain = language.replace("-", "_").split("_")[0]
    for chosen in ((table or {}).get(language), (table or {}).get(plain)):
        if chosen in markets():
            return str(chosen)
    for one in markets().values():
        if plain in one.languages:
            return one.code
    return DEFAULT
