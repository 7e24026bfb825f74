"""A gateway on this machine for every provider's test."""

from collections.abc import Iterator

import pytest

from shop.sandbox.testing import Running, running
from tests.payments.providers.gateway import FakeGateway, running_gateway


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    """Run a gateway that answers what the test says."""
    with running_gateway() as running:
        yield running


@pytest.fixture(scope="session")
def all_gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start the sandbox once: real paths, real signatures, its own keys."""
    with running(tmp_path_factory.mktemp("gateways")) as box:
        yield box


@pytest.fixture
def sandbox(all_gateways: Running) -> Iterator[Running]:
    """Give a sandbox that knows nothing yet."""
    all_gateways.reset()
    yield all_gateways
    all_gateways.reset()
