"""The one form that a visitor without a cookie may send: put into the cart.

A product page is read by everybody and gives nobody a cookie, so the token of
its form cannot be bound to a session. It is signed and dated instead, and the
browser must not say that another site sent it (``Sec-Fetch-Site``, ``Origin``).
Whoever has a session is checked by its token as everywhere.
"""

from functools import lru_cache
from urllib.parse import urlsplit

from flask import current_app, request, session
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError, generate_csrf
from itsdangerous import BadData, URLSafeTimedSerializer

from shop.web.current import clock, config, secret_key

#: Seconds for which a page that was left open can still be sent.
VALID = 7 * 24 * 3600
#: Seconds for which one token is given to all: signing costs as much as a statement.
KEPT = 60
_WORD = "add"


def token() -> str:
    """Return the token for the form: bound to the session, if there is one."""
    if session:
        return str(generate_csrf())
    return _signed(secret_key(), int(clock().timestamp()) // KEPT)


@lru_cache(maxsize=8)
def _signed(_key: bytes, _minute: int) -> str:
    """Return what is the same for every visitor without a session, once a minute."""
    return str(_serializer().dumps(_WORD))


def check() -> None:
    """Let only forms of our own pages pass.

    :raises CSRFError: for a form of another site, or one left open for a week.
    """
    if not current_app.config.get("WTF_CSRF_ENABLED", True):
        return
    if _says_another_site():
        raise CSRFError("The form was sent by another site.")
    is_vouched_for = bool(request.headers.get("Origin")) or not session
    if is_vouched_for and _is_signed(request.form.get("csrf_token", "")):
        return
    guard: CSRFProtect = current_app.extensions["csrf"]
    guard.protect()


def _is_signed(text: str) -> bool:
    try:
        return bool(_serializer().loads(text, max_age=VALID) == _WORD)
    except BadData:
        return False


def _says_another_site() -> bool:
    """Say whether the browser itself tells that the form is not ours."""
    if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        return True
    origin = request.headers.get("Origin")
    ours = {request.host, urlsplit(config().public_url).netloc}
    return origin is not None and urlsplit(origin).netloc not in ours


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key(), salt="open-form")
