"""What the Flask apps of the sandbox have in common."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, abort, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from jinja2 import StrictUndefined
from werkzeug.urls import iri_to_uri

from shop.sandbox.faults import Fault
from shop.sandbox.notify import is_loopback

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_BODY = 1 << 20


class CutLine:
    """Drop the connection without an answer where a fault asks for it."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Serve a request.

        :raises ConnectionAbortedError: to make the server hang up.
        """
        body = self._app(environ, start_response)
        if environ.get("sandbox.cut"):
            raise ConnectionAbortedError("the fault switch cut the line")
        return body


def new_app(name: str) -> Flask:
    """Make an app that answers loopback names only and serves the style sheet."""
    app = Flask(
        "shop.sandbox",
        static_folder="static",
        static_url_path="/_sim/static",
        template_folder="templates",
    )
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals["service"] = name
    app.wsgi_app = CutLine(app.wsgi_app)  # type: ignore[method-assign]

    @app.before_request
    def only_loopback() -> None:
        """Refuse names that point here from outside."""
        if not is_loopback(request.host.rsplit(":", 1)[0].strip("[]")):
            abort(421)

    @app.after_request
    def harden(response: Response) -> Response:
        """Allow nothing but our own style sheet on the pages."""
        response.headers.setdefault(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'self'; img-src 'self';"
            " script-src 'self'; frame-ancestors 'none'; base-uri 'none'",
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        return response

    return app


def fault() -> Fault | None:
    """Return the fault that applies to the request being answered."""
    found: Fault | None = g.get("fault")
    return found


def fault_is(kind: str) -> bool:
    """Tell whether the request being answered shall go wrong in this way."""
    found = fault()
    return found is not None and found.kind == kind


def _hang(seconds: float, environ: dict[str, Any]) -> Response:
    import time

    time.sleep(seconds)
    environ["sandbox.cut"] = True
    return Response(status=504)


def spoil(found: Fault | None, work: Callable[[], ResponseReturnValue]) -> Response:
    """Do the work and answer as the fault asks."""
    import time

    g.fault = found
    kind = found.kind if found else ""
    if found and kind == "timeout_before":
        return _hang(found.wait(), request.environ)
    if kind == "drop_before":
        return _hang(0, request.environ)
    if kind == "http500":
        return Response("Internal Server Error", 500, content_type="text/plain")
    if kind == "html":
        return Response(
            "<html><body><h1>502 Bad Gateway</h1></body></html>",
            502,
            content_type="text/html",
        )
    if found and kind == "slow":
        time.sleep(found.wait(8))
    answer = make_response(work())
    if found and kind == "timeout_after":
        return _hang(found.wait(), request.environ)
    if kind == "drop_after":
        return _hang(0, request.environ)
    if kind == "http500_after":
        return Response("Internal Server Error", 500, content_type="text/plain")
    if kind == "empty":
        answer.set_data(b"")
    if kind == "truncated":
        answer.set_data(answer.get_data()[: len(answer.get_data()) // 2])
    return answer


@dataclass(frozen=True)
class Cashier:
    """The page on which a buyer decides. Wording is in the template, by ``lang``."""

    lang: str
    title: str
    order: str
    amount: str
    subject: str = ""
    codes: tuple[tuple[str, str], ...] = ()
    message: str = ""
    open: bool = True
    note: str = ""

    @property
    def dir(self) -> str:
        """Return the direction of writing."""
        return "rtl" if self.lang == "fa" else "ltr"


@dataclass(frozen=True)
class Notice:
    """A page that only says something; ``link`` leads back to the shop."""

    lang: str
    title: str
    message: str
    link: str = ""
    refresh: int = 0
    good: bool = False

    @property
    def dir(self) -> str:
        """Return the direction of writing."""
        return "rtl" if self.lang == "fa" else "ltr"


@dataclass(frozen=True)
class FormBack:
    """A page that posts the buyer back to the shop."""

    lang: str
    title: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def dir(self) -> str:
        """Return the direction of writing."""
        return "rtl" if self.lang == "fa" else "ltr"


def redirect_to(url: str) -> Response:
    """Send the browser elsewhere by GET."""
    return Response(status=303, headers={"Location": iri_to_uri(url)})


def show_cashier(page: Cashier) -> Response:
    """Show the page with the buttons."""
    return make_response(render_template("cashier.html", page=page))


def show_notice(page: Notice, status: int = 200) -> Response:
    """Show a page that only says something."""
    answer = make_response(render_template("notice.html", page=page), status)
    if page.refresh and page.link:
        answer.headers["Refresh"] = f"{page.refresh}; url={page.link}"
    return answer


def show_form_back(page: FormBack) -> Response:
    """Show the page that posts back by itself, or by a button without JavaScript."""
    return make_response(render_template("form_back.html", page=page))
