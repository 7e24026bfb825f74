"""Sign-ins end when they should, and the log keeps what was done."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from shop.accounts import passwords
from shop.accounts import service as accounts
from shop.accounts.models import Audit, SignIn, Staff
from shop.db import WriteOutsideTransaction, db, transaction
from tests.conftest import Clock

IDLE = timedelta(hours=12)


@pytest.fixture
def staff(app: Flask, now: datetime) -> Staff:
    """Return somebody who may enter."""
    with transaction():
        return accounts.add_staff(" Ann@Shop.Example ", "Ann", "long enough", now)


def begin(staff: Staff, now: datetime) -> str:
    """Sign in and return the secret of the cookie."""
    with transaction():
        return accounts.begin_sign_in(staff, now)


def test_an_address_is_found_however_it_is_written(staff: Staff) -> None:
    found = accounts.find_staff("ANN@shop.example ")
    assert found is not None
    assert found.id == staff.id


def test_somebody_disabled_is_not_found(staff: Staff, now: datetime) -> None:
    with transaction():
        db.session.get_one(Staff, staff.id).disabled_at = now
    assert accounts.find_staff(staff.email) is None


def test_only_the_hash_of_a_token_is_kept(staff: Staff, now: datetime) -> None:
    token = begin(staff, now)
    assert token not in db.session.query(SignIn).one().token_hash
    found = accounts.signed_in(token, IDLE, now)
    assert found is not None


def test_a_sign_in_ends_after_it_was_idle(staff: Staff, clock: Clock) -> None:
    token = begin(staff, clock.now)
    assert accounts.signed_in(token, IDLE, clock.forward(hours=11)) is not None
    assert accounts.signed_in(token, IDLE, clock.forward(hours=1)) is None


def test_being_seen_keeps_it_alive(staff: Staff, clock: Clock) -> None:
    token = begin(staff, clock.now)
    later = clock.forward(hours=11)
    found = accounts.signed_in(token, IDLE, later)
    assert found is not None
    with transaction():
        accounts.seen(found[1], later)
    assert accounts.signed_in(token, IDLE, clock.forward(hours=11)) is not None


def test_signing_out_ends_one_and_changing_the_password_all(
    staff: Staff, now: datetime
) -> None:
    here, there, third = (begin(staff, now) for _ in range(3))
    with transaction():
        accounts.end_sign_in(here, now)
    assert accounts.signed_in(here, IDLE, now) is None
    assert accounts.signed_in(there, IDLE, now) is not None
    with transaction():
        accounts.set_password(db.session.get_one(Staff, staff.id), "another one", now)
    assert accounts.signed_in(there, IDLE, now) is None
    assert accounts.signed_in(third, IDLE, now) is None
    stored = db.session.get_one(Staff, staff.id).password_hash
    assert passwords.password_is_right(stored, "another one")


def test_the_log_stands_or_falls_with_its_deed(staff: Staff, now: datetime) -> None:
    def stopped() -> None:
        with transaction():
            accounts.log(staff, "order.packing", "order:1", now)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert db.session.query(Audit).count() == 0
    with pytest.raises(WriteOutsideTransaction):
        accounts.log(staff, "order.packing", "order:1", now)
