"""Headers that every answer carries, and what may be cached."""

from flask import Flask, Response, g, request, session

from shop.web.current import config, request_id
from shop.web.requests import FILES

PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Permissions-Policy", PERMISSIONS),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)


def allow_form(origins: frozenset[str]) -> None:
    """Let this page lead to payment pages on other hosts, which learn our host."""
    g.form_origins = g.get("form_origins", frozenset()) | origins


def register(app: Flask) -> None:
    """Add the security headers to every answer."""
    app.after_request(_headers)


def _headers(answer: Response) -> Response:
    headers = answer.headers
    headers.setdefault("Content-Security-Policy", _policy())
    # ``add`` does not look for one that stands there already: no view sets these.
    for name, value in ALWAYS:
        headers.add(name, value)
    headers.add("Referrer-Policy", _referrer())
    headers.add("X-Request-Id", request_id())
    if config().public_url.startswith("https:"):
        headers.add("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint not in FILES:
        private = (
            "no-store" if session.modified or request.method != "GET" else "no-cache"
        )
        headers.setdefault("Cache-Control", f"private, {private}")
        headers.add("Vary", "Cookie")
    return answer


def _referrer() -> str:
    """Return who may learn where a reader comes from: nobody, but for a bank.

    WeChat's and Mellat's pages open only for somebody who comes from a shop
    (case 52); they learn its host, never the page.
    """
    to_bank = bool(g.get("form_origins"))
    return "strict-origin-when-cross-origin" if to_bank else "same-origin"


def _policy() -> str:
    forms = " ".join(["'self'", *sorted(g.get("form_origins", ()))])
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; base-uri 'none'; "
        f"object-src 'none'; frame-ancestors 'none'; form-action {forms}"
    )
