"""Ways to send and ways to pay as radio cards; a refused one says why.

Checkout and the pages of an unpaid order show the same cards.
"""

from collections.abc import Sequence
from datetime import datetime

from shop.i18n.reader import reader
from shop.i18n.text import T, Text
from shop.markets.market import Market
from shop.markets.methods import Offered, Refused
from shop.markets.parameters import Parameters
from shop.shipping import pick_up
from shop.shipping import rules as shipping
from shop.shipping.pick_up import Point
from shop.shipping.rules import Barred, Parcel, Quote
from shop.web.messages import say
from shop.web.pages.parts import Choice, Choices, Option, Tone, Words

#: Neutral lettered marks; official logos are the owner's to add.
MARKS: dict[str, tuple[str, Tone]] = {
    "alipay": ("支", "pre"),
    "huabei": ("花", "pre"),
    "wechat_pay": ("微", "ok"),
    "unionpay": ("银", "bad"),
    "cash_on_delivery": ("¥", "warn"),
    "gateway": ("ب", "pre"),
    "card_transfer": ("ک", "ok"),
    "cash_by_arrangement": ("ن", "warn"),
}


def delivery_cards(
    market: Market,
    answers: Sequence[Quote | Barred],
    points: Sequence[Point],
    chosen: str,
    when: dict[str, Text],
    *,
    error: Words = "",
) -> Choices:
    """Return every way to send; ``when`` is the dates of each as a sentence."""
    cards = [_delivery_card(one, chosen, when) for one in answers]
    if points:
        ready = shipping.pick_up_quote(market)
        cards.append(_delivery_card(ready, chosen, when))
    return Choices(
        name="method",
        legend=T("How should it be sent?"),
        choices=tuple(cards),
        error=error,
    )


def point_cards(
    market: Market,
    points: Sequence[Point],
    chosen: str,
    now: datetime,
    error: Words = "",
) -> Choices:
    """Return the pick-up points with address, hours and services (S44)."""
    return Choices(
        name="point",
        legend=T("Where would you like to collect it?"),
        choices=tuple(_point_card(market, one, chosen, now) for one in points),
        error=error,
    )


def payment_cards(
    answers: Sequence[Offered | Refused], chosen: str, option: str, error: Words = ""
) -> Choices:
    """Return every method of the market; the refused ones with their reason."""
    return Choices(
        name="method",
        legend=T("How would you like to pay?"),
        choices=tuple(_payment_card(one, chosen, option) for one in answers),
        hint=T("Your card details are never stored here."),
        error=error,
    )


def arrival(
    market: Market,
    quote: Quote,
    parcel: Parcel,
    now: datetime,
    parameters: Parameters,
) -> Text:
    """Say when an order sent this way would be there, with weekday and date."""
    if quote.method.code == shipping.PICK_UP.code:
        ready = shipping.pick_up_promise(market, now, parameters, parcel.ships_on)
        return T("Ready to collect by {day}", day=ready.ready_by)
    given = shipping.promise(market, quote, now, parameters, parcel.ships_on)
    if given.is_estimate:
        return T(
            "Expected between {first} and {last}",
            first=given.deliver_from,
            last=given.deliver_until,
        )
    return T(
        "Delivered between {first} and {last}",
        first=given.deliver_from,
        last=given.deliver_until,
    )


def _delivery_card(one: Quote | Barred, chosen: str, when: dict[str, Text]) -> Choice:
    code = one.method.code
    if isinstance(one, Barred):
        reason = say(one.reason)
        return Choice(value=code, name=one.method.name, line=reason, is_refused=True)
    details = tuple(line for line in (one.notice,) if line is not None)
    return Choice(
        value=code,
        name=one.method.name,
        line=when.get(code, one.method.hint or ""),
        end=one.cost if one.cost else T("Free"),
        end_tone="" if one.cost else "ok",
        selected=code == chosen,
        details=details,
    )


def _point_card(market: Market, point: Point, chosen: str, now: datetime) -> Choice:
    words = point.text(reader().language.code)
    services = [pick_up.SERVICES[one] for one in point.services]
    opening = pick_up.opening(market, point, now)
    if opening.is_open:
        door = T("Open now, until {moment}", moment=opening.at)
    elif opening.at is not None:
        door = T("Closed now, opens {moment}", moment=opening.at)
    else:
        door = T("Closed at present")
    return Choice(
        value=point.code,
        name=words.name,
        line=words.address,
        details=(door, *services),
        selected=point.code == chosen,
        map_url=point.map_url,
    )


def _payment_card(one: Offered | Refused, chosen: str, option: str) -> Choice:
    method = one.method
    mark, tone = MARKS.get(method.code, ("", ""))
    if isinstance(one, Refused):
        return Choice(
            value=method.code,
            name=method.name,
            line=say(one.reason),
            is_refused=True,
            mark=mark,
            mark_tone=tone,
        )
    details: tuple[Words, ...] = ()
    if one.has_priority:
        details = (T("Orders paid in advance are delivered first."),)
    return Choice(
        value=method.code,
        name=method.name,
        line=method.hint,
        details=details,
        selected=method.code == chosen,
        mark=mark,
        mark_tone=tone,
        sub_name="option" if method.choices else "",
        sub_legend=method.choices_legend or "",
        sub_options=tuple(
            Option(x.code, x.name, x.code == option) for x in method.choices
        ),
    )
