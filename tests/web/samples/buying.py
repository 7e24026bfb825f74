"""Samples of the checkout and of paying."""

from datetime import timedelta

from shop.i18n.reader import reader
from shop.i18n.text import TP, Ltr, T, Text
from shop.kernel.money import Money
from shop.payments import reasons
from shop.web.pages import checkout
from shop.web.pages.parts import (
    Choice,
    Choices,
    Field,
    Form,
    Note,
    Pair,
)
from tests.web.samples.base import (
    NOW,
    Maker,
    address_block,
    address_form,
    delivery_block,
    events,
    methods,
    money,
    payment_block,
    say,
    summary,
)


def steps(now: int) -> tuple[checkout.Step, ...]:
    """Return the bar with ``now`` as the present step, counted from 1."""
    names = (
        TP("checkout step", "Address"),
        TP("checkout step", "Delivery"),
        TP("checkout step", "Payment"),
        TP("checkout step", "Check"),
    )
    return tuple(
        checkout.Step(
            name,
            url="/checkout" if number < now else "",
            is_done=number < now,
            is_now=number == now,
        )
        for number, name in enumerate(names, 1)
    )


def delivery_methods() -> Choices:
    """Return two ways to send and one to collect."""
    return Choices(
        name="method",
        legend=T("How should it reach you?"),
        choices=(
            Choice(
                value="standard",
                name=say(
                    "标准快递，11月24日（周二）前送达",
                    "پست پیشتاز، تحویل تا سه‌شنبه ۳ آذر",
                    "Standard, by Tue 24 Nov",
                ),
                line=say(
                    "全程可查，送货上门",
                    "قابل پیگیری، تحویل درِ منزل",
                    "Tracked, to the door",
                ),
                end=T("Free"),
                end_tone="ok",
                selected=True,
            ),
            Choice(
                value="express",
                name=say("次日达", "پیک روز بعد", "Next day"),
                line=say("11月22日（周日）送达", "تحویل یکشنبه ۱ آذر", "On Sun 22 Nov"),
                end=money(18, 120_000),
            ),
            Choice(
                value="pickup",
                name=T("Pick up in store"),
                line=say(
                    "明天可取，凭取货码",
                    "از فردا، با کد تحویل",
                    "From tomorrow, with a code",
                ),
                end=T("Free"),
                end_tone="ok",
            ),
        ),
    )


def points() -> Choices:
    """Return a pick-up point."""
    return Choices(
        name="point",
        legend=T("Which store?"),
        choices=(
            Choice(
                value="1",
                name=say(
                    "安榴体验店（南宁青秀店）",
                    "فروشگاه انار، شعبهٔ میدان ونک",
                    "Anar store, Qingxiu",
                ),
                line=say(
                    "南宁市青秀区民族大道1号",
                    "تهران، میدان ونک، پلاک ۱",
                    "1 Minzu Avenue, Nanning",
                ),
                details=(
                    say("每天 10:00-21:00", "هر روز ۱۰ تا ۲۱", "Daily 10:00 to 21:00"),
                    say("试用、售后", "آزمایش کالا، خدمات", "Try out, service"),
                ),
                map_url="https://example.org/map",
            ),
        ),
    )


def transfer(state: str = "open") -> checkout.TransferPage:
    """Return the card transfer before, and after, its receipt was sent."""
    form = Form(
        action="/orders/t/receipt",
        has_file=True,
        fields=(
            Field(
                name="trace",
                label=T("Trace number of the transfer"),
                ltr=True,
                inputmode="numeric",
                value="۱۲۳۴۵۶",
            ),
            Field(
                name="last4",
                label=T("Last four digits of your card"),
                ltr=True,
                short=True,
                inputmode="numeric",
                error=T("Enter the last four digits") if state == "refused" else "",
            ),
            Field(
                name="paid_at",
                label=T("When did you transfer it?"),
                ltr=True,
                short=True,
                hint=T("For example {example}", example=Ltr("۱۴۰۵/۰۸/۳۰ ۱۱:۲۰")),
            ),
            Field(
                name="receipt",
                label=T("Picture of the receipt"),
                kind="file",
                optional=True,
                accept="image/jpeg,image/png,image/webp",
                hint=T("JPEG, PNG or WebP, at most {count} MB", count=8),
            ),
        ),
    )
    return checkout.TransferPage(
        amount=Money(1_537_800_000, "IRR"),
        pay_by=NOW + timedelta(hours=2),
        note="4829103746",
        accounts=(
            checkout.Account(
                bank=say("示例银行", "بانک نمونه", "Sample Bank"),
                holder=say("安榴商城", "فروشگاه انار", "Anar shop"),
                card_groups=("6037", "9900", "0000", "0006"),
                card_copy="6037990000000006",
                account_number="0100000000001",
                sheba="IR000000000000000000000001",
            ),
        ),
        order_number="4829103746",
        order_url="/orders/t",
        form=None if state == "sent" else form,
        sent=(
            Pair(T("Trace number"), Ltr("123456")),
            Pair(T("Last four digits of your card"), Ltr("1234")),
            Pair(T("Transferred"), NOW),
        )
        if state == "sent"
        else (),
        refused=T("The receipt was refused: {reason}", reason="…")
        if state == "refused"
        else "",
        other_url="/orders/t/payment",
        answer_on=(NOW + timedelta(days=1)).date() if state == "sent" else None,
    )


def _leaving() -> dict[str, object]:
    return {
        "provider": say("支付宝", "زرین‌پال", "Alipay"),
        "amount": money(8559, 153_780_000),
        "order_number": "4829103746",
        "order_url": "/orders/t",
        "expires_at": NOW + timedelta(minutes=15),
    }


def _done(title: Text) -> checkout.DonePage:
    return checkout.DonePage(
        title=title,
        line=T("A message is on its way to {phone}.", phone=Ltr("138****5678")),
        pairs=(
            Pair(T("Order number"), Ltr("4829103746")),
            Pair(T("Payment method"), say("支付宝", "درگاه زرین‌پال", "Alipay")),
            Pair(T("Trace number"), Ltr("2026112122001"), copy="2026112122001"),
        ),
        amount_label=T("Amount paid"),
        amount=money(8559, 153_780_000),
        events=events(),
        order_url="/orders/t",
        home_url="/",
        in_rials=reader().language.code == "fa",
    )


def _review(*, wrong: bool = False) -> checkout.ReviewPage:
    return checkout.ReviewPage(
        steps=steps(4),
        form=Form(action="/checkout/review", hidden={"token": "t"}),
        blocks=(address_block(), delivery_block(), payment_block()),
        summary=summary(),
        terms=(
            checkout.Terms(
                name="terms",
                value="2026-11",
                url="/help/terms",
                title=T("Terms of sale and returns"),
                error=T("Tick the terms of sale to place the order") if wrong else "",
            ),
        ),
        submit=T("Place order and pay"),
        back_url="/checkout/payment",
        note=T("You'll pay on {provider}'s page and come back here", provider="…"),
        remark=Field(
            name="remark", label=T("A word to the shop"), optional=True, kind="textarea"
        ),
    )


#: Name in the gallery -> (template, page maker). After ``~`` stands a state.
PAGES: dict[str, tuple[str, Maker]] = {
    "checkout/address": (
        "checkout/address.html",
        lambda: checkout.AddressPage(
            steps=steps(1), form=address_form(), summary=summary(), back_url="/cart"
        ),
    ),
    "checkout/address~wrong": (
        "checkout/address.html",
        lambda: checkout.AddressPage(
            steps=steps(1),
            form=address_form(wrong=True),
            summary=summary(),
            back_url="/cart",
        ),
    ),
    "checkout/delivery": (
        "checkout/delivery.html",
        lambda: checkout.DeliveryPage(
            steps=steps(2),
            form=Form(action="/checkout/delivery"),
            methods=delivery_methods(),
            points=points(),
            address=address_block(),
            summary=summary(),
            back_url="/checkout",
            notes=(
                Note(
                    T("Remote area: another courier delivers, which takes longer."),
                    "warn",
                    "truck",
                ),
            ),
        ),
    ),
    "checkout/payment": (
        "checkout/payment.html",
        lambda: checkout.PaymentPage(
            steps=steps(3),
            form=Form(action="/checkout/payment"),
            methods=methods(),
            blocks=(address_block(), delivery_block()),
            summary=summary(),
            back_url="/checkout/delivery",
        ),
    ),
    "checkout/payment~wrong": (
        "checkout/payment.html",
        lambda: checkout.PaymentPage(
            steps=steps(3),
            form=Form(
                action="/checkout/payment",
                refusal=T("This method is no longer offered for your order."),
            ),
            methods=methods(error=True),
            blocks=(address_block(),),
            summary=summary(),
            back_url="/checkout/delivery",
        ),
    ),
    "checkout/review": ("checkout/review.html", _review),
    "checkout/review~wrong": ("checkout/review.html", lambda: _review(wrong=True)),
    "payments/redirect": (
        "payments/redirect.html",
        lambda: checkout.RedirectPage(
            url="https://example.org/pay",
            other_url="/other",
            **_leaving(),  # type: ignore[arg-type]
        ),
    ),
    "payments/form_post": (
        "payments/form_post.html",
        lambda: checkout.FormPostPage(
            url="/stay",
            fields={"RefId": "1"},
            **_leaving(),  # type: ignore[arg-type]
        ),
    ),
    "payments/qr": (
        "payments/qr.html",
        lambda: checkout.QrPage(
            qr_url="/static/img/favicon.svg",
            other_url="/other",
            **_leaving(),  # type: ignore[arg-type]
        ),
    ),
    "payments/bridge": (
        "payments/bridge.html",
        lambda: checkout.BridgePage(
            call="{}",
            done_url="/result",
            again=Form(action="/pay"),
            other_url="/other",
            sandbox_url="/demo",
            **_leaving(),  # type: ignore[arg-type]
        ),
    ),
    "payments/transfer": ("payments/transfer.html", transfer),
    "payments/transfer~sent": ("payments/transfer.html", lambda: transfer("sent")),
    "payments/transfer~refused": (
        "payments/transfer.html",
        lambda: transfer("refused"),
    ),
    "payments/wait": (
        "payments/wait.html",
        lambda: checkout.WaitPage(
            provider=say("支付宝", "زرین‌پال", "Alipay"),
            order_number="4829103746",
            order_url="/orders/t",
            amount=money(8559, 153_780_000),
            is_long=True,
            check_url="/check",
        ),
    ),
    "payments/wait~reviewed": (
        "payments/wait.html",
        lambda: checkout.WaitPage(
            provider=say("微信支付", "زیبال", "WeChat Pay"),
            order_number="4829103746",
            order_url="/orders/t",
            amount=money(8559, 153_780_000),
            check_url="/check",
            title=T("Your payment is being reviewed"),
            reason=reasons.reason("wechat_native", "ACCEPT").text,
            kept_until=NOW,
            other_url="/other",
        ),
    ),
    "payments/unpaid": (
        "payments/unpaid.html",
        lambda: checkout.UnpaidPage(
            order_number="4829103746",
            amount=money(8559, 153_780_000),
            pay=Form(action="/pay"),
            other_url="/other",
            order_url="/orders/t",
            kept_until=NOW + timedelta(minutes=25),
            reason=say("余额不足", "موجودی کافی نیست", "Not enough money"),
            comes_back=True,
        ),
    ),
    "payments/done": (
        "payments/done.html",
        lambda: _done(T("Payment received, thank you")),
    ),
    "payments/failed": (
        "payments/failed.html",
        lambda: checkout.FailedPage(
            order_number="4829103746",
            amount=money(8559, 153_780_000),
            retry=Form(action="/retry"),
            other_url="/other",
            order_url="/orders/t",
            kept_until=NOW + timedelta(minutes=25),
            is_untouched=True,
            reason=say("余额不足", "موجودی کافی نیست", "Not enough money"),
            code="51",
            refund_line=T(
                "The money goes back the way it came within {days} working days", days=3
            ),
        ),
    ),
    "payments/review": (
        "payments/review.html",
        lambda: checkout.MoneyReviewPage(
            title=T("Your money arrived after the order had expired"),
            line=T("It is safe. Nothing more is charged."),
            pairs=(Pair(T("Order number"), Ltr("4829103746")),),
            order_url="/orders/t",
            answer_by=NOW + timedelta(days=1),
        ),
    ),
    "payments/expired": (
        "payments/expired.html",
        lambda: checkout.ExpiredPage(
            order_number="4829103746",
            expired_at=NOW,
            rebuild=Form(action="/rebuild"),
            order_url="/orders/t",
        ),
    ),
}
