"""The same payment told again and again, by many at once: one effect each.

    python -m tests.proof deliveries --count 10000

Every online provider in turn. Those that sign get their notification twenty
times, some word for word, some under a new number; those that do not get the
browser of their buyer back twenty times, while an honest bank verifies. Every
payment must have one ledger row, one PAID, one message.
"""

import json
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from shop.db import db, transaction
from shop.orders.models import MoneyRow, OrderEvent
from shop.orders.states import EventKind
from shop.outbox import Job
from shop.payments import attempts, collect, protocol, settings
from shop.payments.invariants import invariants
from shop.payments.models import PaymentAttempt
from shop.payments.provider import RawRequest
from shop.payments.rules import AttemptState
from tests.payments import make
from tests.payments.fake import urls
from tests.payments.providers import (
    every,
    test_alipay,
    test_mellat,
    test_sep,
    test_unionpay,
    wechat,
)
from tests.payments.providers import make as wire
from tests.proof.crowd import Crowd
from tests.proof.figures import Figures, database_name

COPIES = 20
IRAN: make.Way = {"market": "ir", "currency": "IRR", "method": "gateway"}
RIAL = 1_250_000


@dataclass(frozen=True)
class Subject:
    """One payment of one provider, which the buyer has made."""

    code: str
    ref: str
    order_id: int
    attempt_id: int


def prove(app: Flask, count: int, crowd: Crowd) -> Figures:
    """Deliver ``count`` times; ``wrong`` are payments with other than one effect."""
    began, now = time.monotonic(), datetime.now(UTC)
    with HonestBank():
        subjects = _subjects(count // COPIES, now)
        said = crowd.do(app, count, lambda number: _deliver(subjects, number, now))
    wrong = _count_wrong(subjects)
    contradictions = invariants(db.session(), now)
    facts = {"payments": len(subjects), "answers": dict(sorted(said.items()))}
    return Figures(
        "deliveries",
        database_name(),
        count,
        len(wrong) + len(contradictions) + _not_acknowledged(said),
        time.monotonic() - began,
        facts | ({"wrong ones": wrong[:5], **_told(contradictions)} if wrong else {}),
    )


def _told(contradictions: list[str]) -> dict[str, Any]:
    return {"contradictions": contradictions[:5]} if contradictions else {}


def _not_acknowledged(said: Counter[str]) -> int:
    return sum(n for word, n in said.items() if word not in {"200", "paid", "settled"})


def _subjects(count: int, now: datetime) -> list[Subject]:
    _fill_in(now)
    codes = every.ONLINE
    return [_subject(codes[number % len(codes)], now) for number in range(count)]


def subjects_of(code: str, count: int, now: datetime) -> list[Subject]:
    """Return payments of one signed provider that nobody told the shop about."""
    _fill_in(now)
    return [_subject(code, now) for _ in range(count)]


def _fill_in(now: datetime) -> None:
    with transaction():
        for code in every.ONLINE:
            values = every.settings(code, "http://127.0.0.1:9")
            for name in (one.name for one in settings.get(code).settings):
                if name in values:
                    settings.save(code, name, values[name], now)


def _subject(code: str, now: datetime) -> Subject:
    in_china = settings.get(code).caps.currency == "CNY"
    charge = make.owed(now) if in_china else make.owed(now, RIAL, **IRAN)
    attempt_id, ref = _begun(charge.id, code, now)
    return Subject(code, ref, charge.order_id, attempt_id)


def _begun(charge_id: int, code: str, now: datetime) -> tuple[int, str]:
    """Open an attempt; WeChat and the QR code are begun without their gateway."""
    if code in every.SIGNED:
        provider = settings.get(code)
        with transaction():
            attempt_id, told = attempts.open_new(
                charge_id, provider, attempts.Payer(), now
            )
        return attempt_id, told.ref
    begun = collect.begin(charge_id, code, urls, now)
    return begun.attempt_id, begun.ref


def _deliver(subjects: list[Subject], number: int, now: datetime) -> str:
    """Deliver a payment once more; three of four copies are word for word the same."""
    subject, copy = subjects[number // COPIES % len(subjects)], number % COPIES
    if subject.code in every.SIGNED:
        request = notice(subject, copy if copy % 4 == 0 else 1, now)
        return str(collect.notified(subject.code, request, now).status)
    later = now + timedelta(seconds=4 * copy)
    found = collect.come_back(subject.code, back(subject), later)
    return "nobody" if found is None else _waited(found.state)


def _waited(state: AttemptState) -> str:
    """Return the state; who looks while another copy is verifying sees that."""
    between = {AttemptState.VERIFYING, AttemptState.SETTLING, AttemptState.PENDING}
    return "paid" if state in between | {AttemptState.PAID} else state.value


def notice(subject: Subject, number: int, now: datetime) -> RawRequest:
    """Return a genuine notification under its ``number``."""
    ref = subject.ref
    match every.family(subject.code):
        case "wechat":
            body = wechat.sealed(
                wechat.paid(out_trade_no=ref, transaction_id=f"42{ref}"),
                id=f"EV-{ref}-{number}",
            )
            stamp = str(int(now.timestamp()))
            return wechat.notice(body, wechat.marks(body, stamp=stamp))
        case "alipay":
            fields = test_alipay.paid(
                out_trade_no=ref, trade_no=f"2026{ref}", notify_id=f"n{number}"
            )
            return wire.posted(test_alipay.signed(fields))
        case _:
            txn_time = f"202611211605{number:02d}"
            fields = test_unionpay.paid(
                orderId=ref, queryId=f"26{ref}", txnTime=txn_time
            )
            return wire.posted(test_unionpay.signed(fields))


def back(subject: Subject) -> RawRequest:
    """Return the browser of a buyer who has paid."""
    ref = subject.ref
    match subject.code:
        case "zarinpal":
            return wire.visited(f"Authority={_authority(ref)}&Status=OK")
        case "zibal":
            return wire.visited(f"trackId={ref}&success=1&status=2&orderId={ref}")
        case "mellat":
            return wire.posted(
                {
                    "RefId": f"R{ref}",
                    "ResCode": "0",
                    "SaleOrderId": ref,
                    "SaleReferenceId": f"5{ref}",
                    "FinalAmount": str(RIAL),
                }
            )
        case _:
            said = {"State": "OK", "Status": "2", "ResNum": ref}
            said |= {"RefNum": _ref_num(ref), "Token": f"T{ref}", "Amount": str(RIAL)}
            return wire.posted(said)


def _authority(ref: str) -> str:
    return "A" + ref.zfill(35)


def _ref_num(ref: str) -> str:
    return f"GmshtyjwKS{ref}"


class HonestBank:
    """Iran's gateways in the place of the network: everything asked for was paid.

    What they hand out follows from our reference, so that forks agree about it.
    """

    def __enter__(self) -> None:
        self.real = protocol.call
        protocol.call = _call

    def __exit__(self, *_: object) -> None:
        protocol.call = self.real


def _call(
    method: str, url: str, body: bytes = b"", headers: Any = None, *, most: int = 0
) -> protocol.Answer:
    for part, answer in _ANSWERS.items():
        if part in url:
            return protocol.Answer(200, answer(url.rpartition("/")[2], body), {})
    raise AssertionError(url)


def _zarinpal(name: str, body: bytes) -> bytes:
    said = json.loads(body)
    if name == "request.json":
        ref = said["metadata"]["order_id"]
        data: dict[str, Any] = {"code": 100, "authority": _authority(ref)}
    else:
        authority = said["authority"]
        data = {"code": 101, "ref_id": int(authority[1:]), "status": "VERIFIED"}
    return json.dumps({"data": data, "errors": []}).encode()


def _zibal(name: str, body: bytes) -> bytes:
    said = json.loads(body)
    if name == "request":
        return json.dumps({"result": 100, "trackId": int(said["orderId"])}).encode()
    track = str(said["trackId"])
    paid = {"result": 100, "status": 1, "amount": RIAL, "orderId": track}
    return json.dumps(paid | {"refNumber": f"7{track}"}).encode()


def _mellat(_name: str, body: bytes) -> bytes:
    text = body.decode()
    operation = re.findall(r"<bp:(\w+)>", text)[0]
    order = re.findall(r"<orderId>(\d+)<", text)[0]
    answer = f"0,R{order}" if operation == "bpPayRequest" else "0"
    return (
        f'<e xmlns:n="{test_mellat.NS}"><n:{operation}Response><return>{answer}'
        f"</return></n:{operation}Response></e>"
    ).encode()


def _sep(_name: str, body: bytes) -> bytes:
    said = json.loads(body)
    if said.get("action") == "token":
        return json.dumps({"status": 1, "token": f"T{said['ResNum']}"}).encode()
    return json.dumps(
        test_sep.verified(
            RefNum=said["RefNum"], OrginalAmount=RIAL, AffectiveAmount=RIAL
        )
    ).encode()


_ANSWERS: dict[str, Callable[[str, bytes], bytes]] = {
    "/pg/v4/payment/": _zarinpal,
    "/v1/": _zibal,
    "/pgwchannel/": _mellat,
    "/verifyTxnRandomSessionkey/": _sep,
    "/onlinepg/": _sep,
}


def _count_wrong(subjects: list[Subject]) -> list[str]:
    """Return the payments that have not exactly one effect."""
    db.session.rollback()
    rows = _by_order(
        select(MoneyRow.order_id, func.count()).group_by(MoneyRow.order_id)
    )
    paid = _by_order(
        select(OrderEvent.order_id, func.count())
        .where(OrderEvent.kind == EventKind.PAID)
        .group_by(OrderEvent.order_id)
    )
    told: Counter[int] = Counter()
    for payload in db.session.scalars(select(Job.payload).where(Job.kind == "notify")):
        told[payload["order_id"]] += payload["stage"] == EventKind.PAID
    states = {
        row.id: (row.state, row.captured_minor == row.amount_minor)
        for row in db.session.execute(
            select(
                PaymentAttempt.id,
                PaymentAttempt.state,
                PaymentAttempt.captured_minor,
                PaymentAttempt.amount_minor,
            )
        )
    }
    good = {(AttemptState.PAID, True), (AttemptState.SETTLED, True)}
    return [
        f"{one.code} {rows.get(one.order_id, 0)} rows {states[one.attempt_id][0]}"
        for one in subjects
        if (rows.get(one.order_id), paid.get(one.order_id), told[one.order_id])
        != (1, 1, 1)
        or states[one.attempt_id] not in good
    ]


def _by_order(query: Any) -> dict[int, int]:
    return {row[0]: row[1] for row in db.session.execute(query)}
