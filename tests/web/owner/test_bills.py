"""The desk's page of daily bills: what differs, a file by hand, a count that goes."""

import io
import re
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.db import db, transaction
from shop.payments import settings
from shop.payments.models import PaymentBill
from tests.payments.providers import test_alipay
from tests.payments.test_bills import alipay_bill
from tests.web.owner.make import log


@pytest.fixture
def keys(app: Flask, now: datetime) -> None:
    """Enter keys of Alipay and of Zibal."""
    with transaction():
        for name, value in test_alipay.settings("https://openapi.alipay.com").items():
            if name != "sandbox":
                settings.save("alipay", name, value, now)
        settings.save("zibal", "merchant", "anar", now)


def _send(desk: FlaskClient, book: str, content: bytes, **more: str) -> int:
    day = re.search(r'name="day".*?value="([0-9-]+)"', _page(desk), re.S)
    assert day
    given = {"book": book, "day": day[1], "file": (io.BytesIO(content), "bill.csv")}
    return desk.post("/zh/owner/bills", data=given | more).status_code


def _page(desk: FlaskClient, lang: str = "zh") -> str:
    answer = desk.get(f"/{lang}/owner/bills")
    assert answer.status_code == 200
    return answer.text


def _rows() -> list[PaymentBill]:
    db.session.rollback()
    return list(db.session.scalars(select(PaymentBill)))


def test_a_file_is_compared_shown_and_counted_until_somebody_looked(
    desk: FlaskClient, keys: None
) -> None:
    strange = ("1234567890123456", "交易", "5.00", "")
    account = f"alipay:{test_alipay.SELLER}"

    assert _send(desk, account, alipay_bill(strange)) == 303

    (row,) = _rows()
    assert (row.source, row.theirs_count) == ("upload", 1)
    for lang in ("zh", "fa", "en"):
        assert "1234567890123456" in _page(desk, lang)
    assert "/zh/owner/bills" in desk.get("/zh/owner/").text
    assert desk.post(f"/zh/owner/bills/{row.id}/done").status_code == 303
    assert "/zh/owner/bills" not in desk.get("/zh/owner/").text
    assert [one.action for one in log()] == ["bill.read", "bill.looked_at"]


def test_a_file_of_another_provider_is_read_by_its_columns(
    desk: FlaskClient, keys: None
) -> None:
    text = "no,toman,kind\n1234567890123456,500,خرید\n77777,20,برگشت\n"
    columns = {
        "ref": "no", "amount": "toman", "kind": "kind", "words": "برگشت",
        "unit": "toman",
    }  # fmt: skip

    assert _send(desk, "zibal:", text.encode(), **columns) == 303

    (row,) = _rows()
    assert (row.payments, row.refunds) == (1, 1)
    assert row.theirs_only[0]["minor"] == 5_000


@pytest.mark.parametrize("content", [b"", b"no,bill\n1,2\n", b"PK\x03\x04 broken"])
def test_another_file_is_refused_and_nothing_kept(
    desk: FlaskClient, keys: None, content: bytes
) -> None:
    account = f"alipay:{test_alipay.SELLER}"

    assert _send(desk, account, content) == 422

    assert _rows() == []


def test_an_unknown_provider_or_day_is_refused(desk: FlaskClient, keys: None) -> None:
    file = (io.BytesIO(b"x"), "bill.csv")
    given = {"book": "nobody:", "day": "2026-13-01", "file": file}

    assert desk.post("/zh/owner/bills", data=given).status_code == 422
