"""Every online provider: paid, given up, failed, return lost, paid late, paid twice.

Before a real cashier in the provider's language, against the books of the shop
and of the gateways: money counts once, and the reader is told what is true.
"""

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.journeys.browsing import WIDE, Album
from tests.journeys.ordering import (
    Client,
    Waiting,
    be_too_late,
    books,
    mend,
    sandbox,
)
from tests.journeys.paying import (
    ALIPAY,
    ROUTES,
    UNIONPAY,
    WHY,
    ZARINPAL,
    Payer,
    Route,
)
from tests.journeys.people import DISTRICTS, Owner
from tests.journeys.running import Shop, wait_for

#: Seconds after which a second click is a second payment, and not the same one.
SAME_CLICK = 21
CASES = ("pay", "cancel", "fail", "lost", "late", "twice")
_CLOSED = "WeChat closes the first order before the second begins"
#: Where a provider cannot have a case as the others have it: why, and so it ends
#: otherwise. Every row is looked at by its test.
OTHERWISE = {
    ("wechat_native", "twice"): _CLOSED,
    ("wechat_h5", "twice"): _CLOSED,
    ("wechat_jsapi", "twice"): _CLOSED,
    ("mellat", "lost"): "nobody can ask without the reference that the buyer brings:"
    " the bank gives back what is not verified within 20 minutes",
    ("sep", "lost"): "nobody can ask without the reference that the buyer brings:"
    " the bank gives back what is not verified within 30 minutes",
}
#: Where the owner chooses the provider that these buyers meet.
MARKETS = {"zh": ("cn", "alipay"), "fa": ("ir", "gateway")}
Visitor = Callable[[Route, Waiting], Payer]


@pytest.fixture(scope="module")
def desk(browser: Browser, shop: Shop, album: Album) -> Iterator[Owner]:
    """Let the owner sit at the desk while others pay."""
    with Owner(browser, shop, album, "zh", WIDE) as owner:
        owner.sign_in()
        yield owner
        _put_first(owner, "cn", "alipay", "alipay")
        _put_first(owner, "ir", "gateway", "zarinpal")


def _put_first(owner: Owner, market: str, method: str, provider: str) -> None:
    """Let a provider collect for a method, as the owner does it."""
    owner.open("/owner/settings/methods")
    form = owner.page.locator(f'form[action$="/settings/methods/methods-{market}"]')
    choice = form.locator(f'[name="{method}.provider"]')
    if not choice.count() or choice.input_value() == provider:
        return
    choice.select_option(provider)
    owner.press(form.locator("button").first)


def _order(shop: Shop, route: Route) -> Waiting:
    district = DISTRICTS.get(route.city, "")
    with Client(shop, route.lang, route.agent) as client:
        return client.order(route.city, district, route.method)


@pytest.fixture(scope="module")
def early(shop: Shop, desk: Owner) -> dict[str, Waiting]:
    """Place the orders that must be older than a double click when they are needed."""
    made = {}
    for route in ROUTES:
        if route.lang == "fa":
            _put_first(desk, "ir", route.method, route.first)
            made[route.code] = _order(shop, route)
    return made


@pytest.fixture(scope="module", params=ROUTES, ids=str)
def route(request: pytest.FixtureRequest, desk: Owner, early: object) -> Route:
    """Return one provider, which the owner has put first."""
    chosen: Route = request.param
    market = "cn" if chosen.lang == "zh" else "ir"
    _put_first(desk, market, chosen.method, chosen.first)
    if chosen.method != "alipay":  # it is the other way to pay in these journeys
        _put_first(desk, "cn", "alipay", "alipay")
    return chosen


@pytest.fixture(scope="module")
def orders(shop: Shop, route: Route, early: dict[str, Waiting]) -> dict[str, Waiting]:
    """Return an order for each case of a provider."""
    made = {case: _order(shop, route) for case in CASES if case != "twice"}
    made["twice"] = early.get(route.code) or _order(shop, route)
    return made


@pytest.fixture
def payer(browser: Browser, shop: Shop, album: Album) -> Visitor:
    """Return how somebody comes to pay an order by a route."""

    def come(route: Route, order: Waiting) -> Payer:
        visit = Payer(browser, shop, album, route.lang, route.mode, route.agent)
        visit.route, visit.waiting = route, order
        return visit

    return come


def _is_paid(shop: Shop, order: Waiting, sums: int = 1) -> bool:
    """Check that an order is paid once, by money that the gateways moved once."""
    found = books(shop, order)
    assert found.is_paid_once, found
    assert found.state == "accepted"
    assert found.moved == (found.total,) * sums, found
    assert len(found.captured) == sums
    return True


def _is_not_paid(shop: Shop, order: Waiting) -> bool:
    found = books(shop, order)
    assert not found.captured, found
    assert not found.moved, found
    assert found.state == "placed"
    return True


def test_pay(
    shop: Shop, route: Route, orders: dict[str, Waiting], payer: Visitor
) -> None:
    order = orders["pay"]
    with payer(route, order) as buyer:
        buyer.to_pay()
        if route.is_scanned:
            buyer.says("scan", "another")
            with buyer.in_another_tab():
                buyer.to_cashier()
                buyer.at_cashier("pay")
            buyer.is_paid_by_itself()
        else:
            buyer.to_cashier()
            buyer.at_cashier("pay", "order_paid")
            buyer.look_at_home("order_paid")
        buyer.says("paid")
        _is_paid(shop, order)
        (reference,) = books(shop, order).references
        assert reference, "a number to speak of"
        assert reference in buyer.text(), "the number the provider knows it by"
        assert any(reference in str(one) for one in books(shop, order).trades)


def test_cancel(
    shop: Shop, route: Route, orders: dict[str, Waiting], payer: Visitor
) -> None:
    order = orders["cancel"]
    with payer(route, order) as buyer:
        buyer.to_pay()
        buyer.to_cashier()
        buyer.at_cashier("cancel", "order_left")
        if route.ends:
            buyer.says("failed", "again", "another", "kept")
            assert WHY.get(f"{route.code} cancel", WHY["zarinpal"]) in buyer.text()
        elif route.home != "none":
            buyer.says("unpaid", "now", "another", "kept")
            assert WHY.get(f"{route.code} cancel", "") in buyer.text()
        else:  # its page knows no way back: the order's own page has every way on
            assert buyer.is_away
            buyer.to_pay()
            buyer.says("another")
            assert buyer.count("main a.btn.big, main .qr, main .btn.big")
        _is_not_paid(shop, order)


def test_fail(
    shop: Shop, route: Route, orders: dict[str, Waiting], payer: Visitor
) -> None:
    order = orders["fail"]
    with payer(route, order) as buyer:
        buyer.to_pay()
        buyer.to_cashier()
        buyer.at_cashier("fail", "order_failed")
        if route.ends:
            buyer.says("failed", "again", "another", "kept")
            assert WHY.get(f"{route.code} fail", WHY["zarinpal"]) in buyer.text()
            _is_not_paid(shop, order)
            buyer.pay_again()
        else:  # the cashier says so itself, and another card is tried there
            assert buyer.count("#message") == 1
            _is_not_paid(shop, order)
        buyer.at_cashier("pay", "order_paid")
        buyer.look_at_home("order_paid")
        buyer.says("paid")
        _is_paid(shop, order)


def test_lost(
    shop: Shop, route: Route, orders: dict[str, Waiting], payer: Visitor
) -> None:
    order = orders["lost"]
    with payer(route, order) as buyer:
        buyer.to_pay()
        buyer.to_cashier()
        buyer.at_cashier("pay_drop_return")
    with payer(route, order) as buyer:
        if why := OTHERWISE.get((route.code, "lost")):
            buyer.to_pay()
            buyer.says("unpaid", "comes back", "now", "another")
            assert not books(shop, order).captured, why
            return

        def paid() -> bool:
            if route.lang == "fa":  # nobody notifies: the shop asks by itself
                shop.command("reconcile")
            return bool(books(shop, order).captured)

        wait_for(paid)
        buyer.open(order.link + "/result", label="order_paid")
        buyer.says("paid")
        _is_paid(shop, order)


def test_late(
    shop: Shop, route: Route, orders: dict[str, Waiting], payer: Visitor
) -> None:
    order = orders["late"]
    with payer(route, order) as buyer:
        buyer.to_pay()
        if not route.closes:
            buyer.to_cashier()
        if route.closes == "always":  # it would be closed in time, had it heard us
            sandbox(shop, "faults", gateway="wechat", op="close", mode="http500")
        with buyer.in_another_tab():
            buyer.open(order.link + "/cancel", label="order_cancel")
            buyer.press("main form button")
            assert books(shop, order).state == "cancelled"
        if route.closes:
            buyer.to_cashier()
        buyer.at_cashier("pay", "order_late")
        buyer.look_at_home("order_late")
        buyer.says("safe", "late")
        found = books(shop, order)
        assert found.captured == ((found.total, False),), "kept, and pays nothing"
        assert found.moved == (found.total,)
        assert found.state == "cancelled"


def test_twice(
    shop: Shop, route: Route, orders: dict[str, Waiting], payer: Visitor
) -> None:
    order = orders["twice"]
    other = route if route.lang == "fa" else UNIONPAY
    if route is UNIONPAY:
        other = ALIPAY
    if route.lang == "fa":
        time.sleep(max(0, order.placed + SAME_CLICK - time.monotonic()))
    with payer(route, order) as buyer:
        buyer.to_pay()
        if route.home == "form":
            buyer.to_tab_left_open()
        elif route.closes != "opened":
            buyer.to_cashier()
        with buyer.in_another_tab():
            buyer.route = other
            buyer.take_method(other.method)
            buyer.at_cashier("pay")
            buyer.says("paid")
            buyer.route = route
        if why := OTHERWISE.get((route.code, "twice")):
            buyer.page.reload()
            assert not buyer.count("#do-pay"), why
            _is_paid(shop, order)
            return
        if route.closes == "opened":
            buyer.to_cashier()
        buyer.at_cashier("pay", "order_twice")
        if buyer.is_away:  # the phone knows no way back; the order's page tells it
            wait_for(lambda: len(books(shop, order).captured) == 2)
            buyer.open(order.link, label="order_paid_twice")
            buyer.says("looked at")
        else:
            buyer.says("safe", "twice")
        _is_paid(shop, order, sums=2)


@pytest.mark.parametrize(
    ("paying", "question"),
    [(ALIPAY, "query"), (ZARINPAL, "verify")],  # with scripts, and without them
    ids=str,
)
def test_while_nobody_answers_the_page_waits_and_then_knows(
    shop: Shop, desk: Owner, payer: Visitor, paying: Route, question: str
) -> None:
    _put_first(desk, *MARKETS[paying.lang], paying.first)
    order = _order(shop, paying)
    with payer(paying, order) as buyer:
        buyer.to_pay()
        buyer.to_cashier()
        fault = {"op": question, "mode": "http500", "count": -1}
        sandbox(shop, "faults", gateway=paying.code, **fault)
        buyer.at_cashier("delayed_notify" if paying is ALIPAY else "pay", "order_wait")
        buyer.says("checking")
        assert not buyer.count('main form[action$="/pay"]'), "nobody pays twice"
        mend(shop)
        if paying is ALIPAY:
            sandbox(shop, "flush")  # now the notification comes
        else:
            shop.command("reconcile")
        buyer.is_paid_by_itself()
        _is_paid(shop, order)


@pytest.mark.parametrize("paying", [UNIONPAY, ZARINPAL], ids=str)
def test_paid_after_the_order_had_expired(
    shop: Shop, desk: Owner, payer: Visitor, paying: Route
) -> None:
    """Those whose cashier stays open when the shop has ended the order by itself."""
    _put_first(desk, MARKETS[paying.lang][0], paying.method, paying.first)
    order = _order(shop, paying)
    with payer(paying, order) as buyer:
        buyer.to_pay()
        buyer.to_cashier()
        be_too_late(shop, order)
        wait_for(lambda: books(shop, order).state == "expired")
        buyer.at_cashier("pay", "order_expired")
        buyer.look_at_home("order_expired")
        buyer.says("safe", "late")
        found = books(shop, order)
        assert found.captured == ((found.total, False),), "kept, and pays nothing"
        assert found.moved == (found.total,)
        assert found.state == "expired"


def test_the_books_agree(shop: Shop, desk: Owner) -> None:
    said = shop.command("doctor", "--invariants")
    assert "The books agree" in said
    assert "WRONG" not in said


def test_what_nobody_could_ask_about_has_gone_back(
    shop: Shop, desk: Owner, payer: Visitor
) -> None:
    """The last case: it moves the gateways' clock, and with it every open payment."""
    lost = []
    for paying in (one for one in ROUTES if (one.code, "lost") in OTHERWISE):
        _put_first(desk, *MARKETS[paying.lang], paying.first)
        lost.append(_order(shop, paying))
        with payer(paying, lost[-1]) as buyer:
            buyer.to_pay()
            buyer.to_cashier()
            buyer.at_cashier("pay_drop_return")

    sandbox(shop, "clock", advance="31m")
    trades = [trade for order in lost for trade in books(shop, order).trades]
    sandbox(shop, "clock", offset="0")

    assert {trade["gateway"] for trade in trades} == {"mellat", "sep"}
    assert {trade["state"] for trade in trades} == {"reversed"}
