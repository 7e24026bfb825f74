"""Every number of a place that an owner may change, with its default (S117)."""

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, time
from typing import Any, Literal


@dataclass(frozen=True)
class MethodParameters:
    """The numbers of one payment method; amounts in minor units, ends included."""

    enabled: bool = True
    min_minor: int = 1
    max_minor: int | None = None
    #: How long stock waits for the payment; ``None``: until staff answer, or for ever.
    pay_by_minutes: int | None = 30
    #: Money goes back within so many working days (S37).
    refund_days: int = 15
    #: Region codes where money can be collected at the door; empty means everywhere.
    regions: tuple[str, ...] = ()
    #: Region codes taken out of ``regions``.
    not_regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parameters:
    """The numbers of one market: its defaults, or these with the owner's changes.

    Days are working days unless the name says otherwise. Codes of regions may
    be of any level: a province stands for all its cities.
    """

    #: Days without work, 0 is Monday. In Iran an owner may add Thursday (3).
    weekend: tuple[int, ...] = (5, 6)
    #: Orders after this hour of the market's zone count from the next working day.
    cut_off: time = time(16, 0)
    ship_days_min: int = 1
    ship_days_max: int = 3
    #: For prepaid orders with priority (S101).
    priority_ship_days_max: int = 1
    pick_up_ready_days: int = 1
    pick_up_keep_calendar_days: int = 7
    #: The notice of a busy time (S52): so many days more, until that date included.
    delay_days: int = 0
    delay_until: date | None = None
    #: Region codes we do not deliver to (S23).
    uncovered_regions: tuple[str, ...] = ()
    #: Staff answer a question, an arrangement, a receipt within so many days.
    answer_days: int = 1

    return_days: int = 7
    return_starts: Literal["day_after", "receipt"] = "day_after"
    return_unit: Literal["calendar", "working"] = "calendar"
    return_freight: Literal["buyer", "shop"] = "buyer"
    quality_days: int = 15
    warranty_restarts: bool = True
    refund_days_min: int = 3
    refund_days_max: int = 15

    #: An attempt to pay is over after so many minutes, or a minute before the pay-by.
    attempt_minutes: int = 15
    online_pay_by_minutes: int = 30
    limit_window_calendar_days: int = 30
    instalment_periods: tuple[int, ...] = (3, 6, 12)
    instalment_min_age: int = 18
    instalment_reminder_calendar_days: int = 3
    flash_weekdays: tuple[int, ...] = (0, 2, 4)
    flash_at: time = time(10, 0)
    quiet_from: time = time(22, 0)
    quiet_to: time = time(8, 0)
    #: Hundredths of a percent, already inside every price.
    tax_basis_points: int = 0

    methods: Mapping[str, MethodParameters] = field(default_factory=dict)

    def method(self, code: str) -> MethodParameters:
        """Return the numbers of a method; the defaults for one without its own."""
        return self.methods.get(code) or MethodParameters()


class BadParameter(ValueError):
    """An override names nothing, or its value is of another kind."""


def names(base: Parameters) -> dict[str, Any]:
    """Return every parameter by name, ``method.parameter`` for those of a method."""
    found: dict[str, Any] = {}
    for one in fields(base):
        if one.name != "methods":
            found[one.name] = getattr(base, one.name)
    for code, method in base.methods.items():
        for one in fields(method):
            found[f"{code}.{one.name}"] = getattr(method, one.name)
    return found


def merged(base: Parameters, overrides: Mapping[str, Any]) -> Parameters:
    """Return ``base`` with the owner's values, which are as JSON gives them.

    Times are ``"16:00"``, dates ``"2026-11-30"``, tuples are lists.

    :raises BadParameter: for an unknown name or a value of another kind.
    """
    plain: dict[str, Any] = {}
    methods = dict(base.methods)
    for name, value in overrides.items():
        code, dot, inner = name.partition(".")
        if dot and code in methods:
            kind = _kinds(MethodParameters).get(inner)
            changed = _read(name, kind, value)
            methods[code] = replace(methods[code], **{inner: changed})
        else:
            kind = _kinds(Parameters).get(name) if name != "methods" else None
            plain[name] = _read(name, kind, value)
    return replace(base, **plain, methods=methods)


def _kinds(owner: type) -> dict[str, Any]:
    return typing.get_type_hints(owner)


def _read(name: str, kind: Any, value: Any) -> Any:
    """Turn a JSON value into the kind a parameter has."""
    if kind is None:
        raise BadParameter(f"no parameter is called {name!r}")
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    try:
        if origin is types.UnionType:
            inner = next(part for part in parts if part is not type(None))
            return None if value is None else _read(name, inner, value)
        if origin is Literal:
            return parts[parts.index(value)]
        if origin is tuple:
            if not isinstance(value, list | tuple):
                raise BadParameter(f"{name}: a list is needed, not {value!r}")
            return tuple(_read(name, parts[0], one) for one in value)
        if kind in (time, date):
            return value if isinstance(value, kind) else kind.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise BadParameter(f"{name}: {value!r} does not fit") from error
    if type(value) is not kind or (kind is int and value < 0):
        raise BadParameter(f"{name}: {value!r} does not fit")
    return value
