"""Bad input is answered, never with a 500: every route, hostile values everywhere.

Values go into the path, the query, the form, files and headers. What is tried
is the same on every run; ``HOSTILE_ROUNDS`` asks for more of it.
"""

import io
import os
import random
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.web.storefront.conftest import Visitor
from tests.web.world import World, build, forms, shop_until_review, sign_in

ROUNDS = int(os.environ.get("HOSTILE_ROUNDS", "4"))
WEB = Path(__file__).parents[2] / "shop" / "web"
#: Bytes, so that what is no text at all can be sent, too.
VALUES = tuple(
    value if isinstance(value, bytes) else value.encode()
    for value in (
        "", " ", "0", "-1", "9" * 400, str(2**31), str(2**63), str(2**64), "1e309",
        "NaN", "-0", "1.5", "۱۲۳", "٣" * 40, "²", "Ⅷ", "①", "½", "十二", "१२",
        "\0", "a\0b", b"\xff\xfe", b"\xed\xa0\x80", "\u202eabc\u2066", "\ufeff",
        "'\"><script>alert(1)</script>", "' or 1=1 --", "{page}", "{0.__class__}",
        "%s%n", "%", "%(n)s", "../../../etc/passwd", "..\\..\\x", "//evil.example/",
        "/\\evil.example", "javascript:alert(1)", "a\r\nSet-Cookie: x=1",
        "9999-99-99", "2026-02-30", "1405/12/31", "25:99", "24:00", "٫", ",", ".",
        "[]", '{"a": [1]}', "true", "null", "None", "a" * 60_000, "😀" * 300,
        "ی" * 2_000, "\t\n\r", "*", '"', "NEAR(a b)", "a AND", "-", "^", "~", "\\",
    )
)  # fmt: skip
_NAME = re.compile(
    r'(?:typed|typed_int|typed_long|get|getlist)\(\s*f?"([a-z_0-9{}.]+)"'
)


def names() -> list[str]:
    """Return the name of every field and every part of a query that a view reads."""
    found = {
        name
        for path in sorted(WEB.rglob("*.py"))
        for name in _NAME.findall(path.read_text())
    }
    made = {"price_cn", "price_ir", "seen_price_cn", "alt_zh", "least.screen_in",
            "most.screen_in", "f.water", "f.", "city", "district", "province",
            "street", "phone", "postcode", "country", "email"}  # fmt: skip
    return sorted({one for one in found if "{" not in one} | made)


@pytest.fixture
def world(app: Flask, now: datetime) -> World:
    """Return a shop in which everything exists."""
    return build(app, now)


@pytest.fixture
def browser(world: World, now: datetime) -> FlaskClient:
    """Return a browser that is the owner's, with a cart that is nearly bought."""
    made = Visitor(world.app, world.app.response_class)
    shop_until_review(made)
    sign_in(made, world.owner, now)
    return made


def rules(app: Flask) -> list[Rule]:
    """Return every route but that of the files."""
    found = [one for one in app.url_map.iter_rules() if one.endpoint != "static"]
    return sorted(found, key=lambda one: (one.endpoint, one.rule))


def query(pairs: list[tuple[str, bytes]]) -> str:
    """Return pairs as they stand in an address or in the body of a form."""
    return "&".join(f"{name}={quote_from_bytes(value, '')}" for name, value in pairs)


def test_no_value_in_a_path_is_a_500(world: World, browser: FlaskClient) -> None:
    broken = []
    for rule in rules(world.app):
        for name in sorted(rule.arguments):
            for value in _path_values(rule.rule + name):
                path = _with(world, rule, name, quote_from_bytes(value, ""))
                for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                    if browser.open(path, method=method).status_code >= 500:
                        broken.append((method, rule.rule, name, value))
    assert not broken


def _path_values(seed: str) -> list[bytes]:
    """Return the worst values for one part of a path, and some by chance."""
    worst = [b"\0", b"\xff\xfe", b"9" * 400, b"2147483648", b"9223372036854775807"]
    usable = [value for value in VALUES if value and len(value) <= 500]
    return worst + random.Random(seed).sample(usable, k=min(ROUNDS, len(usable)))


def _with(world: World, rule: Rule, name: str, value: str) -> str:
    """Return an address of the rule with one part replaced by something else."""
    good = world.path(rule)
    parts = re.split(r"<(?:[^:<>]+:)?(\w+)>", rule.rule)
    shape = "".join(
        re.escape(part) if place % 2 == 0 else f"(?P<{part}>.+?)"
        for place, part in enumerate(parts)
    )
    found = re.fullmatch(shape, good)
    assert found is not None, (shape, good)
    start, end = found.span(name)
    return good[:start] + value + good[end:]


def test_no_value_in_a_query_or_a_form_is_a_500(
    world: World, browser: FlaskClient
) -> None:
    known, offered, broken = names(), _offered(world, browser), []
    for rule in rules(world.app):
        chance = random.Random(rule.rule)
        path = world.path(rule)
        base = offered.get(path, {})
        for turn in range(ROUNDS):
            pairs = _spoil(base, known, chance, 3 + 4 * turn)
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                if _send(browser, method, path, query(pairs)).status_code >= 500:
                    broken.append((method, rule.rule, pairs))
    assert not broken


def _spoil(
    base: dict[str, str], known: list[str], chance: random.Random, count: int
) -> list[tuple[str, bytes]]:
    """Return what a form would send with some of its fields, and others, spoilt."""
    fields = {name: value.encode() for name, value in base.items()}
    every = sorted({*fields, *known})
    spoilt = chance.sample(every, k=min(count, len(every)))
    if fields:
        spoilt.append(chance.choice(sorted(fields)))
    fields |= {name: chance.choice(VALUES) for name in spoilt}
    lists = [(f"{name}[]", b"x") for name in spoilt[:2]]
    twice = [(name, chance.choice(VALUES)) for name in spoilt[:3]]
    return [*fields.items(), *lists, *twice]


def _offered(world: World, browser: FlaskClient) -> dict[str, dict[str, str]]:
    """Return what the pages' own forms would send, by where they send it."""
    found: dict[str, dict[str, str]] = {}
    for rule in rules(world.app):
        if "GET" in (rule.methods or set()):
            for action, values in forms(browser.get(world.path(rule))).items():
                found.setdefault(action, {}).update(values)
    return found


def _send(browser: FlaskClient, method: str, path: str, text: str) -> Any:
    if method == "GET":
        return browser.get(f"{path}?{text}"[:60_000])
    kind = "application/x-www-form-urlencoded"
    return browser.post(path, data=text, content_type=kind)


BODIES: tuple[tuple[str, bytes], ...] = (
    ("application/json", b'{"a": ['),
    ("application/json", b"[1, null]"),
    ("text/xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data"),
    ("multipart/form-data", b"no boundary"),
    ("application/x-www-form-urlencoded; charset=utf-99", b"a=%ff%fe&=&&=%"),
    ("a/b; c=\x00".replace("\x00", ""), b"\x00" * 100),
)


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_no_body_is_a_500(world: World, browser: FlaskClient, number: int) -> None:
    kind, body = BODIES[number]
    for rule in rules(world.app):
        if "POST" in (rule.methods or set()):
            answer = browser.post(world.path(rule), data=body, content_type=kind)
            assert answer.status_code < 500, (kind, rule.rule)


def test_a_file_for_a_word_and_a_word_for_a_file_are_no_500(
    world: World, browser: FlaskClient
) -> None:
    for rule in rules(world.app):
        if "POST" not in (rule.methods or set()):
            continue
        path = world.path(rule)
        files = {name: (io.BytesIO(b"\x89PNG\r\n"), "a\0/../b.png") for name in names()}
        assert browser.post(path, data=files).status_code < 500, path
        words: dict[str, Any] = {"file": "word", "picture": "word"}
        kind = "multipart/form-data"
        assert browser.post(path, data=words, content_type=kind).status_code < 500, path


@pytest.mark.parametrize(
    "header",
    ["Accept-Language", "User-Agent", "Referer", "Cookie", "Range", "If-Modified-Since",
     "If-None-Match", "Accept", "Origin", "Sec-Fetch-Site", "X-Forwarded-For",
     "X-Forwarded-Host", "Content-Type", "If-Range"],
)  # fmt: skip
def test_no_header_is_a_500(world: World, browser: FlaskClient, header: str) -> None:
    for value in VALUES:
        text = value.decode("latin-1")
        if any(char in text for char in "\r\n\0") or len(text) > 8_000:
            continue  # no server hands these on
        for path in ("/", "/fa/cart", "/media/phone--ink.svg"):
            answer = browser.get(path, headers={header: text})
            assert answer.status_code < 500, (path, header, value)
