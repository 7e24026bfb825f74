"""What templates may call: the sentences, the reader's way to write values, files.

``register()`` takes the app or a bare Jinja environment, so that pages can be
looked at without a running shop.
"""

import hashlib
import re
import time
from collections.abc import Callable, Hashable, Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import Environment, StrictUndefined
from jinja2.runtime import Macro
from markupsafe import Markup, escape

from shop.i18n import formats
from shop.i18n.catalog import catalog
from shop.i18n.outline import outline
from shop.i18n.reader import reader
from shop.i18n.text import TN, TP, Ltr, T, value_text
from shop.kernel.money import Money
from shop.web import engine

STATIC = Path(__file__).parents[1] / "static"
#: Icons that point along the line of text, and so turn round with it.
FLIPPED = frozenset(
    {"arrow-right", "chevron-right", "log-in", "log-out", "shopping-cart", "truck"}
)
_AMOUNT = re.compile(r"(\u200e\u2212)?(\D*)([\d,.٬٫۰-۹]+)(?:\u00a0(.+))?")
#: Name -> when it was looked at (monotonic seconds), its mtime, its address.
_static_urls: dict[str, tuple[float, int, str]] = {}
#: Seconds after which a static file is looked at again.
_STATIC_KEPT = 1.0


def register(target: Flask | Environment) -> None:
    """Add globals and filters, and make a missing value an error."""
    env = target.jinja_env if isinstance(target, Flask) else target
    env.undefined = StrictUndefined
    env.trim_blocks = env.lstrip_blocks = True
    engine.install(
        env, T=T, TN=TN, TP=TP, icon=icon, ready=ready, static=static, Ltr=Ltr
    )
    env.filters.update(FILTERS)


def ready(macro: Macro, *values: Hashable) -> Markup:
    """Return what a macro prints for these values, remembered if it did before.

    Only for macros that look at nothing but their values and the reader's language.
    """
    return _ready(macro, catalog(reader().language.code), values)


@lru_cache(maxsize=1024)
def _ready(macro: Macro, _messages: object, values: tuple[Hashable, ...]) -> Markup:
    return Markup(macro(*values))  # noqa: S704 (a template escaped it)


def plain(value: object) -> str:
    """Write words for an attribute, a title or an option: isolates, no tags."""
    return str(value)


def number(value: int) -> str:
    """Write a whole number in the reader's digits, grouped."""
    return formats.number(value)


def digits(value: object) -> str:
    """Write the digits of a text in the reader's script, without grouping."""
    return formats.plain_number(str(value))


def money(amount: Money) -> Markup:
    """Write an amount isolated, with its unit small."""
    return _money(amount, reader().language.code)


@lru_cache(maxsize=4096)
def _money(amount: Money, _language: str) -> Markup:
    """Write an amount for the present reader, whose language this is."""
    found = _AMOUNT.fullmatch(formats.money(amount))
    if found is None:
        return Markup("<bdi>{}</bdi>").format(formats.money(amount))
    sign, before, figure, after = (part or "" for part in found.groups())
    unit = Markup("<small>{}</small>")
    return Markup("<bdi{}>{}{}{}{}</bdi>").format(
        # The mark in front of a minus would turn the unit to the wrong side.
        Markup(' dir="{}"').format(reader().language.direction) if sign else "",
        sign,
        unit.format(before) if before else "",
        Markup("<bdi>{}</bdi>").format(figure) if sign else figure,
        Markup("\u00a0") + unit.format(after) if after else "",
    )


def rials(amount: Money) -> Markup:
    """Write an IRR amount in rials, for bank pages and invoices."""
    return _bdi(formats.rials(amount))


def day(value: date, *, year: bool = False, weekday: bool = True) -> Markup:
    """Write a market date as a promise does, with its ISO value for machines."""
    return _time(value.isoformat(), formats.day(value, year=year, weekday=weekday))


def moment(value: datetime, *, year: bool = False) -> Markup:
    """Write date and time of a moment in the reader's zone."""
    return _time(value.isoformat(timespec="seconds"), formats.moment(value, year=year))


def when(value: date | datetime) -> Markup:
    """Write a day or a moment, whichever it is."""
    return moment(value) if isinstance(value, datetime) else day(value)


def isolate(value: object) -> Markup:
    """Wrap a code or a name so that it cannot reorder its sentence."""
    return ltr(value) if isinstance(value, Ltr) else _bdi(value)


def ltr(value: object) -> Markup:
    """Wrap a phone, an order number or a card number: always left to right."""
    return Markup(f'<bdi dir="ltr">{escape(value)}</bdi>')  # noqa: S704 (escaped)


# ``Markup.format`` takes ten times as long, and a page has a hundred of these.
def _bdi(value: object) -> Markup:
    return Markup(f"<bdi>{escape(value)}</bdi>")  # noqa: S704 (escaped)


def _time(machine: str, text: str) -> Markup:
    written = f'<time datetime="{machine}"><bdi>{escape(text)}</bdi></time>'
    return Markup(written)  # noqa: S704 (escaped)


def choices(line: str) -> Markup:
    """Write the chosen options of a variant, each kept in its own order."""
    return Markup(" · ").join(isolate(one) for one in line.split(" · "))


def shown(value: object) -> Any:
    """Write the value of a pair by its type."""
    if isinstance(value, Money):
        return money(value)
    if isinstance(value, datetime | date):
        return when(value)
    if isinstance(value, int):
        return isolate(value_text(value))
    if isinstance(value, str) and not isinstance(value, Markup):
        return isolate(value)
    return value


def script_json(value: str) -> Markup:
    """Print JSON inside a data block so that no text in it can end the block."""
    # Three times ``replace`` take a tenth of what ``translate`` does.
    safe = value.replace("<", "\\u003c").replace(">", "\\u003e")
    return Markup(safe.replace("&", "\\u0026"))  # noqa: S704 (escaped for this place)


def attributes(values: Mapping[str, object]) -> Markup:
    """Write keyword arguments of a macro as attributes: ``data_auto`` is data-auto."""
    written = (
        Markup(' {}="{}"').format(name.replace("_", "-"), str(value))
        for name, value in values.items()
        if value is not None and value is not False
    )
    return Markup("").join(written)


def icon(name: str, classes: str = "") -> Markup:
    """Draw an icon of the sprite, hidden from screen readers; arrows turn in RTL."""
    return _icon(name, classes, static("img/icons.svg"))


@lru_cache(maxsize=512)
def _icon(name: str, classes: str, sprite: str) -> Markup:
    flip = " flip" if name in FLIPPED else ""
    space = " " if classes else ""
    return Markup(
        '<svg class="ico{}{}{}" aria-hidden="true"><use href="{}#{}"/></svg>'
    ).format(flip, space, classes, sprite, name)


def static(name: str) -> str:
    """Return the address of a static file; its mark changes with its content."""
    hit = _static_urls.get(name)
    now = time.monotonic()
    if hit is not None and now - hit[0] < _STATIC_KEPT:
        return hit[2]
    stamp = (STATIC / name).stat().st_mtime_ns
    if hit is None or hit[1] != stamp:
        mark = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
        url = f"/static/{name}?v={mark}"
    else:
        url = hit[2]
    _static_urls[name] = (now, stamp, url)
    return url


FILTERS: dict[str, Callable[..., Any]] = {
    "attributes": attributes,
    "choices": choices,
    "clock": formats.clock_time,
    "day": day,
    "digits": digits,
    "isolate": isolate,
    "ltr": ltr,
    "moment": moment,
    "money": money,
    "num": number,
    "outline": outline,
    "percent": formats.percent,
    "plain": plain,
    "rials": rials,
    "script_json": script_json,
    "short_day": formats.short_day,
    "shown": shown,
    "when": when,
}
