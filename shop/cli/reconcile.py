"""``flask shop reconcile``: ask the providers about every payment that is not clear."""

from datetime import UTC, date, datetime

import click

from shop.cli import progress
from shop.db import db
from shop.payments import daily
from shop.payments import reconcile as payments
from shop.payments.invariants import invariants
from shop.payments.models import PaymentBill
from shop.payments.rules import BillState

#: More than any shop has open at once.
ALL = 100_000


@click.command()
@click.option(
    "--bills",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="Only fetch the providers' bills of a day (2026-11-20) and compare.",
)
def reconcile(bills: datetime | None) -> None:
    """Ask the providers about open payments and refunds, and end what is over.

    The worker does the same all day. Can be interrupted and repeated: questions
    change nothing twice.
    """
    now = datetime.now(UTC)
    if bills is not None:
        _bills(bills.date(), now)
        return
    with progress("Payments", len(payments.due_attempts(now, ALL))) as advance:
        summary = payments.run_due(
            now, unverified=True, limit=ALL, on_step=lambda _done, _of: advance()
        )
    ended = payments.unpaid(now)
    click.echo(f"{summary.asked} payments asked about, {summary.paid} found paid.")
    click.echo(f"{summary.ended} attempts and {ended} unpaid orders ended.")
    click.echo(f"{summary.refunds} refunds sent or asked about.")
    if summary.failed:
        silent = ", ".join(sorted(summary.silent)) or "see the log"
        click.echo(f"{summary.failed} questions without an answer ({silent}).")


def _bills(day: date, now: datetime) -> None:
    books = [book for book in daily.books(now) if book.can_ask]
    for book in books:
        daily.fetch(book, day, now, again=True)
        click.echo(f"{book.key}: {_said(daily.find(book, day))}")
    if not books:
        click.echo("No provider in use hands out bills.")


def _said(bill: PaymentBill) -> str:
    """Return what a bill says, in one line."""
    if bill.state != BillState.MATCHED:
        return f"no bill yet ({bill.code or 'no answer'})"
    return (
        f"{bill.payments} payments and {bill.refunds} refunds, {bill.matched} agree; "
        f"ours only {bill.ours_count}, theirs only {bill.theirs_count}, "
        f"amounts differ {bill.differ_count}."
    )


def contradictions() -> list[str]:
    """Return what is wrong in the books of payments now; for the doctor."""
    return invariants(db.session(), datetime.now(UTC))
