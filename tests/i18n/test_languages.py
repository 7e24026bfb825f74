"""The catalogs that come with the shop."""

import pytest

from shop.i18n.extract import catalog_path, plural_forms, read_catalog
from shop.i18n.languages import KNOWN, languages


def test_chinese_persian_and_english_are_there() -> None:
    assert list(languages())[:3] == ["zh", "fa", "en"]


@pytest.mark.parametrize("code", ["zh", "fa", "en"])
def test_a_catalog_names_its_language_and_its_plurals(code: str) -> None:
    header = read_catalog(catalog_path(code)).metadata

    assert header["Language"] == code
    assert header["Plural-Forms"] == plural_forms(code) == KNOWN[code].plural_forms
