"""A small shop in three languages, and what tests read out of its pages."""

import json
import re
from typing import Any

from sqlalchemy import event

from shop.catalogue.drafts import (
    AttributeDraft,
    CategoryDraft,
    OptionDraft,
    PictureDraft,
    PriceDraft,
    SpecDraft,
    TextDraft,
    ValueDraft,
    VariantDraft,
)
from shop.catalogue.write import Saved, save_category
from shop.db import db, transaction
from shop.inventory.goods import save_goods
from shop.kernel.instalments import Plan
from shop.kernel.money import Money
from tests.catalogue import make

LANGUAGES = ("zh", "fa", "en")
COLOUR = OptionDraft(
    "colour",
    {"zh": "颜色", "fa": "رنگ", "en": "Colour"},
    (
        ValueDraft("ink", {"zh": "玄青", "fa": "مشکی", "en": "Ink"}, "#4b4752"),
        ValueDraft(
            "garnet", {"zh": "石榴红", "fa": "اناری", "en": "Garnet"}, "#c42a52"
        ),
    ),
)
SCREEN = AttributeDraft(
    "screen_in",
    {"zh": "屏幕", "fa": "صفحه‌نمایش", "en": "Screen"},
    {"zh": "英寸", "fa": "اینچ", "en": "in"},
    filter="range",
)
WATER = AttributeDraft(
    "water", {"zh": "防水", "fa": "ضدآب", "en": "Water"}, filter="list"
)


def prices(yuan: int, rials: int | None = None) -> dict[str, PriceDraft]:
    """Return prices of cn in whole yuan, and of ir in rials."""
    found = {"cn": PriceDraft(Money(yuan * 100, "CNY"))}
    return found | ({"ir": PriceDraft(Money(rials, "IRR"))} if rials else {})


class Shop:
    """Saves a phone in two colours and a kettle, and keeps their numbers."""

    def __init__(self) -> None:
        with transaction():
            self.phones = save_category(
                CategoryDraft(
                    "phones", {"zh": "手机", "fa": "گوشی موبایل", "en": "Phones"}
                )
            )[0]
            self.folding = save_category(
                CategoryDraft(
                    "folding",
                    {"zh": "折叠屏", "fa": "تاشو", "en": "Folding"},
                    parent_id=self.phones,
                )
            )[0]
        self.phone = self.save_phone().product_id
        self.kettle = make.product(
            "kettle",
            texts={"en": TextDraft("Kettle", "It boils", "Hot *water*.")},
            variants=(VariantDraft("KETTLE", {}, prices(169), 20),),
            merit=5,
        ).product_id

    def save_phone(self, **given: Any) -> Saved:
        """Save the phone, with other facts if given."""
        facts: dict[str, Any] = {
            "texts": {
                "zh": TextDraft("安榴 A7", "轻薄顺手", "很轻。"),
                "fa": TextDraft("انار A7", "سبک و خوش‌دست", "سبک است."),
                "en": TextDraft("Anar A7", "Light and slim", "It is *light*."),
            },
            "options": (COLOUR,),
            "variants": (
                VariantDraft("A7-INK", {"colour": "ink"}, prices(3999, 539_000_000), 8),
                VariantDraft(
                    "A7-GRN", {"colour": "garnet"}, prices(4199, 559_000_000), 3
                ),
            ),
            "pictures": tuple(
                PictureDraft(
                    f"phone--{colour}.svg",
                    "shipped",
                    400,
                    400,
                    {"zh": f"手机 {colour}", "en": f"A phone in {colour}"},
                    ("colour", colour),
                )
                for colour in ("ink", "garnet")
            ),
            "specs": (
                SpecDraft(SCREEN, milli=6_400),
                SpecDraft(WATER, words="IP68"),
            ),
            "category_id": self.phones,
            "brand": "Anar",
            "merit": 10,
            "plans": (Plan("cn", 12), Plan("cn", 24, 60), Plan("ir", 4, 0, 2500)),
        }
        return make.product("a7", **(facts | given))

    def many(self, count: int, **given: Any) -> None:
        """Put so many more phones on the shelf, cheaper from one to the next."""
        with transaction():
            for number in range(count):
                draft = make.draft(
                    f"p{number:04}",
                    texts={"en": TextDraft(f"Phone {number}")},
                    variants=(VariantDraft(f"P{number:04}", {}, prices(900), 1),),
                    category_id=self.phones,
                    merit=-number,
                    **given,
                )
                save_goods(draft, "test", make.NOW)


class Statements:
    """Counts the SQL statements inside a block."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __enter__(self) -> "Statements":
        event.listen(db.engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(db.engine, "before_cursor_execute", self._note)

    def _note(self, _c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            self.seen.append(statement)


def json_ld(html: str) -> dict[str, Any]:
    """Return the data block of a page."""
    found = re.search(
        r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL
    )
    assert found, "no data block"
    data: dict[str, Any] = json.loads(found[1])
    return data


def alternates(html: str) -> dict[str, str]:
    """Return the paths of a page by ``hreflang``."""
    link = r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">'
    found = re.findall(link, html)
    return {code: path(url) for code, url in found}


def canonical(html: str) -> str:
    """Return the canonical path of a page, or ""."""
    found = re.search(r'<link rel="canonical" href="([^"]+)">', html)
    return path(found[1]) if found else ""


def path(url: str) -> str:
    """Return what follows the host."""
    return "/" + url.split("/", 3)[3]


def words(html: str) -> str:
    """Return what a page says: without tags and isolates, spaces as one."""
    html = re.sub(r"</?(bdi|b|small|time)\b[^>]*>", "", html)
    body = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL)
    plain = re.sub("[\u2066-\u2069]", "", body).replace("&nbsp;", " ")
    return re.sub(r"[\s\u00a0]+", " ", plain)
