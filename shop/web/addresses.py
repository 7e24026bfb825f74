"""The application, which remembers the addresses it built: a page has a hundred.

And what signs its cookie, which Flask makes anew for every request.
"""

from collections.abc import Hashable
from functools import lru_cache
from typing import Any

from flask import Flask, g
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

#: Addresses kept in each process, about 300 bytes each.
KEPT = 8192


class Shop(Flask):
    """Flask with a faster ``url_for``.

    A path depends on its endpoint and values, on the prefix that the shop is
    served under and on the language of the page, and on nothing else. The last
    two are ``g.here``, once they are known.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.session_interface = CookieSessions()
        self._path = lru_cache(maxsize=KEPT)(self._build_path)

    def url_for(
        self,
        /,
        endpoint: str,
        *,
        _anchor: str | None = None,
        _method: str | None = None,
        _scheme: str | None = None,
        _external: bool | None = None,
        **values: Any,
    ) -> str:
        """Return an address, as Flask does."""
        here: tuple[str, str] | None = g.get("here")
        is_special = _anchor or _method or _scheme or _external or endpoint[0] == "."
        if here is None or is_special:
            return super().url_for(
                endpoint,
                _anchor=_anchor,
                _method=_method,
                _scheme=_scheme,
                _external=_external,
                **values,
            )
        return self._path(here, endpoint, tuple(values.items()))

    def _build_path(
        self, _here: tuple[str, str], endpoint: str, values: tuple[Hashable, ...]
    ) -> str:
        return super().url_for(endpoint, **dict(values))  # type: ignore[arg-type]


class CookieSessions(SecureCookieSessionInterface):
    """Flask's sessions; what signs them is made once for a key, not a request."""

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return what signs and reads the cookie; ``None`` without a secret key."""
        keys = (app.secret_key, *(app.config["SECRET_KEY_FALLBACKS"] or ()))
        if getattr(self, "_made_for", None) != keys:
            self._made = super().get_signing_serializer(app)
            self._made_for = keys
        return self._made
