"""Mainland China: yuan, make-up days, districts, cash at the door up to a cap."""

from functools import partial
from zoneinfo import ZoneInfo

from shop.i18n.text import L, Lazy, Ltr, T
from shop.markets.address import AddressForm, Field
from shop.markets.delivery import Carrier, Rate, ShippingMethod, Zone
from shop.markets.identifiers import company_code_cn
from shop.markets.market import InvoiceNeeds, Market, TrustLine
from shop.markets.methods import Browser, Choice, Method
from shop.markets.parameters import MethodParameters, Parameters
from shop.markets.regions import vendored

NANNING = "450100"
#: Not reached from the mainland, or by a boat now and then.
UNCOVERED = ("710000", "810000", "820000", "460300")

PARAMETERS = Parameters(
    weekend=(5, 6),
    uncovered_regions=UNCOVERED,
    # Value added tax on goods: 13 % since 2019-04-01 (Announcement 39 of 2019).
    tax_basis_points=1300,
    methods={
        "alipay": MethodParameters(refund_days=3),
        # Huabei splits 100 yuan and more (reference/payments.md 1.5).
        "huabei": MethodParameters(min_minor=10_000, refund_days=3),
        "wechat_pay": MethodParameters(refund_days=5),
        "unionpay": MethodParameters(refund_days=15),
        "cash_on_delivery": MethodParameters(
            max_minor=500_000, pay_by_minutes=None, refund_days=7
        ),
    },
)

METHODS = (
    Method(
        "alipay",
        L("Alipay"),
        Lazy(
            lambda: T(
                "You'll pay on {provider}'s page and come back here",
                provider=T("Alipay"),
            )
        ),
        ("alipay", "alipay_wap", "alipay_qr"),
        # WeChat's own browser does not open Alipay (C79).
        not_in_browsers=frozenset({Browser.WECHAT}),
    ),
    Method(
        "huabei",
        L("Huabei instalments"),
        L("Monthly payments through Alipay, which decides about the credit"),
        ("alipay", "alipay_wap"),
        choices=(
            Choice("3", L("3 payments, no fee")),
            Choice("6", L("6 payments, no fee")),
            Choice("12", L("12 payments, no fee")),
        ),
        choices_legend=L("How many payments?"),
        not_in_browsers=frozenset({Browser.WECHAT}),
    ),
    Method(
        "wechat_pay",
        L("WeChat Pay"),
        L("Scan a code on a computer; on a phone WeChat opens by itself"),
        ("wechat_native", "wechat_h5", "wechat_jsapi"),
        not_in_browsers=frozenset({Browser.ALIPAY}),
    ),
    Method(
        "unionpay",
        L("UnionPay"),
        L("Debit and credit cards of all banks"),
        ("unionpay",),
    ),
    Method(
        "cash_on_delivery",
        L("Cash on delivery"),
        L("Pay the courier when your order arrives"),
        ("cash_on_delivery",),
        is_online=False,
        is_prepaid=False,
        choices=(
            Choice("cash", L("In cash")),
            Choice("pos", L("By bank card, on the courier's card reader")),
        ),
        choices_legend=L("How will you pay the courier?"),
    ),
)

_REMOTE = L("A local courier brings parcels to this area, which takes longer.")

ZONES = (
    Zone(
        "near",
        (
            Rate("standard", 800, 1, 3, free_from_minor=9_900),
            Rate("express", 1_800, 1, 2),
        ),
        ("450000", "440000", "310000", "320000", "330000"),
    ),
    Zone(
        "remote",
        (Rate("standard", 1_000, 3, 5, free_from_minor=9_900),),
        ("650000", "540000", "150000", "630000"),
        surcharge_minor=1_500,
        extra_days=2,
        notice=_REMOTE,
    ),
    Zone(
        "mainland",
        (
            Rate("standard", 1_000, 2, 5, free_from_minor=9_900),
            Rate("express", 2_300, 1, 3),
        ),
    ),
)

MARKET = Market(
    code="cn",
    name=L("Mainland China"),
    currency="CNY",
    zone=ZoneInfo("Asia/Shanghai"),
    country="CN",
    week_start=0,
    address=AddressForm(
        market="cn",
        country="CN",
        language="zh",
        regions=partial(vendored, "cn"),
        phone_example="138 1234 5678",
        postcode_digits=6,
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
            Field("district", "district", autocomplete="address-level3"),
            Field(
                "street",
                "textarea",
                hint=L("Street, house number, building and flat"),
                autocomplete="street-address",
                least=5,
                most=120,
            ),
            Field(
                "postcode",
                "text",
                required=False,
                autocomplete="postal-code",
                inputmode="numeric",
                ltr=True,
            ),
        ),
    ),
    load_regions=partial(vendored, "cn"),
    parameters=PARAMETERS,
    methods=METHODS,
    shipping_methods=(
        ShippingMethod("standard", L("Standard delivery"), L("To your door, by road")),
        ShippingMethod(
            "express", L("Express delivery"), L("To your door, by air"), by_air=True
        ),
    ),
    zones=ZONES,
    carriers=(
        Carrier(
            "sf",
            L("SF Express"),
            "https://www.sf-express.com/chn/sc/waybill/waybill-detail/{number}",
        ),
        Carrier(
            "ems",
            L("China Post EMS"),
            "https://www.ems.com.cn/queryList?mailNum={number}",
        ),
        Carrier("own", L("Our own courier")),
    ),
    tax_text=L("Prices include value added tax."),
    invoice=InvoiceNeeds(
        kinds=(("electronic", L("Electronic invoice")), ("paper", L("Paper invoice"))),
        company_code=company_code_cn,
        company_code_label=L("Tax number"),
        amount_in_words=True,
    ),
    trust_lines=(
        TrustLine(
            "icp_number",
            lambda n: T("ICP number {number}", number=Ltr(n)),
            "https://beian.miit.gov.cn/",
        ),
        TrustLine(
            "police_number",
            lambda n: T("Public security number {number}", number=Ltr(n)),
            "https://beian.mps.gov.cn/",
        ),
        TrustLine(
            "business_licence", lambda n: T("Business licence {number}", number=Ltr(n))
        ),
    ),
    languages=("zh",),
)
