"""The shorter way through Jinja prints, and refuses, what the long one does."""

import pytest
from jinja2 import DictLoader, Environment, UndefinedError, select_autoescape
from markupsafe import Markup, escape

from shop.i18n.reader import reading
from shop.i18n.text import Ltr, T
from shop.web import render
from shop.web.engine import printed
from shop.web.pages.parts import Written

MACROS = """
{% macro name(one) %}<b>{{ one }}</b>{% endmacro %}
{% macro box() %}<i>{{ caller() }}</i>{% endmacro %}
"""


def _env(page: str) -> Environment:
    env = Environment(
        loader=DictLoader({"macros.html": MACROS, "page.html": page}),
        autoescape=select_autoescape(),
    )
    render.register(env)
    return env


def _shown(page: str, **values: object) -> str:
    return _env(page).get_template("page.html").render(**values)


@pytest.mark.parametrize(
    "value",
    [
        "<script>alert('x')</script> & \"quotes\"",
        "plain",
        "",
        Ltr("<AN-7>"),
        Markup("<b>bold</b>"),
        T("Only {count} left", count=3),
        Written("<نام>", "fa", "rtl"),
        7,
        None,
    ],
)
def test_a_value_is_escaped_as_markupsafe_does(value: object) -> None:
    with reading("en"):
        assert printed(value) == str(escape(value))
        assert _shown("{{ value }}", value=value) == str(escape(value))


def test_what_a_macro_prints_is_escaped_once() -> None:
    page = '{% from "macros.html" import name, box %}{{ name(one) }}'
    page += "{% call box() %}{{ one }}{% endcall %}{{ ready(name, one) }}"

    shown = _shown(page, one="<a>")

    assert shown == "<b>&lt;a&gt;</b><i>&lt;a&gt;</i><b>&lt;a&gt;</b>"


def test_a_macro_still_gets_the_names_of_its_arguments() -> None:
    page = '{% from "macros.html" import name %}{% for x in "ab" %}'
    page += "{{ name(one=x) }}{% endfor %}"

    assert _shown(page) == "<b>a</b><b>b</b>"


def test_a_missing_value_is_an_error_in_every_place() -> None:
    for page in ("{{ gone }}", "{{ gone() }}", "{{ T(gone) }}"):
        with pytest.raises((UndefinedError, TypeError)):
            _shown(page)


def test_what_was_printed_before_is_printed_again_in_each_language() -> None:
    page = '{% from "macros.html" import name %}{{ ready(name, T("Cart")) }}'
    env = _env(page)

    with reading("en"):
        english = env.get_template("page.html").render()
    with reading("fa"):
        persian = env.get_template("page.html").render()
    with reading("en"):
        again = env.get_template("page.html").render()

    assert english == again == "<b>Cart</b>"
    assert persian != english
