"""The filters beside a list: what there is, and what each choice would leave."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, Text, cast, literal, null, select, union_all

from shop.catalogue import models as m
from shop.catalogue.facts import Local, local
from shop.catalogue.query import Chosen, Query
from shop.catalogue.rules import from_milli
from shop.db import Ready, among, read

_A, _AT = m.Attribute.__table__.c, m.AttributeText.__table__.c
_O, _OT = m.Option.__table__.c, m.OptionText.__table__.c
_OV, _VT = m.OptionValue.__table__.c, m.ValueText.__table__.c
_ANY = Chosen()


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet. ``value`` goes into the address; ``count`` may be 0.

    ``is_number``: write ``name`` with the reader's digits and ``Facet.unit``.
    """

    value: str
    name: Local
    count: int
    is_chosen: bool
    is_number: bool = False
    swatch: str = ""


@dataclass(frozen=True, slots=True)
class Facet:
    """One filter of a list: values to tick, or a range from ``least`` to ``most``.

    Ends are numbers with 0-9 and a point; ``chosen_*`` are empty if not set.
    ``scale``: a number is shown times this in the reader's language (5000 万).
    """

    code: str
    label: Local
    unit: str
    values: tuple[FacetValue, ...] = ()
    least: str = ""
    most: str = ""
    chosen_least: str = ""
    chosen_most: str = ""
    scale: int = 1

    @property
    def is_range(self) -> bool:
        """Say whether it has two ends instead of values."""
        return bool(self.least)


@dataclass(frozen=True, slots=True)
class BrandCount:
    """A brand of the list and how many of its products pass the other filters."""

    name: str
    count: int
    is_chosen: bool


def _nothing(kind: Any) -> Any:
    return cast(null(), kind)


_LABELS = Ready(union_all(
    select(
        literal("spec").label("kind"), _A.id.label("id"), _A.code.label("code"),
        _A.position.label("position"), _A.filter.label("filter"),
        _AT.lang.label("lang"), _AT.label.label("name"), _AT.unit.label("unit"),
        _AT.scale.label("scale"), literal("").label("swatch"),
    )
    .select_from(m.Attribute.__table__.outerjoin(m.AttributeText.__table__))
    .where(among(_A.id, "attributes")),
    select(
        literal("option"), _O.id, _O.code, _O.position, literal("list"), _OT.lang,
        _OT.name, _nothing(Text), _nothing(Integer), literal(""),
    )
    .select_from(m.Option.__table__.outerjoin(m.OptionText.__table__))
    .where(among(_O.id, "options")),
    select(
        literal("value"), _OV.id, _OV.code, _OV.position, literal("list"), _VT.lang,
        _VT.name, _nothing(Text), _nothing(Integer), _OV.swatch,
    )
    .select_from(m.OptionValue.__table__.outerjoin(m.ValueText.__table__))
    .where(among(_OV.id, "values")),
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Label:
    id: int
    code: str
    position: int
    filter: str
    name: Local
    unit: str
    scale: int
    swatch: str


_Labels = dict[tuple[str, int], _Label]
Counts = Mapping[str, Sequence[Any]]


def _labels(counts: Counts, language: str) -> _Labels:
    attributes = sorted({row.owner for row in counts["spec"]})
    options = sorted({row.owner for row in counts["option"]})
    if not attributes and not options:
        return {}
    values = sorted({row.number for row in counts["option"]})
    given = {"attributes": attributes, "options": options, "values": values}
    return _labels_of(tuple(read(_LABELS, given)), language)


@lru_cache(maxsize=128)
def _labels_of(read_rows: tuple[Any, ...], language: str) -> _Labels:
    """Return the labels of these rows: lists of a shop have the same few."""
    by: dict[tuple[str, int], dict[str, Any]] = defaultdict(dict)
    for row in read_rows:
        by[row.kind, row.id][row.lang or ""] = row
    found = {}
    for key, rows in by.items():
        name = local({k: one.name for k, one in rows.items() if k}, language)
        row = rows.get(name.lang) or next(iter(rows.values()))
        found[key] = _Label(
            row.id, row.code, row.position, row.filter, name or Local(row.code, ""),
            row.unit or "", row.scale or 1, row.swatch,
        )  # fmt: skip
    return found


def facets_of(query: Query, counts: Counts, language: str) -> tuple[Facet, ...]:
    """Return the facets of counted rows, options before attributes (1 SQL).

    A facet that cannot narrow the list (one value, or equal ends) is left out
    unless it is chosen.
    """
    labels = _labels(counts, language)
    of: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for kind in ("option", "spec"):
        for row in counts[kind]:
            of[kind, row.owner].append(row)
    found = []
    for key in sorted(of, key=lambda key: (key[0], labels[key].position, key[1])):
        label, rows = labels[key], of[key]
        chosen = query.facets.get(label.code, _ANY)
        if key[0] == "option":
            facet = _option(label, rows, chosen, labels)
        elif label.filter == "range":
            facet = _range(label, rows, chosen)
        else:
            facet = _list(label, rows, chosen)
        ends = facet.least != facet.most
        if chosen is not _ANY or len(facet.values) > 1 or ends:
            found.append(facet)
    return tuple(found)


def _option(label: _Label, rows: list[Any], chosen: Chosen, labels: _Labels) -> Facet:
    values = sorted(
        ((labels["value", row.number], row.n) for row in rows),
        key=lambda one: (one[0].position, one[0].id),
    )
    ticks = tuple(
        FacetValue(
            value.code, value.name, n, value.code in chosen.values, False, value.swatch
        )
        for value, n in values
    )
    return Facet(label.code, label.name, label.unit, ticks)


def _range(label: _Label, rows: list[Any], chosen: Chosen) -> Facet:
    rows = [row for row in rows if row.number is not None]
    least = min((row.number for row in rows), default=0)
    most = max((row.top for row in rows), default=0)
    return Facet(
        label.code,
        label.name,
        label.unit,
        (),
        from_milli(least),
        from_milli(most),
        "" if chosen.least is None else from_milli(chosen.least),
        "" if chosen.most is None else from_milli(chosen.most),
        label.scale,
    )


def _list(label: _Label, rows: list[Any], chosen: Chosen) -> Facet:
    ticks = []
    for row in sorted(rows, key=lambda row: (row.number or 0, row.words or "")):
        if row.number is None:
            value = name = row.words
        else:
            value, name = from_milli(row.number), from_milli(row.number * label.scale)
        ticks.append(
            FacetValue(
                value,
                Local(name, ""),
                row.n,
                value in chosen.values,
                row.number is not None,
            )
        )
    return Facet(label.code, label.name, label.unit, tuple(ticks), scale=label.scale)


def brands_of(query: Query, counts: Counts) -> tuple[BrandCount, ...]:
    """Return the brands of counted rows, most products first; one brand is none."""
    rows = sorted(counts["brand"], key=lambda row: (-row.n, row.words))
    if len(rows) < 2 and not query.brands:
        return ()
    return tuple(
        BrandCount(row.words, row.n, row.words in query.brands) for row in rows
    )
