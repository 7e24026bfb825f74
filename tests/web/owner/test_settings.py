"""Settings: checked, compared, kept, logged; a secret is never shown again."""

import re
from datetime import date

import pytest
from flask.testing import FlaskClient

from shop.db import db
from shop.kernel.money import Money
from shop.markets import service as market_service
from shop.markets.identity import identity
from shop.markets.registry import market
from shop.notifications import channels
from shop.notifications import service as notifications
from shop.notifications.rules import Channel
from shop.payments import provider as contract
from shop.payments import settings as keys
from shop.payments.provider import ProviderError
from shop.web.owner import setting_keys
from tests.conftest import NOW
from tests.web.owner.make import actions, log

MERCHANT = "1344b5d4-0048-11e8-94db-005056a205be"


def save(desk: FlaskClient, room: str, part: str, **data: str) -> int:
    """Send one part of the settings; return the status."""
    url = f"/en/owner/settings/{room}/{part}"
    return desk.post(url, data=data).status_code


def test_names_and_contacts_are_kept_and_shown_in_the_shop(desk: FlaskClient) -> None:
    data = {"shop_name_zh": " 安榴 ", "shop_name_fa": "انار", "shop_name_en": ""}
    assert save(desk, "shop", "names", **data) == 303
    assert identity("") == {"shop_name_zh": "安榴", "shop_name_fa": "انار"}
    assert "安榴" in desk.get("/zh/owner/").text
    assert log()[-1].before == {"shop_name_zh": "", "shop_name_fa": ""}
    assert save(desk, "shop", "names", **data) == 303
    assert actions() == ["identity.changed"]


def test_an_address_that_is_none_is_said_beside_its_field(desk: FlaskClient) -> None:
    answer = desk.post("/en/owner/settings/shop/contacts", data={"email": "nobody"})
    assert answer.status_code == 422
    assert "Enter an e-mail address" in answer.text
    assert 'value="nobody"' in answer.text
    assert identity("") == {}


def test_numbers_of_the_law_stand_in_their_region(desk: FlaskClient) -> None:
    assert save(desk, "places", "place-cn", icp_number="桂ICP备1号") == 303
    assert identity("cn") == {"icp_number": "桂ICP备1号"}
    assert identity("ir") == {}


def test_the_card_is_checked_in_any_digits(desk: FlaskClient) -> None:
    given = {"bank": "ملی", "holder": "فروشگاه انار"}
    wrong = save(
        desk, "keys", "keys-card_transfer", card_number="6037991199500591", **given
    )
    assert wrong == 422
    iban = "IR820540102680020817909003"
    assert save(desk, "keys", "keys-card_transfer", iban=iban, **given) == 422
    right = {
        "card_number": "۶۰۳۷ ۹۹۱۱ ۹۹۵۰ ۰۵۹۰",
        "iban": "IR82 0540 1026 8002 0817 9090 02",
    }
    assert save(desk, "keys", "keys-card_transfer", **given, **right) == 303
    shown = keys.read("card_transfer", NOW)
    assert shown["card_number"] == "6037991199500590"
    assert shown["iban"] == "IR820540102680020817909002"
    assert keys.is_ready("card_transfer")
    assert "6037 9911 9950 0590" in desk.get("/en/owner/settings/keys").text


def test_a_secret_is_written_and_never_read_back(desk: FlaskClient) -> None:
    assert save(desk, "keys", "keys-zarinpal", merchant_id=MERCHANT) == 303
    text = desk.get("/en/owner/settings/keys").text
    assert MERCHANT not in text
    assert MERCHANT[-4:] in text
    assert keys.read("zarinpal", NOW)["merchant_id"] == MERCHANT
    assert MERCHANT not in str([(one.before, one.after) for one in log()])
    assert log()[-1].after == {"merchant_id": f"…{MERCHANT[-4:]}"}


def test_an_empty_secret_keeps_the_stored_one(desk: FlaskClient) -> None:
    save(desk, "keys", "keys-zarinpal", merchant_id=MERCHANT)
    assert save(desk, "keys", "keys-zarinpal", merchant_id=" ") == 303
    assert keys.read("zarinpal", NOW)["merchant_id"] == MERCHANT
    assert len(actions()) == 1


def test_a_family_of_providers_has_its_keys_once(desk: FlaskClient) -> None:
    save(
        desk, "keys", "keys-alipay", app_id="2021000000000000", app_private_key="k" * 90
    )
    for code in ("alipay", "alipay_wap", "alipay_qr"):
        assert keys.read(code, NOW)["app_id"] == "2021000000000000"
        assert keys.read(code, NOW)["app_private_key"] == "k" * 90
    assert save(desk, "keys", "keys-alipay_wap", app_id="x") == 404


def test_an_address_of_a_service_begins_with_a_scheme(desk: FlaskClient) -> None:
    wrong = {"base_url": "javascript:alert(1)"}
    assert save(desk, "keys", "keys-zarinpal", **wrong) == 422


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("", "accepts these keys"),
        ("-10", "does not accept these keys"),
        ("transport", "did not answer"),
    ],
)
def test_a_connection_is_tested_without_moving_money(
    desk: FlaskClient, monkeypatch: pytest.MonkeyPatch, answer: str, said: str
) -> None:
    save(desk, "keys", "keys-zarinpal", merchant_id=MERCHANT)
    provider = keys.get("zarinpal")

    def tried(values: dict[str, str]) -> str:
        assert values["merchant_id"] == MERCHANT
        if answer == "transport":
            raise ProviderError("transport")
        return answer

    monkeypatch.setattr(provider, "test_connection", tried, raising=False)
    url = "/en/owner/settings/keys/keys-zarinpal/test"
    assert desk.post(url).status_code == 303
    assert said in desk.get("/en/owner/settings/keys").text
    assert actions()[-1] == "provider.tested"
    assert desk.post("/en/owner/settings/keys/names/test").status_code == 404


def methods(**given: str) -> dict[str, str]:
    """Return the ticks of the Chinese methods, all on, with some changed."""
    ticks = {f"{code}.enabled": "1" for code in market("cn").parameters.methods}
    return ticks | {"cash_on_delivery.max_minor": "5000"} | given


def test_a_method_is_switched_off_and_its_cap_changed(desk: FlaskClient) -> None:
    data = methods(**{"cash_on_delivery.max_minor": "۱٬۲۰۰"})
    del data["unionpay.enabled"]
    assert save(desk, "methods", "methods-cn", **data) == 303
    numbers = market_service.parameters(market("cn"))
    assert not numbers.method("unionpay").enabled
    assert numbers.method("alipay").enabled
    assert numbers.method("cash_on_delivery").max_minor == 120_000
    assert log()[-1].before == {
        "unionpay.enabled": True, "cash_on_delivery.max_minor": [500_000, "CNY"],
    }  # fmt: skip
    wrong = methods(**{"cash_on_delivery.max_minor": "lots"})
    assert save(desk, "methods", "methods-cn", **wrong) == 422


def test_who_collects_first_can_be_chosen(desk: FlaskClient) -> None:
    save(desk, "keys", "keys-zarinpal", merchant_id=MERCHANT)
    save(desk, "keys", "keys-zibal", merchant="zibal")
    data = {
        f"{code}.enabled": "1"
        for code in ("gateway", "cash_by_arrangement", "card_transfer")
    }
    data["gateway.provider"] = "zibal"
    assert save(desk, "methods", "methods-ir", **data) == 303
    assert keys.collectors(market("ir"), "gateway") == ["zibal", "zarinpal"]
    data["gateway.provider"] = "mellat"
    assert save(desk, "methods", "methods-ir", **data) == 422


def test_a_busy_time_moves_the_promises_of_every_region(desk: FlaskClient) -> None:
    """S52: so many days more, until a date."""
    until = date(2026, 11, 30)
    data = {"delay_days": "۲", "delay_until": until.isoformat()}
    assert save(desk, "places", "delay", **data) == 303
    for code in ("cn", "ir"):
        numbers = market_service.parameters(market(code))
        assert (numbers.delay_days, numbers.delay_until) == (2, until)
    assert save(desk, "places", "delay", delay_days="0", delay_until="") == 303
    assert market_service.parameters(market("cn")).delay_until is None
    assert save(desk, "places", "delay", delay_days="99", delay_until="") == 422
    assert (
        save(desk, "places", "delay", delay_days="1", delay_until="2020-01-01") == 422
    )


def test_a_message_is_switched_off_in_one_region(desk: FlaskClient) -> None:
    """S106: the stages about which customers are told are the owner's choice."""
    on = {
        f"{kind}.{channel.value}": "1"
        for kind, channel, is_on in notifications.switches("ir")
        if is_on and (kind, channel) != ("delivered", Channel.SMS)
    }
    on["sms_service"] = "kavenegar"
    assert save(desk, "messages", "messages-ir", **on) == 303
    db.session.rollback()
    here = {(k, c): is_on for k, c, is_on in notifications.switches("ir")}
    there = {(k, c): is_on for k, c, is_on in notifications.switches("cn")}
    assert not here["delivered", Channel.SMS]
    assert here["shipped", Channel.SMS]
    assert there["delivered", Channel.SMS]
    assert log()[-1].after == {"delivered.sms": False}


def test_the_keys_of_a_message_service_are_kept_like_a_providers(
    desk: FlaskClient,
) -> None:
    assert save(desk, "services", "keys-kavenegar", api_key="secret-key-1234") == 303
    assert "secret-key-1234" not in desk.get("/en/owner/settings/services").text
    assert keys.is_ready("kavenegar")


def test_a_service_says_what_its_messages_cost(
    desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent = [
        notifications.Cost("ir", "kavenegar", 3, 5, Money(6_000, "IRR")),
        notifications.Cost("cn", "aliyun_sms", 2, 2, None),
    ]
    monkeypatch.setattr(notifications, "costs", lambda _since: spent)

    page = desk.get("/en/owner/settings/services").get_data(as_text=True)
    said = re.sub(r"<[^>]+>|[\u2066-\u2069]", "", page)
    said = said.replace("\N{NO-BREAK SPACE}", " ")

    assert "In the last 30 days: messages 3, parts 5, together 600 toman." in said
    assert "messages 2, parts 2. The price is on the bill of the service." in said


def test_what_nobody_could_confirm_is_chosen_from_a_list(desk: FlaskClient) -> None:
    assert keys.read("unionpay", NOW)["a6"] == "paid"
    assert save(desk, "keys", "keys-unionpay", a6="maybe") == 422
    assert save(desk, "keys", "keys-unionpay", a6="wait") == 303
    assert keys.read("unionpay", NOW)["a6"] == "wait"
    assert '<option value="wait" selected>' in desk.get("/en/owner/settings/keys").text


def test_every_field_of_a_key_has_its_words() -> None:
    wanted = [
        one
        for known in (contract.all_providers(), channels.services())
        for owner in known.values()
        for one in owner.settings
    ]

    assert {one.name for one in wanted} <= set(setting_keys.LABELS)
    for one in wanted:
        named = set(setting_keys.CHOICES.get(one.name, one.choices))
        assert named == set(one.choices), one.name
