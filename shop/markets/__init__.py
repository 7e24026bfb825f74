"""Everything that differs by place and nothing that differs by language."""

from shop.markets.registry import (
    find_market,
    market,
    market_codes,
    market_for_language,
    markets,
)

__all__ = ["find_market", "market", "market_codes", "market_for_language", "markets"]
