"""Every sentence of the code and the templates, and how catalogs follow them.

Babel finds the sentences, polib writes the files. Nothing that changes by
itself is written (no dates, no line numbers), so that a diff shows words.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import polib
from babel import Locale, UnknownLocaleError
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.plural import to_gettext

from shop.i18n.languages import KNOWN, TRANSLATIONS

ROOT = TRANSLATIONS.parent
KEYWORDS = {"T": None, "L": None, "TN": (1, 2), "TP": ((1, "c"), 2)}
#: A comment that begins so is shown to translators.
COMMENT_TAG = "Translators:"
#: Whose sentences are the msgids themselves.
SOURCE_LANGUAGE = "en"
_WIDTH = 88
_LINE = re.compile(r'(#.*|(msg\w+(\[\d+\])?\s+)?"([^"\\]|\\.)*")?')


class Key(NamedTuple):
    """What makes two sentences the same one in a catalog."""

    context: str | None
    msgid: str


@dataclass
class Message:
    """One sentence of the program and where it stands."""

    key: Key
    plural: str = ""
    files: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Changes:
    """What an update did to one catalog, in numbers of sentences."""

    added: int
    revived: int
    removed: int


def extract(root: Path = ROOT) -> dict[Key, Message]:
    """Return every sentence of the program, in order of file and line.

    :raises jinja2.TemplateSyntaxError: if a template cannot be read.
    """
    with (root / "translations" / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found: dict[Key, Message] = {}
    rows = extract_from_dir(
        root, methods, options, KEYWORDS, [COMMENT_TAG],
        strip_comment_tags=True, directory_filter=lambda path: _is_ours(path, root),
    )  # fmt: skip
    for file_name, _line, said, comments, context in sorted(rows, key=lambda r: r[:2]):
        msgid, plural = (said, "") if isinstance(said, str) else said
        message = found.setdefault(Key(context, msgid), Message(Key(context, msgid)))
        message.plural = message.plural or plural
        if file_name not in message.files:
            message.files.append(file_name)
        message.comments += [c for c in comments if c not in message.comments]
    return found


def _is_ours(path: str | os.PathLike[str], root: Path) -> bool:
    inside = Path(path).resolve().relative_to(root.resolve()).parts
    return not inside or (inside[0] == "shop" and not inside[-1].startswith((".", "_")))


def catalog_path(code: str, folder: Path = TRANSLATIONS) -> Path:
    """Return where the catalog of a language lies: ``fa/LC_MESSAGES/messages.po``."""
    return folder / code / "LC_MESSAGES" / "messages.po"


def read_catalog(path: Path) -> polib.POFile:
    """Read one catalog.

    polib closes a quotation mark by itself and eats the last letter, so every
    line is looked at first.

    :raises OSError: if the file is not a catalog; its message names the line.
    """
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not _LINE.fullmatch(line.strip()):
            raise OSError(f"{path}: line {number} is not closed or not understood")
    return polib.pofile(str(path), encoding="utf-8", wrapwidth=_WIDTH)


def write_catalog(po: polib.POFile, path: Path) -> None:
    """Write one catalog whole or not at all: the shop may be reading it."""
    fresh = path.with_suffix(".po.new")
    text = str(po).removeprefix("#\n")  # polib's empty comment
    fresh.write_text(text + "\n" * (not text.endswith("\n")), encoding="utf-8")
    fresh.replace(path)


def create(code: str, folder: Path = TRANSLATIONS) -> Path:
    """Begin the catalog of a language with its header and nothing else.

    :raises FileExistsError: if there is one; it is left as it is.
    """
    path = catalog_path(code, folder)
    if path.exists():
        raise FileExistsError(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    po = polib.POFile(encoding="utf-8", wrapwidth=_WIDTH)
    po.metadata = {
        "Project-Id-Version": "Anar",
        "Language": code,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": plural_forms(code),
    }
    write_catalog(po, path)
    return path


def plural_forms(code: str) -> str:
    """Return the header that a catalog of this language must carry.

    From CLDR where the language is new: Babel's own table gives Persian one
    form, which is wrong (``reference/i18n.md`` 1.10). Two forms, as in
    English, for a language CLDR does not know.
    """
    if code in KNOWN:
        return KNOWN[code].plural_forms
    try:
        return to_gettext(Locale.parse(code).plural_form)
    except (UnknownLocaleError, ValueError):
        return "nplurals=2; plural=(n != 1);"


def plural_count(code: str) -> int:
    """Return how many plural forms a language has."""
    return int(plural_forms(code).split("nplurals=")[1].split(";")[0])


def merge(po: polib.POFile, code: str, messages: Iterable[Message]) -> Changes:
    """Make ``po`` hold exactly ``messages``, keeping every word translated so far.

    A sentence that is gone stays at the end as obsolete and comes back with
    its translation if the sentence does. The header keeps its constants.
    """
    old = {Key(entry.msgctxt, entry.msgid): entry for entry in po}
    po.metadata["Language"] = code
    po.metadata["Plural-Forms"] = plural_forms(code)
    entries, added, revived = [], 0, 0
    for message in messages:
        entry = old.pop(message.key, None)
        if entry is None:
            entry = polib.POEntry(msgctxt=message.key.context, msgid=message.key.msgid)
            added += 1
        revived += bool(entry.obsolete)
        _describe(entry, message, code)
        entries.append(entry)
    removed = 0
    for entry in sorted(old.values(), key=lambda e: (e.msgid, e.msgctxt or "")):
        removed += not entry.obsolete
        if entry.msgstr or any(entry.msgstr_plural.values()):
            entry.obsolete, entry.occurrences = 1, []
            entries.append(entry)
    po[:] = entries
    return Changes(added, revived, removed)


def _describe(entry: polib.POEntry, message: Message, code: str) -> None:
    entry.obsolete = 0
    entry.occurrences = [(name, "") for name in message.files]
    entry.comment = "\n".join(message.comments)
    entry.flags = [flag for flag in entry.flags if flag == "fuzzy"]
    if not message.plural:
        entry.msgid_plural, entry.msgstr_plural = "", {}
        return
    entry.msgid_plural = message.plural
    said = entry.msgstr_plural
    entry.msgstr = ""
    entry.msgstr_plural = {n: said.get(n, "") for n in range(plural_count(code))}
    if code == SOURCE_LANGUAGE:
        entry.msgstr_plural = {0: message.key.msgid, 1: message.plural}
