"""Which format a file has, and its products."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from shop.catalogue.imports import own, shopify, woocommerce
from shop.catalogue.imports.common import (
    Reading,
    Row,
    Setting,
    UnreadableFile,
    read_rows,
)


class Foreign(Protocol):
    """The module of another shop's format."""

    NAME: str

    def read(self, rows: Iterable[Row], setting: Setting) -> Reading:
        """Return the products of a file and what is wrong with its lines."""


def read_file(path: Path, setting: Setting, currencies: Mapping[str, str]) -> Reading:
    """Return the products of a CSV file, whichever of the three formats it has.

    :param currencies: by market code.
    :raises UnreadableFile: if it is no CSV file, of none of the formats, or of
        another shop's while ``setting`` names no market.
    """
    rows = list(read_rows(path))
    if not rows:
        raise UnreadableFile(f"{path.name} has no products.")
    headings = set(rows[0].cells)
    if headings >= own.HEADINGS:
        return own.read(rows, currencies)
    foreign = _foreign(headings)
    if foreign is None:
        raise UnreadableFile(
            f"{path.name} has the columns of no known export: neither this shop's, "
            "nor WooCommerce's, nor Shopify's."
        )
    if not setting.currency:
        raise UnreadableFile(
            f"{path.name} comes from {foreign.NAME} and does not say whose prices it "
            f"has: name the market with --market, one of {', '.join(currencies)}."
        )
    return foreign.read(rows, setting)


def _foreign(headings: set[str]) -> Foreign | None:
    if headings >= woocommerce.HEADINGS:
        return woocommerce
    if headings >= shopify.HEADINGS or {"handle", "title"} <= headings:
        return shopify
    return None
