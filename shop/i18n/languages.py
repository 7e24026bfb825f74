"""The languages of the shop: one folder in ``translations/`` each."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from babel import Locale, UnknownLocaleError

TRANSLATIONS = Path(__file__).parents[2] / "translations"


@dataclass(frozen=True)
class Language:
    """How one language is written; nothing about money or places.

    ``code`` is the folder name (``zh``, later ``zh_Hant``), ``url`` the first
    part of every path in it.
    """

    code: str
    html: str
    hreflang: str
    name: str
    direction: Literal["ltr", "rtl"] = "ltr"
    digits: Literal["latin", "persian"] = "latin"
    calendar: Literal["gregorian", "jalali"] = "gregorian"
    og: str = ""
    plural_forms: str = "nplurals=2; plural=(n != 1);"

    @property
    def url(self) -> str:
        """The first part of every path in this language: ``zh_Hant`` -> ``zh-hant``."""
        return self.code.lower().replace("_", "-")


KNOWN = {
    "en": Language("en", "en", "en", "English", og="en_US"),
    "zh": Language(
        "zh", "zh-Hans-CN", "zh-Hans", "中文", og="zh_CN",
        plural_forms="nplurals=1; plural=0;",
    ),
    "fa": Language(
        "fa", "fa-IR", "fa", "فارسی", "rtl", "persian", "jalali", og="fa_IR",
        plural_forms="nplurals=2; plural=(n > 1);",
    ),
}  # fmt: skip


def _unknown(code: str) -> Language:
    """Describe a folder a translator added, from CLDR as far as it knows it."""
    try:
        locale = Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return Language(code, code.replace("_", "-"), code.replace("_", "-"), code)
    rtl = locale.text_direction == "rtl"
    tag = code.replace("_", "-")
    name = locale.get_display_name() or code
    return Language(code, tag, tag, name, "rtl" if rtl else "ltr", og=code)


@cache
def languages() -> dict[str, Language]:
    """Return every language that has a catalog, by URL code, in menu order."""
    found = sorted(
        p.parent.parent.name for p in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po")
    )
    order: list[str] = [c for c in ("zh", "fa", "en") if c in found]
    order += [c for c in found if c not in order]
    made = [KNOWN.get(code) or _unknown(code) for code in order]
    return {language.url: language for language in made}
