"""A phone company and a mail server that live in a list, and those of the sandbox."""

from collections.abc import Iterator

import pytest
from flask import Flask

from shop.sandbox.testing import Running, running
from tests.notifications.make import Carriers
from tests.payments.providers.gateway import FakeGateway, running_gateway


@pytest.fixture
def carriers(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Carriers:
    """Return who carries the messages of this test."""
    made = Carriers()
    made.install(monkeypatch)
    return made


@pytest.fixture(scope="session")
def phone_companies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start the sandbox once."""
    with running(tmp_path_factory.mktemp("phones")) as box:
        yield box


@pytest.fixture
def sandbox(phone_companies: Running) -> Iterator[Running]:
    """Give a sandbox that knows nothing yet."""
    phone_companies.reset()
    yield phone_companies
    phone_companies.reset()


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    """Run a service that answers what the test says."""
    with running_gateway() as made:
        yield made
