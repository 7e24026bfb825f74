"""The log: everything staff wrote, found by order, product or person."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient

from shop.accounts import service as accounts
from shop.accounts.models import Staff
from shop.db import transaction
from shop.web.owner import logbook
from tests.web.owner import make


def test_a_deed_is_read_in_words_with_before_and_after(
    desk: FlaskClient, now: datetime
) -> None:
    order = make.on_delivery(now)
    desk.post(f"/en/owner/orders/{order.number}/pack")
    text = desk.get("/en/owner/audit").text
    assert "Packing begun" in text
    assert "Accepted" in text
    assert "Being packed" in text
    assert make.EMAIL in text
    assert f"/en/owner/orders/{order.number}" in text
    assert "Packing begun" in desk.get(f"/en/owner/orders/{order.number}").text


@pytest.mark.parametrize("query", ["{number}", "{persian}", "OWNER@shop.example"])
def test_the_log_is_found_by_order_and_person(
    desk: FlaskClient, now: datetime, query: str
) -> None:
    order = make.on_delivery(now)
    desk.post(f"/en/owner/orders/{order.number}/pack")
    persian = order.number.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    typed = query.format(number=order.number, persian=persian)
    text = desk.get("/en/owner/audit", query_string={"q": typed}).text
    assert "Packing begun" in text
    assert "Packing begun" not in desk.get("/en/owner/audit?q=1111111111").text


def test_a_long_log_has_pages(desk: FlaskClient, owner: Staff, now: datetime) -> None:
    with transaction():
        for place in range(logbook.PER_PAGE + 1):
            accounts.log(owner, f"deed-{place:03d}", "order:1", now)
    first = desk.get("/en/owner/audit").text
    assert "deed-050" in first
    assert "deed-000" not in first
    found, more = logbook.search("")
    assert len(found) == logbook.PER_PAGE
    assert "deed-000" in desk.get(f"/en/owner/audit?before={more}").text
    assert desk.get("/en/owner/audit?before=-5").status_code == 200
    assert desk.get(f"/en/owner/audit?before={10**30}").status_code == 200


def test_every_action_of_the_desk_has_words() -> None:
    """A word in the log that nobody can read is worth nothing."""
    import re
    from pathlib import Path

    import shop.web.owner as room

    folder = Path(room.__file__).parent
    code = "\n".join(one.read_text() for one in folder.glob("*.py"))
    written = set(
        re.findall(r'"((?:order|price|stock|sale_state|picture)\.[a-z_]+)"', code)
    )
    assert written <= set(logbook.ACTIONS) | {"order.html"}
    assert len(written) > 20
