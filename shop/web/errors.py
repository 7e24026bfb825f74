"""What a reader sees when something goes wrong: their language, a way on, an id."""

import logging
from typing import Any

from flask import Flask, Response, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from markupsafe import Markup
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from shop.accounts.rules import TriedTooOften
from shop.i18n.text import T
from shop.kernel.errors import ShopError
from shop.web import frame
from shop.web.current import config, language, request_id
from shop.web.messages import say
from shop.web.pages.errors import ErrorPage
from shop.web.pages.parts import Link
from shop.web.shelves import categories

log = logging.getLogger("shop.web")
#: Pages that need neither database nor links.
BARE = frozenset({400, 403, 404, 405, 409, 413, 429, 500, 503})


def register(app: Flask) -> None:
    """Answer every failure with a page; nothing shows a trace."""
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(TriedTooOften, _too_often)
    app.register_error_handler(ShopError, _refused)
    app.register_error_handler(OperationalError, _away)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _broken)


def page(status: int, template: str = "", **facts: Any) -> Response:
    """Render the page of an error; a bare one if even that fails."""
    name = f"errors/{template or status}.html"
    try:
        facts = {"request_id": request_id(), "links": _links(status)} | facts
        body = render_template([name, "errors/400.html"], page=ErrorPage(**facts))
    except Exception:
        log.exception("the page of an error failed")
        return _without_database(status if status in BARE else 500)
    return make_response(body, status)


def _http(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return make_response(error.get_response())
    if request.endpoint == "static":
        return make_response(error.get_response())
    if isinstance(error, SecurityError):
        return _no_host()
    facts: dict[str, Any] = {}
    if error.code == 413:
        facts["max_megabytes"] = config().max_upload_mb
    answer = page(error.code, **facts)
    if error.code == 405:
        answer.headers["Allow"] = error.get_response().headers.get("Allow", "")
    return answer


def _no_host() -> Response:
    """Refuse a host name that is not the shop's: no address can be built there."""
    log.warning("refused a host name that is not in trusted_hosts")
    lang, words = language(), T("We could not read this request")
    body = Markup('<!doctype html><html lang="{}" dir="{}"><title>{}</title><p>{}')
    return make_response(body.format(lang.html, lang.direction, str(words), words), 400)


def _csrf(_error: CSRFError) -> Response:
    return page(400, "400-csrf", back_url=request.path)


def _refused(error: ShopError) -> Response:
    """A refusal that its view did not show beside a field."""
    return page(409, reason=say(error))


def _too_often(error: TriedTooOften) -> Response:
    answer = page(429, again_at=error.again_at)
    answer.headers["Retry-After"] = "60"
    return answer


def _away(error: OperationalError) -> Response:
    """The database is busy or gone: nothing was kept, so trying again is safe."""
    log.error("database away", exc_info=error)
    answer = _without_database(503)
    answer.headers["Retry-After"] = "30"
    return answer


def _broken(error: Exception) -> Response:
    log.error("unexpected", exc_info=error)
    return _without_database(500)


def _without_database(status: int) -> Response:
    try:
        g.head = frame.Head(bare=True)
        body = render_template(
            f"errors/{status}.html",
            page=ErrorPage(request_id=request_id()),
            frame=frame.bare_frame(),
        )
    except Exception:
        log.exception("the error page failed too")
        body = f"<!doctype html><title>{status}</title><p>{status} · {request_id()}"
    return make_response(body, status)


def _links(status: int) -> tuple[Link, ...]:
    return categories("")[:3] if status == 404 else ()
