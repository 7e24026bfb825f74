"""Buyers in several processes, killed with SIGKILL in between.

Nothing acknowledged is lost, nothing is sold twice, no order is half there
(``reliability.md`` 2.5). The control buys naively and oversells: so the test
can see the bug.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from shop.catalogue.models import Stock
from shop.db import db
from shop.inventory import service as inventory
from shop.inventory.models import Movement
from shop.orders import ledger
from shop.orders.models import Order
from shop.outbox import Job
from tests.catalogue import make as goods

pytestmark = pytest.mark.serial

ROOT = Path(__file__).parents[2]
PIECES = 120


@dataclass
class Buyers:
    """Some processes that send buyers, and what these said."""

    command: list[str]
    folder: Path
    senders: list[subprocess.Popen[bytes]] = field(default_factory=list)
    kills: int = 0

    def start(self) -> None:
        """Begin one more line of buyers."""
        with (self.folder / f"said-{len(self.senders)}").open("wb") as said:
            made = subprocess.Popen(self.command, cwd=ROOT, stdout=said)
        self.senders.append(made)

    def kill_one(self, chance: random.Random) -> None:
        """End a buyer in the middle of whatever it does; another takes its place."""
        file = self.folder / f"said-{chance.randrange(len(self.senders))}"
        pids = [line for line in _lines(file) if line.startswith("pid ")]
        if pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pids[-1].split()[1]), signal.SIGKILL)
                self.kills += 1

    def wait(self) -> None:
        """Wait until the time of all buyers is over."""
        for sender in self.senders:
            sender.wait(60)

    @property
    def acked(self) -> dict[str, str]:
        """Order number by key of everything that was acknowledged."""
        files = self.folder.glob("said-*")
        lines = [line.split() for file in files for line in _lines(file)]
        return {w[1]: w[2] for w in lines if w[0] == "ack" and len(w) == 3}


def _lines(file: Path) -> list[str]:
    text = file.read_text("utf-8")
    return [line for line in text[: text.rfind("\n") + 1].splitlines() if line]


@pytest.fixture
def url(app: Flask) -> str:
    """Return the database that the processes share with this test."""
    return str(app.config["SQLALCHEMY_DATABASE_URI"])


@pytest.fixture
def variant(app: Flask) -> int:
    """Return a variant with a fixed number of pieces."""
    saved = goods.product("hot", variants=(goods.variant("HOT", 1000, stock=PIECES),))
    return saved.variant_ids["HOT"]


@pytest.fixture
def buyers(url: str, variant: int, tmp_path: Path) -> Iterator[Buyers]:
    """Return buyers that nobody has started yet; all are gone afterwards."""
    script = [sys.executable, "-m", "tests.races.buyers"]
    made = Buyers([*script, url, str(tmp_path), str(variant), "real", "9"], tmp_path)
    yield made
    for sender in made.senders:
        sender.kill()
        sender.wait()


def test_kill_9_loses_nothing_and_sells_nothing_twice(
    app: Flask, buyers: Buyers, variant: int
) -> None:
    chance = random.Random(7)
    for _ in range(3):
        buyers.start()
    while any(sender.poll() is None for sender in buyers.senders):
        time.sleep(chance.uniform(0.3, 0.8))
        buyers.kill_one(chance)

    db.session.rollback()
    assert buyers.kills >= 5
    assert len(buyers.acked) > 10, "the buyers really bought"
    _nothing_is_lost(buyers)
    _nothing_is_oversold(variant)
    _no_order_is_half_there()


def test_control_naive_buyers_oversell(
    app: Flask, buyers: Buyers, variant: int
) -> None:
    buyers.command[-2:] = ["naive", "7"]
    for _ in range(3):
        buyers.start()
    buyers.wait()

    db.session.rollback()
    query = select(Stock.held).where(Stock.variant_id == variant)
    assert len(buyers.acked) > (db.session.scalar(query) or 0)


def _nothing_is_lost(buyers: Buyers) -> None:
    rows = db.session.execute(select(Order.idem_key, Order.number))
    stored = {row.idem_key: row.number for row in rows}
    assert {key: stored.get(key) for key in buyers.acked} == buyers.acked


def _nothing_is_oversold(variant: int) -> None:
    orders = db.session.scalar(select(func.count(Order.id))) or 0
    stock = db.session.get_one(Stock, variant)
    assert orders == stock.held <= PIECES
    held = select(func.count(Movement.id)).where(Movement.kind == "held")
    assert db.session.scalar(held) == orders
    assert inventory.drifts() == []


def _no_order_is_half_there() -> None:
    for order in db.session.scalars(select(Order)):
        assert len(order.lines) == 1
        assert sum(row.amount_minor for row in order.amounts) == order.total_minor
        assert ledger.standing(order).owed.minor == order.total_minor
        assert len(order.agreements) == 1
    told = select(func.count(Job.id)).where(Job.kind == "notify")
    assert db.session.scalar(told) == db.session.scalar(select(func.count(Order.id)))
