"""Lists longer than anybody counts: a cap, pages up to it, and a cursor after them.

One test for both kinds of list: their 1,210 products take the time of a hundred tests.
"""

from html import unescape

from flask.testing import FlaskClient

from tests.web.storefront.shop import Shop, words
from tests.web.storefront.test_category import PHONES, names


def test_a_long_list_is_counted_to_a_cap_and_goes_on_by_cursor(
    shop: Shop, client: FlaskClient
) -> None:
    shop.many(1210)

    for place, seen in ((f"{PHONES}?", 1211), ("/en/search?q=phone&", 1210)):
        first = client.get(place.rstrip("?&")).text
        last = client.get(f"{place}page=50").text
        beyond = _linked(last, "next")
        rest = client.get(beyond).text

        assert "More than 1,000 products" in words(first)
        assert f"{place}at=" in beyond
        assert len(names(last)) == 24
        assert len(names(rest)) == seen - 50 * 24
        assert not set(names(last)) & set(names(rest))
        assert 'content="noindex"' in rest
        if place.startswith(PHONES):
            assert names(client.get(_linked(rest, "prev")).text) == names(last)


def _linked(page: str, rel: str) -> str:
    return unescape(page.split(f'<link rel="{rel}" href="')[1].split('"', 1)[0])
