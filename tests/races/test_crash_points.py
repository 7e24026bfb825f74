"""Kill -9 at each crash point of ``reliability.md`` 3.11, then worker and reconcile.

A fork of the shop dies where it is told to; afterwards everything that runs by
itself runs here, and the doctor's books must agree: money is neither lost nor
counted twice, stock is right, every message was sent at least once.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from shop.catalogue.models import Stock
from shop.cli import books
from shop.cli.work import HANDLERS, TASKS, Worker
from shop.db import db, transaction
from shop.kernel.money import Money
from shop.notifications.demo import load_keys
from shop.orders import ledger
from shop.orders.models import Charge, MoneyRow, Order, OrderEvent
from shop.orders.states import EventKind, MoneyKind, OrderState
from shop.payments import collect, refunds, settings
from shop.payments.invariants import invariants
from shop.payments.models import PaymentAttempt
from shop.payments.provider import all_providers
from shop.payments.refunds import Wanted
from shop.payments.rules import AttemptState, RefundState
from shop.sandbox.testing import Returned, Running, running
from tests.conftest import Clock
from tests.orders import make as orders
from tests.payments import make
from tests.payments.fake import urls
from tests.payments.providers import every
from tests.web.checkout.walk import Shopper, stock_teapots

pytestmark = pytest.mark.serial

ROOT = Path(__file__).parents[2]
#: How often each point is passed; ``make proof`` asks for three, of every provider.
ROUNDS = int(os.environ.get("CRASH_ROUNDS", "1"))
IS_LONG = ROUNDS > 1
A = AttemptState
REFERER = {"Referer": "https://shop.test/"}


def each(points: str, codes: str, short: str) -> list[list[str]]:
    """Return every point with every provider; the short form has those of ``short``."""
    pairs = [[point, code] for point in points.split() for code in codes.split()]
    return pairs if IS_LONG else [one.split(":") for one in short.split()]


class Doomed:
    """The process that forks the ones that die."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def dies(self, at: str, do: str, clock: Clock, times: int = 1, **more: Any) -> bool:
        """Let a fork do something and die there; say whether it died."""
        order = {"at": at, "times": times, "do": do, "now": clock.now.isoformat()}
        db.session.remove()
        assert self.process.stdin
        self.process.stdin.write(json.dumps(order | more) + "\n")
        self.process.stdin.flush()
        return self.hear() == "killed"

    def hear(self) -> str:
        """Return the next line of the process."""
        assert self.process.stdout
        return self.process.stdout.readline().strip()


@contextmanager
def doomed_of(url: str, instance: Path) -> Iterator[Doomed]:
    """Start the process for one database."""
    command = [sys.executable, "-m", "tests.races.crashers", url, str(instance)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
    made = Doomed(process)
    try:
        assert made.hear() == "ready"
        yield made
    finally:
        assert process.stdin
        process.stdin.close()
        process.wait(30)
        assert process.stdout
        process.stdout.close()


@pytest.fixture(scope="module")
def doomed(built: Flask) -> Iterator[Doomed]:
    """Return a shop whose forks die, on the database of the test."""
    url = str(built.config["SQLALCHEMY_DATABASE_URI"])
    with doomed_of(url, built.extensions["shop"].instance) as made:
        yield made


@pytest.fixture(scope="module")
def gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return pretend gateways in threads of this process."""
    with running(tmp_path_factory.mktemp("crash"), scale=100) as box:
        yield box


@pytest.fixture(params=range(ROUNDS))
def box(
    request: pytest.FixtureRequest, app: Flask, gateways: Running, clock: Clock
) -> Iterator[Running]:
    """Return the gateways, empty, with the shop's keys, at the real moment."""
    clock.now = datetime.now(UTC)
    gateways.reset()
    with transaction():
        load_keys(gateways.merchant, clock.now)
        for code, provider in all_providers().items():
            values = gateways.merchant.get(every.family(code), {})
            for one in provider.settings:
                if one.name in values:
                    settings.save(code, one.name, str(values[one.name]), clock.now)
    yield gateways
    gateways.reset()


@dataclass
class World:
    """A shop with its gateways, and one that dies."""

    app: Flask
    box: Running
    clock: Clock
    doomed: Doomed

    def dies(self, at: str, do: str, times: int = 1, **more: Any) -> bool:
        """Let a fork do something and die there; say whether it died."""
        return self.doomed.dies(at, do, self.clock, times, **more)

    def heal(self) -> None:
        """Let the worker run for a day, as it does by itself."""
        for seconds in (40, 60, 180, 600, 900, 1800, 3600, 50_000):
            self.clock.forward(seconds=seconds)
            worker = Worker(self.app, HANDLERS, TASKS, self.clock)
            while worker.step():
                pass
        db.session.rollback()

    def agree(self) -> None:
        """Check every invariant of the doctor, at the moment of the test."""
        db.session.rollback()
        wrong = [*books.stock(), *books.totals(), *books.messages()]
        assert [*wrong, *invariants(db.session(), self.clock.now)] == []

    def told(self, kind: str) -> int:
        """Return how many phones rang about something, by the outbox of the gateway."""
        texts = [str(one["text"]) for one in self.box.outbox(channel="sms")]
        return len([text for text in texts if kind in text])

    def balance(self, gateway: str) -> int:
        """Return what a gateway keeps for the shop, in minor units."""
        found: int = self.box.ledger()["totals"].get(gateway, {}).get("balance", 0)
        return found


@pytest.fixture
def world(app: Flask, box: Running, clock: Clock, doomed: Doomed) -> World:
    """Return all of it."""
    return World(app, box, clock, doomed)


@dataclass
class Submit:
    """A review page that is about to be sent."""

    client: FlaskClient
    form: dict[str, str]

    @property
    def cookie(self) -> str:
        """Return the visitor's session."""
        found = self.client.get_cookie("shop")
        assert found
        return found.value

    def send(self) -> int:
        """Press the button; return the status."""
        return self.client.post("/fa/checkout/review", data=self.form).status_code


@pytest.fixture
def submit(box: Running, client: FlaskClient) -> Submit:
    """Return a shopper with a teapot, one click before the order."""
    stock_teapots()
    shopper = Shopper(client, "fa")
    shopper.add()
    shopper.fill()
    return Submit(client, shopper.review("gateway"))


def _count() -> tuple[int, int]:
    """Return how many orders there are and how many pieces are held."""
    db.session.rollback()
    held = db.session.scalar(select(func.sum(Stock.held))) or 0
    return db.session.scalar(select(func.count(Order.id))) or 0, held


@pytest.mark.parametrize("at", ["C1", "C2", "C3"])
def test_before_the_commit_nothing_is_placed_and_the_same_form_places_it_once(
    at: str, submit: Submit, world: World
) -> None:
    path = "/fa/checkout/review"

    died = world.dies(at, "post", path=path, form=submit.form, cookie=submit.cookie)
    between = _count()
    codes = [submit.send(), submit.send()]

    assert died
    assert between == (0, 0)
    assert codes == [303, 303]
    assert _count() == (1, 1)
    world.agree()


def test_c4_after_the_commit_the_same_form_finds_its_order(
    submit: Submit, world: World
) -> None:
    path = "/fa/checkout/review"

    died = world.dies("C4", "post", path=path, form=submit.form, cookie=submit.cookie)
    between = _count()
    code = submit.send()
    after = _count()
    world.heal()

    assert died
    assert (between, code, after) == ((1, 1), 303, (1, 1))
    assert _count() == (1, 0), "never paid: ended, and the teapot is back"
    assert world.told("ثبت") >= 1
    world.agree()


def _order(clock: Clock, market: str) -> Charge:
    """Return the charge of a real order."""
    order = orders.order(clock.now, market, f"{market}-{clock.now.timestamp()}")
    return db.session.scalars(select(Charge).where(Charge.order_id == order.id)).one()


def _pay(box: Running, begun: collect.Begun) -> Returned:
    step = begun.next
    form = dict(step.fields) if step.kind == "form_post" else None
    return box.pay(step.qr_text or step.url, form, headers=REFERER)


def _path(back: Returned) -> str:
    return "/" + back.url.split("/", 3)[3]


def _paid_once(charge: Charge, world: World, gateway: str) -> None:
    """Check that the order is paid, once, and that the gateway says the same."""
    db.session.rollback()
    rows = db.session.scalars(
        select(MoneyRow.amount_minor).where(
            MoneyRow.order_id == charge.order_id, MoneyRow.kind == MoneyKind.CAPTURED
        )
    ).all()
    assert list(rows) == [charge.amount_minor]
    assert world.balance(gateway) == charge.amount_minor
    order = db.session.get_one(Order, charge.order_id, populate_existing=True)
    assert order.state == OrderState.ACCEPTED
    assert make.count_events(charge, EventKind.PAID) == 1
    assert world.told(order.number) >= 1, "the buyer was told"
    world.agree()


@pytest.mark.parametrize(
    ("at", "code"),
    each(
        "C5 C6 C7", "zarinpal wechat_native", "C5:zarinpal C6:wechat_native C7:zarinpal"
    ),
)
def test_a_beginning_that_died_is_begun_again_and_paid_once(
    at: str, code: str, world: World
) -> None:
    market, gateway = ("ir", "zarinpal") if code == "zarinpal" else ("cn", "wechat")
    charge = _order(world.clock, market)

    died = world.dies(at, "begin", charge=charge.id, code=code)
    world.clock.forward(seconds=25)
    again = collect.begin(charge.id, code, urls, world.clock.now)
    back = _pay(world.box, again)
    if back.url:
        world.app.test_client().get(_path(back))
    world.heal()

    assert died
    states = [one.state for one in make.attempts(charge)]
    assert len(states) == 2
    assert states[0] in {A.EXPIRED, A.CANCELLED, A.FAILED}
    assert states[1] == A.PAID
    _paid_once(charge, world, gateway)


@pytest.mark.parametrize(
    ("at", "code"), each("C6 C7", "zarinpal mellat", "C6:zarinpal C7:mellat")
)
def test_a_return_that_died_while_verifying_is_paid_once_by_the_worker(
    at: str, code: str, world: World
) -> None:
    charge = _order(world.clock, "ir")
    begun = collect.begin(charge.id, code, _public, world.clock.now)
    back = _pay(world.box, begun)

    if back.method == "POST":
        died = world.dies(at, "post", path=_path(back), form=dict(back.fields))
    else:
        died = world.dies(at, "get", path=_path(back))
    between = make.state(begun.attempt_id)
    world.heal()

    assert died
    assert between == A.VERIFYING
    settled = {"zarinpal": A.PAID, "mellat": A.SETTLED}[code]
    assert make.state(begun.attempt_id) == settled
    _paid_once(charge, world, code)


def _public(ref: str) -> Any:
    """Return the addresses of this shop as they are."""
    from shop.payments.provider import Urls

    base = "https://shop.test/pay"
    code = db.session.scalar(
        select(PaymentAttempt.provider).where(PaymentAttempt.merchant_ref == ref)
    )
    return Urls(f"{base}/{code}/return", f"{base}/{code}/notify")


@pytest.mark.parametrize(("at", "between"), [("C8", A.PENDING), ("C9", A.PAID)])
def test_a_notification_that_died_comes_again_and_counts_once(
    at: str,
    between: AttemptState,
    world: World,
) -> None:
    charge = _order(world.clock, "cn")
    begun = collect.begin(charge.id, "alipay", _public, world.clock.now)
    _pay(world.box, begun)
    notice = world.box.pending()[0]
    path = "/pay/alipay/notify"
    told = {"path": path, "body": notice["body"], "headers": notice["headers"]}

    died = world.dies(at, "post", **told)
    stood = make.state(begun.attempt_id)
    client = world.app.test_client()
    acks = [
        client.post(path, data=notice["body"], headers=notice["headers"]).text
        for _ in range(2)
    ]
    world.heal()

    assert died
    assert stood == between
    assert acks == ["success", "success"]
    _paid_once(charge, world, "alipay")


def test_c8_a_notification_that_died_and_never_came_again_is_asked_for(
    world: World,
) -> None:
    charge = _order(world.clock, "cn")
    begun = collect.begin(charge.id, "alipay", _public, world.clock.now)
    _pay(world.box, begun)
    notice = world.box.pending()[0]

    died = world.dies(
        "C8", "post",
        path="/pay/alipay/notify", body=notice["body"], headers=notice["headers"],
    )  # fmt: skip
    world.heal()

    assert died
    assert make.state(begun.attempt_id) == A.PAID
    _paid_once(charge, world, "alipay")


def test_c11_an_expiry_that_died_between_state_and_stock_is_whole_afterwards(
    world: World,
) -> None:
    charge = _order(world.clock, "ir")
    world.clock.forward(hours=1)

    died = world.dies("C11", "expire")
    between = (make.order_of(charge).state, _count())
    world.heal()

    assert died
    assert between == (OrderState.PLACED, (1, 1))
    assert (make.order_of(charge).state, _count()) == (OrderState.EXPIRED, (1, 0))
    world.agree()


@pytest.mark.parametrize(
    ("at", "code"),
    each("C12 C6 C13", "alipay wechat_native zarinpal", "C12:zarinpal C13:alipay"),
)
def test_a_refund_that_died_goes_back_once(at: str, code: str, world: World) -> None:
    charge = _order(world.clock, "ir" if code == "zarinpal" else "cn")
    begun = collect.begin(charge.id, code, _public, world.clock.now)
    _pay(world.box, begun)
    collect.ask(begun.attempt_id, world.clock.now)
    back = charge.amount_minor if code == "zarinpal" else charge.amount_minor - 100
    with transaction():
        wanted = Wanted(Money(back, charge.currency), "returned", "staff:1", "form")
        refund = refunds.request(begun.attempt_id, wanted, world.clock.now)
        refunds.approve(refund.id, world.clock.now)
    refund_id = refund.id

    died = world.dies(at, "refund", refund=refund_id)
    moved = charge.amount_minor - world.balance(every.family(code))
    world.heal()

    assert died
    assert moved == (0 if at == "C12" else back)
    assert refunds.state_of(refund_id) == RefundState.SETTLED
    assert world.balance(every.family(code)) == charge.amount_minor - back
    standing = ledger.standing(make.order_of(charge))
    assert standing.refunded == Money(back, charge.currency)
    world.agree()


@pytest.mark.parametrize(
    ("at", "times", "most"),
    [("C14", 2, 1), ("C15", 2, 1), ("C6", 1, 2)]
    + [("C14", 1, 1), ("C15", 1, 1)] * IS_LONG,
)
def test_a_worker_that_died_leaves_no_message_unsent(
    at: str,
    times: int,
    most: int,
    world: World,
) -> None:
    """C6 here: the phone company took it, and nobody could note that."""
    order = orders.order(world.clock.now, "ir", method="cash_by_arrangement")
    number = order.number

    died = world.dies(at, "work", times)
    world.heal()

    assert died
    assert 1 <= world.told(number) <= most
    world.agree()


def test_c16_a_turn_that_died_is_done_by_the_next(world: World) -> None:
    charge = _order(world.clock, "ir")
    begun = collect.begin(charge.id, "zarinpal", _public, world.clock.now)
    _pay(world.box, begun)
    world.clock.forward(seconds=15)

    died = world.dies("C16", "work")
    between = make.state(begun.attempt_id)
    world.heal()

    assert died
    assert between == A.PENDING
    _paid_once(charge, world, "zarinpal")


def test_control_an_order_that_pays_before_it_writes_loses_the_payment(
    world: World,
) -> None:
    """Without the attempt's row nobody would ever ask: so the books can see it."""
    charge = _order(world.clock, "ir")
    begun = collect.begin(charge.id, "zarinpal", _public, world.clock.now)
    _pay(world.box, begun)
    with transaction():
        attempt = db.session.get_one(PaymentAttempt, begun.attempt_id)
        db.session.delete(attempt)

    world.heal()

    assert world.balance("zarinpal") == charge.amount_minor
    assert db.session.scalar(select(func.count(MoneyRow.id))) == 0
    happened = db.session.scalars(select(OrderEvent.kind)).all()
    assert EventKind.PAID not in happened
