"""One module a gateway."""

from shop.sandbox.box import Box
from shop.sandbox.gateways.alipay import Alipay
from shop.sandbox.gateways.base import Gateway
from shop.sandbox.gateways.mellat import Mellat
from shop.sandbox.gateways.sep import Sep
from shop.sandbox.gateways.unionpay import UnionPay
from shop.sandbox.gateways.wechat import WechatPay
from shop.sandbox.gateways.zarinpal import Zarinpal
from shop.sandbox.gateways.zibal import Zibal

GATEWAYS: tuple[type[Gateway], ...] = (
    Alipay,
    Zarinpal,
    WechatPay,
    UnionPay,
    Zibal,
    Mellat,
    Sep,
)


def all_gateways(box: Box) -> list[Gateway]:
    """Make every gateway of a sandbox."""
    return [gateway(box) for gateway in GATEWAYS]
