"""Builds the frame around every page: language and region links, categories, cart."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from flask import Flask, g, get_flashed_messages, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.routing import BuildError

from shop.i18n.catalog import catalog
from shop.i18n.digits import to_ascii
from shop.i18n.languages import Language, languages
from shop.i18n.text import TN, Lazy, Ltr, T, Text
from shop.kernel.money import Money
from shop.markets import market
from shop.markets.market import Market
from shop.web import open_form
from shop.web.current import (
    cart_count,
    config,
    current_market,
    current_parameters,
    language,
    owner_words,
    signed_in_staff,
)
from shop.web.pages.frame import (
    Alternate,
    Column,
    Desk,
    Frame,
    LanguageLink,
    SocialCard,
    TrustLine,
)
from shop.web.pages.parts import Link, Note, Tone, Words
from shop.web.render import isolate
from shop.web.requests import query_string
from shop.web.shelves import categories


@dataclass(frozen=True, kw_only=True)
class Head:
    """What a view says about its page to the frame; everything is optional.

    ``alternates`` are paths of the page by URL language; without them the same
    endpoint with the same arguments is taken. An ``indexed`` page gets a
    canonical address and ``hreflang`` links, any other ``noindex``.
    ``page_query`` (``?page=2``) is the only part of a query they keep.
    """

    alternates: Mapping[str, str] = field(default_factory=dict)
    indexed: bool = False
    page_query: str = ""
    description: Words = ""
    social: SocialCard | None = None
    json_ld: str = ""
    place: str = ""
    query: str = ""
    previous_url: str = ""
    next_url: str = ""
    refresh_seconds: int = 0
    refresh_url: str = ""
    #: Its form puts into the cart and is shown to visitors without a cookie.
    has_open_form: bool = False
    #: The bare frame of the checkout needs no categories.
    bare: bool = False


def head(**facts: Any) -> None:
    """Tell the frame about this page, before it is rendered."""
    g.head = replace(g.get("head") or Head(), **facts)


def desk(frame_desk: Desk) -> None:
    """Show the rail of the owner's desk."""
    g.desk = frame_desk


def note(text: Text, tone: Tone = "ok", icon: str = "check") -> None:
    """Show a sentence on the next page, in the words of this one's reader."""
    from flask import flash

    flash((str(text), tone, icon))  # type: ignore[arg-type]


def register(app: Flask) -> None:
    """Give every template the frame."""
    app.context_processor(lambda: {"frame": build()})


def build() -> Frame:
    """Return the frame of the running request."""
    here: Head = g.get("head") or Head()
    # Without a route, as on some error pages, the language is only a guess.
    standing = _standing if "here" in g else _standing.__wrapped__
    around = standing(
        g.get("here"),
        catalog(language().code),
        current_market().code,
        owner_words(),
        config().sandbox_url if config().sandbox else "",
    )
    # ``replace`` would ask each of the 45 fields first, which takes longer than
    # to make the frame.
    page = dict[str, Any](
        standing=around if "here" in g else None,
        languages=_languages(here),
        region_url=_url("region.show", next=request.path),
        query=here.query,
        categories=() if here.bare else categories(request.path),
        place=here.place,
        description=here.description,
        robots="" if here.indexed else "noindex",
        social=here.social,
        json_ld=here.json_ld,
        previous_url=here.previous_url,
        next_url=here.next_url,
        refresh_seconds=here.refresh_seconds,
        refresh_url=here.refresh_url,
        canonical=absolute(_path_in(here, language())) if here.indexed else "",
        alternates=_alternates(here) if here.indexed else (),
        cart_count=cart_count(),
        notes=_notes(),
        csrf_token=open_form.token if here.has_open_form else generate_csrf,
        desk_url=_url("owner.queue") if signed_in_staff() else "",
        desk=g.get("desk"),
    )
    return Frame(**{**vars(around), **page})


@lru_cache(maxsize=64)
def _standing(
    _here: object, _messages: object, code: str, _words: object, sandbox_url: str
) -> Frame:
    """Return what is the same on every page of a language, market and owner's words.

    All it depends on stands in its arguments.
    """
    place = market(code)
    return replace(
        bare_frame(),
        shop_name=shop_name(),
        market_name=place.name,
        market_currency=place.currency,
        promise=_promise(place),
        search_url=_url("search.results"),
        suggest_url=_url("search.suggest"),
        cart_url=_url("cart.show"),
        lookup_url=_url("orders.lookup"),
        categories_url=_url("home.show") + "#categories",
        columns=_columns(),
        contacts=contacts(),
        opening=owner_line("opening"),
        trust=_trust(place),
        is_sandbox=bool(sandbox_url),
        sandbox_url=f"{sandbox_url}/_sim/inbox" if sandbox_url else "",
    )


def bare_frame() -> Frame:
    """Return a frame that needs neither database nor cookie: for a 503 page."""
    lang = language()
    return Frame(
        shop_name=T("Anar"),
        html_lang=lang.html,
        direction=lang.direction,
        home_url=_url("home.show"),
    )


def shop_name() -> Words:
    """Return what the owner calls the shop, else what the program is called."""
    return owner_words().everywhere.get(f"shop_name_{language().code}") or T("Anar")


def owner_line(name: str) -> str:
    """Return a line the owner wrote for this market, else for every place, or ""."""
    found = owner_words()
    return found.here.get(name) or found.everywhere.get(name, "")


def contacts() -> tuple[Link, ...]:
    """Return how to reach the shop, as far as the owner said."""
    phone, email = owner_line("phone"), owner_line("email")
    found = []
    if phone:
        dial = "".join(c for c in to_ascii(phone) if c in "+0123456789")
        found.append(Link(f"tel:{dial}", isolate(Ltr(phone)), "phone"))
    if email:
        found.append(Link(f"mailto:{email}", isolate(Ltr(email)), "mail"))
    return tuple(found)


def absolute(path: str) -> str:
    """Return the public address of a path: for messages, canonical links, sitemaps."""
    return config().public_url + path


def _languages(here: Head) -> tuple[LanguageLink, ...]:
    current = language().code
    query = query_string() if request.method == "GET" else ""
    return tuple(
        LanguageLink(
            name=one.name,
            url=_in_language(here, one, query),
            hreflang=one.hreflang,
            direction=one.direction,
            current=one.code == current,
        )
        for one in languages().values()
    )


def _in_language(here: Head, one: Language, query: str) -> str:
    path = here.alternates.get(one.url) or _same_endpoint(one)
    return f"{path}?{query}" if query else path


def _same_endpoint(one: Language) -> str:
    values = {"lang": one.url, **(request.view_args or {})}
    if request.endpoint is None or request.method not in {"GET", "HEAD"}:
        return _url("home.show", lang=one.url)
    return _url(request.endpoint, **values) or _url("home.show", lang=one.url)


def _alternates(here: Head) -> tuple[Alternate, ...]:
    every = languages().values()
    urls = {one.url: absolute(_path_in(here, one)) for one in every}
    found = [Alternate(one.hreflang, urls[one.url]) for one in every]
    return (*found, Alternate("x-default", urls["en"]))


def _path_in(here: Head, one: Language) -> str:
    return (here.alternates.get(one.url) or _same_endpoint(one)) + here.page_query


def _promise(market: Market) -> Words:
    """Return what the market promises of every order, in one sentence."""
    days = current_parameters().return_days
    free = _free_delivery(market)
    if free is None:
        return T("Return within {days} days of delivery", days=days)
    return TN(
        "Free delivery from {amount}, {count} day to return",
        "Free delivery from {amount}, {count} days to return",
        days,
        amount=free,
    )


def _free_delivery(market: Market) -> Money | None:
    """Return from which amount some delivery is free in every zone, if there is one."""
    ends = []
    for zone in market.zones:
        known = [x.free_from_minor for x in zone.rates if x.free_from_minor is not None]
        if not known:
            return None
        ends.append(min(known))
    return Money(max(ends), market.currency) if ends else None


def _columns() -> tuple[Column, ...]:
    shopping = (
        Link(_url("help.index"), T("Help")),
        Link(_url("help.policy", slug="delivery"), T("Delivery")),
        Link(_url("help.policy", slug="returns"), T("Returns and refunds")),
        Link(_url("returns.ask"), T("Return something")),
    )
    shop = (
        Link(_url("help.policy", slug="terms"), T("Terms of sale")),
        Link(_url("help.policy", slug="privacy"), T("Privacy")),
        Link(_url("help.policy", slug="payment"), T("Payment")),
    )
    return (Column(T("Shopping here"), shopping), Column(T("About this shop"), shop))


def _trust(market: Market) -> tuple[TrustLine, ...]:
    """Return the lines the law of the place wants, where the owner has the number."""
    owner = owner_words().here
    return tuple(
        TrustLine(line.text(owner[line.setting]), line.url)
        for line in market.trust_lines
        if owner.get(line.setting)
    )


def _notes() -> tuple[Note, ...]:
    flashed: list[Any] = list(get_flashed_messages())
    return tuple(Note(text, tone, icon) for text, tone, icon in flashed)


def _url(endpoint: str, **values: Any) -> str:
    """Return a path, or "" while its area is not there (a frame never fails)."""
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return ""


__all__ = ["Head", "Lazy", "absolute", "bare_frame", "build", "desk", "head", "note"]
