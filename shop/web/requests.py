"""What happens to every request before a view sees it: id, language, market, zone."""

import secrets
from typing import Any
from urllib.parse import quote

from flask import Flask, abort, g, request
from werkzeug.routing import BaseConverter, IntegerConverter, Map

from shop.i18n.languages import languages
from shop.i18n.negotiate import negotiate
from shop.i18n.reader import set_reader
from shop.web.current import current_market

#: Answers that are the same for everybody: they never look at the session.
FILES = frozenset({"static", "media.file"})


class LanguageConverter(BaseConverter):
    """The first part of a path: the URL code of a language that has a catalog."""

    regex = "[a-z]{2,3}(?:-[a-z]+)?"

    def to_python(self, value: str) -> str:
        """Refuse unknown languages, which makes them a 404."""
        if value not in languages():
            from werkzeug.routing import ValidationError

            raise ValidationError
        return value


class IdConverter(IntegerConverter):
    """The id of a row in any digits; longer ones than a database knows are a 404."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**63 - 1)


def register(app: Flask) -> None:
    """Give every request an id and a reader."""
    app.url_map.converters |= {"lang": LanguageConverter, "id": IdConverter}
    app.before_request(_begin)
    app.url_value_preprocessor(_take_language)
    app.url_defaults(_give_language)


def query_string() -> str:
    """Return the query as it stands in the address, for a link to a like page."""
    given = request.query_string
    return quote(given, safe="%=&+,;:/?@!$'()*~-._") if given else ""


def best_language() -> str:
    """Return the language of a reader who named none: cookie, header, default."""
    return negotiate(
        request.headers.get("Accept-Language", ""),
        request.cookies.get("lang", ""),
        list(languages()),
        "en",
    )


def _begin() -> None:
    g.request_id = secrets.token_hex(4)
    code = g.get("lang") or _path_language() or best_language()
    found = languages()[code]
    from zoneinfo import ZoneInfo

    set_reader(found, ZoneInfo("UTC"))
    if request.endpoint not in FILES:
        set_reader(found, current_market().zone)
    if "\0" in request.path or b"%00" in request.query_string:
        abort(404)  # names nothing: no database keeps such a text


def _path_language() -> str:
    """Read the language of a path that no route took: for its 404 page."""
    first = request.path.split("/", 2)[1]
    return first if first in languages() else ""


def _take_language(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    if values and "lang" in values:
        g.lang = values.pop("lang")
        g.here = (request.root_path, g.lang)


def _give_language(endpoint: str, values: dict[str, Any]) -> None:
    from flask import current_app

    if "lang" in values:
        return
    try:
        if not current_app.url_map.is_endpoint_expecting(endpoint, "lang"):
            return
    except KeyError:  # no such endpoint: url_for says so in its own words
        return
    values["lang"] = g.get("lang") or best_language()
