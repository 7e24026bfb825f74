"""Help pages: points with their hours, policies by version, clauses by structure."""

from datetime import date

import pytest
from flask.testing import FlaskClient

from shop.db import transaction
from shop.i18n.reader import reading
from shop.markets.identity import write_identity
from shop.policies import service as policies
from shop.policies.service import Policy
from shop.shipping.demo import demo_pickup_points
from shop.shipping.service import save_points
from shop.web.storefront.clauses import read
from tests.conftest import NOW
from tests.web.storefront.shop import Shop, words

TEXT = """Before *everything*.

## Return

You can return it.

1. Within seven days.
   1. Counted from delivery.
   2. Not for <script>worn</script> shoes.
2. Unused.

### Freight

- paid by you

## Refund

Read [more](javascript:alert(1)).
"""


def test_help_shows_topics_contacts_and_points(shop: Shop, client: FlaskClient) -> None:
    with transaction():
        save_points(demo_pickup_points(), is_demo=True)
        write_identity("", "phone", "021-1234 5678", NOW)
        write_identity("", "email", "help@shop.example", NOW)

    page = client.get("/fa/help/").text

    assert 'href="/fa/help/returns"' in page
    assert 'href="tel:02112345678"' in page
    assert 'href="mailto:help@shop.example"' in page
    assert "فروشگاه انار، تهران" in page
    assert "青秀" not in page
    english = words(client.get("/en/help/").text)
    assert "Pick up in store" not in english


def test_hours_are_said_by_groups_of_days(shop: Shop, client: FlaskClient) -> None:
    with transaction():
        save_points(demo_pickup_points(), is_demo=True)
    client.post("/en/region", data={"market": "ir"})

    tehran = words(client.get("/en/help/").text)
    client.post("/en/region", data={"market": "cn"})
    nanning = words(client.get("/en/help/").text)

    assert "Saturday to Wednesday: 09:00 to 20:00" in tehran
    assert "Thursday: 09:00 to 18:00" in tehran
    assert "Friday: closed" in tehran
    assert "Every day: 10:00 to 21:00" in nanning


def test_clauses_come_from_the_structure() -> None:
    """S116: nobody types a number."""
    found = read(TEXT)

    first, second = found.clauses
    assert found.intro == "<p>Before <em>everything</em>.</p>"
    assert (first.path, str(first.title)) == ((1,), "Return")
    assert first.body == "<p>You can return it.</p>"
    assert [one.path for one in first.clauses] == [(1, 1), (1, 2), (1, 3)]
    assert [one.path for one in first.clauses[0].clauses] == [(1, 1, 1), (1, 1, 2)]
    assert first.clauses[2].title == "Freight"
    assert first.clauses[2].body == "<ul>\n<li>paid by you</li>\n</ul>"
    assert second.path == (2,)


def test_nothing_in_a_text_can_run() -> None:
    html = str(read(TEXT))

    assert "<script" not in html
    assert "href" not in html


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish two versions of the returns policy."""

    def find(kind: str, market: str, language: str, version: str) -> Policy | None:
        known = kind == "returns" and version in {"2026-01-01", "2026-11-01"}
        return Policy(kind, version, market, "en", "Returns", TEXT) if known else None

    def current(kind: str, market: str, language: str, today: date) -> Policy | None:
        return find(kind, market, language, "2026-11-01")

    monkeypatch.setattr(policies, "find", find)
    monkeypatch.setattr(policies, "current", current)


@pytest.mark.usefixtures("written")
def test_a_policy_is_numbered_as_the_reader_numbers(
    shop: Shop, client: FlaskClient
) -> None:
    numbers = {
        lang: words(client.get(f"/{lang}/help/returns").text)
        for lang in ("zh", "fa", "en")
    }

    assert "一、 Return" in numbers["zh"]
    assert "（三） Freight" in numbers["zh"]
    assert "الف) Return" in numbers["fa"]
    assert "الف-۱-۲" in numbers["fa"]
    assert "1.3. Freight" in numbers["en"]


@pytest.mark.usefixtures("written")
def test_a_text_in_another_language_says_so(shop: Shop, client: FlaskClient) -> None:
    assert 'lang="en" dir="ltr"' in client.get("/fa/help/returns").text


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("version", ["2026-01-01", "۲۰۲۶-۰۱-۰۱"])
def test_an_order_leads_to_the_version_it_was_placed_under(
    shop: Shop, client: FlaskClient, version: str
) -> None:
    """S118."""
    path = "/en/help/returns"

    old = client.get(path, query_string={"version": version}).text
    present = client.get(path).text

    assert "2026-01-01" in words(old)
    assert f'href="{path}">' in old
    assert "version an earlier order" in words(old)
    assert 'content="noindex"' in old
    assert "earlier order" not in words(present)
    assert client.get(f"{path}?version=2020-01-01").status_code == 404
    assert client.get("/en/help/terms?version=2026-01-01").status_code == 404


def test_every_topic_has_its_name() -> None:
    from shop.web.storefront.help import TOPICS

    with reading("en"):
        assert set(TOPICS) == set(policies.KINDS)
