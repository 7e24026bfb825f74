"""Provinces, cities and districts with stable codes and a name for each reader."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from babel import Locale

from shop.kernel.text import first_text

DATA = Path(__file__).parent / "data"
#: Two letters in CLDR that no parcel can be sent to: unions, reserved codes.
_NO_COUNTRIES = re.findall("..", "EUEZQOUNXAXBZZACCPCQDGEAICTA")


@dataclass(frozen=True, slots=True)
class Region:
    """A province, city or district; ``code`` never changes, ``names`` by language."""

    code: str
    names: Mapping[str, str]
    parent: str = ""
    is_capital: bool = False

    def name(self, language: str) -> str:
        """Return the name for a reader: in their language, else Latin, else local."""
        found = first_text(self.names, language)
        return found[1] if found else self.code

    def name_language(self, language: str) -> str:
        """Return the language ``name()`` is written in, to mark a foreign name with."""
        found = first_text(self.names, language)
        return found[0] if found else "en"


class Regions:
    """The places of one market, in the order of its own lists."""

    def __init__(
        self,
        provinces: Sequence[Region],
        cities: Sequence[Region] = (),
        districts: Sequence[Region] = (),
    ) -> None:
        self.provinces = tuple(provinces)
        self.cities = tuple(cities)
        self._provinces = {region.code: region for region in provinces}
        self._cities = {region.code: region for region in cities}
        self._districts = {region.code: region for region in districts}

    @cached_property
    def _by_city(self) -> Mapping[str, tuple[Region, ...]]:
        return _grouped(self._districts.values())

    @cached_property
    def _by_province(self) -> Mapping[str, tuple[Region, ...]]:
        return _grouped(self.cities)

    def cities_by_province(self) -> list[tuple[Region, tuple[Region, ...]]]:
        """Return each province with its cities: the groups of one long select."""
        return [(one, self._by_province.get(one.code, ())) for one in self.provinces]

    def cities_of(self, province: str) -> tuple[Region, ...]:
        """Return the cities of a province; none for an unknown one."""
        return self._by_province.get(province, ())

    def districts(self, city: str) -> tuple[Region, ...]:
        """Return the districts of a city; none where nobody asks for a district."""
        return self._by_city.get(city, ())

    def find_province(self, code: str) -> Region | None:
        """Return the province, if there is one with this code."""
        return self._provinces.get(code)

    def find_city(self, code: str) -> Region | None:
        """Return the city, if there is one with this code."""
        return self._cities.get(code)

    def find_district(self, code: str) -> Region | None:
        """Return the district, if there is one with this code."""
        return self._districts.get(code)

    def find(self, code: str) -> Region | None:
        """Return the region with this code, of whatever level."""
        return (
            self._cities.get(code)
            or self._provinces.get(code)
            or self._districts.get(code)
        )

    def path(self, code: str) -> tuple[str, ...]:
        """Return the code and the codes of all it lies in, narrowest first."""
        found = self.find(code)
        steps: list[str] = []
        while found is not None:
            steps.append(found.code)
            found = self.find(found.parent) if found.parent else None
        return tuple(steps)


def _grouped(regions: Iterable[Region]) -> Mapping[str, tuple[Region, ...]]:
    groups: dict[str, list[Region]] = {}
    for region in regions:
        groups.setdefault(region.parent, []).append(region)
    return {parent: tuple(found) for parent, found in groups.items()}


@cache
def vendored(name: str, capital: str = "") -> Regions:
    """Read ``data/<name>.json``; about 10 ms and 2 MB for China, once a process."""
    lists = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))

    def regions(kind: str, digits: int) -> list[Region]:
        return [
            Region(
                code,
                names,
                parent=code[:digits].ljust(6, "0") if digits else "",
                is_capital=code == capital,
            )
            for code, names in lists[kind]
        ]

    return Regions(
        regions("provinces", 0), regions("cities", 2), regions("districts", 4)
    )


@cache
def countries() -> Regions:
    """Return the countries of CLDR as provinces without cities, by ISO 3166 code."""
    tags = {"en": "en", "zh": "zh_Hans_CN", "fa": "fa"}
    named = {
        language: {str(code): str(name) for code, name in territories.items()}
        for language, tag in tags.items()
        if (territories := Locale.parse(tag).territories)
    }
    codes = [
        code
        for code in named["en"]
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    ]
    codes.sort(key=lambda code: named["en"][code])
    return Regions(
        [
            Region(code, {lang: names[code] for lang, names in named.items()})
            for code in codes
        ]
    )
