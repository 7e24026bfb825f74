"""Products together with their stock: what imports and the demo save."""

from datetime import datetime

from shop.catalogue.drafts import ProductDraft
from shop.catalogue.write import Saved, save_product
from shop.inventory.service import set_on_hand


def save_goods(draft: ProductDraft, who: str, now: datetime) -> Saved:
    """Save a product, and the stock of each variant that states one.

    :raises shop.catalogue.rules.SkuTaken: if a SKU belongs to another product.
    :raises shop.inventory.rules.StockHeld: if fewer pieces are stated than
        orders hold.
    """
    saved = save_product(draft, now)
    changes = saved.changes
    for variant in draft.variants:
        key = saved.variant_ids[variant.sku]
        if variant.stock is not None:
            before, after = set_on_hand(key, variant.stock, who, now)
            changes += before != after
    return Saved(saved.product_id, saved.is_new, changes, saved.variant_ids)
