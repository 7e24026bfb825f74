"""Every module that defines tables, imported so that the metadata is complete."""

from shop import outbox
from shop.accounts import models as accounts
from shop.cart import models as cart
from shop.catalogue import models as catalogue
from shop.fulfilment import models as fulfilment
from shop.inventory import models as inventory
from shop.markets import models as markets
from shop.notifications import models as notifications
from shop.orders import models as orders
from shop.payments import models as payments
from shop.policies import models as policies
from shop.returns import models as returns
from shop.search import models as search
from shop.shipping import models as shipping

__all__ = [
    "accounts",
    "cart",
    "catalogue",
    "fulfilment",
    "inventory",
    "markets",
    "notifications",
    "orders",
    "outbox",
    "payments",
    "policies",
    "returns",
    "search",
    "shipping",
]
