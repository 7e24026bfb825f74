"""What the samples share: products, prices, the frame, an order's pieces."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shop.i18n.languages import languages
from shop.i18n.reader import reader
from shop.i18n.text import Ltr, T, Text
from shop.kernel.money import Money
from shop.web import render as rendering
from shop.web.pages import checkout
from shop.web.pages.frame import (
    Alternate,
    Column,
    Desk,
    Frame,
    LanguageLink,
    SocialCard,
    TrustLine,
)
from shop.web.pages.parts import (
    Badge,
    Breakdown,
    BreakdownLine,
    Choice,
    Choices,
    Event,
    Field,
    FieldGroup,
    Form,
    Link,
    Option,
    OptionGroup,
    OrderLine,
    Picture,
    ProductCard,
    Summary,
    Tint,
)

Maker = Callable[[], object]
SHOP = Path(rendering.__file__).parents[1]


PICTURES = SHOP / "catalogue" / "demo" / "pictures"


NOW = datetime(2026, 11, 21, 7, 20, tzinfo=UTC)


ZONES = {"zh": "Asia/Shanghai", "fa": "Asia/Tehran", "en": "UTC"}


def say(zh: str, fa: str, en: str) -> str:
    """Return the text of the catalogue in the reader's language."""
    return {"zh": zh, "fa": fa}.get(reader().language.code, en)


def money(cny: int, toman: int) -> Money:
    """Return yuan, or toman for the Persian reader."""
    persian = reader().language.code == "fa"
    return Money(toman * 10, "IRR") if persian else Money(cny * 100, "CNY")


def picture(name: str, tint: Tint = "", alt: str = "") -> Picture:
    """Return a picture of the demo catalogue."""
    return Picture(f"/media/{name}.svg", 400, 400, alt, tint=tint)


@dataclass(frozen=True)
class Goods:
    """A product of the demo catalogue, as far as the gallery shows it."""

    name: str
    line: str
    price: Money
    art: str
    options: str = ""
    dots: tuple[str, ...] = ()


HEX = {
    "ink": "#4b4752", "shell": "#f8f5f4", "garnet": "#c42a52", "pistachio": "#bfd4a3",
    "lapis": "#4167bb", "saffron": "#f2c468", "rose": "#f3ced2",
}  # fmt: skip


def goods() -> dict[str, Goods]:
    """Return the products by name."""
    return {
        "a7-pro": Goods(
            say("安榴 A7 Pro", "انار A7 پرو", "Anar A7 Pro"),
            say(
                "一英寸主摄，暗处也有层次",
                "دوربین یک‌اینچی؛ جزئیات، حتی در تاریکی",
                "A one-inch camera that keeps the detail in the dark",
            ),
            money(4999, 89_900_000),
            "phone-pro--garnet",
            say("石榴红，12+256 GB", "اناری، 12+256 GB", "Garnet, 12+256 GB"),
            ("ink", "shell", "garnet", "lapis"),
        ),
        "a7": Goods(
            say("安榴 A7", "انار A7", "Anar A7"),
            say(
                "轻薄顺手，一天一充",
                "سبک و خوش‌دست؛ روزی یک بار شارژ",
                "Light, slim, one charge a day",
            ),
            money(2999, 53_900_000),
            "phone--pistachio",
            "",
            ("pistachio", "ink", "rose"),
        ),
        "a7-lite": Goods(
            say("安榴 A7 Lite", "انار A7 لایت", "Anar A7 Lite"),
            say(
                "大电池、大字体、大音量",
                "باتری بزرگ، صدای رسا، خط درشت",
                "Big battery, loud speaker, large type",
            ),
            money(1199, 21_500_000),
            "phone-lite--saffron",
            "",
            ("saffron", "ink", "lapis"),
        ),
        "fold-2": Goods(
            say("安榴 Fold 2", "انار فولد ۲", "Anar Fold 2"),
            say(
                "展开是书桌，合上是手机",
                "باز که شود میز کار است، بسته که شود گوشی",
                "Opened, a desk. Closed, a phone.",
            ),
            money(8999, 161_900_000),
            "fold--lapis",
            "",
            ("lapis", "ink", "garnet"),
        ),
        "buds": Goods(
            say("安榴耳机 3", "هندزفری انار ۳", "Anar Buds 3"),
            say(
                "安静更深，佩戴更轻",
                "سکوت عمیق‌تر، فشار کمتر",
                "Deeper quiet, lighter fit",
            ),
            money(349, 6_290_000),
            "earbuds--shell",
            say("贝壳白", "صدفی", "Shell"),
            ("shell", "ink"),
        ),
        "tv": Goods(
            say("安榴电视 65", "تلویزیون ۶۵ اینچی انار", "Anar TV 65"),
            say(
                "开机就看，没有广告",
                "روشن کنید و تماشا کنید؛ بی‌تبلیغ",
                "Switch on and watch",
            ),
            money(3299, 59_300_000),
            "tv--ink",
            say("玄青", "مشکی", "Ink"),
        ),
        "watch": Goods(
            say("安榴手表 S", "ساعت انار S", "Anar Watch S"),
            say("一次充电，两周续航", "یک شارژ، دو هفته", "One charge, two weeks"),
            money(1099, 19_790_000),
            "watch--ink",
            "",
            ("ink", "saffron"),
        ),
        "rice": Goods(
            say("安榴电饭煲 2", "پلوپز انار ۲", "Anar Rice Cooker 2"),
            say(
                "粒粒分明，锅巴金黄",
                "دانه‌دانه، با ته‌دیگ طلایی",
                "Every grain, golden crust",
            ),
            money(399, 7_190_000),
            "ricecooker--shell",
            "",
            ("shell", "garnet"),
        ),
        "laptop": Goods(
            say("安榴笔记本 14", "لپ‌تاپ انار ۱۴", "Anar Book 14"),
            say(
                "1.2 千克，14 小时续航",
                "۱٫۲ کیلوگرم وزن، ۱۴ ساعت شارژدهی",
                "1.2 kg, 14 hours",
            ),
            money(5499, 98_900_000),
            "laptop--titanium",
        ),
        "kettle": Goods(
            say("安榴电水壶", "کتری برقی انار", "Anar Kettle"),
            say(
                "绿茶 80 度，红茶 100 度",
                "چای سبز ۸۰ درجه، چای سیاه ۱۰۰",
                "80 for green, 100 for black",
            ),
            money(169, 3_050_000),
            "kettle--pistachio",
        ),
    }


def card(
    key: str, tint: Tint = "", *badges: Badge, out: bool = False, was: int = 0
) -> ProductCard:
    """Return a product card; ``was`` lowers the price as a flash sale would."""
    one = goods()[key]
    price = one.price.share(5, 6) if was else one.price
    return ProductCard(
        url="/p/1/x",
        name=one.name,
        picture=picture(one.art, tint),
        tagline=one.line,
        price=price,
        is_from=len(one.dots) > 3,
        was=one.price if was else None,
        badges=badges,
        dots=tuple(HEX[dot] for dot in one.dots),
        is_out=out,
    )


def eight() -> tuple[ProductCard, ...]:
    """Return the best sellers."""
    return (
        card("a7", "pistachio"),
        card("a7-pro", "garnet"),
        card("watch", "lapis"),
        card("rice", "saffron"),
        card("buds", "rose"),
        card("tv"),
        card("kettle", "pistachio"),
        card("laptop", "", Badge(T("Out of stock"), "bad"), out=True),
    )


def frame() -> Frame:
    """Return the frame of a public page in the reader's language."""
    who = reader().language
    names = [
        say("手机", "گوشی موبایل", "Phones"),
        say("平板与笔记本", "تبلت و لپ‌تاپ", "Tablets & laptops"),
        say("耳机与音箱", "هدفون و اسپیکر", "Audio"),
        say("智能穿戴", "ساعت و مچ‌بند", "Wearables"),
        say("电视与显示器", "تلویزیون و مانیتور", "TV & displays"),
        say("大家电", "لوازم خانگی بزرگ", "Large appliances"),
        say("厨房电器", "لوازم برقی آشپزخانه", "Kitchen"),
        say("智能家居", "خانهٔ هوشمند", "Smart home"),
        say("出行与充电", "اسکوتر و پاوربانک", "Travel & power"),
    ]
    return Frame(
        shop_name=say("安榴商城", "فروشگاه انار", "Anar"),
        html_lang=who.html,
        direction=who.direction,
        home_url=f"/{who.url}/",
        languages=tuple(
            LanguageLink(
                one.name,
                f"/{one.url}/",
                one.hreflang,
                one.direction,
                one.code == who.code,
            )
            for one in languages().values()
        ),
        market_name=say("中国大陆", "ایران", "International"),
        market_currency=say("人民币", "تومان", "yuan"),
        region_url="/region",
        promise=say(
            "满 99 元包邮，7 天无理由退货",
            "ارسال رایگان بالای ۲ میلیون تومان، ۷ روز ضمانت بازگشت",
            "Free delivery from ¥99, 7 days to return",
        ),
        search_url="/search",
        suggest_url="/suggest",
        cart_url="/cart",
        lookup_url="/orders",
        categories_url="/#categories",
        categories=tuple(
            Link("/c/phones", name, current=not number)
            for number, name in enumerate(names)
        ),
        columns=(
            Column(
                T("Shopping here"),
                (
                    Link("/help", T("Help")),
                    Link("/help/delivery", T("Delivery")),
                    Link("/help/returns", T("Returns and refunds")),
                ),
            ),
            Column(
                T("About this shop"),
                (
                    Link("/help/terms", T("Terms of sale")),
                    Link("/help/privacy", T("Privacy")),
                    Link("/help/payment", T("Payment")),
                ),
            ),
        ),
        contacts=(
            Link(
                "tel:+982100000000",
                Ltr(
                    say(
                        "400-000-0000",
                        "\u06f0\u06f2\u06f1-\u06f0\u06f0\u06f0\u06f0",
                        "+86 400 000 0000",
                    )
                ),
            ),
        ),
        opening=say(
            "周一至周日 9:00-21:00",
            "شنبه تا پنجشنبه، ۹ تا ۲۱",
            "Every day 9:00 to 21:00",
        ),
        about=say(
            "石榴沿丝绸之路而来，好用的电子产品也该走进每个家。",
            "انار از جادهٔ ابریشم به همه‌جا رسید؛ وسیلهٔ خوب هم باید به هر خانه‌ای برسد.",
            "It came along the Silk Road. Good tools should come home too.",
        ),
        trust=(
            TrustLine(
                say(
                    "© 2026 安榴商城（演示）",
                    "© ۱۴۰۵ فروشگاه انار (نمایشی)",
                    "© 2026 Anar (demo)",
                )
            ),
            TrustLine(
                say(
                    "京ICP备00000000号",
                    "نماد اعتماد الکترونیکی: ۰۰۰۰۰۰",
                    "Company 000000",
                ),
                "https://example.org/licence",
            ),
        ),
        cart_count=3,
        csrf_token=lambda: "token",
        description=say("安榴商城", "فروشگاه انار", "Anar"),
        canonical="http://127.0.0.1:8000/",
        alternates=(
            Alternate("zh-Hans", "http://127.0.0.1:8000/zh/"),
            Alternate("x-default", "http://127.0.0.1:8000/en/"),
        ),
        social=SocialCard(title=say("安榴", "انار", "Anar"), locale=who.og or "en_US"),
        is_sandbox=True,
        sandbox_url="http://127.0.0.1:8001/",
    )


def desk_frame() -> Frame:
    """Return the frame of the owner's desk."""
    rail = (
        Link("/owner", T("Orders"), "package", current=True),
        Link("/owner/products", T("Products"), "box"),
        Link("/owner/audit", T("Log of changes"), "history"),
        Link("/owner/settings", T("Settings"), "settings"),
    )
    return replace(
        frame(),
        shop_name=say("安榴后台", "پنل انار", "Anar desk"),
        desk=Desk(
            rail=rail, counts=(12,), staff_name="owner", sign_out_url="/sign-out"
        ),
    )


def lines(*keys: str) -> tuple[OrderLine, ...]:
    """Return lines of an order."""
    return tuple(
        OrderLine(
            name=one.name,
            picture=picture(one.art),
            quantity=1,
            total=one.price,
            options=one.options,
        )
        for one in (goods()[key] for key in keys)
    )


def breakdown(label: Text | None = None, *, rials: bool = False) -> Breakdown:
    """Return a price breakdown with every kind of line."""
    return Breakdown(
        lines=(
            BreakdownLine(T("Subtotal of goods"), money(8647, 155_490_000)),
            BreakdownLine(T("Discount"), -money(100, 1_800_000), tone="sale"),
            BreakdownLine(T("Shipping fee"), words=T("Free")),
            BreakdownLine(T("Remote area surcharge"), money(12, 90_000)),
        ),
        total=money(8559, 153_780_000),
        total_label=label or T("Total"),
        in_rials=rials and reader().language.code == "fa",
    )


def summary() -> Summary:
    """Return the side panel of the checkout."""
    return Summary(lines=lines("a7-pro", "buds", "tv"), breakdown=breakdown())


def events(*, shipped: bool = False) -> tuple[Event, ...]:
    """Return a timeline, newest first if shipped, else what comes next."""
    paid = Event(
        label=say("已付款", "پرداخت انجام شد", "Paid"),
        at=NOW,
        state="done",
        text=say("支付宝 ¥8,559", "درگاه زرین‌پال", "Alipay"),
    )
    if shipped:
        return (
            Event(
                label=say("运输中", "در حال ارسال", "In transit"),
                icon="truck",
                at=NOW + timedelta(hours=20),
                state="now",
                text=say(
                    "已离开武汉转运中心",
                    "از مرکز تجزیه و مبادلات حرکت کرد",
                    "Left the sorting centre",
                ),
            ),
            Event(
                label=say("已发出", "تحویل پست شد", "Handed to the carrier"),
                icon="package-check",
                at=NOW + timedelta(hours=4),
                state="done",
            ),
            paid,
        )
    return (
        paid,
        Event(
            label=say("仓库备货", "آماده‌سازی در انبار", "Packing"),
            icon="package",
            words=say("今天 18:00 前发出", "تا ساعت ۱۸ امروز", "Ships by 18:00 today"),
            state="now",
        ),
        Event(
            label=say("快递送达", "تحویل مرسوله", "Delivery"),
            icon="truck",
            words=say("11月24日（周二）前", "تا سه‌شنبه ۳ آذر", "by Tue 24 Nov"),
        ),
    )


def address_block() -> checkout.Block:
    """Return the address as later steps show it."""
    return checkout.Block(
        T("Delivery address"),
        (
            say(
                "示例顾客 138 1234 5678",
                "مشتری نمونه، ۰۹۱۲ ۳۴۵ ۶۷۸۹",
                "Sample Customer, 138 1234 5678",
            ),
            say(
                "广西南宁市青秀区民族大道88号2栋1503室",
                "تهران، خیابان ولیعصر، کوچهٔ یاس، پلاک ۱۲، واحد ۵",
                "88 Minzu Avenue, Qingxiu, Nanning",
            ),
        ),
        "/checkout",
    )


def delivery_block() -> checkout.Block:
    """Return the chosen delivery."""
    return checkout.Block(
        T("Delivery method"),
        (
            say(
                "标准快递，11月24日（周二）前送达",
                "پست پیشتاز، تحویل تا سه‌شنبه ۳ آذر",
                "Standard, by Tue 24 Nov",
            ),
        ),
        "/checkout/delivery",
    )


def payment_block() -> checkout.Block:
    """Return the chosen method."""
    return checkout.Block(
        T("Payment method"),
        (say("支付宝", "درگاه زرین‌پال", "Alipay"),),
        "/checkout/payment",
    )


def address_form(*, wrong: bool = False) -> Form:
    """Return the address form of the reader's market."""
    persian = reader().language.code == "fa"
    city = Field(
        name="city",
        label=T("City"),
        kind="select",
        prompt=T("Choose a city"),
        autocomplete="address-level2",
        groups=(
            OptionGroup(
                say("广西壮族自治区", "تهران", "Guangxi"),
                (
                    Option("450100", say("南宁市", "تهران", "Nanning"), selected=True),
                    Option("450300", say("桂林市", "شهریار", "Guilin")),
                ),
            ),
            OptionGroup(
                say("广东省", "اصفهان", "Guangdong"),
                (Option("440100", say("广州市", "اصفهان", "Guangzhou")),),
            ),
        ),
    )
    district = Field(
        name="district",
        label=T("District"),
        kind="select",
        prompt=T("Choose a district"),
        autocomplete="address-level3",
        error=T("Choose a district") if wrong else "",
        options=(
            Option("450103", say("青秀区", "منطقهٔ ۱", "Qingxiu")),
            Option("450107", say("西乡塘区", "منطقهٔ ۲", "Xixiangtang")),
        ),
    )
    return Form(
        action="/checkout",
        fields=(
            Field(
                name="name",
                label=T("Name of the recipient"),
                value=say("示例顾客", "مشتری نمونه", "Sample Customer"),
                autocomplete="name",
            ),
            Field(
                name="phone",
                label=T("Mobile number"),
                kind="tel",
                hint=T("The courier calls it before delivery; any digits will do."),
                value=say("1381234567", "۰۹۱۲۳۴۵۶۷", "1381234567"),
                autocomplete="tel",
                error=T(
                    "Enter a mobile number, like {example}", example=Ltr("13812345678")
                )
                if wrong
                else "",
            ),
            Field(
                name="email",
                label=T("E-mail"),
                kind="email",
                optional=True,
                autocomplete="email",
            ),
            FieldGroup(
                legend=T("City and district"),
                fields=(city,) if persian else (city, district),
                step="districts",
                step_label=T("Show the districts of this city"),
            ),
            Field(
                name="street",
                label=T("Street address"),
                kind="textarea",
                hint=T("Street, house number, flat"),
                value=say(
                    "民族大道88号2栋1503室",
                    "خیابان ولیعصر، کوچهٔ یاس، پلاک ۱۲، واحد ۵",
                    "88 Minzu Avenue",
                ),
                autocomplete="street-address",
            ),
            Field(
                name="postcode",
                label=T("Postcode"),
                optional=not persian,
                ltr=True,
                short=True,
                inputmode="numeric",
                autocomplete="postal-code",
                hint=T("Ten digits; it is printed on the electricity bill.")
                if persian
                else "",
                error=T("Enter the {count}-digit postcode", count=10)
                if wrong and persian
                else "",
            ),
        ),
    )


def methods(*, error: bool = False) -> Choices:
    """Return the payment methods of the reader's market, one of them refused."""
    if reader().language.code == "fa":
        found = (
            Choice(
                value="zarinpal",
                name="درگاه زرین‌پال",
                line="پرداخت با کارت یا کیف پول",
                mark="ز",
                mark_tone="ok",
                selected=not error,
            ),
            Choice(
                value="cash",
                name="پرداخت نقدی با هماهنگی",
                line="روز و ساعت را پس از ثبت سفارش با شما هماهنگ می‌کنیم",
                mark="ن",
                mark_tone="pre",
            ),
            Choice(
                value="card_transfer",
                name="کارت‌به‌کارت",
                line="در تهران با درگاه یا نقدی پرداخت کنید",
                mark="ک",
                is_refused=True,
            ),
        )
    else:
        found = (
            Choice(
                value="alipay",
                name=say("支付宝", "", "Alipay"),
                line=say(
                    "跳转到支付宝付款，完成后自动返回",
                    "",
                    "You pay on its page and come back",
                ),
                mark="支",
                mark_tone="pre",
                selected=not error,
            ),
            Choice(
                value="cod_ok",
                name=say("货到付款", "", "Cash on delivery"),
                line=say("签收时付款", "", "Pay the courier"),
                mark="到",
                mark_tone="warn",
                sub_name="cod_by",
                sub_legend=T("How will you pay the courier?"),
                sub_options=(
                    Option("cash", T("Cash"), selected=True),
                    Option("pos", T("Card (POS)")),
                ),
            ),
            Choice(
                value="cod",
                name=say("货到付款", "", "Cash on delivery"),
                line=T(
                    "Cash on delivery isn't available because of {product}",
                    product=goods()["a7-pro"].name,
                ),
                mark="到",
                is_refused=True,
            ),
        )
    return Choices(
        name="method",
        legend=T("Choose a payment method"),
        choices=found,
        legend_hidden=True,
        error=T("Choose a payment method") if error else "",
    )
