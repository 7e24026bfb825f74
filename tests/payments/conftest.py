"""Fake providers instead of the real ones, and a shop that tells nobody."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from shop.db import db, transaction
from shop.payments import provider as contract
from shop.payments import settings
from shop.payments.invariants import invariants
from shop.payments.providers.card_transfer import PROVIDER as CARD_TRANSFER
from shop.payments.providers.cash_on_delivery import PROVIDER as CASH_ON_DELIVERY
from tests.payments.fake import Fake, Providers


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> Providers:
    """Return the providers the shop knows in this test; ``add`` makes more."""
    found = Providers()
    found.all = {one.code: one for one in (found.fake, CARD_TRANSFER, CASH_ON_DELIVERY)}
    monkeypatch.setattr(contract, "all_providers", lambda: found.all)
    return found


@pytest.fixture
def fake(providers: Providers) -> Fake:
    """Return the bank behind the provider ``fake``."""
    return providers.fake


@pytest.fixture(autouse=True)
def sound(request: pytest.FixtureRequest) -> Iterator[None]:
    """Check what must always hold after every test but those that break it."""
    if "app" not in request.fixturenames or "control" in request.node.name:
        yield
        return
    request.getfixturevalue("app")
    now: datetime = request.getfixturevalue("now")
    yield
    db.session.remove()
    assert invariants(db.session(), now - timedelta(days=2)) == []


@pytest.fixture(autouse=True)
def card(request: pytest.FixtureRequest) -> None:
    """Fill in the shop's own card, so that transfers can be offered."""
    if "providers" not in request.fixturenames or "app" not in request.fixturenames:
        return
    request.getfixturevalue("app")
    request.getfixturevalue("providers")
    now: datetime = request.getfixturevalue("now")
    with transaction():
        for name in ("card_number", "bank", "holder"):
            settings.save("card_transfer", name, f"our {name}", now)
