"""Categories and products: ``/c/<slug>``, ``/p/<id>/<slug>`` and its short form."""

from urllib.parse import unquote

from flask import (
    Blueprint,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from shop.catalogue import service
from shop.catalogue.facts import Node, ProductView
from shop.catalogue.rules import BadCursor, Button, SaleState, make_slug
from shop.i18n.digits import to_ascii
from shop.i18n.languages import languages
from shop.i18n.text import T
from shop.kernel.text import first_text
from shop.web import frame
from shop.web.current import clock, current_market, language
from shop.web.pages.frame import SocialCard
from shop.web.pages.parts import Crumb, Link
from shop.web.pages.storefront import CategoryPage
from shop.web.requests import query_string
from shop.web.shelves import category_tree
from shop.web.storefront import json_ld, product_page
from shop.web.storefront.cards import cards
from shop.web.storefront.lists import Question, page_of
from shop.web.storefront.product_page import Seen, Typed, look_at, product_url
from shop.web.visit import or_404
from shop.web.words import written

bp = Blueprint("catalogue", __name__, url_prefix="/<lang:lang>")


@bp.get("/c/<slug>")
def category(slug: str) -> ResponseReturnValue:
    """Show a category: its products, filtered, sorted, page by page."""
    node = category_tree().by_slug.get(slug)
    if node is None:
        return _moved_category(slug)
    question = Question.asked(request.args, url_for("catalogue.category", slug=slug))
    try:
        found = service.listing(
            question.query(node.branch), current_market().code, language().code
        )
    except BadCursor:
        abort(404)
    listing = page_of(question, found, clock())
    if question.is_beyond(found.pages):
        abort(404)
    frame.head(
        indexed=question.is_plain,
        alternates=_category_addresses(node),
        page_query=question.page_query,
        description=written(node.description) if node.description else "",
        previous_url=listing.pager.previous_url,
        next_url=listing.pager.next_url,
        place="categories",
    )
    page = CategoryPage(
        name=written(node.name),
        crumbs=_category_crumbs(node),
        listing=listing,
        description=written(node.description),
        children=tuple(_category_link(child) for child in node.children),
    )
    body = render_template("storefront/category.html", page=page)
    return make_response(body, 422 if question.has_errors else 200)


@bp.get("/p/<id:product_id>")
def short(product_id: int) -> ResponseReturnValue:
    """Lead to the product's own address: for links of orders and messages."""
    return redirect(_with_query(product_url(_visible(product_id))), 301)


@bp.get("/p/<id:product_id>/<slug>")
def product(product_id: int, slug: str) -> ResponseReturnValue:  # noqa: ARG001
    """Show one variant of a product; every other spelling of its address leads here.

    The id decides; an old slug, one of another language and Persian digits in
    the id are all answered with 301.
    """
    view = _visible(product_id)
    here = product_url(view)
    if request.path != unquote(here):
        return redirect(_with_query(here), 301)
    sku = to_ascii(request.args.get("sku", ""))[:80].strip()
    picture = to_ascii(request.args.get("picture", ""))[:3]
    seen = or_404(look_at(view, sku, picture, clock()))
    return show(seen, Typed())


def show(seen: Seen, typed: Typed, status: int = 200) -> ResponseReturnValue:
    """Answer with a product's page; 410 and its successor where it is discontinued."""
    view, variant = seen.view, seen.variant
    is_gone = seen.offering.button is Button.GONE
    successor = None
    if is_gone and view.successor_id is not None:
        followed = service.cards([view.successor_id], view.market, view.language)
        listed = [one for one in followed if one.sale_state is not SaleState.DRAFT]
        successor = next(iter(cards(listed, clock())), None)
    page = product_page.build(seen, typed, successor)
    images = [frame.absolute(one.picture.src) for one in page.gallery if view.pictures]
    address = frame.absolute(product_url(view))
    frame.head(
        indexed=not is_gone and status == 200,
        alternates=addresses(view),
        description=written(view.tagline) if view.tagline else "",
        social=SocialCard(
            title=view.name.text,
            kind="product",
            image_url=frame.absolute(page.large.src),
            image_alt=product_page.alt_of(view, variant).text,
            locale=language().og,
        ),
        json_ld=json_ld.product(view, variant, seen.offering, address, images),
        has_open_form=True,
    )
    body = render_template("storefront/product.html", page=page)
    return make_response(body, 410 if is_gone else status)


def addresses(view: ProductView) -> dict[str, str]:
    """Return a product's address in every language, each with its own slug."""
    return {
        one.url: url_for(
            "catalogue.product",
            lang=one.url,
            product_id=view.id,
            slug=product_page.slug_in(view, one.code),
        )
        for one in languages().values()
    }


def _visible(product_id: int) -> ProductView:
    """Return a product that readers may see; a draft is as good as none."""
    view = service.product_view(product_id, current_market().code, language().code)
    if view is None or view.sale_state is SaleState.DRAFT:
        abort(404)
    return view


def _with_query(path: str) -> str:
    query = query_string()
    return f"{path}?{query}" if query else path


def _moved_category(slug: str) -> ResponseReturnValue:
    """Lead from an old address, or from one of another language, to the present one."""
    found = or_404(_find_moved(slug))
    here = url_for("catalogue.category", slug=found.slug)
    return redirect(_with_query(here), 301)


def _find_moved(slug: str) -> Node | None:
    tree = category_tree()
    for spelling in dict.fromkeys((slug, make_slug(slug))):
        moved = service.moved_category(language().code, spelling)
        found = tree.by_id.get(moved or 0) or tree.by_slug.get(spelling)
        if found is not None:
            return found
        for node in tree.by_id.values():
            if spelling in node.slugs.values():
                return node
    return None


def _category_addresses(node: Node) -> dict[str, str]:
    return {
        one.url: url_for(
            "catalogue.category", lang=one.url, slug=_category_slug(node, one.code)
        )
        for one in languages().values()
    }


def _category_slug(node: Node, code: str) -> str:
    found = first_text(node.slugs, code)
    return found[1] if found else node.code


def _category_crumbs(node: Node) -> tuple[Crumb, ...]:
    way = category_tree().path(node.id)
    above = [
        Crumb(written(one.name), url_for("catalogue.category", slug=one.slug))
        for one in way[:-1]
    ]
    return (Crumb(T("Home"), url_for("home.show")), *above, Crumb(written(node.name)))


def _category_link(node: Node) -> Link:
    return Link(url_for("catalogue.category", slug=node.slug), written(node.name))
