"""Pictures of products: the shipped drawings, and uploads in their three sizes."""

from flask import Blueprint, Response, abort, send_file

from shop.catalogue.media import path_of
from shop.web.current import config

bp = Blueprint("media", __name__)
A_YEAR = 365 * 24 * 3600
#: A drawing is a document of its own if opened alone: nothing in it may run.
_ALONE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@bp.get("/media/<path:name>")
def file(name: str) -> Response:
    """Send a picture; its name never stands for another content."""
    found = path_of(name, config().media)
    if found is None:
        abort(404)
    path, kind = found
    answer = send_file(path, mimetype=kind, conditional=True, max_age=A_YEAR)
    answer.cache_control.public = True
    answer.cache_control.immutable = True
    answer.headers["Content-Security-Policy"] = _ALONE
    return answer
