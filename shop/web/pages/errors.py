"""Pages that say what went wrong and what to do: ``errors/<status>.html``."""

from dataclasses import dataclass
from datetime import datetime

from shop.web.pages.parts import Link, Words


@dataclass(frozen=True, kw_only=True)
class ErrorPage:
    """Templates: 400 (and 400-csrf), 403, 404, 405, 409, 413, 422, 429, 500, 503.

    ``reason`` is the sentence of a refusal, where one is known (409, 422, 403).
    ``request_id`` is read to support. ``links`` help further: three categories.
    """

    request_id: str = ""
    reason: Words = ""
    links: tuple[Link, ...] = ()
    help_url: str = ""
    back_url: str = ""
    #: 429: when it may be tried again; 503: when the shop is back.
    again_at: datetime | None = None
    #: 413: the largest upload in megabytes.
    max_megabytes: int = 0
    #: 403: which role is needed, and who can give it.
    role: Words = ""
