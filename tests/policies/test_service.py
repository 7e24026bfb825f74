"""Which policy holds, in which language, and with which numbers."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from shop.db import transaction
from shop.markets import service
from shop.markets.registry import market, markets
from shop.policies import service as policies
from shop.policies.service import Policy

FIRST = date(2026, 11, 1)


@pytest.fixture(autouse=True)
def _in_app(app: Flask) -> None:
    pass


def current(
    kind: str = "returns",
    place: str = "cn",
    language: str = "zh",
    today: date = FIRST,
) -> Policy:
    found = policies.current(kind, place, language, today)
    assert found is not None
    return found


def text_hash(kind: str, place: str, language: str) -> str:
    found = policies.find(kind, place, language, "2026-11-01")
    assert found is not None
    return found.text_hash


class TestCurrent:
    """The version in force on a day."""

    @pytest.mark.parametrize("kind", policies.KINDS)
    @pytest.mark.parametrize("language", ["zh", "fa", "en"])
    def test_each_market_has_it_in_the_reader_s_language(
        self, kind: str, language: str
    ) -> None:
        for code in markets():
            found = current(kind, code, language)
            assert found.language == language
            assert found.title
            assert "{" not in found.text

    def test_holds_from_the_date_of_its_version(self) -> None:
        assert current(today=FIRST).valid_from_on == FIRST
        assert current(today=FIRST + timedelta(days=400)).version == "2026-11-01"

    def test_nothing_holds_before_the_first_version(self) -> None:
        early = FIRST - timedelta(days=1)
        assert policies.current("returns", "cn", "zh", early) is None

    def test_the_newest_that_has_begun_is_taken(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for version, title in (("2026-11-01", "Old"), ("2026-12-01", "New")):
            folder = tmp_path / "returns" / version
            folder.mkdir(parents=True)
            (folder / "cn.zh.md").write_text(f"# {title}\n\nText", "utf-8")
        monkeypatch.setattr(policies, "TEXTS", tmp_path)
        policies._read.cache_clear()
        try:
            assert current(today=date(2026, 11, 30)).title == "Old"
            assert current(today=date(2026, 12, 1)).title == "New"
        finally:
            policies._read.cache_clear()

    def test_an_unknown_kind_has_none(self) -> None:
        assert policies.current("../terms", "cn", "zh", FIRST) is None

    def test_an_unknown_language_reads_english(self) -> None:
        assert current(language="ar").language == "en"


class TestFind:
    """One version by its name."""

    def test_an_unknown_version_is_none(self) -> None:
        assert policies.find("terms", "cn", "zh", "2020-01-01") is None
        assert policies.find("terms", "cn", "zh", "../2026-11-01") is None

    def test_each_language_has_its_own_hash(self) -> None:
        hashes = {text_hash("terms", "cn", code) for code in ("zh", "fa", "en")}
        assert len(hashes) == 3

    def test_each_market_has_its_own_hash(self) -> None:
        hashes = {current("payment", code, "en").text_hash for code in markets()}
        assert len(hashes) == len(markets())


class TestNumbers:
    """Parameters stand in the texts as the reader writes them."""

    def test_are_written_in_the_reader_s_digits(self) -> None:
        assert "7 天内" in current(language="zh").text
        assert "۷ روز" in current(language="fa").text
        assert "16:00" in current("delivery", "ir", "en").text
        assert "۱۶:۰۰" in current("delivery", "ir", "fa").text

    def test_of_a_method_and_its_money(self) -> None:
        assert "¥5,000" in current("payment", "cn", "zh").text
        assert "۵٬۰۰۰" in current("payment", "cn", "fa").text
        assert "120 分钟" in current("payment", "ir", "zh").text

    def test_follow_the_owner(self, now: datetime) -> None:
        with transaction():
            service.change(market("cn"), "return_days", 30, now)
        assert "30 天内" in current().text

    def test_a_limit_the_owner_took_away_is_a_dash(self, now: datetime) -> None:
        with transaction():
            service.change(market("cn"), "cash_on_delivery.max_minor", None, now)
        assert "– at most" in current("payment", "cn", "en").text

    def test_differ_by_market(self) -> None:
        days = {code: market(code).parameters.return_days for code in markets()}
        for code, count in days.items():
            assert f"within {count} days" in current("returns", code, "en").text


class TestAccepted:
    """What an order agreed to stays as it was, whatever the owner changes."""

    def test_reads_as_it_read_then(self, now: datetime) -> None:
        agreed = current()
        with transaction():
            policies.remember(agreed)
            policies.remember(agreed)
            service.change(market("cn"), "return_days", 30, now)
        assert policies.accepted(agreed.text_hash) == agreed != current()

    def test_of_an_unknown_hash_is_none(self) -> None:
        assert policies.accepted("0" * 64) is None
