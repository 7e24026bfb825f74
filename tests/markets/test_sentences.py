"""Every refusal of a place is one sentence, with its facts, in each language."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from shop.i18n.languages import languages
from shop.i18n.reader import reading
from shop.kernel.errors import ShopError
from shop.kernel.money import Money
from shop.markets import refusals
from shop.markets.address import LABELS
from shop.shipping import pick_up
from shop.shipping import rules as delivery
from shop.web.messages import say
from tests.markets import make

EXAMPLES: tuple[ShopError, ...] = (
    refusals.Missing("phone"),
    refusals.NotChosen("city"),
    refusals.TooShort("name", 2),
    refusals.TooLong("street", 120),
    refusals.NotAMobile("0912 345 6789"),
    refusals.NotAnEmail(),
    refusals.NotAPostcode(10),
    refusals.NotACard(),
    refusals.NotAnIban("IR82 0540 1026 8002 0817 9090 02"),
    refusals.NotATaxCode(),
    refusals.NotCovered("cn", "710000"),
    refusals.UnevenPrice(Money(10, "IRR")),
    refusals.NoSuchMethod("cn", "gold"),
    refusals.BelowMinimum("ir", "gateway", Money(10_000, "IRR")),
    refusals.AboveMaximum("cn", "cash_on_delivery", Money(500_000, "CNY")),
    refusals.ProductBars("cn", "cash_on_delivery", "安榴 A7 Pro"),
    refusals.OnlyIn("ir", "cash_by_arrangement", (make.TEHRAN,)),
    refusals.NotIn("ir", "card_transfer", make.TEHRAN),
    refusals.MethodNotCovered("cn", "cash_on_delivery", make.SHANGHAI),
    refusals.BrowserCannot("cn", "alipay", "wechat"),
    refusals.MethodDown("cn", "alipay", datetime(2026, 11, 21, 8, 5, tzinfo=UTC)),
    refusals.ChoiceMissing("cn", "cash_on_delivery"),
    delivery.NoSuchDelivery("cn", "express"),
    delivery.GroundOnly("cn", "express", "安榴滑板车"),
    pick_up.NoSuchPoint("demo-nanning"),
)


def _below(parent: type[ShopError]) -> Iterator[type[ShopError]]:
    for child in parent.__subclasses__():
        yield child
        yield from _below(child)


def test_every_refusal_of_places_and_delivery_is_among_the_examples() -> None:
    roots = {
        refusals.FieldProblem,
        refusals.MethodRefused,
        delivery.ShippingRefused,
    }
    ours = {
        kind
        for kind in _below(ShopError)
        if kind.__module__.startswith(("shop.markets", "shop.shipping"))
    }

    assert ours - roots == {type(one) for one in EXAMPLES}


@pytest.mark.parametrize("refusal", EXAMPLES, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("language", list(languages()))
def test_a_refusal_is_a_sentence(refusal: ShopError, language: str) -> None:
    with reading(language, "Asia/Shanghai"):
        sentence = say(refusal)

        assert len(str(sentence)) > 10 or language == "zh"
        assert "{" not in str(sentence)


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (refusals.Missing("phone"), "Enter mobile number"),
        (refusals.NotAPostcode(0), "Enter the postcode as it stands on letters to you"),
        (
            refusals.AboveMaximum("cn", "cash_on_delivery", Money(500_000, "CNY")),
            "Cash on delivery is available up to ¥5,000",
        ),
        (
            refusals.ProductBars("cn", "cash_on_delivery", "Anar A7 Pro"),
            "Cash on delivery isn't available because of Anar A7 Pro",
        ),
        (
            refusals.ProductBars("cn", "alipay", "Anar A7 Pro"),
            "Alipay isn't available because of Anar A7 Pro",
        ),
        (
            refusals.OnlyIn("ir", "cash_by_arrangement", (make.TEHRAN,)),
            "Cash in person is available in Tehran only",
        ),
        (
            refusals.MethodDown(
                "cn", "alipay", datetime(2026, 11, 21, 8, 5, tzinfo=UTC)
            ),
            "Alipay does not answer at the moment. We try again at 16:05.",
        ),
        (
            refusals.MethodDown("cn", "alipay", None),
            "Alipay does not answer at the moment. Please choose another way to pay.",
        ),
        (
            refusals.BrowserCannot("cn", "wechat_pay", "alipay"),
            "WeChat Pay does not open inside Alipay. Open this page in your browser.",
        ),
    ],
)
def test_the_facts_stand_in_the_sentence(refusal: ShopError, said: str) -> None:
    with reading("en", "Asia/Shanghai"):
        plain = str(say(refusal)).replace("\u2068", "").replace("\u2069", "")

    assert plain == said


def test_every_label_is_a_word() -> None:
    assert all(str(label) for label in LABELS.values())
