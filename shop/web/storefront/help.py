"""Help: how to reach the shop, where to collect, and the policies by version."""

from collections.abc import Iterator
from datetime import time
from itertools import groupby

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shop.i18n import formats
from shop.i18n.digits import to_ascii
from shop.i18n.languages import KNOWN
from shop.i18n.text import L, Lazy, T, Text
from shop.markets.market import Market
from shop.policies import service as policies
from shop.policies.service import KINDS, Policy
from shop.shipping import service as points
from shop.shipping.pick_up import SERVICES, Point
from shop.web import frame
from shop.web.current import clock, current_market, language
from shop.web.pages.parts import Crumb, Link
from shop.web.pages.storefront import HelpPage, PickupPoint, PolicyPage
from shop.web.storefront.clauses import read
from shop.web.visit import or_404

bp = Blueprint("help", __name__, url_prefix="/<lang:lang>/help")
#: What each policy is called in a list of links.
TOPICS: dict[str, Lazy] = {
    "terms": L("Terms of sale"),
    "delivery": L("Delivery"),
    "payment": L("Payment"),
    "returns": L("Returns and refunds"),
    "privacy": L("Privacy"),
}


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show every topic, how to reach the shop, and the pick-up points."""
    market = current_market()
    frame.head(indexed=True, description=T("Help with orders, delivery and payment"))
    page = HelpPage(
        topics=_topics(),
        contacts=frame.contacts(),
        opening=frame.owner_line("opening"),
        points=tuple(_point(one, market) for one in points.points(market.code)),
        lookup_url=url_for("orders.lookup"),
        return_url=url_for("returns.ask"),
    )
    return render_template("storefront/help.html", page=page)


@bp.get("/<slug>")
def policy(slug: str) -> ResponseReturnValue:
    """Show a policy as it is in force, a version of it, or what an order accepted."""
    market = current_market()
    present = policies.current(
        slug, market.code, language().code, market.today(clock())
    )
    wanted = to_ascii(request.args.get("version", ""))
    text_hash = request.args.get("text", "")
    asked = present
    if text_hash:
        asked = policies.accepted(text_hash)
    elif wanted:
        asked = policies.find(slug, market.code, language().code, wanted)
    shown = or_404(asked if asked is None or asked.kind == slug else None)
    frame.head(indexed=not wanted and not text_hash, description=shown.title)
    return render_template(
        "storefront/policy.html",
        page=_policy_page(shown, is_old=_is_old(shown, present)),
    )


def _is_old(shown: Policy, present: Policy | None) -> bool:
    """Say whether something else holds now: a later version, or other numbers."""
    if present is None or shown.version != present.version:
        return True
    same_words = shown.market == present.market and shown.language == present.language
    return same_words and shown.text_hash != present.text_hash


def _policy_page(shown: Policy, *, is_old: bool) -> PolicyPage:
    text = read(shown.text)
    foreign = KNOWN.get(shown.language) if shown.language != language().code else None
    return PolicyPage(
        title=shown.title,
        crumbs=(
            Crumb(T("Home"), url_for("home.show")),
            Crumb(T("Help"), url_for("help.index")),
            Crumb(shown.title),
        ),
        version=shown.version,
        valid_from_on=shown.valid_from_on,
        intro=text.intro,
        clauses=text.clauses,
        is_old=is_old,
        current_url=url_for("help.policy", slug=shown.kind),
        others=_topics(shown.kind),
        lang=foreign.html if foreign else "",
        direction=foreign.direction if foreign else "",
    )


def _topics(here: str = "") -> tuple[Link, ...]:
    return tuple(
        Link(url_for("help.policy", slug=kind), TOPICS[kind], current=kind == here)
        for kind in KINDS
    )


def _point(point: Point, market: Market) -> PickupPoint:
    words = point.text(language().code)
    return PickupPoint(
        name=words.name,
        address=words.address,
        hours=tuple(_hours(point, market)),
        services=tuple(SERVICES[one] for one in point.services if one in SERVICES),
        phone=point.phone,
        map_url=point.map_url,
        note=words.note,
    )


def _hours(point: Point, market: Market) -> Iterator[Text]:
    """Say the hours of a week, days with the same ones together."""
    week = [(market.week_start + step) % 7 for step in range(7)]
    hours = dict(enumerate(point.hours))
    for span, days in groupby(week, key=hours.get):
        yield _span(list(days), span)


def _span(days: list[int], hours: tuple[time, time] | None) -> Text:
    first, last = (weekday(day) for day in (days[0], days[-1]))
    facts = {"first": first, "last": last}
    if hours is None:
        if len(days) == 1:
            return T("{first}: closed", **facts)
        return T("{first} to {last}: closed", **facts)
    facts |= {
        "opens": formats.clock_time(hours[0]),
        "closes": formats.clock_time(hours[1]),
    }
    if len(days) == 7:
        return T("Every day: {opens} to {closes}", **facts)
    if len(days) == 1:
        return T("{first}: {opens} to {closes}", **facts)
    return T("{first} to {last}: {opens} to {closes}", **facts)


def weekday(number: int) -> str:
    """Return what a day of the week is called; 0 is Monday."""
    return str(WEEKDAYS[number])


WEEKDAYS: tuple[Lazy, ...] = (
    L("Monday"),
    L("Tuesday"),
    L("Wednesday"),
    L("Thursday"),
    L("Friday"),
    L("Saturday"),
    L("Sunday"),
)
