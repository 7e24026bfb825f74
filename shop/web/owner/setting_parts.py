"""What a page of settings is made of: parts with entries, each read, compared, kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from flask import request

from shop.accounts import service as accounts
from shop.accounts.models import Staff
from shop.i18n.digits import to_int
from shop.i18n.text import T
from shop.kernel.errors import ShopError
from shop.markets.identifiers import tidy
from shop.web.messages import say
from shop.web.pages.parts import Field, Option, Words
from shop.web.visit import typed

#: A key in PEM form fits; more than this is no setting.
LONGEST = 20_000
#: What ``read`` returns for "leave it as it is": a secret nobody typed again.
KEEP = object()


class NotAllowed(ValueError):
    """What was typed cannot be a value of this setting; ``words`` say why."""

    def __init__(self, words: Words) -> None:
        super().__init__(str(words))
        self.words = words


@dataclass(frozen=True)
class Entry:
    """One setting: its field (``box``), its value, how to read and to keep another.

    ``log`` turns a value into what the log may say: a secret only by its last four.
    """

    box: Field
    old: Any
    write: Callable[[Any, datetime], None]
    read: Callable[[str], Any] = tidy
    log: Callable[[Any], Any] = field(default=lambda value: value)


@dataclass(frozen=True)
class Part:
    """A group of settings with one save button. ``subject`` names it in the log."""

    id: str
    title: Words
    entries: Sequence[Entry]
    subject: str
    action: str
    line: Words = ""
    is_on: bool | None = None
    can_test: bool = False


def typed_long(name: str) -> str:
    """Return a field as typed, with room for a key."""
    return typed(name, LONGEST)


def read(part: Part) -> tuple[dict[str, Any], dict[str, Words]]:
    """Return the new values of a part by field, and what is wrong with the others."""
    values: dict[str, Any] = {}
    errors: dict[str, Words] = {}
    for entry in part.entries:
        name = entry.box.name
        if entry.box.kind == "check":
            values[name] = name in request.form
            continue
        if name not in request.form:
            values[name] = KEEP
            continue
        try:
            values[name] = entry.read(typed_long(name))
        except NotAllowed as refusal:
            errors[name] = refusal.words
        except ShopError as refusal:
            errors[name] = say(refusal)
    return values, errors


def keep(part: Part, values: Mapping[str, Any], staff: Staff, now: datetime) -> int:
    """Write what differs, with one row of the log; return how many.

    Needs a transaction.
    """
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for entry in part.entries:
        name = entry.box.name
        new = values[name]
        if new is KEEP or new == entry.old:
            continue
        entry.write(new, now)
        before[name], after[name] = entry.log(entry.old), entry.log(new)
    if after:
        accounts.log(staff, part.action, part.subject, now, before=before, after=after)
    return len(after)


def fields(part: Part, errors: Mapping[str, Words]) -> tuple[Field, ...]:
    """Return the fields of a part; after a refusal with what was typed."""
    return tuple(_field(entry.box, part.id, errors) for entry in part.entries)


def _field(one: Field, part: str, errors: Mapping[str, Words]) -> Field:
    named = replace(one, element_id=f"{part}-{one.name}")
    if not errors:
        return named
    text = typed_long(one.name)
    shown = "" if one.kind == "password" else text
    return replace(
        named,
        error=errors.get(one.name, ""),
        value=one.value if one.kind == "check" else shown,
        checked=one.name in request.form,
        options=tuple(replace(x, selected=x.value == text) for x in one.options),
    )


def line(
    name: str,
    label: Words,
    old: str,
    write: Callable[[Any, datetime], None],
    read: Callable[[str], Any] = tidy,
    *,
    ltr: bool = False,
    inputmode: str = "",
) -> Entry:
    """Return an entry that is one line of text."""
    shown = Field(
        name=name,
        label=label,
        value=old,
        optional=True,
        autocomplete="off",
        inputmode=inputmode,
        ltr=ltr,
    )
    return Entry(shown, old, write, read)


def tick(
    name: str, label: Words, old: bool, write: Callable[[Any, datetime], None]
) -> Entry:
    """Return an entry that is on or off."""
    box = Field(name=name, label=label, kind="check", value="1", checked=old)
    return Entry(box, old, write)


def choice(
    name: str,
    label: Words,
    old: str,
    options: Sequence[tuple[str, Words]],
    write: Callable[[Any, datetime], None],
) -> Entry:
    """Return an entry that is one of a list."""
    known = [code for code, _ in options]

    def one_of(text: str) -> str:
        if text not in known:
            raise NotAllowed(T("Choose one of the list"))
        return text

    shown = tuple(Option(code, words, code == old) for code, words in options)
    return Entry(
        Field(
            name=name, label=label, kind="select", options=shown, value=old, short=True
        ),
        old,
        write,
        one_of,
    )


def whole_number(most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers up to ``most``, any digits."""

    def read(text: str) -> int:
        try:
            value = to_int(text)
        except ValueError as error:
            raise NotAllowed(T("Enter a whole number")) from error
        if value > most:
            raise NotAllowed(T("Enter {count} at most", count=most))
        return value

    return read
