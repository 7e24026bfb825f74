"""Whether this process lives and can serve: for whoever runs the shop."""

from flask import Blueprint, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shop.db import db

bp = Blueprint("ops", __name__)


@bp.get("/healthz")
def healthz() -> Response:
    """Answer while this process lives; asks nobody else."""
    return _plain("ok", 200)


@bp.get("/readyz")
def readyz() -> Response:
    """Answer 200 while readers can be served: the database answers; else 503."""
    try:
        db.session.execute(text("select 1"))
    except SQLAlchemyError:
        db.session.rollback()
        return _plain("the database does not answer", 503)
    return _plain("ok", 200)


def _plain(words: str, status: int) -> Response:
    answer = Response(words + "\n", status, mimetype="text/plain")
    answer.headers["Cache-Control"] = "no-store"
    return answer
