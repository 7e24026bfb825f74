"""Thirty planted secrets go through the whole shop; none comes out again (F27).

Keys of the owner, cards and phones of buyers, links and passwords: typed into
the desk, sent by gateways and by liars, written into errors. Then the log, the
pages, the records, ``repr()`` of everything and the backup are searched.
"""

import io
import json
import logging
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from shop import logs
from shop.accounts.models import Audit
from shop.cli import backup
from shop.cli.work import HANDLERS, Worker
from shop.db import db, is_postgres, transaction
from shop.i18n.digits import to_ascii
from shop.markets.address import Address
from shop.notifications import channels
from shop.notifications.channels.service import Outgoing
from shop.orders import find, place
from shop.orders.models import Order
from shop.outbox import Job
from shop.payments import collect, settings
from shop.payments.attempts import Payer
from shop.payments.models import PaymentAttempt, PaymentEvent, ProviderSetting
from shop.payments.provider import ProviderError, all_providers
from shop.web.current import secret_key
from tests.conftest import Clock
from tests.orders import make as orders
from tests.payments import make
from tests.payments.fake import urls
from tests.payments.providers import every, test_alipay
from tests.payments.providers import make as wire
from tests.payments.test_provider_contract import dead_port
from tests.proof.deliveries import Subject, notice
from tests.web.checkout.walk import Shopper, stock_teapots
from tests.web.owner.conftest import desk, owner  # noqa: F401 (fixtures)
from tests.web.owner.make import PASSWORD

#: What the owner types in, by provider and setting, and what it replaces.
KEYS = {
    ("zarinpal", "merchant_id"): "5b9c1f0a-77e2-4d31-9a60-c2f1e8d4b7a1",
    ("zarinpal", "merchant_id", "old"): "0f4d7c3e-1a2b-4c5d-8e9f-a0b1c2d3e4f5",
    ("mellat", "password"): "Mellat-Pass-93f1",
    ("mellat", "password", "old"): "Mellat-Pass-17c0",
    ("wechat_native", "apiv3_key"): "ApiV3KeyOfTheShop0123456789abcde",
    ("kavenegar", "api_key"): "4B6A7573686572652D6B6579303132333435363738394142",
    ("aliyun_sms", "access_key_secret"): "AliyunAccessKeySecret0123456789",
    ("smtp", "password"): "smtp-password-5521-xq",
}
#: PEM keys: every line of them counts as one value.
PEMS = {
    ("alipay", "app_private_key"): "alipay of the shop",
    ("wechat_native", "merchant_private_key"): "wechat of the shop",
    ("unionpay", "sign_private_key"): "unionpay of the shop",
}
CARDS = {
    "of a callback": "6219861034529007",
    "with spaces": "6037 9975 9812 3456",
    "in a forged field": "5894631122338840",
    "in an error": "4111111111111111",
    "of a bank statement": "6104337811223344",
}
PHONES = {
    "of the Chinese buyer": "13812345678",
    "of the Persian buyer": "09123456789",
    "as it is stored": "+8613812345678",
    "stored in Iran": "+989123456789",
    "in a callback": "15901015620",
    "in a forged field": "13987654321",
    "in an error": "09351112233",
    "in a message": "+8615912345670",
}
OTHERS = {
    "database password": "postgres-Pass-2291",
    "mail server password": "mailer-Pass-7744",
    "redis password": "redis-Pass-3817",
    "password of the owner": PASSWORD,
    "e-mail in an error": "buyer.of.tea@mail.example",
}


#: What may stand between the digits of a number on a page.
_GAP = re.compile(r"(?<=\d)[ \-\u00a0\u2009\u202f\u2066-\u2069]+(?=\d)")


@dataclass
class Stage:
    """The shop on which it all happens."""

    app: Flask
    desk: FlaskClient
    clock: Clock
    patch: pytest.MonkeyPatch


@dataclass
class Search:
    """Everything that was written anywhere, and what must not be in it."""

    planted: dict[str, str] = field(default_factory=dict)
    found: list[tuple[str, str]] = field(default_factory=list)

    def read(self, where: str, text: object) -> None:
        """Keep something that was written; a number also as if it stood together."""
        plain = to_ascii(str(text))
        self.found.append((where, f"{plain}\n{_GAP.sub('', plain)}"))

    def hits(self) -> list[str]:
        """Return which secret was seen where."""
        return [
            f"{name} in {where}"
            for where, text in self.found
            for name, value in self.planted.items()
            if value in text
        ]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Return what the shop's own log writes, every word of it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.set_up("DEBUG", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


@pytest.fixture
def stage(
    app: Flask,
    desk: FlaskClient,  # noqa: F811
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> Stage:
    """Return the shop with its owner at the desk."""
    return Stage(app, desk, clock, monkeypatch)


@pytest.fixture
def search() -> Search:
    """Return a search for everything that is planted."""
    planted = {" ".join(name): value for name, value in KEYS.items()}
    for name, owner_of in PEMS.items():
        middle = wire.private_pem(owner_of).splitlines()[5]
        planted[" ".join(name)] = middle
    planted |= {f"card {name}": value for name, value in CARDS.items()}
    planted |= {f"phone {name}": value for name, value in PHONES.items()}
    return Search(planted | OTHERS)


def _save_keys(desk: FlaskClient) -> None:  # noqa: F811
    """Type every key into the desk, some twice: the old one stays beside the new."""
    base = {"base_url": dead_port()}
    codes = (
        "alipay",
        "wechat_native",
        "unionpay",
        "zarinpal",
        "zibal",
        "mellat",
        "sep",
    )
    for turn in ("old", ""):
        for code in codes:
            values = every.settings(code, "") | base
            for (whose, name, *when), value in KEYS.items():
                if whose == code and (turn in when or not when):
                    values.setdefault(name, "")
                    values[name] = value if turn in when or not turn else values[name]
            for (whose, name), owner_of in PEMS.items():
                if whose == code:
                    values[name] = wire.private_pem(owner_of)
            _post_keys(desk, "keys", code, values)
    services: dict[str, dict[str, str]] = {
        "kavenegar": base | {"sender": "1000"},
        "aliyun_sms": base
        | {"access_key_id": "LTAI", "sign_name": "x", "template": "S"},
        "smtp": {
            "host": "127.0.0.1",
            "port": "9",
            "security": "none",
            "sender": "a@b.cn",
        },
    }
    for code, values in services.items():
        own = {n: v for (whose, n, *_), v in KEYS.items() if whose == code}
        _post_keys(desk, "services", code, values | own)


def _post_keys(desk: FlaskClient, room: str, code: str, values: dict[str, str]) -> None:  # noqa: F811
    answer = desk.post(f"/en/owner/settings/{room}/keys-{code}", data=values)
    assert answer.status_code == 303, (code, answer.text)


def _buy(app: Flask, search: Search, lang: str, phone: str, method: str) -> None:
    """Order through the pages; the bank does not answer."""
    _forget_the_request()
    shopper = Shopper(app.test_client(), lang)
    added = shopper.add()
    assert added.status_code == 303, added.text
    shopper.fill(phone=phone)
    answer = shopper.place(shopper.review(method))
    assert answer.status_code == 303
    search.read("page after a gateway's silence", answer.text)


def _forget_the_request() -> None:
    """Forget what a page kept for itself: all requests of a test share one context."""
    for name in list(g):
        g.pop(name)


def _begin_everywhere(search: Search, now: datetime) -> None:
    for code in every.ONLINE:
        iran = {"market": "ir", "currency": "IRR", "method": "gateway"}
        in_china = settings.get(code).caps.currency == "CNY"
        charge = make.owed(now) if in_china else make.owed(now, 1_250_000, **iran)  # type: ignore[arg-type]
        payer = Payer(phone=PHONES["of the Persian buyer"], options={"openid": "o"})
        try:
            collect.begin(charge.id, code, urls, now, payer)
        except ProviderError as error:
            search.read("an error of a provider", repr((error, error.args, str(error))))


def _callbacks(app: Flask, search: Search, now: datetime) -> None:
    """Let liars and gateways send cards and phones in every field they have."""
    client = app.test_client()
    planted = {
        "CardHolderPan": CARDS["of a callback"],
        "card": CARDS["in a forged field"],
        "buyer_logon_id": PHONES["in a forged field"],
        "mobile": PHONES["in a forged field"],
        "note": CARDS["with spaces"],
    }
    for code in every.ONLINE:
        for path in ("notify", "return"):
            answer = client.post(f"/pay/{code}/{path}", data=planted)
            search.read(f"answer to a forged {path}", answer.text)
    attempt = db.session.scalars(
        select(PaymentAttempt).where(PaymentAttempt.provider == "alipay")
    ).first()
    assert attempt
    fields = test_alipay.paid(
        out_trade_no=attempt.merchant_ref,
        buyer_logon_id=PHONES["in a callback"],
        subject=f"{CARDS['of a callback']} {PHONES['in a callback']}",
    )
    genuine = wire.posted(test_alipay.signed(fields))
    assert collect.notified("alipay", genuine, now).status == 200


def _errors(app: Flask, search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    """Break a page with everything in the message of the exception."""
    # Of the buyer whom no page led back to their own link: the first one.
    order = db.session.scalars(select(Order).order_by(Order.id)).first()
    assert order
    with app.test_request_context():
        link = find.token(secret_key(), order)
    search.planted["link of an order"] = link
    said = (
        f"{PHONES['in an error']} {CARDS['in an error']} {OTHERS['e-mail in an error']}"
        f" /fa/orders/{link}/pay password='{OTHERS['mail server password']}'"
        f" redis://:{OTHERS['redis password']}@cache:6379"
    )

    def broken(*_: object) -> None:
        raise RuntimeError(said)

    with monkeypatch.context() as patch:
        patch.setattr(place, "order_of_form", broken)
        app.config["PROPAGATE_EXCEPTIONS"] = False
        answer = app.test_client().post("/fa/checkout/review", data={"form_key": "k"})
    assert answer.status_code == 500
    search.read("error page", answer.text)
    logging.getLogger("shop.proof").warning("told %s", PHONES["in a message"])
    twin = {c.key: getattr(order, c.key) for c in Order.__table__.columns}
    with pytest.raises(IntegrityError) as caught:
        _insert(twin | {"id": 10**6})
    search.read("database error", caught.value)
    logging.getLogger("shop.proof").error("twice", exc_info=caught.value)


def _insert(order: dict[str, Any]) -> None:
    with transaction():
        db.session.execute(insert(Order).values(order))


def _desk_pages(desk: FlaskClient, search: Search) -> None:  # noqa: F811
    rooms = ("shop", "places", "methods", "keys", "messages", "services")
    pages = ["", "products", "clinic", "statement", "audit", "password"]
    pages += [f"settings/{room}" for room in rooms]
    pages += [f"orders/{one}" for one in db.session.scalars(select(Order.number))]
    for page in pages:
        for lang in ("zh", "fa", "en"):
            _forget_the_request()
            answer = desk.get(f"/{lang}/owner/{page}")
            assert answer.status_code == 200, (page, answer.status_code)
            search.read(f"desk: {page or 'queue'}", answer.text)
    bank = f"مبلغ,شرح\n100000,{CARDS['of a bank statement']}\n"
    sent = {
        "file": (io.BytesIO(bank.encode()), "b.csv"),
        "amount": "مبلغ",
        "note": "شرح",
    }
    search.read("statement", desk.post("/fa/owner/statement", data=sent).text)
    tests = [
        f"/en/owner/settings/keys/keys-{code}/test" for code in ("alipay", "mellat")
    ]
    for path in tests:
        search.read("test of keys", desk.post(path, follow_redirects=True).text)


def _records(search: Search) -> None:
    """Read the log of the desk, what providers said, and what stands encrypted."""
    for table in (Audit, PaymentEvent, ProviderSetting):
        for row in db.session.scalars(select(table)):
            values = {c.key: getattr(row, c.key) for c in table.__table__.columns}
            search.read(f"table {table.__tablename__}", json.dumps(values, default=str))
    for job in db.session.scalars(select(Job)):
        search.read("error of a job", job.last_error)


def _reprs(app: Flask, search: Search, now: datetime) -> None:
    config = replace(
        app.extensions["shop"],
        database_url=f"postgresql://shop:{OTHERS['database password']}@db/shop",
        redis_url=f"redis://:{OTHERS['redis password']}@cache:6379",
        smtp_url=f"smtp://shop:{OTHERS['mail server password']}@mail:587",
    )
    phone, card = PHONES["as it is stored"], CARDS["of a callback"]
    things: list[Any] = [config, *all_providers().values()]
    things += [one.settings for one in all_providers().values()]
    things += [settings.shown(code) for code in all_providers()]
    things += [settings.shown(code) for code in channels.services()]
    things += [
        Address("cn", phone=phone),
        Payer(phone=phone),
        wire.attempt(payer_phone=phone),
        wire.posted({"CardHolderPan": card}),
        wire.visited(f"mobile={phone}"),
        Outgoing(phone, phone, "n", 1, "paid", "zh", now),
        notice(Subject("alipay", "1", 1, 1), 1, now),
    ]
    tables = (Order, PaymentAttempt, PaymentEvent, ProviderSetting)
    things += [row for table in tables for row in db.session.scalars(select(table))]
    for thing in things:
        search.read(f"repr of {type(thing).__name__}", f"{thing!r} {thing}")


def _backup(app: Flask, search: Search, now: datetime) -> None:
    """Keys are not in a backup, and nothing of anybody is in its name."""
    if is_postgres():
        return
    path = backup.save(app.extensions["shop"], now)
    search.read("name of a backup", path)
    keys = {" ".join(name) for name in (*KEYS, *PEMS)}
    inside = Search({k: v for k, v in search.planted.items() if k in keys})
    with zipfile.ZipFile(path) as whole:
        for name in whole.namelist():
            search.read("name in a backup", name)
            inside.read(f"backup {name}", whole.read(name).decode("latin-1"))
    assert inside.hits() == []
    path.unlink()


def _shop_about(stage: Stage, search: Search) -> None:
    """Do with the shop what owners, buyers, gateways and liars do."""
    app, now = stage.app, stage.clock.now
    stock_teapots()
    _save_keys(stage.desk)
    _buy(app, search, "zh", PHONES["of the Chinese buyer"], "alipay")
    _buy(app, search, "fa", PHONES["of the Persian buyer"], "gateway")
    orders.order(now)
    _begin_everywhere(search, now)
    _callbacks(app, search, now)
    worker = Worker(app, HANDLERS, {}, stage.clock)
    while worker.step():
        pass
    _errors(app, search, stage.patch)
    _desk_pages(stage.desk, search)
    _records(search)
    _reprs(app, search, now)
    _backup(app, search, now)


def test_case_53_no_secret_comes_out_again(
    stage: Stage, log: io.StringIO, search: Search
) -> None:
    _shop_about(stage, search)
    search.read("log", log.getvalue())

    assert len(search.planted) >= 30
    assert len(log.getvalue()) > 10_000, "the log was really written"
    assert search.hits() == []


def test_control_without_its_masks_the_log_tells(
    stage: Stage, log: io.StringIO, search: Search
) -> None:
    stage.patch.setattr(logs, "mask", lambda text: text)

    _shop_about(stage, search)
    search.read("log", log.getvalue())

    assert len(search.hits()) >= 5


def test_the_folder_of_the_shop_names_nobody(app: Flask) -> None:
    folder: Path = app.extensions["shop"].instance

    assert not [
        one for one in folder.rglob("*") if any(p in one.name for p in PHONES.values())
    ]
