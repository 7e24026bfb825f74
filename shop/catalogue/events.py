"""Who wants to know when a product changes: search, and later the page cache.

The catalogue cannot import what stands above it, so they come here.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

#: Called inside the transaction with the ids of products that were saved or
#: removed, whatever changed about them but their stock.
Listener = Callable[[Sequence[int], datetime], None]

product_changed: list[Listener] = []


def tell(product_ids: Sequence[int], now: datetime) -> None:
    """Tell every listener; nothing for no products."""
    if product_ids:
        for listener in product_changed:
            listener(product_ids, now)
