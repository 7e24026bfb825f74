"""The log of everything that staff wrote, newest first."""

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from shop.web.owner import logbook
from shop.web.owner.desk import bp
from shop.web.pages.owner import AuditPage
from shop.web.pages.parts import Pager

LONGEST_QUERY = 80


@bp.get("/audit")
def audit() -> ResponseReturnValue:
    """Show the log, or the rows about one person, order or product."""
    query = request.args.get("q", "").strip()[:LONGEST_QUERY]
    before = request.args.get("before", 0, type=int)
    found, more = logbook.search(query, before if 0 < before < 2**62 else 0)
    query_or_none = query or None
    page = AuditPage(
        rows=logbook.rows(found),
        search_url=url_for("owner.audit"),
        query=query,
        pager=Pager(
            url_for("owner.audit", q=query_or_none) if before else "",
            url_for("owner.audit", q=query_or_none, before=more) if more else "",
        ),
    )
    return render_template("owner/audit.html", page=page)
