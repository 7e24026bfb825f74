"""Lets Flask-Babel and WTForms read the same catalogs as ``T()``."""

from typing import Any

from flask_babel import Domain

from shop.i18n.catalog import catalog
from shop.i18n.reader import reader


class PoDomain(Domain):  # type: ignore[misc]  # Flask-Babel ships no types
    """The shop's own .po files behind Flask-Babel's interface."""

    def get_translations(self) -> Any:
        """Return the messages of whoever reads now."""
        return catalog(reader().language.code)
