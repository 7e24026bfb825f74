"""What a text message costs, when a phone may ring, what of a receiver is shown."""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from shop.i18n.reader import reading
from shop.i18n.text import T
from shop.kernel.money import Money
from shop.markets.registry import market
from shop.notifications import rules
from shop.notifications.rules import Channel


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("شما" + "ا" * 67, 1),
        ("شما" + "ا" * 68, 2),
        ("订" * 70, 1),
        ("订" * 134, 2),
        ("订" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_parts_are_counted_as_a_phone_company_does(text: str, parts: int) -> None:
    assert rules.parts(text) == parts


def test_words_for_phones_have_no_isolates_but_keep_the_readers_digits() -> None:
    with reading("fa", "Asia/Tehran"):
        text = T("Total: {amount}", amount=Money(12_500_000, "IRR"))

        assert rules.for_phones(text).endswith("۱٬۲۵۰٬۰۰۰ تومان")


def test_a_line_that_costs_a_part_more_is_left_out() -> None:
    assert rules.with_if_free(["a" * 140], "b" * 5, "c") == f"{'a' * 140}\nbbbbb\nc"
    assert rules.with_if_free(["a" * 140], "b" * 50, "c") == f"{'a' * 140}\nc"


@pytest.mark.parametrize(
    ("code", "at", "until"),
    [
        # Shanghai is 8 hours ahead of UTC, Tehran three and a half.
        ("cn", "2026-11-21T13:59:59", None),
        ("cn", "2026-11-21T14:00:00", "2026-11-22T00:00:00"),
        ("cn", "2026-11-21T20:00:00", "2026-11-22T00:00:00"),
        ("cn", "2026-11-21T23:59:59", "2026-11-22T00:00:00"),
        ("cn", "2026-11-22T00:00:00", None),
        ("ir", "2026-11-21T18:30:00", "2026-11-22T04:30:00"),
        ("ir", "2026-11-22T04:30:00", None),
        ("ir", "2026-11-21T14:00:00", None),
    ],
)
def test_quiet_hours_are_those_of_the_market(
    code: str, at: str, until: str | None
) -> None:
    place = market(code)
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)

    found = rules.quiet_until(place, place.parameters, now)

    assert (found.replace(tzinfo=None).isoformat() if found else None) == until


def test_quiet_hours_within_one_day_and_none_at_all() -> None:
    place = market("cn")
    midday = replace(place.parameters, quiet_from=time(12), quiet_to=time(14))
    never = replace(place.parameters, quiet_from=time(8), quiet_to=time(8))
    at_one = datetime(2026, 11, 21, 5, tzinfo=UTC)

    assert rules.quiet_until(place, midday, at_one) == at_one.replace(hour=6)
    assert rules.quiet_until(place, never, at_one) is None


@pytest.mark.parametrize(
    ("channel", "to", "shown"),
    [
        (Channel.SMS, "+8613812345678", "…5678"),
        (Channel.SMS, "12", "…"),
        (Channel.EMAIL, "buyer@example.com", "b…@example.com"),
        (Channel.EMAIL, "broken", "…"),
        (Channel.SITE, "", ""),
    ],
)
def test_a_receiver_is_shown_masked(channel: Channel, to: str, shown: str) -> None:
    assert rules.masked(channel, to) == shown
