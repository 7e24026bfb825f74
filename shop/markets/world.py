"""Everywhere else, plainly: any country, US dollars, a card or a transfer."""

from zoneinfo import ZoneInfo

from shop.i18n.text import L, Lazy, Ltr, T
from shop.markets.address import AddressForm, Field
from shop.markets.delivery import Carrier, Rate, ShippingMethod, Zone
from shop.markets.market import InvoiceNeeds, Market, TrustLine
from shop.markets.methods import Method
from shop.markets.parameters import MethodParameters, Parameters
from shop.markets.regions import countries

PARAMETERS = Parameters(
    return_days=14,
    quality_days=14,
    refund_days_min=5,
    refund_days_max=10,
    methods={
        "gateway": MethodParameters(refund_days=10),
        "bank_transfer": MethodParameters(pay_by_minutes=3 * 24 * 60, refund_days=10),
    },
)

MARKET = Market(
    code="world",
    name=L("Other countries"),
    currency="USD",
    zone=ZoneInfo("UTC"),
    country="",
    week_start=0,
    address=AddressForm(
        market="world",
        country="",
        language="en",
        regions=countries,
        phone_example="+44 7400 123456",
        fields=(
            Field("name", "text", autocomplete="name", least=2, most=80),
            Field("country", "country", autocomplete="country"),
            Field(
                "street", "textarea", autocomplete="street-address", least=3, most=200
            ),
            Field("town", "text", autocomplete="address-level2", least=1, most=80),
            Field(
                "state",
                "text",
                required=False,
                autocomplete="address-level1",
                most=80,
            ),
            Field(
                "postcode",
                "text",
                required=False,
                autocomplete="postal-code",
                ltr=True,
            ),
            Field(
                "phone",
                "tel",
                hint=L("With the country code. The courier may call this number."),
                autocomplete="tel",
                inputmode="tel",
                ltr=True,
            ),
            Field(
                "email",
                "email",
                hint=L("We send what happens with your order there."),
                autocomplete="email",
                inputmode="email",
                ltr=True,
            ),
        ),
    ),
    load_regions=countries,
    parameters=PARAMETERS,
    methods=(
        Method(
            "gateway",
            L("Card"),
            Lazy(
                lambda: T(
                    "You'll pay on {provider}'s page and come back here",
                    provider=T("the bank"),
                )
            ),
            ("card_gateway",),
        ),
        Method(
            "bank_transfer",
            L("Bank transfer"),
            L("Transfer to the shop's account, then send us the receipt"),
            ("bank_transfer",),
            is_online=False,
        ),
    ),
    shipping_methods=(
        ShippingMethod("post", L("Registered post"), L("To your door, by post")),
    ),
    zones=(Zone("world", (Rate("post", 2_500, 7, 20),)),),
    carriers=(Carrier("post", L("Registered post")),),
    tax_text=L("Import duty and tax are not included; the courier may collect them."),
    invoice=InvoiceNeeds(kinds=(("plain", L("Invoice")),)),
    trust_lines=(
        TrustLine(
            "company_number", lambda n: T("Company number {number}", number=Ltr(n))
        ),
    ),
    languages=("en",),
)
