"""The address form of a place: which fields, in which order, and what each accepts."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from shop.i18n.digits import digits_only
from shop.i18n.text import L, Lazy
from shop.markets import identifiers
from shop.markets.refusals import (
    FieldProblem,
    Missing,
    NotAPostcode,
    NotChosen,
    NotCovered,
    TooLong,
    TooShort,
)
from shop.markets.regions import Region, Regions

Kind = Literal["text", "textarea", "tel", "email", "city", "district", "country"]

#: The name of every field, on its label and in "Enter {field}".
LABELS: Mapping[str, Lazy] = {
    "name": L("Recipient's name"),
    "phone": L("Mobile number"),
    "email": L("E-mail"),
    "country": L("Country"),
    "city": L("City"),
    "district": L("District"),
    "town": L("Town or city"),
    "state": L("State or region"),
    "street": L("Street address"),
    "postcode": L("Postcode"),
}


@dataclass(frozen=True)
class Field:
    """One field of a form. Lengths are characters after tidying, ends included."""

    name: str
    kind: Kind
    required: bool = True
    hint: Lazy | None = None
    autocomplete: str = ""
    inputmode: str = ""
    ltr: bool = False
    least: int = 0
    most: int = 200

    @property
    def label(self) -> Lazy:
        """What the field is called."""
        return LABELS[self.name]


@dataclass(frozen=True)
class Address:
    """Where and to whom, as stored: codes *and* names as they were that day.

    ``phone`` is E.164, ``email`` lower case or "". ``*_name`` are in the
    language of the place, as a courier reads them.
    """

    market: str
    name: str = dataclasses.field(default="", repr=False)
    phone: str = dataclasses.field(default="", repr=False)
    email: str = dataclasses.field(default="", repr=False)
    province: str = ""
    province_name: str = ""
    city: str = ""
    city_name: str = ""
    district: str = ""
    district_name: str = ""
    street: str = dataclasses.field(default="", repr=False)
    postcode: str = ""

    @property
    def place(self) -> str:
        """The narrowest region code that is known: what rules and zones look at."""
        return self.district or self.city or self.province

    def to_json(self) -> dict[str, Any]:
        """Return what an order or a draft keeps."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what ``to_json`` wrote; unknown keys of another version are left out."""
        known = {key: stored[key] for key in cls.__dataclass_fields__ if key in stored}
        return cls(**known)


@dataclass(frozen=True)
class Checked:
    """A form after reading: the address, and what is wrong, by field, in form order."""

    address: Address
    problems: Mapping[str, FieldProblem]

    @property
    def is_right(self) -> bool:
        """Say whether the address can be used."""
        return not self.problems


@dataclass(frozen=True)
class AddressForm:
    """The fields of one market and how it reads them."""

    market: str
    country: str
    language: str
    fields: tuple[Field, ...]
    regions: Callable[[], Regions]
    phone_example: str
    #: Digits of a postcode; 0 where countries differ.
    postcode_digits: int = 0
    tidy: Callable[[str], str] = identifiers.tidy

    def field(self, name: str) -> Field | None:
        """Return the field of this name, if the market asks for it."""
        return next((one for one in self.fields if one.name == name), None)

    def check(
        self, typed: Mapping[str, str], uncovered: tuple[str, ...] = ()
    ) -> Checked:
        """Read what was typed, with any digits. Never raises; all problems at once.

        ``uncovered`` are the region codes we do not deliver to (S23).
        """
        values: dict[str, str] = {}
        problems: dict[str, FieldProblem] = {}
        for field in self.fields:
            try:
                self._read(field, typed.get(field.name, ""), values, uncovered)
            except FieldProblem as problem:
                problems[field.name] = problem
        return Checked(Address(self.market, **values), problems)

    def contact(self, typed: Mapping[str, str]) -> Checked:
        """Read only who it is for: name, phone, e-mail. For pick-up (no address)."""
        values: dict[str, str] = {}
        problems: dict[str, FieldProblem] = {}
        for field in self.fields:
            if field.name not in ("name", "phone", "email"):
                continue
            try:
                self._read(field, typed.get(field.name, ""), values, ())
            except FieldProblem as problem:
                problems[field.name] = problem
        return Checked(Address(self.market, **values), problems)

    def mobile(self, typed: str, country: str = "") -> str:
        """Return a mobile number of the market in E.164.

        :raises NotAMobile: with an example, as people there write it.
        """
        place = self.country or country
        return identifiers.mobile(typed, place, self.phone_example)

    def _read(
        self,
        field: Field,
        typed: str,
        values: dict[str, str],
        uncovered: tuple[str, ...],
    ) -> None:
        text = self.tidy(typed)
        if field.kind in ("city", "district", "country"):
            self._choose(field, text, values, uncovered)
        elif not text and not field.required:
            pass
        elif not text:
            raise Missing(field.name)
        elif field.kind == "tel":
            values["phone"] = self.mobile(typed, values.get("province", ""))
        elif field.kind == "email":
            values["email"] = identifiers.email(typed)
        elif field.name == "postcode":
            values["postcode"] = self.postcode(typed)
        else:
            values[_STORED.get(field.name, field.name)] = _fitting(field, text)

    def postcode(self, typed: str) -> str:
        """Return the stored form of a postcode: digits only, where it has only those.

        :raises NotAPostcode: if the length is wrong or an Iranian one begins with 0.
        """
        if not self.postcode_digits:
            plain = identifiers.tidy(typed).upper()
            if not 2 <= len(plain) <= 12:
                raise NotAPostcode(0)
            return plain
        digits = digits_only(typed)
        zero = self.market == "ir" and digits.startswith("0")
        if len(digits) != self.postcode_digits or zero:
            raise NotAPostcode(self.postcode_digits)
        return digits

    def _choose(
        self,
        field: Field,
        code: str,
        values: dict[str, str],
        uncovered: tuple[str, ...],
    ) -> None:
        regions = self.regions()
        if field.kind == "country":
            found = regions.find_province(code)
            self._take("province", found, field, values)
        elif field.kind == "city":
            found = regions.find_city(code)
            self._take("city", found, field, values)
            if found:
                self._take("province", regions.find(found.parent), field, values)
        else:
            city = values.get("city", "")
            offered = regions.districts(city)
            if not offered:
                return
            found = next((one for one in offered if one.code == code), None)
            self._take("district", found, field, values)
        for region in regions.path(code):
            if region in uncovered:
                raise NotCovered(self.market, region)

    def _take(
        self, level: str, found: Region | None, field: Field, values: dict[str, str]
    ) -> None:
        if found is None:
            raise NotChosen(field.name)
        values[level] = found.code
        values[f"{level}_name"] = found.name(self.language)

    def lines(self, address: Address) -> list[str]:
        """Write an address as couriers of the place read it, without the phone."""
        if self.market == "world":
            town = ", ".join(filter(None, (address.city_name, address.district_name)))
            whole = [address.street, town, address.postcode, address.province_name]
            return [address.name, *filter(None, whole)]
        names = [address.province_name, address.city_name, address.district_name]
        once = [
            name for at, name in enumerate(names) if name and name not in names[:at]
        ]
        if self.language == "zh":
            lines = ["".join(once) + address.street]
        else:
            lines = ["، ".join([*once, address.street])]
        return [address.name, *lines, *filter(None, [address.postcode])]


#: Free-text places of the plain market are kept where the lists of others keep theirs.
_STORED = {"town": "city_name", "state": "district_name"}


def _fitting(field: Field, text: str) -> str:
    if len(text) < field.least:
        raise TooShort(field.name, field.least)
    if len(text) > field.most:
        raise TooLong(field.name, field.most)
    return text
