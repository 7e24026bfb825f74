"""Samples of the owner's desk."""

from dataclasses import replace
from datetime import date, timedelta

from shop.i18n.languages import languages
from shop.i18n.reader import reader
from shop.i18n.text import TN, TP, Ltr, T
from shop.kernel.money import Money
from shop.web.pages import orders, owner
from shop.web.pages.parts import (
    Badge,
    Breakdown,
    BreakdownLine,
    Field,
    FieldGroup,
    Form,
    Link,
    Note,
    Option,
    Pair,
)
from tests.web.samples import looks
from tests.web.samples.base import (
    NOW,
    Maker,
    address_block,
    breakdown,
    delivery_block,
    events,
    goods,
    lines,
    money,
    picture,
    say,
)
from tests.web.samples.orders import order
from tests.web.samples.orders import returned as returned_samples


def queue(*, empty: bool = False) -> owner.QueuePage:
    """Return the desk's home."""
    due = orders.Due
    rows = tuple(
        owner.QueueRow(
            number=number,
            url="/owner/orders/1",
            placed_at=NOW,
            customer=say("示例顾客", "مشتری نمونه", "Sample Customer"),
            goods=say("A7 Pro 等 3 件", "A7 پرو و ۲ کالای دیگر", "A7 Pro and 2 more"),
            place=say("南宁", "تهران", "Nanning"),
            payment=Badge(say("支付宝", "زرین‌پال", "Alipay"), "ok"),
            state=Badge(T("To be shipped"), "pre"),
            total=money(8559, 153_780_000),
            due=promise,
            action=Link("/owner/orders/1#deeds", TP("button", "Ship")),
            is_priority=number.endswith("6"),
        )
        for number, promise in (
            ("4829103746", due(T("Ships by"), NOW - timedelta(hours=3), is_late=True)),
            ("5720918365", due(T("Ships by"), NOW + timedelta(hours=3))),
            ("6610293847", None),
        )
    )
    return owner.QueuePage(
        today_on=date(2026, 11, 21),
        figures=()
        if empty
        else (
            owner.Figure(
                T("Sales today"),
                money(48260, 868_400_000),
                T("More than last week"),
                "hot",
            ),
            owner.Figure(TN("Order", "Orders", 37), 37),
            owner.Figure(
                T("To be shipped"), 12, T("{count} will be late", count=2), "warn", "/q"
            ),
            owner.Figure(T("Receipts to check"), 3, T("To do"), "bad", "/q"),
        ),
        tabs=(
            owner.Tab(T("To be shipped"), "/q?t=1", 12, current=True),
            owner.Tab(T("Awaiting transfer check"), "/q?t=2", 3),
            owner.Tab(TP("orders", "All"), "/q?t=3"),
        ),
        rows=() if empty else rows,
        search_url="/owner/orders",
        todos=(
            owner.ToDo(
                "receipt",
                TN("{count} receipt to check", "{count} receipts to check", 3),
                Link("/q", T("Check")),
            ),
        ),
        empty=T("All shipped. Nothing waits for you."),
    )


def decide_return() -> tuple[owner.Deed, ...]:
    """Return the deeds of a return that waits for an answer."""
    hint = T("In the customer's language")
    note = T("What the customer should do: where to send it, by when")
    reason = T("Reason, as the customer will read it")
    return (
        owner.Deed(
            form=Form(
                action="/accept",
                fields=(
                    Field(
                        name="note",
                        label=note,
                        kind="textarea",
                        hint=hint,
                        optional=True,
                        element_id="approve_return-note",
                    ),
                ),
            ),
            button=T("Accept and go on to the refund"),
            title=T("Accept return {number}", number=Ltr("42")),
            line=T("You can also wait with the refund until the goods are here."),
            is_main=True,
        ),
        owner.Deed(
            form=Form(
                action="/decline",
                fields=(
                    Field(
                        name="note",
                        label=reason,
                        kind="textarea",
                        hint=hint,
                        element_id="decline_return-note",
                    ),
                ),
            ),
            button=T("Decline"),
            title=T("Decline return {number}", number=Ltr("42")),
            icon="ban",
        ),
    )


def desk_order(*, receipt: bool = False, returned: bool = False) -> owner.DeskOrderPage:
    """Return one order at the desk."""
    ship = owner.Deed(
        form=Form(
            action="/ship",
            fields=(
                Field(
                    name="carrier",
                    label=T("Carrier"),
                    kind="select",
                    options=(
                        Option("sf", say("顺丰速运", "پست پیشتاز", "SF Express")),
                    ),
                ),
                Field(
                    name="tracking",
                    label=T("Tracking number"),
                    ltr=True,
                    error=T("Enter the tracking number"),
                ),
            ),
        ),
        button=TP("button", "Ship"),
        title=T("Hand over to the carrier"),
        icon="truck",
        is_main=True,
    )
    return owner.DeskOrderPage(
        number="4829103746",
        placed_at=NOW,
        badges=(Badge(T("To be shipped"), "pre"), Badge(T("Paid"), "ok")),
        lines=lines("a7-pro", "buds"),
        breakdown=breakdown(T("Amount paid")),
        customer=(
            Pair(T("Name"), say("示例顾客", "مشتری نمونه", "Sample Customer")),
            Pair(T("Mobile number"), Ltr("138****5678")),
        ),
        address=replace(address_block(), edit_url=""),
        delivery=replace(delivery_block(), edit_url=""),
        events=events(shipped=True),
        deeds=decide_return()
        if returned
        else ()
        if receipt
        else (
            owner.Deed(form=Form(action="/pack"), button=T("Packed"), icon="package"),
            ship,
        ),
        receipt=owner.ReceiptCheck(
            pairs=(
                Pair(T("Trace number"), Ltr("123456")),
                Pair(T("Last four digits of the card"), Ltr("1234")),
            ),
            amount=Money(1_537_800_000, "IRR"),
            confirm=Form(action="/confirm"),
            reject=Form(
                action="/reject",
                fields=(
                    Field(
                        name="reason",
                        label=T("Reason, as the customer will read it"),
                        kind="textarea",
                    ),
                ),
            ),
            picture_url="/media/phone-pro--ink.svg",
            submitted_at=NOW,
        )
        if receipt
        else None,
        dues=(orders.Due(T("Ships by"), NOW - timedelta(hours=1), is_late=True),),
        notes=(Note(T("Paid before delivery: priority"), "ok", "zap"),),
        money=(
            owner.MoneyRow(
                NOW,
                say("支付宝", "زرین‌پال", "Alipay"),
                money(8559, 153_780_000),
                Badge(T("Paid"), "ok"),
                "2026112122001",
            ),
        ),
        messages=order().messages,
        log=log(),
        reveal=Form(action="/reveal"),
        slip_url="/slip",
        refund_url="/give-back",
        refund_label=T("Give money back"),
        asked=returned_samples()[:1] if returned else (),
        returns=returned_samples()[1:] if returned else (),
        cancel_url="/cancel",
        back_url="/owner",
        language_name=reader().language.name,
    )


def refund_choice() -> owner.DeskFormPage:
    """Return the form that asks which parts go back."""
    first, second = lines("a7-pro", "buds")
    return owner.DeskFormPage(
        title=T("Refund for order {number}", number=Ltr("4829103746")),
        line=T(
            "{amount} of what was paid can still go back.",
            amount=money(8559, 153_780_000),
        ),
        form=Form(
            action="/give-back",
            fields=(
                FieldGroup(
                    legend=T("How many pieces?"),
                    fields=tuple(
                        Field(
                            name=f"pieces_{place}",
                            label=str(one.name),
                            kind="select",
                            hint=TN(
                                "{count} piece can go back, {amount} each",
                                "{count} pieces can go back, {amount} each",
                                2,
                                amount=one.total,
                            ),
                            options=tuple(Option(str(n), str(n)) for n in range(3)),
                            short=True,
                        )
                        for place, one in enumerate((first, second))
                    ),
                ),
                Field(
                    name="delivery",
                    label=T("The delivery fee too: {amount}", amount=money(18, 90_000)),
                    kind="check",
                ),
                Field(
                    name="amount",
                    label=T("Another amount"),
                    kind="money",
                    hint=T(
                        "Added to the above: a gesture, a part of a price. "
                        "Needs a reason."
                    ),
                    unit=T("yuan"),
                    error=T("Enter an amount above zero, in digits"),
                    optional=True,
                ),
                Field(
                    name="restock",
                    label=T("Put the pieces back into stock"),
                    kind="check",
                    hint=T("Tick it when they are here and can be sold again."),
                ),
            ),
        ),
        button=T("See what goes back"),
        back_url="/owner",
    )


def refund_preview(*, changed: bool = False) -> owner.RefundPage:
    """Return what goes back, before it does."""
    first, _ = lines("a7-pro", "buds")
    whole = money(5020, 90_200_000)
    refusal = T(
        "Something about this order has changed since you looked; {amount} would go "
        "back now. Nothing has been sent: please check and confirm again.",
        amount=whole,
    )
    return owner.RefundPage(
        title=T("Refund for order {number}", number=Ltr("4829103746")),
        breakdown=Breakdown(
            lines=(
                BreakdownLine(
                    T("{count} × {product}", count=1, product=str(first.name)),
                    money(5099, 91_000_000),
                ),
                BreakdownLine(
                    T("Share of the discount"), money(-97, -890_000), tone="sale"
                ),
                BreakdownLine(T("Delivery fee"), money(18, 90_000)),
            ),
            total=whole,
            total_label=T("Goes back"),
            in_rials=reader().language.code == "fa",
        ),
        ways=(
            (
                Pair(T("Amount"), whole),
                Pair(T("Goes back by"), say("支付宝", "زرین‌پال", "Alipay")),
                Pair(T("Card or account"), Ltr("6037 99** **** 1234")),
                Pair(T("With the customer by"), date(2026, 11, 26)),
                Pair(T("Who sends it"), T("The payment provider sends it by itself")),
            ),
        ),
        reason=say("外壳有划痕", "خط‌وخش روی بدنه", "A scratch on the case"),
        notes=(TN("{count} piece goes back into stock.",
                  "{count} pieces go back into stock.", 1),),
        form=Form(
            action="/give-back/now",
            hidden={"seal": "x"},
            refusal=refusal if changed else "",
        ),
        button=T("Give {amount} back", amount=whole),
        change_url="/give-back",
        back_url="/owner",
    )  # fmt: skip


def log() -> tuple[owner.LogRow, ...]:
    """Return rows of the log."""
    return (
        owner.LogRow(
            at=NOW,
            who="owner",
            what=T("Price changed"),
            subject=Link("/owner/products", Ltr("A7P-GRN-256")),
            changes=(owner.Change(T("Price"), "4,999", "4,899"),),
        ),
    )


def products() -> owner.ProductsPage:
    """Return the product list with quick edit."""
    one = goods()["a7-pro"]

    def variant(sku: str, *, wrong: bool = False) -> owner.VariantRow:
        cny = Field(
            name="price_cn",
            element_id=f"cn-{sku}",
            label=T("Price"),
            kind="money",
            value="4999",
            unit=say("元", "یوان", "yuan"),
        )
        irr = replace(
            cny,
            name="price_ir",
            element_id=f"ir-{sku}",
            value="۸۹٬۹۰۰٬۰۰۰",
            unit=say("土曼", "تومان", "toman"),
        )
        stock = Field(
            name="stock",
            element_id=f"stock-{sku}",
            label=T("Stock"),
            ltr=True,
            inputmode="numeric",
            value="3",
            error=T("Enter a whole number") if wrong else "",
        )
        return owner.VariantRow(
            sku=sku,
            options=one.options,
            form=Form(action=f"/v/{sku}", fields=(cny, irr, stock)),
            held=2,
            is_low=wrong,
        )

    return owner.ProductsPage(
        rows=(
            owner.ProductRow(
                name=one.name,
                url="/p/1",
                picture=picture(one.art, "garnet"),
                state=Badge(T("On sale"), "ok"),
                variants=(
                    variant("A7P-GRN-256", wrong=True),
                    variant("A7P-INK-256"),
                ),
                pictures_url="/owner/products/1/pictures",
                category=say("手机", "گوشی موبایل", "Phones"),
            ),
        ),
        search_url="/owner/products",
        heads=(T("Price"), T("Stock")),
        tabs=(owner.Tab(TP("products", "All"), "/x", 25, current=True),),
        total=25,
        saved=Note(T("Saved"), "ok", "check"),
    )


def alt_fields(prefix: str) -> tuple[Field, ...]:
    """Return one alt text per language."""
    return tuple(
        Field(
            name=f"alt_{one.code}",
            element_id=f"{prefix}-{one.code}",
            label=T("Description in {language}", language=one.name),
        )
        for one in languages().values()
    )


def pictures() -> owner.PicturesPage:
    """Return the pictures of a product."""
    upload = Field(
        name="file",
        label=T("File"),
        kind="file",
        accept="image/*",
        error=T("Choose a picture"),
    )
    return owner.PicturesPage(
        product=goods()["a7-pro"].name,
        rows=(
            owner.PictureRow(
                picture=picture("phone-pro--garnet", "garnet", "A7"),
                form=Form(action="/alt", fields=alt_fields("one")),
                remove=Form(action="/remove"),
                label="800 × 800",
            ),
        ),
        upload=Form(
            action="/upload", has_file=True, fields=(upload, *alt_fields("new"))
        ),
        back_url="/owner/products",
        product_url="/p/1",
    )


def settings() -> owner.SettingsPage:
    """Return the shop's basics."""
    return owner.SettingsPage(
        sections=(
            owner.SettingsSection(
                id="shop",
                title=T("Shop"),
                form=Form(
                    action="/settings/shop",
                    fields=(Field(name="company", label=T("Company name")),),
                ),
            ),
            owner.SettingsSection(
                id="card_transfer",
                title=T("Card-to-card transfer"),
                is_on=True,
                form=Form(
                    action="/settings/card",
                    fields=(
                        Field(
                            name="card",
                            label=T("Card number"),
                            ltr=True,
                            inputmode="numeric",
                            value="6037 9900 0000 0007",
                            error=T("One digit of this card number is wrong"),
                        ),
                        Field(
                            name="on",
                            label=T("Offer this method"),
                            kind="check",
                            checked=True,
                        ),
                        Field(
                            name="mode",
                            label=T("Who checks receipts"),
                            kind="radio",
                            options=(
                                Option("staff", T("Staff"), selected=True),
                                Option("owner", T("The owner")),
                            ),
                        ),
                    ),
                ),
            ),
        )
    )


def slip() -> owner.SlipPage:
    """Return a packing slip with cash to collect."""
    return owner.SlipPage(
        number="4829103746",
        placed_at=NOW,
        lines=tuple(
            owner.SlipLine(
                name=line.name,
                sku="A7P-GRN-256",
                quantity=2,
                options=line.options,
                bin="B-12",
            )
            for line in lines("a7-pro", "buds")
        ),
        recipient=address_block().lines,
        delivery=delivery_block().lines[0],
        back_url="/owner/orders/1",
        collect=money(8559, 153_780_000),
        collect_by=T("by card (POS)"),
        note=say("请放门卫处", "لطفاً به نگهبان بدهید", "Leave with the guard"),
    )


#: Name in the gallery -> (template, page maker). After ``~`` stands a state.
PAGES: dict[str, tuple[str, Maker]] = {
    "owner/sign_in": (
        "owner/sign_in.html",
        lambda: owner.SignInPage(
            form=Form(
                action="/owner/sign-in",
                refusal=T("Name and password do not belong together."),
                fields=(
                    Field(
                        name="name", label=T("Sign-in name"), autocomplete="username"
                    ),
                    Field(
                        name="password",
                        label=T("Password"),
                        kind="password",
                        autocomplete="current-password",
                    ),
                ),
            ),
            closed_until=NOW + timedelta(minutes=15),
        ),
    ),
    "owner/queue": ("owner/queue.html", queue),
    "owner/queue~empty": ("owner/queue.html", lambda: queue(empty=True)),
    "owner/order": ("owner/order.html", desk_order),
    "owner/order~receipt": ("owner/order.html", lambda: desk_order(receipt=True)),
    "owner/order~return": ("owner/order.html", lambda: desk_order(returned=True)),
    "owner/form~refund": ("owner/form.html", refund_choice),
    "owner/refund": ("owner/refund.html", refund_preview),
    "owner/refund~changed": (
        "owner/refund.html",
        lambda: refund_preview(changed=True),
    ),
    "owner/confirm": (
        "owner/confirm.html",
        lambda: owner.ConfirmPage(
            title=T("Cancel order {number}?", number=Ltr("4829103746")),
            line=T("The customer is told, and paid money goes back."),
            form=Form(
                action="/owner/cancel",
                fields=(
                    Field(
                        name="typed",
                        label=T("Type the order number to confirm"),
                        ltr=True,
                        short=True,
                    ),
                ),
            ),
            button=T("Cancel order"),
            back_url="/owner/orders/1",
        ),
    ),
    "owner/form": (
        "owner/form.html",
        lambda: owner.DeskFormPage(
            title=T("Change the password"),
            form=Form(
                action="/owner/password",
                fields=(
                    Field(
                        name="new",
                        label=T("New password"),
                        kind="password",
                        autocomplete="new-password",
                    ),
                ),
            ),
            button=TP("button", "Save"),
            back_url="/owner",
        ),
    ),
    "owner/products": ("owner/products.html", products),
    "owner/pictures": ("owner/pictures.html", pictures),
    "owner/packing_slip": ("owner/packing_slip.html", slip),
    "owner/clinic": ("owner/clinic.html", looks.clinic_page),
    "owner/statement": ("owner/statement.html", looks.statement_page),
    "owner/bills": ("owner/bills.html", looks.bills_page),
    "owner/audit": (
        "owner/audit.html",
        lambda: owner.AuditPage(rows=log(), search_url="/owner/audit"),
    ),
    "owner/settings": ("owner/settings.html", settings),
}
