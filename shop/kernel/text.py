"""Which text to show when the reader's language has none: never a blank."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

V = TypeVar("V")


def first_text(
    texts: Mapping[str, V], language: str, chain: Sequence[str] = ("en", "zh", "fa")
) -> tuple[str, V] | None:
    """Return ``(language, text)`` for the reader, else for the first in ``chain``.

    Any remaining language beats nothing; ``None`` only if ``texts`` is empty.
    The language comes back so that the page can mark foreign text (``lang``, ``dir``).
    """
    own = texts.get(language)
    if own:
        return language, own
    plain = language.partition("_")[0]
    for code in (plain, *chain, *sorted(texts)):
        text = texts.get(code)
        if text:
            return code, text
    return None
