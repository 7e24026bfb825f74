"""Iran: rials spoken as toman, Fridays off, and Tehran's own ways to pay."""

from functools import partial
from zoneinfo import ZoneInfo

from shop.i18n.text import L, Lazy, Ltr, T
from shop.markets.address import AddressForm, Field
from shop.markets.delivery import Carrier, Rate, ShippingMethod, Zone
from shop.markets.identifiers import company_code_ir, tidy_persian
from shop.markets.market import InvoiceNeeds, Market, TrustLine
from shop.markets.methods import CheckoutFacts, Method, is_in
from shop.markets.parameters import MethodParameters, Parameters
from shop.markets.refusals import MethodRefused, NotIn, OnlyIn
from shop.markets.regions import vendored

TEHRAN = "080394"
ISFAHAN = "040122"
#: Tehran with Tajrish and Rey, which the list names apart and the city contains.
CAPITAL = (TEHRAN, "080372", "080655")

PARAMETERS = Parameters(
    weekend=(4,),
    ship_days_max=2,
    quality_days=7,
    # Value added tax: 10 % since the year 1403 (budget law of 1403).
    tax_basis_points=1000,
    methods={
        "gateway": MethodParameters(min_minor=10_000, refund_days=3),
        "cash_by_arrangement": MethodParameters(pay_by_minutes=None, refund_days=3),
        "card_transfer": MethodParameters(
            min_minor=10_000, pay_by_minutes=120, refund_days=5
        ),
    },
)


def _in_tehran(
    market: Market, method: Method, facts: CheckoutFacts, _: MethodParameters
) -> MethodRefused | None:
    """Cash is handed over in the shop's own city (S99)."""
    if is_in(market, facts.place, CAPITAL):
        return None
    return OnlyIn(market.code, method.code, (TEHRAN,))


def _outside_tehran(
    market: Market, method: Method, facts: CheckoutFacts, _: MethodParameters
) -> MethodRefused | None:
    """A transfer is for those who cannot come; Tehran has two nearer ways (S105)."""
    if not is_in(market, facts.place, CAPITAL):
        return None
    return NotIn(market.code, method.code, TEHRAN)


METHODS = (
    Method(
        "gateway",
        L("Bank gateway"),
        Lazy(
            lambda: T(
                "You'll pay on {provider}'s page and come back here",
                provider=T("the bank"),
            )
        ),
        ("zarinpal", "zibal", "mellat", "sep"),
    ),
    Method(
        "cash_by_arrangement",
        L("Cash in person"),
        L("We call you to arrange the day and hour first"),
        ("cash_by_arrangement",),
        is_online=False,
        is_prepaid=False,
        rule=_in_tehran,
    ),
    Method(
        "card_transfer",
        L("Card-to-card transfer"),
        L("Transfer to the shop's card or account, then send us the receipt"),
        ("card_transfer",),
        is_online=False,
        rule=_outside_tehran,
    ),
)

_REMOTE = L("A local courier brings parcels to this area, which takes longer.")

#: Fees in rials.
ZONES = (
    Zone(
        "tehran",
        (
            Rate("courier", 700_000, 1, 1, free_from_minor=200_000_000),
            Rate("post", 500_000, 1, 2, free_from_minor=100_000_000),
        ),
        CAPITAL,
    ),
    Zone(
        "around_tehran",
        (Rate("post", 700_000, 1, 3, free_from_minor=100_000_000),),
        ("080000", "050000"),
    ),
    Zone(
        "remote",
        (Rate("post", 900_000, 3, 5, free_from_minor=100_000_000),),
        ("160000", "290000", "100000"),
        surcharge_minor=600_000,
        extra_days=2,
        notice=_REMOTE,
    ),
    Zone("iran", (Rate("post", 900_000, 2, 5, free_from_minor=100_000_000),)),
)

MARKET = Market(
    code="ir",
    name=L("Iran"),
    currency="IRR",
    zone=ZoneInfo("Asia/Tehran"),
    country="IR",
    week_start=5,
    address=AddressForm(
        market="ir",
        country="IR",
        language="fa",
        regions=partial(vendored, "ir", TEHRAN),
        phone_example="0912 345 6789",
        postcode_digits=10,
        tidy=tidy_persian,
        fields=(
            Field("name", "text", autocomplete="name", least=2, most=40),
            Field(
                "phone",
                "tel",
                hint=L("The courier will call this number. Any digits will do."),
                autocomplete="tel",
                inputmode="tel",
                ltr=True,
            ),
            Field(
                "email",
                "email",
                required=False,
                hint=L("We also send what happens with your order there."),
                autocomplete="email",
                inputmode="email",
                ltr=True,
            ),
            Field("city", "city", autocomplete="address-level2"),
            Field(
                "street",
                "textarea",
                hint=L("Street, alley, house number and flat"),
                autocomplete="street-address",
                least=5,
                most=120,
            ),
            Field(
                "postcode",
                "text",
                hint=L("Ten digits; printed on the electricity or gas bill"),
                autocomplete="postal-code",
                inputmode="numeric",
                ltr=True,
            ),
        ),
    ),
    load_regions=partial(vendored, "ir", TEHRAN),
    parameters=PARAMETERS,
    methods=METHODS,
    shipping_methods=(
        ShippingMethod("courier", L("Courier"), L("To your door, by our own courier")),
        ShippingMethod("post", L("Express post"), L("To your door, by post")),
    ),
    zones=ZONES,
    carriers=(
        Carrier(
            "post", L("Iran Post"), "https://tracking.post.ir/search.aspx?id={number}"
        ),
        Carrier("own", L("Our own courier")),
    ),
    tax_text=L("Prices include value added tax."),
    invoice=InvoiceNeeds(
        kinds=(("natural", L("For a person")), ("legal", L("For a company"))),
        company_code=company_code_ir,
        company_code_label=L("National code of the company"),
        amount_in_words=True,
    ),
    trust_lines=(
        TrustLine(
            "enamad_code",
            lambda n: T("Trust seal (eNamad) {number}", number=Ltr(n)),
            "https://enamad.ir/",
        ),
        TrustLine(
            "business_licence", lambda n: T("Business licence {number}", number=Ltr(n))
        ),
    ),
    languages=("fa",),
    price_step=10,
    priority_regions=CAPITAL,
)
