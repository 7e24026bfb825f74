"""Samples of the shop window."""

from dataclasses import replace
from datetime import date

from markupsafe import Markup

from shop.i18n.reader import reader
from shop.i18n.text import TP, Ltr, T
from shop.web.pages import parts, storefront
from shop.web.pages.parts import (
    Badge,
    Choice,
    Choices,
    Crumb,
    Form,
    Link,
    Note,
    Option,
    PageLink,
    Pager,
    Swatch,
    Tint,
)
from tests.web.samples.base import (
    HEX,
    Maker,
    breakdown,
    card,
    eight,
    frame,
    goods,
    money,
    picture,
    say,
)


def home() -> storefront.HomePage:
    """Return the home page."""
    art = (
        "phone--pistachio", "tablet--titanium", "headphones--garnet", "watch--ink",
        "tv--ink", "washer--shell", "ricecooker--shell", "vacuum--shell",
        "scooter--lapis",
    )  # fmt: skip
    tints: tuple[Tint, ...] = (
        "garnet", "lapis", "rose", "pistachio", "lapis", "", "saffron", "garnet",
        "pistachio",
    )  # fmt: skip
    return storefront.HomePage(
        hero=storefront.Hero(
            kicker=say("全新安榴 A7 Pro", "تازه‌رسیده: انار A7 پرو", "New: Anar A7 Pro"),
            title=say(
                "把夜色拍出层次",
                "شب را با جزئیات ببینید",
                "See the night in all its detail",
            ),
            text=say(
                "一英寸主摄，6.7 英寸微曲屏，90 瓦快充。",
                "دوربین یک‌اینچی، صفحهٔ ۶٫۷ اینچی و شارژ ۹۰ واتی.",
                "A one-inch camera, a 6.7-inch display and 90 W charging.",
            ),
            url="/p/1/a7-pro",
            button=T("Buy now"),
            second=Link("/p/1/a7-pro#plans", T("See the instalment plans")),
            picture=picture("phone-pro--garnet", alt=goods()["a7-pro"].name),
        ),
        arches=tuple(
            storefront.Arch(link.url, link.label, picture(name, tint))
            for link, name, tint in zip(frame().categories, art, tints, strict=True)
        ),
        cards=eight(),
        cards_title=T("Best sellers"),
        cards_url="/c/all",
        panels=(
            storefront.Panel(
                url="/p/2",
                title=goods()["fold-2"].name,
                text=goods()["fold-2"].line,
                more=T("Coming soon"),
                picture=picture("fold--lapis", "lapis"),
                badge=Badge(T("Coming soon"), "pre"),
            ),
            storefront.Panel(
                url="/p/3",
                title=goods()["kettle"].name,
                text=goods()["kettle"].line,
                more=T("View"),
                picture=picture("kettle--pistachio", "pistachio"),
            ),
        ),
        promises=(
            storefront.Promise(
                "truck",
                say("次日达", "تحویل روز بعد", "Next-day delivery"),
                say(
                    "北上广深等 60 城",
                    "در تهران و کرج",
                    "in Beijing, Shanghai and more",
                ),
            ),
            storefront.Promise(
                "rotate-ccw",
                say("7 天无理由退货", "۷ روز ضمانت بازگشت", "7 days to return"),
                say("签收次日起算", "از روز تحویل", "from the day after delivery"),
            ),
            storefront.Promise(
                "shield-check",
                say("全国联保", "گارانتی رسمی", "Official warranty"),
                say("最长 36 个月", "تا ۳۶ ماه", "up to 36 months"),
            ),
            storefront.Promise(
                "store",
                say("到店自提", "تحویل حضوری", "Pick up in store"),
                say("凭取货码", "با کد تحویل", "with a code"),
            ),
        ),
    )


def listing(*, found: bool = True) -> storefront.Listing:
    """Return a filtered list."""
    choice = storefront.FacetChoice
    shown = (
        card("a7-pro", "garnet"),
        card("a7", "pistachio"),
        card("a7-lite", "saffron", Badge(T("Flash sale"), "hot"), was=1),
        card("fold-2", "lapis", Badge(T("Coming soon"), "pre")),
        card("watch"),
        card("laptop", "", Badge(T("Out of stock"), "bad"), out=True),
    )
    return storefront.Listing(
        action="/c/phones",
        cards=shown if found else (),
        total=1000 if found else 0,
        is_capped=found,
        sorts=(
            Option("", T("Our choice"), selected=True),
            Option("price", T("Price, low to high")),
        ),
        chips=(
            storefront.Chip(
                say("¥2,000 至 ¥5,000", "۳۵ تا ۹۰ میلیون تومان", "¥2,000 to ¥5,000"),
                "/c/phones?a=1",
            ),
            storefront.Chip(T("In stock"), "/c/phones?b=1"),
        ),
        clear_url="/c/phones",
        ranges=(
            storefront.RangeFacet(
                min_name="min",
                max_name="max",
                legend=say("价格（元）", "قیمت (تومان)", "Price (yuan)"),
                min_label=T("Lowest price"),
                max_label=T("Highest price"),
                min_value=say("2000", "۳۵", "2000"),
                max_value=say("5000", "۹۰", "5000"),
            ),
        ),
        facets=(
            storefront.Facet(
                "memory",
                say("存储容量", "حافظهٔ داخلی", "Storage"),
                (
                    choice("128", "128 GB", 3),
                    choice("256", "256 GB", 9, selected=True),
                    choice("1024", "1 TB", 0),
                ),
            ),
            storefront.Facet(
                "colour",
                say("颜色", "رنگ", "Colour"),
                tuple(
                    choice(code, name, 3, swatch=Swatch(HEX[code], name))
                    for code, name in (
                        ("ink", say("玄青", "مشکی", "Ink")),
                        ("garnet", say("石榴红", "اناری", "Garnet")),
                    )
                ),
            ),
            storefront.Facet(
                "in_stock", T("Availability"), (choice("1", T("In stock only"), None),)
            ),
        ),
        pager=Pager(
            "/c/phones?page=1",
            "/c/phones?page=3",
            (
                PageLink(1, "/c/phones"),
                PageLink(2, "/c/phones?page=2", current=True),
                PageLink(3, "/c/phones?page=3"),
                PageLink(None),
                PageLink(12, "/c/phones?page=12"),
            ),
        )
        if found
        else parts.NO_PAGES,
    )


def category(*, found: bool = True) -> storefront.CategoryPage:
    """Return a category."""
    name = say("手机", "گوشی موبایل", "Phones")
    return storefront.CategoryPage(
        name=name,
        crumbs=(Crumb(T("Home"), "/"), Crumb(name)),
        listing=listing(found=found),
    )


def product(state: str = "on_sale") -> storefront.ProductPage:
    """Return the product page in one of its sale states."""
    one = goods()["a7-pro"]
    each = money(1666, 22_475_000)
    axes = (
        storefront.VariantAxis(
            "colour",
            say("颜色", "رنگ", "Colour"),
            say("石榴红", "اناری", "Garnet"),
            tuple(
                storefront.VariantLink(
                    name,
                    "?v=1",
                    current=code == "garnet",
                    swatch=Swatch(HEX[code], name),
                )
                for code, name in (
                    ("ink", say("玄青", "مشکی", "Ink")),
                    ("shell", say("贝壳白", "صدفی", "Shell")),
                    ("garnet", say("石榴红", "اناری", "Garnet")),
                    ("lapis", say("青金蓝", "لاجوردی", "Lapis")),
                )
            ),
        ),
        storefront.VariantAxis(
            "memory",
            say("内存与存储", "رم و حافظهٔ داخلی", "Memory"),
            "12+256 GB",
            (
                storefront.VariantLink("12+256 GB", "?v=1", current=True),
                storefront.VariantLink("16+512 GB", "?v=2", is_gone=True),
            ),
        ),
    )
    selling = state == "on_sale"
    return storefront.ProductPage(
        name=one.name,
        sku="A7P-GRN-256",
        crumbs=(
            Crumb(T("Home"), "/"),
            Crumb(say("手机", "گوشی موبایل", "Phones"), "/c/phones"),
            Crumb(one.name),
        ),
        gallery=tuple(
            storefront.GalleryPicture(
                picture(f"phone-pro--{code}", "garnet", one.name),
                f"?picture={number}",
                code,
                current=number == 1,
            )
            for number, code in enumerate(("garnet", "ink", "shell", "lapis"), 1)
        ),
        tagline=one.line,
        badges=() if selling else (Badge(T("Coming soon"), "pre"),),
        price=one.price,
        axes=axes,
        buy=storefront.Buy(action="/cart/add", sku="A7P-GRN-256", max_quantity=2)
        if selling
        else None,
        closed="" if selling else T("Coming soon"),
        closed_line=""
        if selling
        else T("It can be ordered from {date}.", date=date(2026, 12, 10)),
        stock=Badge(T("Only {count} left", count=3), "warn") if selling else None,
        limit=T("At most {count} per customer", count=2),
        lines=(
            storefront.FactLine(
                "truck",
                say(
                    "今天 18:00 前下单，11月23日（周一）送达南宁",
                    "امروز تا ساعت ۱۸ سفارش دهید، دوشنبه ۲ آذر در تهران تحویل بگیرید",
                    "Order by 18:00 today, in Nanning on Mon 23 Nov",
                ),
                Link("/region", TP("button", "Change")),
            ),
            storefront.FactLine(
                "rotate-ccw", T("Return within {days} days of delivery", days=7)
            ),
            storefront.FactLine(
                "banknote", T("This product cannot be paid in cash on delivery")
            ),
        ),
        facts=tuple(
            storefront.Fact(*fact)
            for fact in (
                (say("5000", "۵۰", "50"), say("万像素", "مگاپیکسل", "MP"), "A"),
                (say("6.7", "۶٫۷", "6.7"), say("英寸", "اینچ", "inch"), "B"),
                (say("5500", "۵۵۰۰", "5500"), say("毫安时", "", "mAh"), "C"),
                ("IP68", "", "D"),
            )
        ),
        plans=storefront.Plans(
            line=say(
                "3 期 × ¥1,666.33，免手续费",
                "۴ قسط ۱۶٬۸۵۶٬۲۵۰ تومانی، بدون کارمزد",
                "3 × ¥1,666.33, no fee",
            ),
            rows=(
                storefront.PlanRow(
                    3,
                    each,
                    money(0, 0),
                    one.price,
                    down=money(0, 22_475_000)
                    if reader().language.code == "fa"
                    else None,
                ),
                storefront.PlanRow(
                    12, each.share(1, 4), money(360, 17_260_800), one.price, last=each
                ),
            ),
            has_down=reader().language.code == "fa",
            note=say(
                "额度与费率以放款机构审核为准。",
                "تأیید اعتبار با شرکت اعتباردهنده است.",
                "The lender decides on approval.",
            ),
            schedule_title=say(
                "3 期还款计划", "جدول پرداخت طرح ۴ ماهه", "Schedule of 3"
            ),
            schedule=(
                storefront.PlanDue("1", each, words=T("today")),
                storefront.PlanDue("2", each, date(2026, 12, 21)),
                storefront.PlanDue("3", each, date(2027, 1, 20)),
            ),
        ),
        description=Markup("<p>{}</p>").format(one.line),
        specs=tuple(
            storefront.Spec(label, value)
            for label, value in (
                (
                    say("屏幕尺寸", "اندازهٔ صفحه‌نمایش", "Screen"),
                    say("6.7 英寸", "۶٫۷ اینچ", "6.7 in"),
                ),
                (
                    say("刷新率", "نرخ نوسازی", "Refresh rate"),
                    say("120 Hz", "۱۲۰ هرتز", "120 Hz"),
                ),
                (say("防水等级", "مقاومت در برابر آب", "Water"), "IP68"),
            )
        ),
        similar=(
            card("a7", "pistachio"),
            card("a7-lite", "saffron"),
            card("fold-2", "lapis"),
        ),
    )


def cart() -> storefront.CartPage:
    """Return a cart with a change to tell and a line in error."""
    found = goods()
    made = tuple(
        storefront.CartLine(
            name=found[key].name,
            url="/p/1",
            picture=picture(found[key].art),
            options=found[key].options,
            action="/cart/1",
            quantity="1",
            max_quantity=2,
            total=found[key].price,
            badge=Badge(T("Only {count} left", count=3), "warn")
            if key == "a7-pro"
            else None,
            error=T("You can buy at most {count} of these", count=5)
            if key == "tv"
            else "",
            position=number,
        )
        for number, key in enumerate(("a7-pro", "buds", "tv"), 1)
    )
    return storefront.CartPage(
        lines=made,
        count=3,
        breakdown=breakdown(),
        notes=(
            Note(
                T(
                    "The price dropped from {old} to {new}",
                    old=money(449, 8_090_000),
                    new=money(349, 6_290_000),
                ),
                "warn",
            ),
        ),
        checkout_url="/checkout",
        undo=Form(action="/cart/undo", hidden={"sku": "X"}),
        undo_text=T(
            "{product} was removed from your cart.", product=found["rice"].name
        ),
        promises=(
            storefront.Promise(
                "truck",
                say("本单免运费", "ارسال این سفارش رایگان است", "Free delivery"),
            ),
            storefront.Promise(
                "calendar-clock",
                say(
                    "11月24日至27日送达",
                    "تحویل از ۳ تا ۶ آذر",
                    "Delivered 24 to 27 Nov",
                ),
            ),
        ),
    )


def policy() -> storefront.PolicyPage:
    """Return a policy with nested clauses."""
    clause = storefront.Clause
    body = Markup("<p>{}</p>").format(
        say(
            "您可以在签收次日起 7 天内退货。",
            "تا ۷ روز پس از تحویل می‌توانید کالا را برگردانید.",
            "You may return goods within 7 days of delivery.",
        )
    )
    return storefront.PolicyPage(
        title=T("Returns and refunds"),
        crumbs=(
            Crumb(T("Home"), "/"),
            Crumb(T("Help"), "/help"),
            Crumb(T("Returns and refunds")),
        ),
        version="2026-11",
        valid_from_on=date(2026, 11, 1),
        intro=body,
        clauses=(
            clause(
                (1,),
                T("Returns"),
                body,
                (
                    clause((1, 1), body=body),
                    clause((1, 2), body=body, clauses=(clause((1, 2, 1), body=body),)),
                ),
            ),
            clause((2,), T("Refunds"), body),
        ),
        is_old=True,
        current_url="/help/returns",
        others=(
            Link("/help/delivery", T("Delivery")),
            Link("/help/returns", T("Returns and refunds"), current=True),
        ),
    )


#: Name in the gallery -> (template, page maker). After ``~`` stands a state.
PAGES: dict[str, tuple[str, Maker]] = {
    "storefront/home": ("storefront/home.html", home),
    "storefront/category": ("storefront/category.html", category),
    "storefront/category~empty": (
        "storefront/category.html",
        lambda: category(found=False),
    ),
    "storefront/search": (
        "storefront/search.html",
        lambda: storefront.SearchPage(
            query=say("手机", "گوشی", "phone"), listing=listing()
        ),
    ),
    "storefront/search~similar": (
        "storefront/search.html",
        lambda: storefront.SearchPage(
            query="A7 Max",
            listing=replace(listing(), facets=(), ranges=(), chips=()),
            is_similar=True,
            correction=Link("/search?q=A7", "A7"),
        ),
    ),
    "storefront/search~empty": (
        "storefront/search.html",
        lambda: storefront.SearchPage(
            query="<xyz>", listing=listing(found=False), best=eight()[:4]
        ),
    ),
    "storefront/product": ("storefront/product.html", product),
    "storefront/product~soon": ("storefront/product.html", lambda: product("upcoming")),
    "storefront/cart": ("storefront/cart.html", cart),
    "storefront/cart~empty": (
        "storefront/cart.html",
        lambda: storefront.CartPage(lines=(), count=0, best=eight()[:4]),
    ),
    "storefront/region": (
        "storefront/region.html",
        lambda: storefront.RegionPage(
            action="/region",
            next_url="/",
            note=T("Your cart is priced again in the new region."),
            markets=Choices(
                name="market",
                legend=T("Region"),
                legend_hidden=True,
                choices=(
                    Choice(
                        value="cn",
                        name=say("中国大陆", "چین", "China"),
                        line=say("人民币", "یوان", "yuan"),
                        selected=True,
                        mark="¥",
                    ),
                    Choice(
                        value="ir",
                        name=say("伊朗", "ایران", "Iran"),
                        line=say("土曼", "تومان", "toman"),
                        mark="ت",
                    ),
                ),
            ),
        ),
    ),
    "storefront/policy": ("storefront/policy.html", policy),
    "storefront/help": (
        "storefront/help.html",
        lambda: storefront.HelpPage(
            topics=policy().others,
            contacts=(Link("tel:+982100000000", Ltr("021-0000"), "phone"),),
            opening=say("每天", "هر روز", "Every day"),
            lookup_url="/orders",
            return_url="/returns",
            points=(
                storefront.PickupPoint(
                    say("青秀店", "شعبهٔ ونک", "Qingxiu"),
                    say("民族大道1号", "میدان ونک، پلاک ۱", "1 Minzu Avenue"),
                    (
                        say(
                            "每天 10:00-21:00",
                            "هر روز ۱۰ تا ۲۱",
                            "Daily 10:00 to 21:00",
                        ),
                    ),
                    (say("试用", "آزمایش کالا", "Try out"),),
                    "0771-000-0000",
                    "https://example.org/map",
                ),
            ),
        ),
    ),
}
