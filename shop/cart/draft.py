"""What was typed and chosen on the way to an order, kept until it is placed.

``typed`` holds the fields as they were typed, so that a page shows them back;
``address`` the same after reading. Erased with the cart.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from shop.cart.models import Cart


@dataclass(frozen=True)
class Draft:
    """The answers given so far; an empty one is not answered yet."""

    typed: Mapping[str, str] = field(default_factory=dict)
    address: Mapping[str, Any] = field(default_factory=dict)
    market: str = ""
    delivery: str = ""
    point: str = ""
    method: str = ""
    option: str = ""
    remark: str = ""

    @classmethod
    def of(cls, cart: Cart) -> Self:
        """Read a cart's draft; keys of another version are left out."""
        known = {
            key: cart.draft[key]
            for key in cls.__dataclass_fields__
            if key in cart.draft
        }
        return cls(**known)

    def changed(self, **answers: Any) -> Self:
        """Return the draft with these answers instead."""
        return replace(self, **answers)

    def for_market(self, market: str) -> Self:
        """Return the draft for a market: another one needs another address."""
        if self.market in {"", market}:
            return replace(self, market=market)
        who = {k: v for k, v in self.typed.items() if k in {"name", "email"}}
        return type(self)(typed=who, market=market)


def save(cart: Cart, draft: Draft, now: datetime) -> None:
    """Keep a draft with its cart."""
    cart.draft = asdict(draft)
    cart.updated_at = now
