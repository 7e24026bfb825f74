"""Which language a reader wants, from the cookie and ``Accept-Language``.

Shelf negotiators answer nothing to a plain ``zh-CN`` (``reference/i18n.md``
1.14), so this one knows that Chinese readers differ by script, not by place.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

#: Other names of our languages -> how we write them.
_ALIASES = {
    "cmn": "zh", "zho": "zh", "chi": "zh", "yue": "zh-hant",
    "pes": "fa", "fas": "fa", "per": "fa", "prs": "fa-af",
}  # fmt: skip
#: Old tags that name a script in the place of a region.
_OLD_SCRIPTS = {"chs": "hans", "cht": "hant"}
_TRADITIONAL = {"tw", "hk", "mo"}
_QUALITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
#: A longer header is nobody's browser.
_LONGEST = 1000


class _Tag(NamedTuple):
    language: str
    script: str
    region: str


def negotiate(
    header: str, cookie: str | None, available: Iterable[str], default: str
) -> str:
    """Return the URL code of the language to greet this reader with.

    The cookie is the reader's own choice and beats the header; a value that is
    no language of ours counts for nothing. ``*`` and ``q=0`` choose nothing.
    """
    codes = list(available)
    if cookie in codes:
        return cookie
    offered = {code: _tag(code) for code in codes}
    for wanted in _wanted(header):
        best = _closest(wanted, offered)
        if best:
            return best
    return default


def _wanted(header: str) -> list[_Tag]:
    """Return the tags of the header, the most wanted first."""
    if len(header) > _LONGEST:
        return []
    found = []
    for part in header.split(","):
        name, _, parameter = part.strip().partition(";")
        quality = parameter.strip().removeprefix("q=").strip() if parameter else "1"
        if not _QUALITY.fullmatch(quality) or float(quality) == 0:
            continue
        if re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", name.strip()):
            found.append((-float(quality), _tag(name.strip())))
    return [tag for _, tag in sorted(found, key=lambda pair: pair[0])]


def _tag(name: str) -> _Tag:
    parts = name.lower().replace("_", "-").split("-u-")[0].split("-")
    if len(parts) > 1 and parts[0] == "zh" and parts[1] in _ALIASES:
        parts = parts[1:]  # zh-cmn-Hans-CN, zh-yue-HK
    parts = _ALIASES.get(parts[0], parts[0]).split("-") + parts[1:]
    parts = [_OLD_SCRIPTS.get(part, part) for part in parts]
    script = next((p for p in parts[1:] if len(p) == 4 and p.isalpha()), "")
    region = next((p for p in parts[1:] if len(p) == 2 or p.isdigit()), "")
    if parts[0] == "zh" and not script:
        script = "hant" if region in _TRADITIONAL else "hans"
    return _Tag(parts[0], script, region)


def _closest(wanted: _Tag, offered: dict[str, _Tag]) -> str | None:
    """Return the offered code that shares most: all, the script, or the language."""
    same = {c: tag for c, tag in offered.items() if tag.language == wanted.language}
    ranks = {
        code: (
            tag == wanted,
            tag.script == wanted.script and not tag.region,
            tag.script == wanted.script,
        )
        for code, tag in same.items()
    }
    return max(ranks, key=lambda code: ranks[code]) if ranks else None
