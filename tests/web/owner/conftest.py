"""A browser that is signed in to the desk."""

from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.accounts import service as accounts
from shop.accounts.models import Staff
from shop.db import transaction
from tests.web.owner.make import EMAIL, PASSWORD


@pytest.fixture
def owner(app: Flask, now: datetime) -> Staff:
    """Return the owner of the shop."""
    with transaction():
        return accounts.add_staff(EMAIL, "Owner", PASSWORD, now)


@pytest.fixture
def desk(app: Flask, owner: Staff, now: datetime) -> FlaskClient:
    """Return a browser in which the owner is signed in."""
    browser = app.test_client()
    with transaction():
        token = accounts.begin_sign_in(owner, now)
    with browser.session_transaction() as session:
        session["staff"] = token
    return browser
