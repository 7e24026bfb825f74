"""What stands around every page: language, region, categories, cart, trust lines."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from markupsafe import Markup

from shop.web.pages.parts import Link, Note, Words


def _no_token() -> str:
    return ""


@dataclass(frozen=True)
class LanguageLink:
    """The page in another language: same page, same query, that language's slug."""

    name: str
    url: str
    hreflang: str
    direction: str
    current: bool = False


@dataclass(frozen=True)
class Alternate:
    """A ``<link rel=alternate>``; ``hreflang`` may be ``x-default``."""

    hreflang: str
    url: str


@dataclass(frozen=True)
class Column:
    """A column of links in the footer."""

    title: Words
    links: tuple[Link, ...]


@dataclass(frozen=True)
class TrustLine:
    """What the market's law wants at the foot: ICP number, eNamad, licence, company."""

    text: Words
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class SocialCard:
    """OpenGraph: how a link to this page looks when it is shared."""

    title: str
    kind: Literal["website", "product"] = "website"
    image_url: str = ""
    image_alt: str = ""
    locale: str = ""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The rail of the owner's desk."""

    rail: tuple[Link, ...]
    #: What waits, by position in the rail; 0 shows nothing.
    counts: tuple[int, ...] = ()
    staff_name: str = ""
    sign_out_url: str = ""
    shop_url: str = ""

    @property
    def items(self) -> tuple[tuple[Link, int], ...]:
        """Return each link of the rail with its count."""
        counts = (*self.counts, *([0] * len(self.rail)))
        return tuple(zip(self.rail, counts, strict=False))


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The second variable of every template, ``frame``.

    Only ``shop_name``, ``html_lang``, ``direction`` and ``home_url`` are needed,
    so that a page saying "503" can be made while the database is away. An empty
    address hides its link. ``cart_count``, ``csrf_token``, ``notes`` and
    ``desk_url`` are personal: the templates print them inside
    ``<!--hole:…-->`` marks, so that the rest of a public page can be cached.
    ``csrf_token`` is called only where a form is printed, so a visitor who only
    looks gets no cookie.
    """

    shop_name: Words
    html_lang: str
    direction: str
    home_url: str

    languages: tuple[LanguageLink, ...] = ()
    #: The market of this visit, as the reader calls it, and the page to change it.
    market_name: Words = ""
    market_currency: Words = ""
    region_url: str = ""

    #: One sentence in the top strip, from the market's parameters.
    promise: Words = ""
    search_url: str = ""
    query: str = ""
    #: Answers ``?q=`` with a JSON list of words, best first.
    suggest_url: str = ""
    cart_url: str = ""
    lookup_url: str = ""
    categories_url: str = ""
    categories: tuple[Link, ...] = ()
    #: Which place of the phone's bottom bar is this: home, categories, cart, orders.
    place: str = ""

    columns: tuple[Column, ...] = ()
    contacts: tuple[Link, ...] = ()
    opening: Words = ""
    about: Words = ""
    trust: tuple[TrustLine, ...] = ()

    cart_count: int = 0
    notes: tuple[Note, ...] = ()
    csrf_token: Callable[[], str] = _no_token
    desk_url: str = ""
    desk: Desk | None = None

    #: The pretend bank and SMS office are in use: a banner on every page.
    is_sandbox: bool = False
    sandbox_url: str = ""

    description: Words = ""
    canonical: str = ""
    alternates: tuple[Alternate, ...] = ()
    robots: str = ""
    social: SocialCard | None = None
    #: JSON text of schema.org, printed as a data block.
    json_ld: str = ""
    #: For lists: rel=prev and rel=next of the head.
    previous_url: str = ""
    next_url: str = ""
    #: What is the same around every page of a language and market: this frame
    #: without its page, and what was printed of it before.
    standing: "Frame | None" = None
    printed: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    #: Seconds after which the page reads itself again (payment results); 0 never.
    refresh_seconds: int = 0
    refresh_url: str = ""

    def kept(self, name: str, macro: Callable[["Frame"], str]) -> Markup:
        """Return a macro of the standing frame, printed once for all its pages.

        The macro gets no more than the standing frame: nothing of one page or
        one person can get into another's.
        """
        if self.standing is None:
            return Markup(macro(self))  # noqa: S704 (a template escaped it)
        known = self.printed.get(name)
        if known is None:
            known = self.printed[name] = str(macro(self.standing))
        return Markup(known)  # noqa: S704

    @property
    def other_languages(self) -> tuple[LanguageLink, ...]:
        """Return the languages this page could also be read in."""
        return tuple(one for one in self.languages if not one.current)

    @property
    def has_persian_font(self) -> bool:
        """Say whether the web font is needed at once."""
        return self.html_lang.startswith("fa")

    @property
    def is_home(self) -> bool:
        """Say whether the bottom bar stands at home."""
        return self.place == "home"

    @property
    def is_categories(self) -> bool:
        """Say whether the bottom bar stands at the categories."""
        return self.place == "categories"

    @property
    def is_cart(self) -> bool:
        """Say whether the bottom bar stands at the cart."""
        return self.place == "cart"

    @property
    def is_orders(self) -> bool:
        """Say whether the bottom bar stands at the orders."""
        return self.place == "orders"
