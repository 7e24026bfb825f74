"""Signing in and out, and the log of what staff wrote."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update

from shop.accounts import passwords
from shop.accounts.models import Audit, SignIn, Staff
from shop.db import db


def find_staff(email: str) -> Staff | None:
    """Return who has this address and may enter."""
    query = select(Staff).where(
        Staff.email == email.strip().lower(), Staff.disabled_at.is_(None)
    )
    return db.session.scalar(query)


def add_staff(
    email: str, name: str, password: str, now: datetime, role: str = "owner"
) -> Staff:
    """Let somebody into the desk."""
    staff = Staff(
        email=email.strip().lower(),
        name=name,
        role=role,
        password_hash=passwords.hash_password(password),
        created_at=now,
    )
    db.session.add(staff)
    db.session.flush()
    return staff


def set_password(staff: Staff, password: str, now: datetime) -> None:
    """Change a password and end every sign-in that was made with the old one."""
    staff.password_hash = passwords.hash_password(password)
    staff.password_changed_at = now
    end_all(staff, now)


def begin_sign_in(staff: Staff, now: datetime) -> str:
    """Return a new secret for the browser's cookie; only its hash is kept."""
    token = secrets.token_urlsafe(24)
    db.session.add(
        SignIn(
            token_hash=_hashed(token), staff_id=staff.id, created_at=now, seen_at=now
        )
    )
    db.session.flush()
    return token


def signed_in(
    token: str, idle: timedelta, now: datetime
) -> tuple[Staff, SignIn] | None:
    """Return whose cookie it is, unless ended, disabled or idle for ``idle``."""
    query = (
        select(Staff, SignIn)
        .join(SignIn, SignIn.staff_id == Staff.id)
        .where(
            SignIn.token_hash == _hashed(token),
            SignIn.ended_at.is_(None),
            SignIn.seen_at > now - idle,
            Staff.disabled_at.is_(None),
        )
    )
    found = db.session.execute(query).first()
    return (found[0], found[1]) if found else None


def seen(sign_in: SignIn, now: datetime) -> None:
    """Note that the browser is still there."""
    db.session.execute(
        update(SignIn).where(SignIn.id == sign_in.id).values(seen_at=now)
    )


def end_sign_in(token: str, now: datetime) -> None:
    """Sign one browser out."""
    _end(SignIn.token_hash == _hashed(token), now)


def end_all(staff: Staff, now: datetime) -> None:
    """Sign somebody out everywhere."""
    _end(SignIn.staff_id == staff.id, now)


def sweep(before: datetime) -> None:
    """Delete sign-ins that ended, or were last used, before a moment."""
    old = or_(SignIn.ended_at < before, SignIn.seen_at < before)
    db.session.execute(delete(SignIn).where(old))


def log(
    staff: Staff | None,
    action: str,
    subject: str,
    now: datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Write down what staff did; in the same transaction as the deed."""
    db.session.add(
        Audit(
            at=now,
            staff_id=staff.id if staff else None,
            who=staff.email if staff else "system",
            action=action,
            subject=subject,
            before=before or {},
            after=after or {},
        )
    )
    db.session.flush()


def _end(which: Any, now: datetime) -> None:
    query = update(SignIn).where(which, SignIn.ended_at.is_(None))
    db.session.execute(query.values(ended_at=now))


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
