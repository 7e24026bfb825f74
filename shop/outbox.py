"""A promise to tell somebody something, written in the same transaction as its reason.

The table is the queue at every size (DESIGN 5): a worker claims a due row
under a lease, does it, and marks it done; killed in between, the row is
claimed again when the lease ends. So everything happens at least once, and
``dedup`` keeps it from being promised twice. A job that loses its worker each
time is buried after ``LOST`` of them, so that it does not take every one for ever.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Index, Text, UniqueConstraint, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, Big, UtcDateTime, changed, db, insert_new

LEASE = timedelta(seconds=60)
FIRST_RETRY = timedelta(seconds=10)
LONGEST_RETRY = timedelta(hours=1)
TRIES = 12
#: So many workers a job may take with it (killed, out of memory) before it is dead.
LOST = 5


class Job(Base):
    """One thing to do once its transaction is safe: a message, a refund to ask for."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    dedup: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dead_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (
        UniqueConstraint("dedup"),
        Index("ix_outbox_due", "done_at", "dead_at", "due_at"),
    )


class Slot(Base):
    """A turn of a regular task: whoever inserts the row runs it, once."""

    __tablename__ = "job_slot"
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    slot: Mapped[int] = mapped_column(Big, primary_key=True)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Claimed:
    """A job this worker holds until its lease ends."""

    id: int
    kind: str
    dedup: str
    payload: dict[str, Any]
    tries: int
    #: How many workers took it and were never heard of again.
    lost: int = 0

    @property
    def is_poison(self) -> bool:
        """Nobody should try it again: it has cost enough workers."""
        return self.lost >= LOST


def promise(
    kind: str,
    dedup: str,
    payload: dict[str, Any],
    now: datetime,
    due_at: datetime | None = None,
) -> bool:
    """Write one job; False and no change if ``dedup`` was promised before."""
    return insert_new(
        Job,
        kind=kind,
        dedup=dedup,
        payload=payload,
        created_at=now,
        due_at=due_at or now,
    )


def claim(now: datetime, kinds: tuple[str, ...] = ()) -> Claimed | None:
    """Take the most overdue job under a lease, or None. Needs ``transaction()``."""
    free = or_(Job.lease_until.is_(None), Job.lease_until < now)
    query = select(Job).where(
        Job.done_at.is_(None), Job.dead_at.is_(None), Job.due_at <= now, free
    )
    if kinds:
        query = query.where(Job.kind.in_(kinds))
    query = query.order_by(Job.due_at, Job.id).limit(1)
    job = db.session.scalar(query.with_for_update(skip_locked=True))
    if job is None:
        return None
    job.lost += job.lease_until is not None  # ``finish`` and ``fail`` take it away
    job.lease_until = now + LEASE
    job.tries += 1
    db.session.flush()
    return Claimed(job.id, job.kind, job.dedup, dict(job.payload), job.tries, job.lost)


def bury(job: Claimed, now: datetime) -> None:
    """Give a job up that lost its worker each time; it stands among the dead."""
    values = {"dead_at": now, "lease_until": None, "last_error": "lost with its worker"}
    dead = update(Job).where(Job.id == job.id, Job.done_at.is_(None))
    db.session.execute(dead.values(**values))


def finish(job_id: int, now: datetime) -> bool:
    """Mark a claimed job done; False if somebody else already did."""
    done = update(Job).where(Job.id == job_id, Job.done_at.is_(None))
    return changed(db.session.execute(done.values(done_at=now, lease_until=None))) == 1


def fail(job: Claimed, error: str, now: datetime) -> None:
    """Try a job again later, each time after a longer wait; dead after 12 tries."""
    if job.tries >= TRIES:
        values: dict[str, Any] = {"dead_at": now}
    else:
        wait = min(FIRST_RETRY * 2 ** (job.tries - 1), LONGEST_RETRY)
        values = {"due_at": now + wait * random.uniform(0.8, 1.2)}  # noqa: S311
    values |= {"last_error": error[:500], "lease_until": None}
    db.session.execute(
        update(Job).where(Job.id == job.id, Job.done_at.is_(None)).values(**values)
    )


def take_slot(name: str, slot: int, now: datetime) -> bool:
    """Say whether this worker runs ``name`` for ``slot``; only one ever does."""
    return insert_new(Slot, name=name, slot=slot, taken_at=now)
