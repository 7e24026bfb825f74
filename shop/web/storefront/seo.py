"""For machines that read the shop: sitemap and robots.txt.

The sitemap is an index of parts; a part holds the products of a block of ids,
so that it is found by its number at any size and no row is skipped over. A
block is small enough for the limits of the protocol (50,000 addresses and
50 MB a file), also with an address in every language beside each.
"""

from collections.abc import Iterator
from datetime import datetime

from flask import Blueprint, Response, abort, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from markupsafe import escape

from shop.catalogue import service as catalogue
from shop.i18n.languages import languages
from shop.kernel.text import first_text
from shop.policies.service import KINDS
from shop.web import frame
from shop.web.shelves import category_tree

bp = Blueprint("seo", __name__)
#: Ids in one part, and rows read at once.
BLOCK, BATCH = 3_000, 500
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"
_XHTML = "http://www.w3.org/1999/xhtml"
#: Pages nobody should find by a search engine; ``*`` is the language.
HIDDEN = ("/*/cart", "/*/checkout", "/*/orders", "/*/owner", "/*/region", "/*/search")


@bp.get("/robots.txt")
def robots() -> ResponseReturnValue:
    """Say what to leave out, and where the sitemap is."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in HIDDEN)]
    lines += ["Disallow: /pay/", f"Sitemap: {frame.absolute(url_for('seo.sitemap'))}"]
    return _cached(Response("\n".join(lines) + "\n", mimetype="text/plain"))


@bp.get("/sitemap.xml")
def sitemap() -> ResponseReturnValue:
    """List the parts of the sitemap: the pages, then the products by blocks of ids."""
    parts = -(-catalogue.last_product_id() // BLOCK)
    paths = [url_for("seo.pages")]
    paths += [url_for("seo.products", part=number) for number in range(1, parts + 1)]
    rows = "".join(
        f"<sitemap><loc>{escape(frame.absolute(path))}</loc></sitemap>\n"
        for path in paths
    )
    body = f'{_HEAD}<sitemapindex xmlns="{_SITEMAPS}">\n{rows}</sitemapindex>\n'
    return _cached(Response(body, mimetype="application/xml"))


@bp.get("/sitemap-pages.xml")
def pages() -> ResponseReturnValue:
    """List home, categories and help pages in every language."""
    found = [_in_every_language("home.show"), _in_every_language("help.index")]
    found += [_in_every_language("help.policy", slug=kind) for kind in KINDS]
    for node in category_tree().by_id.values():
        slugs = {
            one.code: first_text(node.slugs, one.code) for one in languages().values()
        }
        found.append(
            {
                one.url: url_for(
                    "catalogue.category", lang=one.url, slug=(slug or ("", ""))[1]
                )
                for one in languages().values()
                if (slug := slugs[one.code])
            }
        )
    return _answer(iter(["".join(_urls(addresses)) for addresses in found]))


@bp.get("/sitemap-<int:part>.xml")
def products(part: int) -> ResponseReturnValue:
    """List the products of one block of ids, read and sent in small batches."""
    if not 1 <= part <= -(-catalogue.last_product_id() // BLOCK):
        abort(404)
    return _answer(stream_with_context(_products((part - 1) * BLOCK, part * BLOCK)))


def _products(after: int, last: int) -> Iterator[str]:
    while after < last:
        rows = catalogue.sitemap_rows(after, min(BATCH, last - after))
        here = [row for row in rows if row[0] <= last]
        yield "".join(
            text
            for key, updated_at, slugs in here
            for text in _urls(_product_addresses(key, slugs), updated_at)
        )
        if len(here) < len(rows) or not rows:
            return
        after = rows[-1][0]


def _product_addresses(key: int, slugs: dict[str, str]) -> dict[str, str]:
    found = {}
    for one in languages().values():
        slug = first_text(slugs, one.code)
        found[one.url] = url_for(
            "catalogue.product",
            lang=one.url,
            product_id=key,
            slug=slug[1] if slug else "-",
        )
    return found


def _in_every_language(endpoint: str, slug: str | None = None) -> dict[str, str]:
    return {
        one.url: url_for(endpoint, lang=one.url, slug=slug)
        for one in languages().values()
    }


def _urls(
    addresses: dict[str, str], updated_at: datetime | None = None
) -> Iterator[str]:
    """Return one entry a language, each naming all the others (and itself)."""
    absolute = {code: escape(frame.absolute(path)) for code, path in addresses.items()}
    links = "".join(
        f'<xhtml:link rel="alternate" hreflang="{languages()[code].hreflang}"'
        f' href="{address}"/>'
        for code, address in absolute.items()
    )
    if "en" in absolute:
        links += (
            '<xhtml:link rel="alternate" hreflang="x-default"'
            f' href="{absolute["en"]}"/>'
        )
    stamp = f"<lastmod>{updated_at:%Y-%m-%d}</lastmod>" if updated_at else ""
    for address in absolute.values():
        yield f"<url><loc>{address}</loc>{stamp}{links}</url>\n"


def _answer(entries: Iterator[str]) -> Response:
    def body() -> Iterator[str]:
        yield f'{_HEAD}<urlset xmlns="{_SITEMAPS}" xmlns:xhtml="{_XHTML}">\n'
        yield from entries
        yield "</urlset>\n"

    return _cached(Response(body(), mimetype="application/xml"))


def _cached(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer
