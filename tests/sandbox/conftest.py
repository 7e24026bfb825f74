"""One sandbox for all its tests; each test begins with an empty one."""

from collections.abc import Iterator

import pytest
from alipay import AliPay
from wechatpayv3 import WeChatPay, WeChatPayType  # type: ignore[import-untyped]

from shop.sandbox.testing import Running, running
from tests.sandbox.shop_server import ShopServer


@pytest.fixture(scope="session")
def one_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start all gateways once."""
    with running(tmp_path_factory.mktemp("sandbox")) as box:
        yield box


@pytest.fixture
def sandbox(one_sandbox: Running) -> Iterator[Running]:
    """Give a sandbox that knows nothing yet."""
    one_sandbox.reset()
    yield one_sandbox
    one_sandbox.reset()


@pytest.fixture
def shop() -> Iterator[ShopServer]:
    """Give a merchant's server that writes down what it is told."""
    server = ShopServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def alipay(sandbox: Running) -> AliPay:
    """Give python-alipay-sdk, pointed at the sandbox."""
    keys = sandbox.merchant["alipay"]
    client = AliPay(
        appid=keys["app_id"],
        app_private_key_string=keys["app_private_key"],
        alipay_public_key_string=keys["alipay_public_key"],
    )
    client._gateway = keys["base_url"]
    return client


@pytest.fixture
def wechat(sandbox: Running, shop: ShopServer) -> WeChatPay:
    """Give wechatpayv3, pointed at the sandbox."""
    keys = sandbox.merchant["wechat"]
    shop.status, shop.answer = 204, b""
    client = WeChatPay(
        WeChatPayType.NATIVE,
        mchid=keys["mchid"],
        private_key=keys["merchant_private_key"],
        cert_serial_no=keys["merchant_serial"],
        appid=keys["appid"],
        apiv3_key=keys["apiv3_key"],
        notify_url=f"{shop.url}/notify",
        public_key=keys["platform_public_key"],
        public_key_id=keys["platform_public_key_id"],
        timeout=5,
    )
    client._core._gate_way = keys["base_url"]
    return client
