"""A visitor whose every request is new to the shop, as it is in real life."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.storefront.shop import Shop


class Visitor(FlaskClient):
    """Asks each page in an app context of its own: nothing in ``g`` is left over."""

    def open(self, *args: Any, **kw: Any) -> TestResponse:
        """Ask for a page and read all of it."""
        kw.setdefault("buffered", True)
        with self.application.app_context():
            return super().open(*args, **kw)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a browser without JavaScript."""
    return Visitor(app, app.response_class)


@pytest.fixture
def shop(app: Flask) -> Shop:
    """Return a small shop: two categories, a phone with variants, a kettle."""
    return Shop()
