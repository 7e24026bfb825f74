"""The market's address form: fields to show, and what was typed read back.

Checkout and the pages of an unpaid order use the same one.
"""

from collections.abc import Mapping

from shop.i18n.reader import reader
from shop.i18n.text import T
from shop.kernel.errors import ShopError
from shop.markets.address import Field as Asked
from shop.markets.market import Market
from shop.web.messages import say
from shop.web.pages.parts import Field, FieldGroup, Option, OptionGroup, Words
from shop.web.visit import typed as typed_field

#: A field as long as this is no address.
MOST = 500


def typed_address(market: Market) -> dict[str, str]:
    """Return every field of the market's form as it was typed."""
    names = [one.name for one in market.address.fields]
    return {name: typed_field(name, MOST) for name in names}


def fields(
    market: Market,
    typed: Mapping[str, str],
    problems: Mapping[str, ShopError] | None = None,
) -> tuple[Field | FieldGroup, ...]:
    """Return the fields in the market's order; city and district as one group."""
    wrong = {name: say(one) for name, one in (problems or {}).items()}
    made: list[Field | FieldGroup] = []
    places = [one for one in market.address.fields if one.kind in _PLACES]
    for one in market.address.fields:
        if one.kind not in _PLACES:
            made.append(_field(one, typed.get(one.name, ""), wrong.get(one.name, "")))
        elif one is places[0]:
            made.append(_place(market, places, typed, wrong))
    return tuple(made)


_PLACES = frozenset({"city", "district", "country"})


def _field(one: Asked, value: str, error: Words) -> Field:
    kind = one.kind if one.kind in {"tel", "email", "textarea"} else "text"
    return Field(
        name=one.name,
        label=one.label,
        kind=kind,
        value=value,
        hint=one.hint or "",
        error=error,
        optional=not one.required,
        autocomplete=one.autocomplete,
        inputmode=one.inputmode,
        ltr=one.ltr,
        short=one.name == "postcode",
    )


def _place(
    market: Market,
    places: list[Asked],
    typed: Mapping[str, str],
    wrong: Mapping[str, Words],
) -> FieldGroup:
    selects, asks_district = [], False
    for one in places:
        groups: tuple[OptionGroup, ...] = ()
        options: tuple[Option, ...] = ()
        chosen = typed.get(one.name, "")
        if one.kind == "city":
            groups = _cities(market, chosen)
        elif one.kind == "country":
            options = _countries(market, chosen)
        else:
            options = _districts(market, typed.get("city", ""), chosen)
            asks_district = True
            if not options:
                continue
        selects.append(
            Field(
                name=one.name,
                label=one.label,
                kind="select",
                value=chosen,
                error=wrong.get(one.name, ""),
                groups=groups,
                options=options,
                prompt=T("Choose"),
                autocomplete=one.autocomplete,
                optional=not one.required,
            )
        )
    return FieldGroup(
        legend=T("Where"),
        fields=tuple(selects),
        step="districts" if asks_district else "",
        step_label=T("Show the districts of this city") if asks_district else "",
    )


def _cities(market: Market, chosen: str) -> tuple[OptionGroup, ...]:
    language = reader().language.code
    return tuple(
        OptionGroup(
            province.name(language),
            tuple(
                Option(city.code, city.name(language), city.code == chosen)
                for city in cities
            ),
        )
        for province, cities in market.regions.cities_by_province()
    )


def _districts(market: Market, city: str, chosen: str) -> tuple[Option, ...]:
    language = reader().language.code
    return tuple(
        Option(one.code, one.name(language), one.code == chosen)
        for one in market.regions.districts(city)
    )


def _countries(market: Market, chosen: str) -> tuple[Option, ...]:
    language = reader().language.code
    return tuple(
        Option(one.code, one.name(language), one.code == chosen)
        for one in market.regions.provinces
    )
