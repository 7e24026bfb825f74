"""Catalogue texts on a page: marked where they are not in the reader's language."""

from collections.abc import Mapping

from shop.catalogue.facts import Local
from shop.i18n.digits import to_persian
from shop.i18n.formats import plain_number
from shop.i18n.languages import KNOWN
from shop.i18n.reader import reader
from shop.i18n.text import TN, L, Lazy, Ltr
from shop.markets.address import Address
from shop.markets.market import Market
from shop.web.pages.parts import Badge, Words, Written

#: What a currency is called beside a box; the rial is spoken of as toman.
CURRENCIES: dict[str, Lazy] = {
    "CNY": L("yuan"),
    "EUR": L("euros"),
    "IRR": L("toman"),
    "USD": L("US dollars"),
}


def written(text: Local) -> Written:
    """Return a catalogue text that says which language it is in, if not the page's."""
    if text.lang == reader().language.code or not text.text:
        return Written(text.text)
    language = KNOWN.get(text.lang)
    if language is None:
        return Written(text.text, text.lang, "auto")
    return Written(text.text, language.html, language.direction)


#: Persian groups a measure from here on, as money always is (COPY_STYLE).
_GROUPED_FROM = 10_000


def measure(number: str, unit: str = "") -> str:
    """Write a measure (0-9 and a point) as the reader does: ``۶٫۷ اینچ``."""
    if reader().language.digits == "persian":
        whole, point, rest = number.partition(".")
        if whole.isdecimal() and int(whole) >= _GROUPED_FROM:
            whole = f"{int(whole):,}".replace(",", "٬")
        number = to_persian(whole + point.replace(".", "٫") + rest)
    if not unit:
        return number
    return number + ("" if unit[0] in "%٪°℃" else "\u00a0") + unit


def phone_words(market: Market, stored: str) -> Ltr:
    """Write a stored number as people of the place do, in the reader's digits."""
    return Ltr(plain_number(market.show_phone(stored)))


def address_words(market: Market, address: Address) -> tuple[Words, ...]:
    """Write an address line by line; a postcode in the reader's digits."""
    lines = market.address.lines(address)
    return tuple(Ltr(plain_number(x)) if x.isdecimal() else x for x in lines)


def given_back(back: Mapping[int, int] | None, line_id: int) -> Badge | None:
    """Return a tag for an order line of which pieces were given back, if any were."""
    count = (back or {}).get(line_id, 0)
    if not count:
        return None
    return Badge(TN("{count} piece refunded", "{count} pieces refunded", count), "pre")
