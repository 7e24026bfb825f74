"""What a translator must not break, found before a reader sees it.

Errors stop a release: a lost placeholder, a tag that is not in the sentence,
a letter of the wrong script. Warnings are advice: the word of the glossary,
a word the shop avoids. Facts in ``reference/i18n.md`` 1.11.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polib

from shop.i18n.extract import SOURCE_LANGUAGE, Key, Message, plural_count, plural_forms
from shop.i18n.languages import TRANSLATIONS

HOLE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
TAG = re.compile(r"</?([A-Za-z][\w-]*)[^<>]*>")
URL = re.compile(r"https?://[^\s<>\"'）»]+")
#: The only tags catalog text may carry; everything else is shown as typed.
ALLOWED_TAGS = frozenset({"b", "em", "strong", "small", "bdi", "br", "kbd", "code"})
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_PERCENT = re.compile(r"%\(\w+\)?")
_THING = "\ufffc"  # stands for a value while the letters are looked at
_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_FA = "\u0621-\u064a\u067e\u0686\u0698\u06a9\u06af\u06cc"
_GLOSSARY = TRANSLATIONS / "glossary.csv"


@dataclass(frozen=True)
class Finding:
    """One thing to put right in one sentence, said so that a translator knows how."""

    level: str  # "error" or "warning"
    rule: str
    text: str
    key: Key | None = None


@dataclass(frozen=True)
class _Rule:
    level: str
    rule: str
    pattern: re.Pattern[str]
    text: str


def _rule(level: str, rule: str, pattern: str, text: str) -> _Rule:
    return _Rule(level, rule, re.compile(pattern), text)


#: Words of COPY_STYLE that the shop avoids.
_AVOIDED_FA = (
    "عودت|استرداد|نامعتبر|می‌باشد|کنسل|سرچ|آدرس|شگفت‌انگیز|بهترین|تضمینی|"
    r"کلیک کنید|کاربر گرامی|نمودن|(?<![\w\u200c])گردید"
)
_AVOIDED_ZH = (
    "秒杀|全网最低|最佳|国家级|顶级|原价|订金|随机|支付失败|非法输入|用户不存在|帐户|"
    "登陆|预定"
)
_LONE_NUMBER = r"(?<![A-Za-z0-9\-./])[0-9]+(?![A-Za-z0-9\-./])"
_EDGE_ZWNJ = "^\u200c|\u200c$|\u200c\u200c|\u200c(?=[ .،؛؟])|(?<= )\u200c"
_SAYS_NOT = "the shop does not say {found} (STYLE.md)"
#: Spelling and punctuation by language; ``{found}`` is what was found.
_SCRIPT_RULES: Mapping[str, tuple[_Rule, ...]] = {
    "fa": (
        _rule(
            "error",
            "arabic-letter",
            "[\u064a\u0643\u0629\u0649\u06c0]",
            "{found} is an Arabic letter: write ی, ک or هٔ",
        ),
        _rule("error", "arabic-digit", "[٠-٩]", "{found}: write ۰ to ۹"),
        _rule("error", "half-width", f"[{_FA}][,;?]", "{found}: write ، ؛ ؟"),
        _rule("error", "zwnj", _EDGE_ZWNJ, "a half-space at a word's edge or twice"),
        _rule(
            "warning", "zwnj", "[اآدذرزژو]\u200c", "no half-space is seen after {found}"
        ),
        _rule("warning", "latin-digit", _LONE_NUMBER, "{found}: write Persian digits"),
        _rule("warning", "avoided", _AVOIDED_FA, _SAYS_NOT),
    ),
    "zh": (
        _rule(
            "error",
            "half-width",
            f"[{_HAN}][,;:!?]|[,;:!?][{_HAN}]",
            "{found}: write ，；：！？ beside Chinese",
        ),
        _rule(
            "error",
            "half-width",
            rf"[{_HAN}][()]|[()][{_HAN}]",
            "{found}: write （ ） beside Chinese",
        ),
        _rule("error", "pronoun", "你", "write 您, or leave the pronoun out"),
        _rule(
            "warning",
            "space",
            f"[{_HAN}] [{_HAN}]|[，。：；？！] | [，。：；？！]",
            "“{found}”: no space here",
        ),
        _rule("warning", "avoided", _AVOIDED_ZH, _SAYS_NOT),
    ),
}


def lint_text(
    language: str, msgid: str, msgstr: str, plural: str = ""
) -> list[Finding]:
    """Return what is wrong with one translated sentence, errors first.

    ``plural`` is the English sentence for many, if there is one; the caller
    passes the form of the target through ``msgstr``, one at a time.
    """
    found = [*_structure(msgid, plural, msgstr), *_script(language, msgstr)]
    if language != SOURCE_LANGUAGE and msgstr == msgid and _is_prose(msgid):
        found.append(Finding("warning", "copy", "this is still the English sentence"))
    return sorted(found, key=lambda f: f.level)


def lint_source(message: Message) -> list[Finding]:
    """Return what is wrong with an English sentence of the program itself."""
    texts = (
        [message.key.msgid, message.plural] if message.plural else [message.key.msgid]
    )
    found = [f for text in texts for f in _structure(text, "", text)]
    if message.plural and "count" not in HOLE.findall(message.plural):
        found.append(Finding("error", "placeholder", "the plural must say {count}"))
    return [Finding(f.level, f.rule, f.text, message.key) for f in found]


def _structure(msgid: str, plural: str, msgstr: str) -> Iterator[Finding]:
    wanted = set(HOLE.findall(msgid)) | set(HOLE.findall(plural))
    for name in sorted(set(HOLE.findall(msgstr)) - wanted):
        yield Finding(
            "error", "placeholder", f"{{{name}}} is not in the English sentence"
        )
    # "One item" may leave the count out in any language's form for one.
    needed = set(HOLE.findall(plural or msgid))
    for name in sorted(needed - set(HOLE.findall(msgstr))):
        yield Finding("error", "placeholder", f"{{{name}}} is missing")
    if re.search(r"[{}｛｝]", HOLE.sub("", msgstr)):
        yield Finding(
            "error", "brace", "a { or } is left alone or its name is not Latin"
        )
    if _PERCENT.search(msgstr) and not _PERCENT.search(msgid):
        yield Finding("error", "percent", "%(…) fills nothing here: write {name}")
    yield from _tags(msgid, plural, msgstr)
    if _BIDI.search(msgstr):
        yield Finding("error", "bidi", "take the invisible direction control out")
    if msgstr != msgstr.strip() and msgid == msgid.strip():
        yield Finding("error", "edge-space", "a space or new line at the edge")
    if msgstr.count("\n") != msgid.count("\n"):
        yield Finding("error", "newline", "the number of line breaks differs")
    if Counter(URL.findall(msgstr)) != Counter(URL.findall(msgid)):
        yield Finding("error", "url", "the web address differs from the English one")
    if re.search("[!！]", msgstr):
        yield Finding(
            "warning", "exclamation", "the shop does not shout: take the ! out"
        )


def _tags(msgid: str, plural: str, msgstr: str) -> Iterator[Finding]:
    tags = [tag[0] for tag in TAG.finditer(msgstr)]
    for tag in tags:
        if (
            tag.removeprefix("</").removeprefix("<").removesuffix(">")
            not in ALLOWED_TAGS
        ):
            yield Finding("error", "tag", f"{tag} is not allowed in a sentence")
    if Counter(tags) != Counter(tag[0] for tag in TAG.finditer(plural or msgid)):
        yield Finding("error", "tag", "the tags differ from the English sentence")
    open_tags: list[str] = []
    for tag in tags:
        name = tag.strip("</>")
        if name == "br":
            continue
        if not tag.startswith("</"):
            open_tags.append(name)
        elif not open_tags or open_tags.pop() != name:
            yield Finding("error", "tag", f"{tag} closes what was not opened")
            return
    if open_tags:
        yield Finding("error", "tag", f"<{open_tags[-1]}> is never closed")


def _script(language: str, msgstr: str) -> Iterator[Finding]:
    plain = URL.sub(_THING, TAG.sub("", HOLE.sub(_THING, msgstr)))
    for rule in _SCRIPT_RULES.get(language, ()):
        hit = rule.pattern.search(plain)
        if hit:
            yield Finding(rule.level, rule.rule, rule.text.replace("{found}", hit[0]))


def _is_prose(text: str) -> bool:
    words = re.findall(r"[a-z]{2,}", TAG.sub("", HOLE.sub("", text)))
    return len(words) >= 2


@dataclass(frozen=True)
class Term:
    """One line of the glossary: an English term and the words agreed for it."""

    english: str
    words: Mapping[str, str]


def read_glossary(path: Path = _GLOSSARY) -> list[Term]:
    """Return the agreed terms; none if there is no glossary."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Term(
            re.sub(r"\s*\(.*\)", "", row["term_en"]), {"zh": row["zh"], "fa": row["fa"]}
        )
        for row in rows
    ]


def lint_glossary(
    language: str, msgid: str, msgstr: str, terms: Iterable[Term]
) -> list[Finding]:
    """Return the agreed words that a translation does not use, longest term first.

    A term inside a longer one that matched does not count on its own.
    """
    left, found = f" {HOLE.sub('', msgid).lower()} ", []
    said = re.sub("[\u200c ]", "", msgstr)
    for term in sorted(terms, key=lambda t: -len(t.english)):
        pattern = re.compile(rf"\b{re.escape(term.english.lower())}(s|es)?\b")
        word = term.words.get(language, "")
        if not word or not pattern.search(left):
            continue
        left = pattern.sub(" ", left)
        if re.sub("[\u200c ]", "", word) not in said:
            text = f"the glossary says {word} for “{term.english}”"
            found.append(Finding("warning", "glossary", text))
    return found


def lint_catalog(
    language: str,
    po: polib.POFile,
    messages: Mapping[Key, Message],
    terms: Iterable[Term] = (),
) -> list[Finding]:
    """Return everything wrong with a catalog: header, completeness, each sentence."""
    found = list(_header(language, po))
    terms = list(terms)
    seen: Counter[Key] = Counter()
    for entry in po:
        if entry.obsolete:
            continue
        key = Key(entry.msgctxt, entry.msgid)
        seen[key] += 1
        found += [
            Finding(f.level, f.rule, f.text, key)
            for f in _entry(language, entry, terms)
        ]
    for key in messages.keys() - seen.keys():
        found.append(Finding("error", "update", "not in the catalog: run update", key))
    for key in seen.keys() - messages.keys():
        found.append(
            Finding("error", "update", "no longer in the program: run update", key)
        )
    for key, count in seen.items():
        if count > 1:
            found.append(Finding("error", "duplicate", "stands twice", key))
        if key in messages and _plural_of(po, key) != messages[key].plural:
            found.append(
                Finding("error", "update", "the plural changed: run update", key)
            )
    return found


def _plural_of(po: polib.POFile, key: Key) -> str:
    entry = po.find(key.msgid, msgctxt=key.context or False)
    return str(entry.msgid_plural) if entry else ""


def _header(language: str, po: polib.POFile) -> Iterator[Finding]:
    if po.metadata.get("Language") != language:
        yield Finding("error", "header", f"Language must be {language}")
    if po.metadata.get("Plural-Forms") != plural_forms(language):
        yield Finding(
            "error", "header", f"Plural-Forms must be {plural_forms(language)}"
        )
    if "charset=utf-8" not in po.metadata.get("Content-Type", "").lower():
        yield Finding("error", "header", "Content-Type must say charset=utf-8")


def _entry(language: str, entry: polib.POEntry, terms: list[Term]) -> list[Finding]:
    if entry.fuzzy:
        return [Finding("error", "fuzzy", "not reviewed (fuzzy): readers see English")]
    if not entry.msgid_plural:
        if not entry.msgstr:
            return _missing(language)
        found = lint_text(language, entry.msgid, entry.msgstr)
        return found + lint_glossary(language, entry.msgid, entry.msgstr, terms)
    forms = entry.msgstr_plural
    if len(forms) != plural_count(language) or not all(forms.values()):
        return [
            Finding("error", "plural", f"needs {plural_count(language)} plural forms")
        ]
    last = len(forms) - 1
    found = [
        finding
        for index, text in sorted(forms.items())
        for finding in lint_text(language, entry.msgid, text, entry.msgid_plural)
        if not (finding.text == "{count} is missing" and index < last)
    ]
    return found + lint_glossary(language, entry.msgid_plural, forms[last], terms)


def _missing(language: str) -> list[Finding]:
    """An English sentence needs no translation into English."""
    if language == SOURCE_LANGUAGE:
        return []
    return [Finding("error", "missing", "not translated")]
