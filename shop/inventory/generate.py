"""A made-up shop of any size, to measure how the real one grows.

Plain INSERTs in bulk, a block of ids at a time: an interrupted run goes on
after the last block. Three category levels, one or two variants a product,
texts in two languages, prices in all markets, stock with its movements. The
same size gives the same shop.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import func, insert, select, text

from shop.catalogue import models as m
from shop.catalogue.demo import Demo, dollars
from shop.catalogue.drafts import CategoryDraft
from shop.catalogue.rules import SaleState, make_slug
from shop.catalogue.write import save_attribute, save_category
from shop.db import db, is_postgres, transaction
from shop.inventory.models import Movement
from shop.inventory.rules import MovementKind
from shop.kernel.money import Money

BLOCK = 5_000
PREFIX = "gen-"
ROOTS, LEAVES = 8, 12
#: Rials to a fen, made up like the demo's prices.
RIALS_PER_FEN = 1_800
_ZH = (
    "安榴", "石榴", "青金", "丝路", "云杉", "海棠", "晨星", "松石", "白鹭", "月牙",
)  # fmt: skip
_FA = (
    "انار", "لاجورد", "سپیدار", "نسیم", "ستاره", "مهتاب", "ساحل", "کوهسار", "باران",
    "آفتاب",
)  # fmt: skip
_KINDS = (
    ("手机", "گوشی", "phone"), ("耳机", "هدفون", "headphones"),
    ("手表", "ساعت", "watch"), ("平板", "تبلت", "tablet"),
    ("电视", "تلویزیون", "tv"), ("音箱", "اسپیکر", "speaker"),
    ("台灯", "چراغ", "lamp"), ("水壶", "کتری", "kettle"),
)  # fmt: skip
_COLOURS = ("ink", "shell", "garnet", "lapis")


class NotEmpty(Exception):
    """The shop has products that were not generated."""


class Advance(Protocol):
    """Told how many more products there are."""

    def __call__(self, steps: int = 1) -> None: ...


def generate(size: int, now: datetime, progress: Advance | None = None) -> int:
    """Bring the shop to ``size`` generated products; return how many were added.

    :raises NotEmpty: if there are other products.
    """
    product = m.table(m.Product).c
    count = db.session.scalar(select(func.count()).select_from(m.table(m.Product))) or 0
    last = db.session.scalar(select(func.max(product.id))) or 0
    other = select(product.id).where(product.code.not_like(f"{PREFIX}%")).limit(1)
    if db.session.scalar(other) is not None or count != last:
        raise NotEmpty
    if progress is not None:
        progress(last)
    with transaction():
        frame = _frame()
    for start in range(last + 1, size + 1, BLOCK):
        ids = range(start, min(start + BLOCK, size + 1))
        with transaction():
            _use_memory()
            for model, rows in _block(ids, frame, now).items():
                db.session.execute(insert(m.table(model)), rows)
            _follow_ids()
        if progress is not None:
            progress(len(ids))
    with transaction():
        db.session.execute(text("analyze"))
    return max(0, size - last)


class _Frame:
    """The rows all products share: leaf categories, colours, attributes."""

    def __init__(self) -> None:
        self.leaves: list[int] = []
        self.colour = 0
        self.values: list[int] = []
        self.attributes: dict[str, int] = {}


def _frame() -> _Frame:
    frame = _Frame()
    for root, (zh, fa, en) in enumerate(_KINDS[:ROOTS]):
        names = {"zh": zh, "fa": fa, "en": en.title()}
        key, _ = save_category(CategoryDraft(f"{PREFIX}{en}", names, None, root))
        for leaf in range(1, LEAVES + 1):
            below = {lang: f"{name} {leaf}" for lang, name in names.items()}
            draft = CategoryDraft(f"{PREFIX}{en}-{leaf}", below, key, leaf)
            frame.leaves.append(save_category(draft)[0])
    demo = Demo()
    for code in ("screen_in", "refresh_hz", "battery_mah", "weight_g"):
        frame.attributes[code] = save_attribute(demo.attributes[code])[0]
    frame.colour = _shared(m.Option, {"code": "colour"})
    table = m.table(m.ValueText)
    for position, code in enumerate(_COLOURS):
        colour = demo.source["colours"][code]
        row = {"option_id": frame.colour, "code": code}
        more = {"position": position, "swatch": colour["hex"]}
        key = _shared(m.OptionValue, row, more)
        frame.values.append(key)
        if not db.session.scalar(select(func.count()).where(table.c.value_id == key)):
            rows = [
                {"value_id": key, "lang": lang, "name": name}
                for lang, name in colour["name"].items()
            ]
            db.session.execute(insert(table), rows)
    return frame


def _shared(
    model: type[Any], key: dict[str, Any], more: dict[str, Any] | None = None
) -> int:
    table = m.table(model)
    here = [table.c[name] == value for name, value in key.items()]
    found = db.session.scalar(select(table.c.id).where(*here))
    if found is None:
        row = insert(table).values(**key, **(more or {})).returning(table.c.id)
        found = db.session.execute(row).scalar_one()
    return int(found)


def _block(ids: range, frame: _Frame, now: datetime) -> dict[Any, list[dict[str, Any]]]:
    """Return the rows of a block by model, parents before children."""
    rows: dict[Any, list[dict[str, Any]]] = {
        model: []
        for model in (
            m.Product, m.ProductText, m.ProductPrice, m.Variant, m.VariantValue,
            m.Price, m.Stock, m.Media, m.Spec,
        )
    }  # fmt: skip
    for key in ids:
        for model, row in _product(key, frame, now):
            rows[model].append(row)
    rows[Movement] = [
        {
            "variant_id": row["variant_id"],
            "kind": MovementKind.CORRECTED,
            "on_hand_change": row["on_hand"],
            "held_change": 0,
            "order_ref": None,
            "ref": None,
            "who": "generate",
            "at": now,
        }
        for row in rows[m.Stock]
        if row["on_hand"]
    ]
    return rows


def _use_memory() -> None:
    """Let SQLite keep the indexes in memory while it grows them: 400 MB."""
    if not is_postgres():
        db.session.execute(text("pragma cache_size=-400000"))


def _follow_ids() -> None:
    """Let PostgreSQL count on from the ids that were given."""
    if is_postgres():
        for name in ("product", "variant", "media"):
            db.session.execute(
                text(
                    f"select setval(pg_get_serial_sequence('{name}', 'id'), "  # noqa: S608
                    f"(select max(id) from {name}))"
                )
            )


def _product(
    key: int, frame: _Frame, now: datetime
) -> Iterator[tuple[Any, dict[str, Any]]]:
    dice = random.Random(key)  # noqa: S311 (the same shop every time)
    leaf = key % len(frame.leaves)
    kind = _KINDS[leaf // LEAVES]
    image = kind[2]
    variants = 1 + key % 2
    first = dice.randrange(len(_COLOURS))
    fen = dice.randrange(50, 9000) * 100 - 100
    prices = {
        "cn": (fen, "CNY"),
        "ir": (fen * RIALS_PER_FEN, "IRR"),
        "world": (dollars(Money(fen, "CNY")).minor, "USD"),
    }
    moment = now - timedelta(minutes=key % 500_000)
    yield m.Product, {
        "id": key, "code": f"{PREFIX}{key}", "category_id": frame.leaves[leaf],
        "brand": _ZH[key % len(_ZH)], "model": f"G{key}",
        "sale_state": SaleState.ON_SALE, "listed": True, "in_stock": key % 7 != 0,
        "merit": dice.randrange(1_000_000), "limit_per_buyer": None,
        "limit_days": None, "cod_excluded": False, "ships_on": None,
        "is_service": False, "needs_slot": False, "ground_only": False, "plans": [],
        "rental": None, "presale": None, "flash": None, "successor_id": None,
        "cover_name": f"{image}--{_COLOURS[first]}.svg", "cover_width": 400,
        "cover_height": 400, "is_demo": False, "created_at": moment,
        "updated_at": moment,
    }  # fmt: skip
    for lang, words, name in (("zh", _ZH, kind[0]), ("fa", _FA, kind[1])):
        brand, sort = words[key % len(words)], words[dice.randrange(len(words))]
        is_zh = lang == "zh"
        title = f"{brand}{sort}{name}" if is_zh else f"{name} {brand} {sort}"
        title = f"{title} {key}"
        yield m.ProductText, {
            "product_id": key, "lang": lang, "name": title, "slug": make_slug(title),
            "tagline": sort, "description": title,
            "description_html": f"<p>{title}</p>", "is_html": False,
            "checked_at": None,
        }  # fmt: skip
    for market, (minor, currency) in prices.items():
        yield m.ProductPrice, {
            "product_id": key, "market": market, "category_id": frame.leaves[leaf],
            "currency": currency, "from_minor": minor, "to_minor": minor,
            "was_minor": None,
        }  # fmt: skip
    for number in range(variants):
        one = key * 2 - 1 + number
        value = (first + number) % len(_COLOURS)
        yield m.Variant, {
            "id": one, "product_id": key, "sku": f"G{key}-{number + 1}",
            "position": number, "grams": 200,
        }  # fmt: skip
        yield m.VariantValue, {
            "variant_id": one, "option_id": frame.colour,
            "value_id": frame.values[value],
        }  # fmt: skip
        for market, (minor, currency) in prices.items():
            yield m.Price, {
                "variant_id": one, "market": market, "currency": currency,
                "amount_minor": minor, "was_minor": None,
            }  # fmt: skip
        yield m.Stock, {
            "variant_id": one, "on_hand": 0 if key % 7 == 0 else 1 + key % 90,
            "held": 0,
        }  # fmt: skip
        yield m.Media, {
            "id": one, "product_id": key, "value_id": frame.values[value],
            "position": number, "source": "shipped",
            "name": f"{image}--{_COLOURS[value]}.svg", "width": 400, "height": 400,
            "digest": "",
        }  # fmt: skip
    numbers = {
        "screen_in": dice.randrange(10, 80) * 100,
        "refresh_hz": dice.choice((60, 90, 120, 144)) * 1000,
        "battery_mah": dice.randrange(20, 70) * 100_000,
        "weight_g": dice.randrange(50, 900) * 1000,
    }
    for position, (code, milli) in enumerate(numbers.items()):
        yield m.Spec, {
            "product_id": key, "position": position,
            "attribute_id": frame.attributes[code], "milli": milli, "words": None,
        }  # fmt: skip
