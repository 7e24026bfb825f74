"""The doctor about payments: keys, the sandbox left on, late refunds, the clock."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from shop.cli import doctor_payments as doctor
from shop.cli.finding import Finding
from shop.config import Config
from shop.db import db, transaction
from shop.payments import protocol, refunds, settings
from shop.payments.models import Refund
from shop.payments.provider import ProviderError
from shop.payments.refunds import Wanted
from tests.payments import make
from tests.payments.conftest import fake, providers  # noqa: F401 (fixtures)
from tests.payments.fake import Fake
from tests.payments.providers import every


@pytest.fixture
def config(app: Flask) -> Iterator[Config]:
    """Return the settings of a shop that takes real money."""
    before: Config = app.extensions["shop"]
    app.extensions["shop"] = real = replace(before, sandbox=False)
    yield real
    app.extensions["shop"] = before


def fill_in(code: str, **changes: str) -> None:
    values = every.settings(code, "") | changes
    with transaction():
        for one in settings.get(code).settings:
            if values.get(one.name):
                settings.save(code, one.name, values[one.name], datetime.now(UTC))


def said(found: Iterator[Finding]) -> list[tuple[str, str]]:
    return [(one.mark, one.text) for one in found]


def test_who_can_collect_is_named(config: Config) -> None:
    fill_in("zarinpal")

    assert said(doctor.check_keys(config)) == [("ok", "Ready to collect: zarinpal")]


def test_a_key_without_its_key_file_is_wrong(config: Config) -> None:
    fill_in("zarinpal")
    path = settings.key_path()
    kept = path.read_bytes()
    path.unlink()
    try:
        found = said(doctor.check_keys(config))
    finally:
        path.write_bytes(kept)
        path.chmod(0o600)

    assert found[0][0] == "WRONG"
    assert "The key merchant_id of zarinpal cannot be read" in found[0][1]


def test_a_sandbox_left_on_is_wrong(config: Config) -> None:
    fill_in("zarinpal", base_url="http://127.0.0.1:8004")
    fill_in("zibal", base_url="https://gateway.zibal.ir")

    (found,) = said(doctor.check_sandbox(config))

    assert found[0] == "WRONG"
    assert "zarinpal still has the address of the sandbox" in found[1]


def test_in_the_demo_its_gateways_are_right(app: Flask) -> None:
    fill_in("zarinpal", base_url="http://127.0.0.1:8004")

    assert said(doctor.check_sandbox(app.extensions["shop"])) == []


def test_a_refund_that_is_late_is_named_with_its_day(
    config: Config,
    now: datetime,
    fake: Fake,  # noqa: F811
) -> None:
    _charge, attempt_id = make.paid(fake, now)
    with transaction():
        wanted = Wanted(make.attempt(attempt_id).captured, "late", "staff:1", "form")
        refund = refunds.request(attempt_id, wanted, now)
        day = (datetime.now(UTC) - timedelta(days=3)).date()
        db.session.execute(update(Refund).values(promised_on=day))

    (found,) = said(doctor.check_refunds(config))

    assert found[0] == "WRONG"
    assert f"Refund {refund.merchant_ref} was promised for {day}" in found[1]


@pytest.mark.parametrize(("minutes", "marks"), [(1, ["ok"]), (7, ["WRONG", "ok"])])
def test_case_50_a_clock_that_is_off_is_said_before_a_gateway_refuses(
    config: Config, monkeypatch: pytest.MonkeyPatch, minutes: int, marks: list[str]
) -> None:
    fill_in("zarinpal")
    theirs = datetime.now(UTC) + timedelta(minutes=minutes)
    date = theirs.strftime("%a, %d %b %Y %H:%M:%S GMT")
    answer = protocol.Answer(200, b"", {"date": date})
    monkeypatch.setattr(protocol, "call", lambda *_: answer)

    found = said(doctor.check_clock(config))

    assert [mark for mark, _ in found] == marks


def test_a_gateway_that_is_silent_is_only_noted(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> None:
        raise ProviderError("transport", "ConnectTimeout")

    fill_in("zarinpal")
    monkeypatch.setattr(protocol, "call", silent)

    assert said(doctor.check_clock(config))[0] == (
        "note",
        "zarinpal does not answer now (ConnectTimeout)",
    )


def test_open_points_of_what_is_in_use_are_listed(config: Config) -> None:
    fill_in("unionpay")

    found = said(doctor.check_open_points(config))

    assert {mark for mark, _ in found} == {"note"}
    a6 = next(text for _, text in found if "not confirmed: What exactly A6" in text)
    assert a6.startswith("unionpay, ")
    assert a6.endswith("Setting a6: paid.")
    assert not any("zarinpal" in text for _, text in found)


def test_an_open_point_says_what_the_owner_chose(config: Config) -> None:
    fill_in("unionpay", a6="wait", root_pins=f"{'a' * 64}\n{'b' * 64}")
    fill_in("zarinpal")

    found = [text for _, text in said(doctor.check_open_points(config))]

    assert sum("Setting a6: wait." in text for text in found) == 1
    assert sum("Setting root_pins: 2 entered." in text for text in found) == 1
    assert sum("Setting expire_in: empty." in text for text in found) == 1
