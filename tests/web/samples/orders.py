"""Samples of a customer's order and of an e-mail."""

from dataclasses import replace
from datetime import date, timedelta

from shop.i18n.reader import reader
from shop.i18n.text import Ltr, T
from shop.notifications.mail import Mail, MailLine, MailPair, MailTotal
from shop.web.pages import orders
from shop.web.pages.parts import (
    Badge,
    Field,
    Form,
    Link,
    Note,
    Pair,
)
from tests.web.samples.base import (
    NOW,
    Maker,
    address_block,
    address_form,
    breakdown,
    delivery_block,
    events,
    goods,
    lines,
    methods,
    money,
    say,
)


def order(state: str = "shipped") -> orders.OrderPage:
    """Return a customer's order: unpaid, shipped, or waiting to be collected."""
    unpaid = state == "unpaid"
    shipments: tuple[orders.Shipment, ...] = ()
    if state == "shipped":
        shipments = (
            orders.Shipment(
                title=say("包裹 1：手机、耳机", "مرسولهٔ ۱: گوشی و هندزفری", "Parcel 1"),
                carrier=say("顺丰速运", "پست پیشتاز", "SF Express"),
                tracking_number="SF0000000000482",
                tracking_url="https://example.org/track",
                estimate=Note(
                    T("Expected on {date}", date=date(2026, 11, 23)), "ok", "truck"
                ),
                events=events(shipped=True),
            ),
        )
    if state == "pickup":
        shipments = (
            orders.Shipment(
                title=T("Pick up in store"),
                collection_code="482 913",
                collection_lines=(
                    say(
                        "安榴体验店（南宁青秀店）",
                        "فروشگاه انار، شعبهٔ میدان ونک",
                        "Anar store, Qingxiu",
                    ),
                ),
                map_url="https://example.org/map",
            ),
        )
    return orders.OrderPage(
        number="4829103746",
        placed_at=NOW,
        badge=Badge(T("Awaiting payment"), "warn")
        if unpaid
        else Badge(T("In transit"), "pre"),
        shipments=shipments,
        lines=lines("a7-pro", "buds", "tv"),
        breakdown=breakdown(T("Amount due") if unpaid else T("Amount paid")),
        address=replace(address_block(), edit_url="/edit" if unpaid else ""),
        delivery=replace(delivery_block(), edit_url=""),
        events=() if state == "shipped" else events(),
        to_pay=orders.ToPay(
            title=T("Pay to keep your order"),
            line=T("Your order is kept until {time}", time=NOW + timedelta(minutes=30)),
            amount=money(8559, 153_780_000),
            url="/pay",
            button=T("Pay now"),
            other=Link("/payment", T("Choose another payment method")),
            in_rials=reader().language.code == "fa",
        )
        if unpaid
        else None,
        notes=(Note(T("Your order has delivery priority."), "ok", "zap"),),
        dues=(
            orders.Due(T("Ships by"), date(2026, 11, 23), is_kept=not unpaid),
            orders.Due(T("Delivered by"), date(2026, 11, 27)),
        ),
        payment=()
        if unpaid
        else (
            Pair(T("Payment method"), say("支付宝", "درگاه زرین‌پال", "Alipay")),
            Pair(T("Trace number"), Ltr("2026112122001"), copy="2026112122001"),
            Pair(T("Paid on"), NOW),
        ),
        messages=(
            orders.SentMessage(
                sent_at=NOW,
                channel="SMS",
                text=say(
                    "订单 4829103746 已付款。",
                    "سفارش ۴۸۲۹۱۰۳۷۴۶ پرداخت شد.",
                    "Order 4829103746 is paid.",
                ),
            ),
        ),
        actions=(
            orders.Action(
                url="/edit",
                label=T("Change the address"),
                icon="map-pin",
                line=T("until the order is paid"),
            ),
            orders.Action(url="/cancel", label=T("Cancel order"), icon="x"),
        )
        if unpaid
        else (orders.Action(url="/help", label=T("Help"), icon="message-circle"),),
        terms=Link("/help/terms?v=1", T("Terms this order was placed under")),
    )


def lookup_form(*, wrong: bool = False) -> Form:
    """Return the form that sends the secret link."""
    return Form(
        action="/orders",
        fields=(
            Field(
                name="number",
                label=T("Order number"),
                ltr=True,
                short=True,
                inputmode="numeric",
                hint=T("Ten digits, from the first message"),
                error=T("Enter the order number") if wrong else "",
            ),
            Field(
                name="last4",
                label=T("Last four digits of the mobile number"),
                ltr=True,
                short=True,
                inputmode="numeric",
            ),
        ),
    )


def mail() -> Mail:
    """Return an e-mail."""
    who = reader().language
    one = goods()["a7-pro"]
    return Mail(
        html_lang=who.html,
        direction=who.direction,
        shop_name=say("安榴商城", "فروشگاه انار", "Anar"),
        home_url="http://127.0.0.1:8000/",
        subject=T("Order {number}", number=Ltr("4829103746")),
        title=T("Payment received, thank you"),
        paragraphs=(
            T("Your order is kept until {time}", time=NOW + timedelta(hours=2)),
        ),
        pairs=(MailPair(T("Order number"), Ltr("4829103746")),),
        lines=(MailLine(name=one.name, quantity=1, amount=one.price),),
        totals=(MailTotal(T("Total"), one.price),),
        button=T("View the order"),
        button_url="http://127.0.0.1:8000/orders/t",
        footer=(say("安榴商城", "فروشگاه انار", "Anar"),),
    )


#: Name in the gallery -> (template, page maker). After ``~`` stands a state.
PAGES: dict[str, tuple[str, Maker]] = {
    "orders/order": ("orders/order.html", order),
    "orders/order~unpaid": ("orders/order.html", lambda: order("unpaid")),
    "orders/order~pickup": ("orders/order.html", lambda: order("pickup")),
    "orders/lookup": (
        "orders/lookup.html",
        lambda: orders.LookupPage(form=lookup_form(wrong=True)),
    ),
    "orders/lookup~sent": (
        "orders/lookup.html",
        lambda: orders.LookupPage(form=lookup_form(), is_sent=True, home_url="/"),
    ),
    "orders/address": (
        "orders/address.html",
        lambda: orders.EditAddressPage(
            number="4829103746", form=address_form(), order_url="/orders/t"
        ),
    ),
    "orders/payment": (
        "orders/payment.html",
        lambda: orders.EditPaymentPage(
            number="4829103746",
            form=Form(action="/orders/t/payment"),
            methods=methods(),
            order_url="/orders/t",
            amount=money(8559, 153_780_000),
        ),
    ),
    "orders/cancel": (
        "orders/cancel.html",
        lambda: orders.CancelPage(
            number="4829103746",
            form=Form(action="/orders/t/cancel"),
            order_url="/orders/t",
            line=T("Nothing was paid, so nothing has to be given back."),
            lines=lines("a7-pro"),
        ),
    ),
}
