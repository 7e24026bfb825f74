"""What every format shares: rows with line numbers, problems, values, codes."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from shop.catalogue.drafts import (
    AttributeDraft,
    OptionDraft,
    ProductDraft,
    SpecDraft,
    ValueDraft,
)
from shop.catalogue.rules import from_milli, make_code, to_milli
from shop.i18n.digits import to_ascii
from shop.kernel.money import MINOR_DIGITS, Money

#: A cell larger than this is no product text but a mistake.
LARGEST_CELL = 200_000
_TAGLINE = 160
#: What shops call the two commonest options, and the code they get here.
_OPTION_CODES = {
    "color": "colour", "colour": "colour", "颜色": "colour", "رنگ": "colour",
    "size": "size", "尺码": "size", "尺寸": "size", "سایز": "size", "اندازه": "size",
}  # fmt: skip


class UnreadableFile(Exception):
    """The file as a whole cannot be imported; ``str()`` is one plain sentence."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one line; an error leaves its whole product out."""

    line: int
    text: str
    is_error: bool = True


@dataclass(frozen=True, slots=True)
class PictureRef:
    """A picture a file names: its text as it stands there, in which line."""

    text: str
    line: int
    alt: str = ""
    value: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Goods:
    """One product of a file. ``category`` is the way from a root, by name."""

    line: int
    draft: ProductDraft
    category: tuple[str, ...] = ()
    pictures: tuple[PictureRef, ...] = ()


@dataclass
class Reading:
    """What became of a file."""

    format: str
    goods: list[Goods] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a file does not say: in which language and money it is written.

    ``uncounted`` is the stock of a variant whose shop did not count it.
    ``today`` decides whether a dated sale price holds.
    """

    language: str
    market: str
    currency: str
    today: date
    uncounted: int = 0


class Row:
    """A line of a file; columns are found whatever their case."""

    def __init__(self, line: int, cells: Mapping[str, str]) -> None:
        self.line = line
        self.cells = cells

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column.lower(), "")

    def first(self, *columns: str) -> str:
        """Return the first of several columns that is not empty."""
        return next((self[column] for column in columns if self[column]), "")


def read_rows(path: Path) -> Iterator[Row]:
    """Return the rows of a CSV file after its headings; empty lines are skipped.

    Commas, semicolons and tabs may separate the cells; UTF-8 with or without
    its mark.

    :raises UnreadableFile: if it is no such file.
    """
    csv.field_size_limit(LARGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            heading = file.readline()
            file.seek(0)
            mark = max(",;\t", key=heading.count)
            reader = csv.reader(file, delimiter=mark, strict=True)
            names = [name.strip().lower() for name in next(reader, [])]
            if len(names) < 2:
                raise UnreadableFile(f"{path.name} has no columns.")
            before = reader.line_num
            for cells in reader:
                line, before = before + 1, reader.line_num
                given = dict(zip(names, map(str.strip, cells), strict=False))
                if any(given.values()):
                    yield Row(line, given)
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            f"{path.name} is not UTF-8 text; save it as “CSV UTF-8”."
        ) from error
    except csv.Error as error:
        raise UnreadableFile(
            f"{path.name}, line {reader.line_num}: {error}."
        ) from error
    except OSError as error:
        raise UnreadableFile(
            f"{path.name} cannot be read: {error.strerror}."
        ) from error


def read_money(text: str, currency: str) -> Money:
    """Read a price such as ``1,299.00``, ``1299``, ``۱۲۹۹`` or ``1299,5``.

    :raises ValueError: if it is none, or has more decimals than the currency.
    """
    plain = re.sub(r"[\s\u200e\u200f'٬，]", "", to_ascii(text)).replace("٫", ".")
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    plain = plain.replace(",", ".")
    if not re.fullmatch(r"\d{1,13}(\.\d{1,6})?", plain):
        raise ValueError(text)
    whole, _, rest = plain.partition(".")
    digits = MINOR_DIGITS[currency]
    if rest[digits:].strip("0"):
        raise ValueError(text)
    return Money(int(whole + rest[:digits].ljust(digits, "0")), currency)


def read_count(text: str) -> int:
    """Read a stock figure; below zero counts as none, ``12.0`` as 12.

    :raises ValueError: if it is no whole number.
    """
    found = re.fullmatch(r"(-?)(\d{1,9})(?:\.0*)?", to_ascii(text).strip())
    if not found:
        raise ValueError(text)
    return 0 if found[1] else int(found[2])


#: Grams in a unit of weight, in thousandths (NIST Handbook 44, appendix C).
_GRAMS = {"kg": 1_000_000, "g": 1_000, "lbs": 453_592, "lb": 453_592, "oz": 28_350}


def read_grams(text: str, unit: str) -> int | None:
    """Read a weight; None if empty or zero.

    :raises ValueError: if it is no number or the unit is unknown.
    """
    if not text:
        return None
    found = re.fullmatch(r"(\d{0,7})(?:[.,](\d{1,6}))?", to_ascii(text))
    if not found or unit not in _GRAMS:
        raise ValueError(text)
    rest = (found[2] or "").ljust(6, "0")
    millionths = int(found[1] or 0) * 1_000_000 + int(rest)
    grams = (millionths * _GRAMS[unit] + 500_000_000) // 1_000_000_000
    return grams or (1 if millionths else None)


def spec_of(attribute: AttributeDraft, text: str) -> SpecDraft:
    """Return a value as a number where it is written as one, else as words."""
    try:
        milli = to_milli(text)
    except ValueError:
        return SpecDraft(attribute, words=text)
    if from_milli(milli) != text:
        return SpecDraft(attribute, words=text)
    return SpecDraft(attribute, milli=milli)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def plain_text(html: str) -> str:
    """Return the words of a short HTML text on one line, at most 160 characters."""
    parser = _Text()
    parser.feed(html)
    text = " ".join(" ".join(parser.parts).split())
    if len(text) <= _TAGLINE:
        return text
    return text[:_TAGLINE].rpartition(" ")[0] or text[:_TAGLINE]


def option_code(name: str) -> str:
    """Return the code of an option named so in a file."""
    return _OPTION_CODES.get(name.strip().lower(), make_code(name))


def options_of(
    chosen: Sequence[Mapping[str, str]], language: str
) -> tuple[tuple[OptionDraft, ...], list[dict[str, str]]]:
    """Return the options of variants, and each variant's value codes.

    :param chosen: for each variant its values by option name, in order.
    """
    names: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    codes = []
    for one in chosen:
        mine = {}
        for name, value in one.items():
            option, code = option_code(name), make_code(value)
            names.setdefault(option, name)
            values.setdefault(option, {}).setdefault(code, value)
            mine[option] = code
        codes.append(mine)
    drafts = tuple(
        OptionDraft(
            option,
            {language: name},
            tuple(
                ValueDraft(code, {language: text})
                for code, text in values[option].items()
            ),
        )
        for option, name in names.items()
    )
    return drafts, codes


def find_picture(text: str, folder: Path) -> Path | None:
    """Return the file a picture's text means, inside ``folder`` and nowhere else.

    Nothing is fetched: of an address its path is looked for in the folder, from
    its longest ending to the bare file name.
    """
    parts = urlsplit(text) if re.match("https?://", text) else None
    if parts is not None:
        steps = [step for step in unquote(parts.path).split("/") if step]
        candidates = ["/".join(steps[i:]) for i in range(len(steps))]
    else:
        candidates = [text.removeprefix("file://")]
    root = folder.resolve()
    for candidate in candidates:
        if not candidate or "\0" in candidate:
            continue
        path = (root / candidate).resolve()
        if path.is_relative_to(root) and path.is_file():
            return path
    return None
