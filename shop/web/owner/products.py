"""Products: find them, change price and stock in place, change how they sell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shop.accounts import service as accounts
from shop.catalogue import service as catalogue
from shop.catalogue.drafts import PriceDraft
from shop.catalogue.facts import Picture as Drawn
from shop.catalogue.rules import SaleState
from shop.db import write
from shop.i18n.digits import to_int
from shop.i18n.formats import plain_number
from shop.i18n.text import TP, L, Lazy, Ltr, T, Text
from shop.inventory import service as inventory
from shop.inventory.rules import StockHeld
from shop.kernel.errors import ShopError
from shop.kernel.money import Money
from shop.markets.market import Market
from shop.markets.refusals import UnevenPrice
from shop.markets.registry import markets
from shop.reports import products as report
from shop.reports.products import ProductFacts, VariantFacts
from shop.web import frame
from shop.web.current import clock, language
from shop.web.messages import say
from shop.web.owner.desk import bp, link, media_url, the_staff
from shop.web.owner.lines import NICHE
from shop.web.owner.price_field import UNITS, read_price, write_price
from shop.web.pages.owner import ProductRow, ProductsPage, Tab, VariantRow
from shop.web.pages.parts import (
    NO_PAGES,
    Badge,
    Field,
    Form,
    Option,
    Pager,
    Picture,
    Tone,
    Words,
)
from shop.web.shelves import category_tree
from shop.web.visit import or_404, typed, typed_int
from shop.web.words import written

STATES: dict[SaleState, tuple[Lazy, Tone]] = {
    SaleState.DRAFT: (L("Draft"), ""),
    SaleState.UPCOMING: (L("Coming soon"), "pre"),
    SaleState.PREORDER: (L("Presale"), "pre"),
    SaleState.ON_SALE: (L("On sale"), "ok"),
    SaleState.FLASH: (L("Flash sale"), "hot"),
    SaleState.SOLD_OUT: (L("Sold out"), "warn"),
    SaleState.DISCONTINUED: (L("Discontinued"), ""),
}
#: So few pieces left, and the list says "low stock".
LOW = 3
#: What an owner may count at most.
MOST_PIECES = 1_000_000


@dataclass(frozen=True)
class Wrong:
    """What was wrong with the form of one variant.

    ``seen_again``: the person reads the value of now, and may overwrite it.
    """

    variant_id: int = 0
    errors: Mapping[str, Words] = field(default_factory=dict)
    seen_again: bool = False


@dataclass(eq=False)
class ChangedMeanwhile(ShopError):
    """Somebody, or an order, changed the value after the form was opened."""

    name: str
    now: Money | int | None


@bp.get("/products")
def products() -> ResponseReturnValue:
    """List products with their prices and stock, each to be changed in place."""
    return _page(Wrong())


@bp.post("/products/variants/<id:variant_id>")
def save_variant(variant_id: int) -> ResponseReturnValue:
    """Change prices and stock of one variant; what was not touched stays."""
    known = or_404(report.variant(variant_id))
    errors: dict[str, Words] = {}
    prices = _typed_prices(errors)
    stock = _typed_stock(errors)
    if errors:
        return _page(Wrong(variant_id, errors)), 422
    now = clock()
    try:
        changed = write(lambda: _save(variant_id, prices, stock, now))
    except ChangedMeanwhile as refusal:
        return _page(Wrong(variant_id, {refusal.name: _meanwhile(refusal)}, True)), 409
    except StockHeld as refusal:
        return _page(Wrong(variant_id, {"stock": say(refusal)})), 409
    frame.note(_saved(known.sku, changed))
    return redirect(_back(f"v-{known.sku}"), 303)


def _meanwhile(refusal: ChangedMeanwhile) -> Text:
    if refusal.now is None:
        return T("Changed by somebody else meanwhile: there is no price now")
    return T("Changed meanwhile: it is {value} now", value=refusal.now)


def _saved(sku: str, changed: list[Money | int]) -> Text:
    """Say what was saved, money as shoppers read it: a wrong zero is seen here."""
    if not changed:
        return T("{code}: nothing had to be changed", code=Ltr(sku))
    if len(changed) == 1:
        return T("{code}: saved, {value}", code=Ltr(sku), value=changed[0])
    return T("{code}: saved", code=Ltr(sku))


@dataclass(frozen=True)
class Typed:
    """A value as typed and as the form showed it before; None: there was none."""

    value: Money | int
    seen: Money | int | None


def _typed_prices(errors: dict[str, Words]) -> dict[str, Typed]:
    """Read the price of each market; an empty one stays as it is."""
    found = {}
    for code, market in markets().items():
        name = f"price_{code}"
        text = typed(name, 60).strip()
        seen = _seen_price(code, market.currency)
        if not text and seen is None:
            continue
        try:
            price = market.check_price(read_price(text, market.currency))
        except UnevenPrice as refusal:
            errors[name] = _uneven(refusal)
        except ValueError:
            unit = UNITS[market.currency]
            errors[name] = T("Enter a price in {unit}, like {example}",
                             unit=str(unit), example=_example(market))  # fmt: skip
        else:
            found[code] = Typed(price, seen)
    return found


def _uneven(refusal: UnevenPrice) -> Text:
    return T(
        "Enter a multiple of {count} rials, so that toman stay whole",
        count=refusal.step.minor,
    )


def _example(market: Market) -> str:
    return plain_number("4999" if market.currency != "IRR" else "899000000")


def _seen_price(code: str, currency: str) -> Money | None:
    try:
        return Money(to_int(typed(f"seen_price_{code}", 30)), currency)
    except ValueError:
        return None


def _typed_stock(errors: dict[str, Words]) -> Typed | None:
    text = typed("stock", 30).strip()
    try:
        pieces = to_int(text)
    except ValueError:
        errors["stock"] = T("Enter a whole number")
        return None
    if pieces > MOST_PIECES:
        errors["stock"] = T("Enter {count} at most", count=MOST_PIECES)
        return None
    return Typed(pieces, typed_int("seen_stock"))


def _save(
    variant_id: int, prices: Mapping[str, Typed], stock: Typed | None, now: datetime
) -> list[Money | int]:
    """Write what differs from what the form showed, with a row of the log each."""
    found = or_404(report.variant(variant_id, lock=True))
    subject, staff = f"variant:{found.sku}", the_staff()
    have = report.prices_of([variant_id]).get(variant_id, {})
    done: list[Money | int] = []
    for code, wanted in prices.items():
        old, new = have.get(code), wanted.value
        assert isinstance(new, Money)  # noqa: S101 (read as one)
        if new in (old, wanted.seen):
            continue
        if old != wanted.seen:
            raise ChangedMeanwhile(f"price_{code}", old)
        was = report.crossed_out(variant_id, code)
        kept = was if was is not None and was > new else None
        catalogue.set_price(variant_id, code, PriceDraft(new, kept), now)
        before = {"price": [old.minor, old.currency]} if old else {}
        after: dict[str, Any] = {"market": code, "price": [new.minor, new.currency]}
        accounts.log(staff, "price.changed", subject, now, before=before, after=after)
        done.append(new)
    if stock is not None:
        done += _save_stock(variant_id, stock, subject, now)
    return done


def _save_stock(
    variant_id: int, wanted: Typed, subject: str, now: datetime
) -> list[int]:
    old, new, staff = report.pieces(variant_id), wanted.value, the_staff()
    assert isinstance(new, int)  # noqa: S101 (read as one)
    if new in (old, wanted.seen):
        return []
    if old != wanted.seen:
        raise ChangedMeanwhile("stock", old)
    inventory.set_on_hand(variant_id, new, f"staff:{staff.id}", now)
    accounts.log(
        staff,
        "stock.changed",
        subject,
        now,
        before={"stock": old},
        after={"stock": new},
    )
    return [new]


@bp.post("/products/<id:product_id>/state")
def save_state(product_id: int) -> ResponseReturnValue:
    """Change how a product is offered, from the state the page showed."""
    now, staff = clock(), the_staff()
    or_404(report.sale_state(product_id))
    try:
        old, new = SaleState(typed("seen", 20)), SaleState(typed("state", 20))
    except ValueError:
        return or_404(None)

    def change() -> bool:
        if not catalogue.set_sale_state(product_id, old, new, now):
            return False
        accounts.log(
            staff,
            "sale_state.changed",
            f"product:{product_id}",
            now,
            before={"state": old.value},
            after={"state": new.value},
        )
        return True

    if old is new or write(change):
        frame.note(T("Saved"))
    else:
        words = T("Somebody was faster: this is done already. Nothing was changed.")
        frame.note(words, "warn", "info")
    return redirect(_back(f"p-{product_id}"), 303)


def _back(anchor: str) -> str:
    """Return the list as it was before the form was sent."""
    return url_for(
        "owner.products",
        q=typed("q", 100) or None,
        state=typed("tab", 20) or None,
        after=typed("after", 20) or None,
        _anchor=anchor,
    )


def _page(wrong: Wrong) -> str:
    query = _asked("q").strip()[: report.LONGEST_QUERY]
    state = _state(_asked("tab") or request.args.get("state", ""))
    after = _after(_asked("after"))
    found = report.page(language().code, state, query, after)
    back = {"q": query, "tab": state or "", "after": str(after) if after else ""}
    shown = ProductsPage(
        rows=tuple(_row(one, back, wrong) for one in found.products),
        search_url=url_for("owner.products"),
        heads=(),
        query=query,
        tabs=_tabs(state, query),
        pager=_pager(state, query, found.after, after),
        total=catalogue.count_products(),
    )
    return render_template("owner/products.html", page=shown)


def _asked(name: str) -> str:
    """Return what list is meant: from the address, or from a form sent from it."""
    return str(request.values.get(name, ""))[:100]


def _state(text: str) -> SaleState | None:
    try:
        return SaleState(text)
    except ValueError:
        return None


def _after(text: str) -> int:
    try:
        return to_int(text)
    except ValueError:
        return 0


def _tabs(here: SaleState | None, query: str) -> tuple[Tab, ...]:
    def tab(label: Words, state: SaleState | None) -> Tab:
        url = url_for("owner.products", state=state, q=query or None)
        return Tab(label, url, None, state is here)

    every = tab(TP("products", "All"), None)
    return (every, *(tab(label, state) for state, (label, _) in STATES.items()))


def _pager(state: SaleState | None, query: str, after: int, here: int) -> Pager:
    if query or not (after or here):
        return NO_PAGES
    first = url_for("owner.products", state=state) if here else ""
    more = url_for("owner.products", after=after, state=state) if after else ""
    return Pager(first, more)


def _row(one: ProductFacts, back: Mapping[str, str], wrong: Wrong) -> ProductRow:
    label, tone = STATES[one.sale_state]
    return ProductRow(
        name=written(one.name),
        url=link("catalogue.short", product_id=one.id),
        picture=_picture(one),
        state=Badge(label, tone),
        variants=tuple(_variant(x, back, wrong) for x in one.variants),
        pictures_url=link("owner.pictures", product_id=one.id),
        category=_category(one.category_id),
        anchor=f"p-{one.id}",
        state_form=_state_form(one, back),
    )


def _category(category_id: int | None) -> Words:
    node = category_tree().by_id.get(category_id) if category_id else None
    return written(node.name) if node else ""


def _picture(one: ProductFacts) -> Picture:
    if not one.cover_name:
        return Picture(src=NICHE)
    source = "shipped" if one.cover_name.endswith(".svg") else "upload"
    drawn = Drawn(one.cover_name, source, one.cover_width, one.cover_height, one.name)
    name = drawn.files[0][0]
    return Picture(media_url(name), one.cover_width, one.cover_height)


def _state_form(one: ProductFacts, back: Mapping[str, str]) -> Form:
    options = tuple(
        Option(state, label, state is one.sale_state)
        for state, (label, _) in STATES.items()
    )
    select = Field(
        name="state",
        label=T("Sale state"),
        kind="select",
        options=options,
        element_id=f"state-{one.id}",
        label_hidden=True,
        short=True,
    )
    return Form(
        action=url_for("owner.save_state", product_id=one.id),
        fields=(select,),
        hidden={"seen": one.sale_state.value, **back},
    )


def _variant(one: VariantFacts, back: Mapping[str, str], wrong: Wrong) -> VariantRow:
    mine = wrong if wrong.variant_id == one.id else Wrong()
    fields, hidden = [], dict(back)
    for code, market in markets().items():
        price = one.prices.get(code)
        name = f"price_{code}"
        if price is not None:
            hidden[f"seen_price_{code}"] = _seen(mine, f"price_{code}", price.minor)
        fields.append(
            Field(
                name=name,
                element_id=f"{code}-{one.id}",
                label=T("Price, {market}", market=str(market.name)),
                kind="money",
                unit=UNITS[market.currency],
                value=_shown(mine, name, write_price(price) if price else ""),
                error=mine.errors.get(name, ""),
            )
        )
    hidden["seen_stock"] = _seen(mine, "stock", one.on_hand)
    fields.append(
        Field(
            name="stock",
            element_id=f"stock-{one.id}",
            label=T("Stock"),
            inputmode="numeric",
            autocomplete="off",
            ltr=True,
            short=True,
            value=_shown(mine, "stock", plain_number(one.on_hand)),
            error=mine.errors.get("stock", ""),
        )
    )
    form = Form(
        action=url_for("owner.save_variant", variant_id=one.id),
        fields=tuple(fields),
        hidden=hidden,
    )
    return VariantRow(
        sku=one.sku,
        options=one.options,
        form=form,
        held=one.held,
        is_low=one.on_hand - one.held <= LOW,
    )


def _seen(wrong: Wrong, name: str, stored: int) -> str:
    """Return the value the person has read, for finding out that it changed."""
    kept = wrong.variant_id and not wrong.seen_again
    return typed(f"seen_{name}", 30) if kept else str(stored)


def _shown(wrong: Wrong, name: str, stored: str) -> str:
    """Return what was typed where the form was refused, else what is stored."""
    return typed(name, 60) if wrong.variant_id else stored
