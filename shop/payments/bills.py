"""A provider's bill of a day against our ledger: three lists that must be empty.

Bills are files an owner downloads; amounts in them are yuan with two decimals
even where the protocol counts fen. Columns are found by name, since their order
is not promised. Sources: the sample files in the merchant manuals of Alipay
(业务明细, GBK, comment lines with ``#``) and WeChat Pay (交易账单, ALL, a backtick
before each value); ``reference/payments.md`` 0 for the unit.
"""

import csv
import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, select

from shop.db import db
from shop.i18n.digits import to_ascii
from shop.kernel.errors import ShopError
from shop.kernel.money import MINOR_DIGITS, Money
from shop.orders.models import MoneyRow
from shop.orders.states import MoneyKind
from shop.payments import protocol
from shop.payments.models import PaymentAttempt, Refund
from shop.payments.provider import ProviderError

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 200_000
#: References asked for in one question; databases limit how many it may name.
CHUNK = 500
#: Excel protects long numbers with these; they are no part of the value.
_WRAPPING = " \t\r\n`'\"=\ufeff"
_AMOUNT = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,2}))?")


@dataclass(eq=False)
class BadTable(ShopError):
    """A file cannot be read as what it should be: ``row`` from 1, 0 for all of it."""

    row: int
    column: str


@dataclass(frozen=True)
class Line:
    """One movement as a bill or the ledger has it; ``amount`` is positive.

    ``ref`` is our merchant reference of the attempt or of the refund. ``paid_ref``:
    of a refund that has arrived, the reference of the payment it gives back.
    """

    ref: str
    amount: Money
    is_refund: bool = False
    txn: str = ""
    paid_ref: str = field(default="", compare=False)


@dataclass(frozen=True)
class Columns:
    """Which columns of a generic file mean what, by name.

    ``unit`` is ``major`` (yuan; rial), ``minor`` (fen) or ``toman``. A row is a
    refund if ``kind`` holds one of ``refund_words`` or its amount is negative.
    """

    ref: str
    amount: str
    currency: str
    unit: str = "major"
    txn: str = ""
    kind: str = ""
    refund_words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """What a bill and the ledger say about the same time."""

    matched: int
    ours_only: tuple[Line, ...]
    theirs_only: tuple[Line, ...]
    differ: tuple[tuple[Line, Line], ...]
    #: What they name that the ledger has at another time, or not at all.
    outside: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Both sides agree about everything."""
        return not (self.ours_only or self.theirs_only or self.differ)


def read_table(content: bytes, *needed: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (row number in the file, values by column) of a CSV file with a heading.

    UTF-8 or GBK; the heading is the first row that has all ``needed`` columns,
    so that introductions are skipped. Rows of another width end the table.

    :raises BadTable: without such a heading, or if the file is too large.
    """
    if len(content) > MAX_BYTES:
        raise BadTable(0, "")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    heading: list[str] = []
    try:
        for number, raw in enumerate(csv.reader(io.StringIO(text, newline="")), 1):
            row = [value.strip(_WRAPPING) for value in raw]
            if not heading:
                heading = row if set(needed) <= set(row) else []
                continue
            if len(row) < len(heading) or row[0].startswith("#"):
                return
            if number > MAX_ROWS:
                raise BadTable(number, "")
            yield number, dict(zip(heading, row, strict=False))
    except csv.Error as error:
        raise BadTable(0, "") from error
    if not heading:
        raise BadTable(0, needed[0])


def read_amount(text: str, currency: str, unit: str = "major") -> Money:
    """Read an amount of a file exactly; grouping and any digits allowed.

    :raises ValueError: for anything that is no whole number of minor units.
    """
    plain = (
        re.sub(r"[,٬،\s¥￥]", "", to_ascii(text)).replace("٫", ".").replace("−", "-")
    )
    found = _AMOUNT.fullmatch(plain)
    if found is None:
        raise ValueError(text)
    sign, whole, rest = found[1], found[2], found[3] or ""
    places = 0 if unit in {"minor", "toman"} else MINOR_DIGITS[currency]
    if rest[places:].strip("0"):
        raise ValueError(text)
    minor = int(whole + rest[:places].ljust(places, "0"))
    minor *= 10 if unit == "toman" else 1
    return Money(-minor if sign else minor, currency)


def parse_alipay(content: bytes) -> list[Line]:
    """Read Alipay's bill of business details (业务明细).

    :raises BadTable: if it is another file, or a row cannot be read.
    """
    amount = ""
    lines = []
    for number, row in read_table(content, "支付宝交易号", "商户订单号", "业务类型"):
        amount = amount or _first(row, "订单金额（元）", "订单金额(元)", "订单金额")
        money = _money(row, amount, Columns("", amount, "CNY"), number)
        is_refund = row["业务类型"] == "退款"
        request = row.get("退款批次号/请求号") or row["商户订单号"]
        ref = request if is_refund else row["商户订单号"]
        paid = row["商户订单号"] if is_refund else ""
        lines.append(Line(ref, money, is_refund, row["支付宝交易号"], paid))
    return lines


def parse_wechat(content: bytes) -> list[Line]:
    """Read WeChat Pay's trade bill (交易账单), whose amounts are in yuan.

    :raises BadTable: if it is another file, or a row cannot be read.
    """
    lines = []
    needed = ("微信订单号", "商户订单号", "交易状态", "订单金额")
    for number, row in read_table(content, *needed):
        is_refund = row["交易状态"] == "REFUND"
        amount = "订单金额"
        if is_refund:
            amount = _first(row, "申请退款金额", "退款金额")
        money = _money(row, amount, Columns("", amount, "CNY"), number)
        ref = row["商户退款单号"] if is_refund else row["商户订单号"]
        txn = row["微信退款单号"] if is_refund else row["微信订单号"]
        arrived = is_refund and row.get("退款状态") == "SUCCESS"
        paid = row["商户订单号"] if arrived else ""
        lines.append(Line(ref, money, is_refund, txn, paid))
    return lines


#: How to read a bill, by whose it is.
PARSERS: Mapping[str, Callable[[bytes], list[Line]]] = {
    "alipay": parse_alipay,
    "wechat": parse_wechat,
}


def read_own(bill: str, content: bytes) -> list[Line]:
    """Read a provider's own bill as it is downloaded by hand: a CSV file or a zip.

    :raises BadTable: if nothing in it is such a bill.
    """
    try:
        inside = protocol.unzipped(content) if content[:2] == b"PK" else [content]
    except ProviderError as error:
        raise BadTable(0, "") from error
    wrong = BadTable(0, "")
    for file in inside:
        try:
            return PARSERS[bill](file)
        except BadTable as error:
            wrong = error
    raise wrong


def parse_generic(content: bytes, columns: Columns) -> list[Line]:
    """Read any CSV file whose columns the owner has named.

    :raises BadTable: if a column is missing, or a row cannot be read.
    """
    lines = []
    for number, row in read_table(content, columns.ref, columns.amount):
        money = _money(row, columns.amount, columns, number, signed=True)
        said = row.get(columns.kind, "") if columns.kind else ""
        is_refund = money.minor < 0 or said in columns.refund_words
        txn = row.get(columns.txn, "") if columns.txn else ""
        amount = Money(abs(money.minor), money.currency)
        lines.append(Line(to_ascii(row[columns.ref]), amount, is_refund, txn))
    return lines


def _first(row: Mapping[str, str], *names: str) -> str:
    for name in names:
        if row.get(name):
            return name
    raise BadTable(0, names[0])


def _money(
    row: Mapping[str, str],
    column: str,
    columns: Columns,
    number: int,
    *,
    signed: bool = False,
) -> Money:
    try:
        money = read_amount(row[column], columns.currency, columns.unit)
    except (KeyError, ValueError) as error:
        raise BadTable(number, column) from error
    return money if signed else Money(abs(money.minor), money.currency)


def compare(
    ours: Sequence[Line], theirs: Sequence[Line], elsewhere: Mapping[str, Line]
) -> Comparison:
    """Match two lists by reference and amount.

    ``ours`` are the ledger's movements of the bill's time; ``elsewhere`` those of
    other times that the bill names (paid before midnight, booked after).
    """
    mine = {line.ref: line for line in ours}
    known = {**elsewhere, **mine}
    matched, differ, strange = 0, [], []
    seen: set[str] = set()
    for line in theirs:
        own = known.get(line.ref)
        if own is None or line.ref in seen:
            strange.append(line)  # also a second movement under one reference
        elif (own.amount, own.is_refund) != (line.amount, line.is_refund):
            differ.append((own, line))
        else:
            matched += 1
        seen.add(line.ref)
    missing = tuple(line for ref, line in mine.items() if ref not in seen)
    outside = tuple(sorted(seen - set(mine)))
    return Comparison(matched, missing, tuple(strange), tuple(differ), outside)


def check(
    providers: Sequence[str], theirs: Sequence[Line], start: datetime, end: datetime
) -> Comparison:
    """Compare a bill for ``[start, end)`` with the ledger of some providers.

    Several, since ``alipay``, ``alipay_wap`` and ``alipay_qr`` share one bill.
    """
    ours = booked(providers, start, end)
    return compare(ours, theirs, named(providers, {line.ref for line in theirs}))


def booked(providers: Sequence[str], start: datetime, end: datetime) -> list[Line]:
    """Return what the ledger has of some providers in ``[start, end)``."""
    in_time = (MoneyRow.at >= start, MoneyRow.at < end)
    back_in_time = (Refund.settled_at >= start, Refund.settled_at < end)
    return [*_came(providers, *in_time), *_went(providers, *back_in_time)]


def named(providers: Sequence[str], wanted: Collection[str]) -> dict[str, Line]:
    """Return what the ledger has under these references, at any time."""
    refs = sorted(set(wanted))
    found: dict[str, Line] = {}
    for place in range(0, len(refs), CHUNK):
        some = refs[place : place + CHUNK]
        came = _came(providers, PaymentAttempt.merchant_ref.in_(some))
        went = _went(providers, Refund.merchant_ref.in_(some))
        found |= {line.ref: line for line in (*came, *went)}
    return found


def _came(providers: Sequence[str], *where: ColumnElement[bool]) -> list[Line]:
    query = (
        select(PaymentAttempt, MoneyRow)
        .join(MoneyRow, MoneyRow.attempt_id == PaymentAttempt.id)
        .where(
            MoneyRow.kind == MoneyKind.CAPTURED,
            PaymentAttempt.provider.in_(providers),
            *where,
        )
        .order_by(MoneyRow.id)
    )
    return [
        Line(
            at.merchant_ref,
            Money(row.amount_minor, row.currency),
            txn=at.provider_txn or row.provider_ref,
        )
        for at, row in db.session.execute(query)
    ]


def _went(providers: Sequence[str], *where: ColumnElement[bool]) -> list[Line]:
    query = (
        select(Refund)
        .join(PaymentAttempt, PaymentAttempt.id == Refund.attempt_id)
        .where(
            Refund.settled_at.is_not(None),
            PaymentAttempt.provider.in_(providers),
            *where,
        )
        .order_by(Refund.id)
    )
    return [
        Line(one.merchant_ref, one.amount, is_refund=True, txn=one.provider_txn)
        for one in db.session.scalars(query)
    ]
