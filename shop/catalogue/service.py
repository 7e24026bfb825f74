"""What the rest of the shop may ask of the catalogue, and tell it.

Reading
    ``product_view(product_id, market_code, language) -> ProductView | None`` (3 SQL)
    ``listing(Query(…), market, language) -> Listing`` (2 to 5 SQL)
    ``cards(ids, market, language) -> tuple[Card, …]`` (2 SQL)
    ``best(most, …)`` (2 SQL), ``similar(product_id, category_id, most, …)`` (1 SQL)
    ``category_tree(language) -> Tree`` (1 SQL); ``moved_category(language, slug)``
    ``variant_for_cart(variant_ids, market) -> {id: SellableVariant}`` (4 SQL)
    ``alternate_slugs(product_id)``, ``variant_id_of(sku)``,
    ``sitemap_rows(after, limit)``
Writing, inside ``transaction()``
    ``save_product(draft, now)``, ``save_category(draft)``, ``set_price(…)``,
    ``set_sale_state(…)``, ``delete_products(ids, now)``, ``add_picture(…)`` with
    ``media.store(…).draft(alts=…)``, ``set_alts(…)``, ``remove_picture(…)``; stock is
    ``shop.inventory``.
Pure
    ``sale_state_now(stored, available, now)``, ``offering(…)`` in ``rules``.
"""

from shop.catalogue.facets import BrandCount, Facet, FacetValue
from shop.catalogue.facts import (
    Axis,
    Card,
    Local,
    Node,
    OptionView,
    Picture,
    ProductView,
    SellableVariant,
    SpecLine,
    Tree,
    Turn,
    VariantView,
)
from shop.catalogue.listing import Listing, best, cards, listing, similar
from shop.catalogue.product import (
    alternate_slugs,
    count_listed,
    last_product_id,
    product_view,
    sitemap_rows,
    variant_for_cart,
    variant_id_of,
)
from shop.catalogue.query import Chosen, Query, Sort
from shop.catalogue.rules import Offering, SaleState, offering, sale_state_now
from shop.catalogue.tree import category_tree, moved_category
from shop.catalogue.write import (
    add_picture,
    count_products,
    delete_products,
    lock_products,
    move_picture_up,
    remove_picture,
    save_category,
    save_product,
    set_alts,
    set_price,
    set_sale_state,
)

__all__ = [
    "Axis",
    "BrandCount",
    "Card",
    "Chosen",
    "Facet",
    "FacetValue",
    "Listing",
    "Local",
    "Node",
    "Offering",
    "OptionView",
    "Picture",
    "ProductView",
    "Query",
    "SaleState",
    "SellableVariant",
    "Sort",
    "SpecLine",
    "Tree",
    "Turn",
    "VariantView",
    "add_picture",
    "alternate_slugs",
    "best",
    "cards",
    "category_tree",
    "count_listed",
    "count_products",
    "delete_products",
    "last_product_id",
    "listing",
    "lock_products",
    "move_picture_up",
    "moved_category",
    "offering",
    "product_view",
    "remove_picture",
    "sale_state_now",
    "save_category",
    "save_product",
    "set_alts",
    "set_price",
    "set_sale_state",
    "similar",
    "sitemap_rows",
    "variant_for_cart",
    "variant_id_of",
]
