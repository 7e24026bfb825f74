"""Keys are written and never read back; a lost key file asks for them again."""

import stat
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from flask import Flask

from shop.db import db, transaction
from shop.markets.registry import market
from shop.payments import settings
from shop.payments.models import ProviderSetting
from shop.payments.provider import Setting
from shop.payments.rules import KeysMissing, ProviderOff
from tests.payments.fake import Fake, Providers, kind

SECRET = "sk-live-0123456789abcdef"


@pytest.fixture(autouse=True)
def key_file(app: Flask) -> Iterator[None]:
    settings.key_path().unlink(missing_ok=True)
    yield
    settings.key_path().unlink(missing_ok=True)


def test_a_secret_is_shown_by_its_last_four_only(
    app: Flask, now: datetime, fake: Fake
) -> None:
    save("secret", SECRET, now)

    (one,) = settings.shown("fake")

    assert (one.value, one.last_four, one.is_set) == ("", "cdef", True)
    assert SECRET not in repr(settings.shown("fake"))


def test_a_secret_is_not_in_the_database_in_the_clear(
    app: Flask, now: datetime, fake: Fake
) -> None:
    save("secret", SECRET, now)

    row = db.session.get_one(ProviderSetting, ("fake", "secret"))

    assert SECRET not in row.value
    assert settings.read("fake", now)["secret"] == SECRET


def test_the_key_file_is_readable_by_the_owner_only(
    app: Flask, now: datetime, fake: Fake
) -> None:
    save("secret", SECRET, now)

    assert stat.S_IMODE(settings.key_path().stat().st_mode) == 0o600


def test_a_key_file_others_may_read_is_not_used(
    app: Flask, now: datetime, fake: Fake
) -> None:
    save("secret", SECRET, now)
    settings.key_path().chmod(0o644)

    with pytest.raises(KeysMissing):
        settings.read("fake", now)


def test_a_restore_without_the_key_file_says_so_and_takes_keys_again(
    app: Flask, now: datetime, fake: Fake
) -> None:
    save("secret", SECRET, now)
    settings.key_path().unlink()
    settings.key_path().write_bytes(Fernet.generate_key())
    settings.key_path().chmod(0o600)

    lost = settings.unreadable()
    ready = settings.is_ready("fake")
    save("secret", "sk-new-000000000000", now)

    assert lost == [("fake", "secret")]
    assert not ready
    assert settings.unreadable() == []
    assert settings.read("fake", now)["secret"] == "sk-new-000000000000"


def test_the_key_before_stands_beside_the_new_one_for_a_week(
    app: Flask, now: datetime, fake: Fake
) -> None:
    save("secret", SECRET, now)
    save("secret", "sk-new-000000000000", now)

    soon = settings.read("fake", now + timedelta(days=6))
    later = settings.read("fake", now + timedelta(days=8))

    assert soon["secret.previous"] == SECRET
    assert "secret.previous" not in later


def test_saving_the_same_value_again_keeps_the_one_before(
    app: Flask, now: datetime, fake: Fake
) -> None:
    save("secret", SECRET, now)
    save("secret", "sk-new-000000000000", now)
    save("secret", "sk-new-000000000000", now)

    assert settings.read("fake", now)["secret.previous"] == SECRET


def test_rotation_seals_everything_with_a_new_key(
    app: Flask, now: datetime, fake: Fake
) -> None:
    save("secret", "sk-old-000000000000", now)
    save("secret", SECRET, now)
    before = settings.key_path().read_bytes().split()

    with transaction():
        count = settings.rotate(now)

    keys = settings.key_path().read_bytes().split()
    assert count == 1
    assert keys[1:] == before
    settings.key_path().write_bytes(keys[0])
    assert settings.read("fake", now)["secret"] == SECRET
    assert settings.read("fake", now)["secret.previous"] == "sk-old-000000000000"


def test_an_emptied_setting_is_gone(app: Flask, now: datetime, fake: Fake) -> None:
    save("secret", SECRET, now)

    save("secret", "", now)

    assert settings.read("fake", now)["secret"] == "good"


def test_an_unknown_setting_is_a_bug(app: Flask, now: datetime, fake: Fake) -> None:
    with pytest.raises(KeyError):
        save("nothing", "x", now)


def test_an_unknown_provider_is_off(app: Flask, now: datetime, fake: Fake) -> None:
    with pytest.raises(ProviderOff):
        settings.read("nobody", now)
    assert not settings.is_ready("nobody")


def test_a_provider_is_ready_when_everything_it_needs_is_filled_in(
    app: Flask, now: datetime, providers: Providers
) -> None:
    bank = providers.add(kind("bank"))
    type(bank).settings = (Setting("merchant"), Setting("note", required=False))

    before = settings.is_ready("bank")
    with transaction():
        settings.save("bank", "merchant", "123", now)

    assert not before
    assert settings.is_ready("bank")


def test_the_demo_gateways_are_allowed_while_they_run(
    app: Flask, now: datetime, fake: Fake
) -> None:
    assert app.extensions["shop"].sandbox
    assert settings.read("fake", now)["sandbox"] == "1"


def test_a_method_is_collected_by_who_is_filled_in_and_switched_on(
    app: Flask, now: datetime, providers: Providers
) -> None:
    ir = market("ir")

    found = settings.collectors(ir, "card_transfer")
    with transaction():
        settings.use("ir", "card_transfer", "card_transfer", enabled=False, position=0)

    assert found == ["card_transfer"]
    assert settings.collectors(ir, "card_transfer") == []
    assert settings.collectors(ir, "gateway") == []
    assert "gateway" not in settings.reach(ir, now)


def test_the_owners_order_of_providers_is_kept(
    app: Flask, now: datetime, providers: Providers
) -> None:
    ir = market("ir")
    gateway = next(one for one in ir.methods if one.code == "gateway")
    for code in gateway.providers:
        providers.add(kind(code, currency="IRR"))
    given = settings.collectors(ir, "gateway")
    with transaction():
        settings.use("ir", "gateway", given[-1], enabled=True, position=-1)

    assert settings.collectors(ir, "gateway") == [given[-1], *given[:-1]]
    assert settings.collector(ir, "gateway", 10_000, now) == given[-1]


def test_an_amount_only_the_second_provider_takes_goes_to_it(
    app: Flask, now: datetime, providers: Providers
) -> None:
    ir = market("ir")
    gateway = next(one for one in ir.methods if one.code == "gateway")
    small, large = gateway.providers[:2]
    providers.add(kind(small, currency="IRR", max_minor=1_000))
    providers.add(kind(large, currency="IRR", max_minor=9_000))

    assert settings.collector(ir, "gateway", 5_000, now) == large
    assert settings.reach(ir, now)["gateway"].max_minor == 9_000


def test_nobody_to_collect_is_refused(
    app: Flask, now: datetime, providers: Providers
) -> None:
    with pytest.raises(ProviderOff) as refusal:
        settings.collector(market("ir"), "gateway", 1, now)

    assert refusal.value.reason == "off"


def save(name: str, value: str, now: datetime) -> None:
    with transaction():
        settings.save("fake", name, value, now)
