"""The rooms of the settings: the shop, its places, how money comes, what is sent."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from shop.i18n import formats
from shop.i18n.formats import plain_number
from shop.i18n.languages import languages
from shop.i18n.text import L, Lazy, T
from shop.kernel.money import Money
from shop.markets import identifiers
from shop.markets import service as market_service
from shop.markets.identity import CONTACTS, identity, write_identity
from shop.markets.market import Market
from shop.markets.methods import Method
from shop.markets.parameters import MethodParameters
from shop.markets.registry import markets
from shop.payments import settings
from shop.web.owner.money_words import provider_name
from shop.web.owner.price_field import UNITS, read_price, write_price
from shop.web.owner.setting_parts import (
    Entry,
    NotAllowed,
    Part,
    choice,
    line,
    tick,
    whole_number,
)
from shop.web.pages.parts import Field, Words

#: A notice of a busy time reaches so many days ahead.
DELAY_REACH = 90
MOST_DELAY = 60
LABELS: dict[str, Lazy] = {
    "phone": L("Phone for customers"),
    "email": L("E-mail for customers"),
    "address": L("Address of the shop"),
    "company": L("Company name"),
    "opening": L("When somebody answers"),
    "icp_number": L("ICP number"),
    "police_number": L("Public security number"),
    "business_licence": L("Business licence"),
    "enamad_code": L("eNamad code"),
}


def shop_parts() -> list[Part]:
    """Return what the shop is called and how it is reached, everywhere."""
    known = identity("")
    names = [
        line(
            f"shop_name_{one.code}",
            T("Name in {language}", language=one.name),
            known.get(f"shop_name_{one.code}", ""),
            _identity("", f"shop_name_{one.code}"),
        )
        for one in languages().values()
    ]
    contacts = [_contact("", name, known) for name in CONTACTS]
    return [
        Part(
            "names",
            T("Name of the shop"),
            names,
            "settings:names",
            "identity.changed",
            T("An empty one shows the name of the program."),
        ),
        Part(
            "contacts",
            T("Contact us"),
            contacts,
            "settings:contacts",
            "identity.changed",
            T("At the foot of every page; a region can have its own."),
        ),
    ]


def _identity(market: str, name: str) -> Callable[[Any, datetime], None]:
    return lambda value, now: write_identity(market, name, value, now)


def _contact(market: str, name: str, known: Mapping[str, str]) -> Entry:
    return line(
        name,
        LABELS.get(name, name),
        known.get(name, ""),
        _identity(market, name),
        _email if name == "email" else identifiers.tidy,
        ltr=name in {"phone", "email"},
    )


def _email(text: str) -> str:
    return identifiers.email(text) if text.strip() else ""


def place_parts(now: datetime) -> list[Part]:
    """Return contacts, legal numbers and methods of each market, and the delay."""
    made = [_delay(now)]
    for market in markets().values():
        known = identity(market.code)
        entries = [_contact(market.code, name, known) for name in CONTACTS]
        entries += [
            line(
                one.setting,
                LABELS.get(one.setting, one.setting),
                known.get(one.setting, ""),
                _identity(market.code, one.setting),
                ltr=True,
            )
            for one in market.trust_lines
        ]
        title = T("{market}: contact and numbers of the law", market=str(market.name))
        part = f"place-{market.code}"
        made.append(Part(part, title, entries, f"settings:{part}", "identity.changed"))
    return made


def _delay(now: datetime) -> Part:
    """The notice of a busy time moves every promise given from now on (S52)."""
    places = list(markets().values())
    numbers = [market_service.parameters(one) for one in places]
    days = max(one.delay_days for one in numbers)
    until = max((one.delay_until for one in numbers if one.delay_until), default=None)
    ahead = [places[0].today(now) + timedelta(days=step) for step in range(DELAY_REACH)]
    if until is not None and until not in ahead:
        ahead.insert(0, until)
    options: list[tuple[str, Words]] = [("", T("Until you change it"))]
    options += [(one.isoformat(), formats.day(one, year=True)) for one in ahead]
    return Part(
        "delay",
        T("Busy time"),
        [
            Entry(
                Field(
                    name="delay_days",
                    label=T("So many working days more"),
                    value=plain_number(days),
                    inputmode="numeric",
                    ltr=True,
                    short=True,
                ),
                days,
                partial(_everywhere, "delay_days"),
                whole_number(MOST_DELAY),
            ),
            choice(
                "delay_until",
                T("Until this day, included"),
                until.isoformat() if until else "",
                options,
                partial(_everywhere, "delay_until"),
            ),
        ],
        "settings:delay",
        "parameter.changed",
        T("Every date that the shop promises from now on moves, in all regions."),
        is_on=days > 0,
    )


def _everywhere(name: str, value: Any, now: datetime) -> None:
    for market in markets().values():
        market_service.change(market, name, None if value == "" else value, now)


def method_parts() -> list[Part]:
    """Return the ways to pay of each market: whether, up to how much, through whom."""
    made = []
    for market in markets().values():
        numbers = market_service.parameters(market)
        entries: list[Entry] = []
        for method in market.methods:
            if not any(settings.find(code) for code in method.providers):
                continue
            entries += _method(market, method, numbers.method(method.code))
        if not entries:
            continue
        part = f"methods-{market.code}"
        title = T("{market}: ways to pay", market=str(market.name))
        made.append(Part(part, title, entries, f"settings:{part}", "parameter.changed"))
    return made


def _method(market: Market, method: Method, numbers: MethodParameters) -> list[Entry]:
    name = str(method.name)
    code = method.code
    if code not in market.parameters.methods:
        return _collector(market, method)
    most = numbers.max_minor
    shown = "" if most is None else write_price(Money(most, market.currency))
    cap = Field(
        name=f"{code}.max_minor",
        label=T("{method}: up to", method=name),
        kind="money",
        unit=UNITS[market.currency],
        value=shown,
        optional=True,
    )
    return [
        tick(
            f"{code}.enabled",
            T("Offer {method}", method=name),
            numbers.enabled,
            partial(_change, market, f"{code}.enabled"),
        ),
        Entry(
            cap,
            most,
            partial(_change, market, f"{code}.max_minor"),
            partial(_cap, market),
            partial(_log_money, market),
        ),
        *_collector(market, method),
    ]


def _change(market: Market, name: str, value: Any, now: datetime) -> None:
    market_service.change(market, name, value, now)


def _cap(market: Market, text: str) -> int | None:
    if not text.strip():
        return None
    try:
        return read_price(text, market.currency).minor
    except ValueError as error:
        unit = str(UNITS[market.currency])
        raise NotAllowed(T("Enter an amount in {unit}", unit=unit)) from error


def _log_money(market: Market, value: int | None) -> Any:
    return None if value is None else [value, market.currency]


def _collector(market: Market, method: Method) -> list[Entry]:
    """Return who collects for a method, where there is somebody to choose."""
    if len(method.providers) < 2:
        return []
    ready = [one for one in method.providers if settings.is_ready(one)]
    if not ready:
        return []
    first = (settings.collectors(market, method.code) or ready)[0]
    options = [(code, provider_name(code)) for code in ready]
    return [
        choice(
            f"{method.code}.provider",
            T("{method}: through", method=str(method.name)),
            first,
            options,
            partial(_use, market, method),
        )
    ]


def _use(market: Market, method: Method, chosen: str, _now: datetime) -> None:
    """Let one provider come first and the others after it, where it is silent."""
    others = [code for code in method.providers if code != chosen]
    for place, code in enumerate([chosen, *others]):
        settings.use(market.code, method.code, code, enabled=True, position=place)


def find(parts: Sequence[Part], wanted: str) -> Part | None:
    """Return the part with this id."""
    return next((one for one in parts if one.id == wanted), None)
