"""Search: results, the way straight to a SKU, and suggestions while typing."""

import re
import unicodedata
from dataclasses import replace

from flask import (
    Blueprint,
    abort,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from shop.catalogue import service as catalogue
from shop.catalogue.rules import LAST_PAGE, PER_PAGE, BadCursor, SaleState
from shop.i18n.digits import to_ascii
from shop.search import service as engine
from shop.search.service import CAP, Found
from shop.search.terms import LONGEST_QUERY
from shop.web import frame
from shop.web.current import clock, current_market, language
from shop.web.pages.parts import Link
from shop.web.pages.storefront import Listing, SearchPage
from shop.web.storefront.cards import best_sellers, cards
from shop.web.storefront.lists import Question, page_of, pager

bp = Blueprint("search", __name__, url_prefix="/<lang:lang>/search")
SUGGESTIONS = 8
BEST = 8
#: What a SKU may look like; whole words of a search never match it.
_SKU = re.compile(r"(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9._/-]{2,39}")


@bp.get("")
def results() -> ResponseReturnValue:
    """Show what a search finds; similar products are marked, one SKU is gone to."""
    words = " ".join(request.args.get("q", "")[:LONGEST_QUERY].split())
    if not words:
        return redirect(url_for("home.show"), 302)
    variant_page = _page_of_sku(words)
    if variant_page:
        return redirect(variant_page, 302)
    question = Question.asked(request.args, url_for("search.results"), words)
    found = engine.search(words, limit=CAP, limit_if_capped=PER_PAGE)
    listing = _listing(question, found)
    frame.head(
        query=words,
        previous_url=listing.pager.previous_url,
        next_url=listing.pager.next_url,
    )
    page = SearchPage(
        query=words,
        listing=listing,
        is_similar=found.is_similar,
        correction=_correction(found.correction),
        best=() if listing.cards else best_sellers(BEST),
    )
    return render_template("storefront/search.html", page=page)


@bp.get("/suggest")
def suggest() -> ResponseReturnValue:
    """Return product names for what is being typed: a JSON list of at most eight."""
    typed = request.args.get("q", "")[:LONGEST_QUERY]
    ids = engine.suggest(typed, SUGGESTIONS) if typed.strip() else ()
    found = catalogue.cards(ids, current_market().code, language().code)
    answer = jsonify(list(dict.fromkeys(card.name.text for card in found)))
    answer.headers["Cache-Control"] = "private, max-age=60"
    return answer


def _listing(question: Question, found: Found) -> Listing:
    """Return the results as a list: with filters, as long as they can be counted."""
    if found.capped:
        return _long_listing(question, found)
    try:
        asked = replace(question.query(), ids=found.ids, cursor="")
        listed = catalogue.listing(asked, current_market().code, language().code)
    except BadCursor:
        abort(404)
    if question.is_beyond(listed.pages):
        abort(404)
    return page_of(question, listed, clock())


def _long_listing(question: Question, first: Found) -> Listing:
    """Return a page of more results than are counted: in order of merit only."""
    if not question.cursor and not 1 <= question.page <= LAST_PAGE:
        abort(404)
    skip = (question.page - 1) * PER_PAGE
    ids, after = first.ids[skip : skip + PER_PAGE], ""
    if question.cursor or question.page >= LAST_PAGE or len(ids) < PER_PAGE:
        here = engine.search(
            question.words,
            PER_PAGE,
            question.cursor or None,
            offset=0 if question.cursor else skip,
        )
        ids, after = here.ids, here.next_cursor or ""
    found = catalogue.cards(ids, current_market().code, language().code)
    bare = Question(
        action=question.action,
        words=question.words,
        page=question.page,
        cursor=question.cursor,
    )
    return Listing(
        action=question.action,
        cards=cards(found, clock()),
        total=first.total,
        is_capped=True,
        hidden=(("q", question.words),),
        pager=pager(bare, LAST_PAGE, after=after),
    )


def _page_of_sku(words: str) -> str:
    """Return the page of the variant whose SKU somebody typed, else ""."""
    typed = to_ascii(unicodedata.normalize("NFKC", words))
    if not _SKU.fullmatch(typed):
        return ""
    key = catalogue.variant_id_of(typed)
    if key is None:
        return ""
    found = catalogue.variant_for_cart([key], current_market().code)[key]
    if found.sale_state is SaleState.DRAFT:
        return ""
    slug = found.slug(language().code) or "-"
    return url_for(
        "catalogue.product", product_id=found.product_id, slug=slug, sku=found.sku
    )


def _correction(words: str) -> Link | None:
    if not words:
        return None
    return Link(url_for("search.results", q=words), words)
