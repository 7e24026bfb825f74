"""The .po files themselves are read, at start and on change; nothing is compiled."""

import io
import os
from gettext import GNUTranslations, NullTranslations

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from shop.i18n.languages import TRANSLATIONS

_loaded: dict[str, tuple[int, NullTranslations]] = {}
#: Languages whose file was looked at since the reader began: once a page is enough.
_looked_at: set[str] = set()


def look_again() -> None:
    """Notice a changed catalog from here on: called when somebody begins to read."""
    _looked_at.clear()


def catalog(code: str) -> NullTranslations:
    """Return the messages of a language; its English sentences where it has none.

    A fuzzy entry never reaches a reader. Reads the file again when its mtime
    changes, so a translator sees a saved text on the next page.
    """
    hit = _loaded.get(code)
    if hit is not None and code in _looked_at:
        return hit[1]
    try:
        stamp = os.stat(_path(code)).st_mtime_ns  # noqa: PTH116 (see _path)
    except OSError:
        return NullTranslations()
    if hit is None or hit[0] != stamp:
        hit = _loaded[code] = (stamp, _read(code))
    _looked_at.add(code)
    return hit[1]


def _path(code: str) -> str:
    """Return where a catalog lies; a ``Path`` would take ten times as long."""
    return f"{TRANSLATIONS}/{code}/LC_MESSAGES/messages.po"


def _read(code: str) -> NullTranslations:
    with open(_path(code), "rb") as file:  # noqa: PTH123
        messages = read_po(file, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return GNUTranslations(compiled)
