"""Samples of a customer's order and of an e-mail."""

from dataclasses import replace
from datetime import date, timedelta

from shop.i18n import formats
from shop.i18n.reader import reader
from shop.i18n.text import TN, Ltr, T
from shop.notifications.mail import Mail, MailLine, MailPair, MailTotal
from shop.web.pages import orders
from shop.web.pages.parts import (
    Badge,
    Choice,
    Choices,
    Field,
    FieldGroup,
    Form,
    Link,
    Note,
    Option,
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


def returned() -> tuple[orders.Return, ...]:
    """Return a request that waits and one that was declined."""
    pot = say("安榴 A7 Pro（石榴红）", "انار A7 پرو (یاقوتی)", "Anar A7 Pro (garnet)")
    return (
        orders.Return(
            id="return-42",
            title=T("Return {number}", number=Ltr("42")),
            badge=Badge(T("Waiting for our answer"), "warn"),
            pairs=(
                Pair(pot, 1),
                Pair(T("Reason"), T("It is faulty or damaged")),
                Pair(
                    T("In the customer's words"),
                    say(
                        "充电时屏幕会闪。",
                        "هنگام شارژ صفحه چشمک می‌زند.",
                        "The screen flickers while it charges.",
                    ),
                ),
                Pair(T("Freight of sending it back"), T("Paid by the shop")),
                Pair(T("Asked on"), NOW),
            ),
        ),
        orders.Return(
            id="return-41",
            title=T("Return {number}", number=Ltr("41")),
            badge=Badge(T("Return not accepted"), "bad"),
            pairs=(
                Pair(pot, 1),
                Pair(T("Reason"), T("I have changed my mind")),
                Pair(T("Asked on"), NOW),
                Pair(T("Answered on"), NOW),
                Pair(
                    T("Our answer"),
                    say(
                        "商品已激活使用，影响二次销售。",
                        "کالا فعال و استفاده شده است.",
                        "It has been activated and used.",
                    ),
                ),
            ),
        ),
    )


def return_door(*, sent: bool = False) -> orders.ReturnAskPage:
    """Return the door to a return."""
    return orders.ReturnAskPage(
        form=Form(
            action="/returns",
            fields=(
                Field(
                    name="number",
                    label=T("Receipt number"),
                    ltr=True,
                    short=True,
                    inputmode="numeric",
                    hint=T(
                        "The ten digits of the order: on its page, in every message, "
                        "on the slip"
                    ),
                    error=T("Enter the receipt number: it is the order number"),
                ),
                Field(
                    name="last4",
                    label=T("Last four digits of the phone"),
                    ltr=True,
                    short=True,
                    inputmode="numeric",
                ),
            ),
        ),
        is_sent=sent,
        home_url="/",
        policy=Link("/help/returns", T("Returns and refunds")),
    )


def return_form(state: str = "") -> orders.ReturnPage:
    """Return the form of a return: begun, refused, or after the last day."""
    policy = Link("/help/returns", T("Returns and refunds"))
    if state == "closed":
        return orders.ReturnPage(
            number="4829103746",
            title=T("Return something"),
            order_url="/orders/t",
            closed=T(
                "The last day to return something was {day}. If something is wrong "
                "with it, please contact us: we look at every case.",
                day=date(2026, 11, 28),
            ),
            contacts=(Link("tel:+982100000000", "021-0000", "phone"),),
            policy=policy,
        )
    wrong = state == "wrong"
    first, second = lines("a7-pro", "buds")
    until = {"buyer": date(2026, 11, 28), "shop": date(2026, 12, 6)}
    return orders.ReturnPage(
        number="4829103746",
        title=T("Return something"),
        order_url="/orders/t",
        form=Form(
            action="/orders/t/return",
            fields=(
                FieldGroup(
                    legend=T("What, and how many pieces?"),
                    fields=tuple(
                        Field(
                            name=f"pieces_{place}",
                            label=str(one.name),
                            kind="select",
                            hint=TN("{count} piece", "{count} pieces", 2),
                            options=tuple(
                                Option(str(n), formats.number(n)) for n in range(3)
                            ),
                            short=True,
                        )
                        for place, one in enumerate((first, second))
                    ),
                ),
            ),
        ),
        reasons=Choices(
            name="reason",
            legend=T("Why?"),
            error=T("Choose a reason") if wrong else "",
            choices=(
                Choice(
                    value="changed_mind",
                    name=T("I have changed my mind"),
                    line=T("Until {day}; you pay the freight", day=until["buyer"]),
                ),
                Choice(
                    value="faulty",
                    name=T("It is faulty or damaged"),
                    line=T("Until {day}; we pay the freight", day=until["shop"]),
                ),
            ),
        ),
        more=(
            Field(
                name="words",
                label=T("Tell us more"),
                kind="textarea",
                hint=T("What is wrong with it, what you expected"),
                optional=True,
                rows=4,
            ),
        ),
        terms=(
            Pair(T("Last day without a fault"), until["buyer"]),
            Pair(T("Last day if it is faulty or wrong"), until["shop"]),
        ),
        checklist=(
            T("The product itself, undamaged and complete"),
            T("Its packaging"),
            T("Accessories, manuals and cards from the box"),
            T("Gifts that came with it"),
        ),
        policy=policy,
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
    "orders/order~returned": (
        "orders/order.html",
        lambda: replace(order(), returns=returned()),
    ),
    "returns/ask": ("returns/ask.html", return_door),
    "returns/ask~sent": ("returns/ask.html", lambda: return_door(sent=True)),
    "returns/form": ("returns/form.html", return_form),
    "returns/form~wrong": ("returns/form.html", lambda: return_form("wrong")),
    "returns/form~closed": ("returns/form.html", lambda: return_form("closed")),
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
