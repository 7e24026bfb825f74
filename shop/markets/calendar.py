"""Working days of a place, so that a promise is a date and not a hope."""

import importlib.util
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)


@dataclass(frozen=True)
class _Year:
    """The days of one year that the weekday alone does not decide."""

    off: frozenset[date]
    make_up: frozenset[date]
    is_announced: bool


#: The years that were asked for, by country.
_known: dict[tuple[str, int], _Year] = {}


def _year(country: str, year: int) -> _Year:
    found = _known.get((country, year))
    if found is None:
        found = _known[country, year] = _read(country, year)
    return found


def read_years(keys: Iterable[tuple[str, int]]) -> dict[tuple[str, int], _Year]:
    """Read the holidays of countries and years; ``remember`` takes the result."""
    return {key: _year(*key) for key in keys}


def remember(years: Mapping[tuple[str, int], _Year]) -> None:
    """Keep years that another process has read: this one need not load the package."""
    _known.update(years)


def _read(country: str, year: int) -> _Year:
    """Read one year of the ``holidays`` package; 1 ms, once a process.

    A country or year it does not know has no holidays: a promise is then only
    as good as the weekend, and ``is_announced`` says so.
    """
    if not country:
        return _Year(frozenset(), frozenset(), is_announced=True)
    law = _law(country)
    if law is None:
        return _Year(frozenset(), frozenset(), is_announced=False)
    known = law(years=year)
    off = frozenset(day for day in known if day.year == year)
    # China works on some Saturdays and Sundays before and after long holidays
    # (make-up days). The State Council names them each November; until the
    # package knows them, the year is not announced (reference/i18n.md 3.6).
    worked = getattr(known, "weekend_workdays", ())
    make_up = frozenset(day for day in worked if day.year == year)
    return _Year(
        off, make_up, is_announced=bool(off) and (country != "CN" or bool(make_up))
    )


@cache
def _law(country: str) -> Callable[..., Any] | None:
    """Load what the package knows of one country, from that file alone.

    Its own door, ``country_holidays``, opens the files of all 250 countries:
    8 MB of the process and a quarter of a second.
    """
    import holidays.registry

    for module, (name, *codes) in holidays.registry.COUNTRIES.items():
        if country in codes:
            path = Path(holidays.__path__[0], "countries", f"{module}.py")
            spec = importlib.util.spec_from_file_location(f"holidays.{module}", path)
            assert spec is not None  # noqa: S101
            assert spec.loader is not None  # noqa: S101
            loaded = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(loaded)
            law: Callable[..., Any] = getattr(loaded, name)
            return law
    return None


@dataclass(frozen=True)
class WorkingCalendar:
    """Weekend (0 is Monday) and holidays of a country, by ISO 3166 code or none."""

    country: str
    weekend: frozenset[int]

    def is_holiday(self, day: date) -> bool:
        """Say whether the law gives this day off, whatever its weekday."""
        return day in _year(self.country, day.year).off

    def is_make_up_day(self, day: date) -> bool:
        """Say whether people work on this day of a weekend."""
        return day in _year(self.country, day.year).make_up

    def is_working_day(self, day: date) -> bool:
        """Say whether the shop and its couriers work on this day."""
        year = _year(self.country, day.year)
        if day in year.make_up:
            return True
        return day.weekday() not in self.weekend and day not in year.off

    def is_announced(self, day: date) -> bool:
        """Say whether the holidays of that year are known: else a date is a guess."""
        return _year(self.country, day.year).is_announced

    def next_working_day(self, day: date) -> date:
        """Return ``day`` itself if people work on it, else the first that follows."""
        return _walk(day, self.is_working_day)

    def add_working_days(self, day: date, count: int) -> date:
        """Return the ``count``-th working day after ``day``, which never counts itself.

        Zero gives ``next_working_day(day)``.
        """
        if count <= 0:
            return self.next_working_day(day)
        for _ in range(count):
            day = _walk(day + timedelta(days=1), self.is_working_day)
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """Count the working days of ``(start, end]``; 0 if ``end`` is no later."""
        days = (end - start).days
        return sum(
            self.is_working_day(start + timedelta(days=step))
            for step in range(1, days + 1)
        )


def _walk(day: date, stop: Callable[[date], bool]) -> date:
    for _ in range(400):  # a year of holidays means broken data, not a long wait
        if stop(day):
            return day
        day += timedelta(days=1)
    return day
