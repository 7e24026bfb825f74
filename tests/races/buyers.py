"""One process full of buyers, for the crash test: ``python -m tests.races.buyers``.

Prints ``try KEY`` before each order and ``ack KEY NUMBER`` after its commit, as
a web worker answers only then. Modes: ``real`` is the shop; ``naive`` reads the
stock, thinks, and writes what it computed: the bug the shop does not have.
"""

import os
import secrets
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from shop import create_app
from shop.catalogue.models import Stock
from shop.db import db, transaction, write
from shop.kernel.errors import ShopError
from shop.orders import place
from tests.conftest import make_config
from tests.orders import make


def buy(variant: int, key: str, now: datetime) -> str:
    """Place one order for one piece, as the review page's button does."""
    cart = make.cart({variant: 1}, now)

    def do() -> str:
        plan = make.planned(cart, now)
        return place.place(cart, plan, make.wish(plan, key), now).number

    try:
        return write(do)
    except IntegrityError:
        order = place.order_of_form(key)
        return order.number if order else ""


def buy_naively(variant: int, now: datetime) -> bool:
    """Read in one moment, write in another, and trust what was read."""
    query = select(Stock.on_hand, Stock.held).where(Stock.variant_id == variant)
    on_hand, held = db.session.execute(query).one()
    db.session.rollback()
    time.sleep(0.002)
    if on_hand - held < 1:
        return False
    with transaction():
        db.session.execute(
            update(Stock).where(Stock.variant_id == variant).values(held=held + 1)
        )
    return True


def main(url: str, instance: str, variant: int, mode: str, seconds: float) -> None:
    """Send one buyer after the other: whenever one is killed, the next one comes.

    The shop is loaded once; each buyer is a fork of it with connections of its
    own, and says ``pid N`` so that the test knows whom to kill.
    """
    app = create_app(make_config(Path(instance), url))
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        child = os.fork()
        if not child:
            with app.app_context():
                shop(variant, mode, ends)
            os._exit(0)
        os.waitpid(child, 0)


def shop(variant: int, mode: str, ends: float) -> None:
    """Buy until the time is over."""
    _say("pid", str(os.getpid()))
    while time.monotonic() < ends:
        now, key = datetime.now(UTC), secrets.token_hex(16)
        _say("try", key)
        try:
            if mode == "naive":
                if buy_naively(variant, now):
                    _say("ack", key, "0")
            else:
                _say("ack", key, buy(variant, key, now))
        except ShopError:
            time.sleep(0.01)
        db.session.remove()


def _say(*words: str) -> None:
    os.write(1, (" ".join(words) + "\n").encode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], float(sys.argv[5]))
