"""A provider's bill against the ledger, and a bank statement against receipts."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from shop.db import transaction
from shop.kernel.money import Money
from shop.payments import bills, collect, refunds, statement, transfer
from shop.payments.bills import BadTable, Columns, Line
from shop.payments.refunds import Wanted
from shop.payments.statement import StatementColumns
from shop.payments.transfer import Typed
from tests.payments import make
from tests.payments.fake import Fake, Providers

ALIPAY_HEAD = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,"
    "对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,"
    "券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)
WECHAT_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,"
    "货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,"
    "商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)


def alipay_bill(*rows: tuple[str, str, str, str]) -> bytes:
    """Return a bill of (our number, kind, yuan, refund number)."""
    body = [
        f"2026\t,{ref}\t,{what},Goods,{'t,' * 6}x,{yuan},{yuan},{'0.00,' * 5},"
        f"0.00,0.00,{request}\t,-0.60,0.00,"
        for ref, what, yuan, request in rows
    ]
    lines = [
        "#支付宝业务明细查询",
        "#账号：[20880000000000000156]",
        "#起始日期：[2026年11月21日 00:00:00]   终止日期：[2026年11月22日 00:00:00]",
        "#-----------------------------------------业务明细列表---------------------",
        ALIPAY_HEAD,
        *body,
        "#-----------------------------------------业务明细列表结束-----------------",
        "#交易合计：2笔，商家实收共10.00元，商家优惠共0.00元",
    ]
    return "\r\n".join(lines).encode("gb18030")


def wechat_bill(*rows: tuple[str, str, str, str, str]) -> bytes:
    """Return a bill of (our number, state, yuan, refund number, refunded yuan)."""
    body = []
    for ref, state, yuan, request, back in rows:
        values = ["2026-11-21 16:00:00", "wx1", "1900", "0", "", f"42{ref}", ref, "o1"]
        values += ["NATIVE", state, "OTHERS", "CNY", yuan, "0.00", f"50{request}"]
        values += [request, back, "0.00", "ORIGINAL", "SUCCESS", "Goods", "", "0.06"]
        values += ["0.60%", yuan, back, ""]
        body.append(",".join(f"`{value}" for value in values))
    tail = [
        "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额",
        "`2,`10.00,`0.00,`0,`0",
    ]
    return "\r\n".join(["\ufeff" + WECHAT_HEAD, *body, *tail]).encode()


def test_alipays_bill_is_read_with_payments_and_refunds() -> None:
    content = alipay_bill(
        ("1234567890123456", "交易", "100.00", ""),
        ("1234567890123456", "退款", "-40.00", "6543210987654321"),
    )

    assert bills.parse_alipay(content) == [
        Line("1234567890123456", Money(10_000, "CNY"), False, "2026"),
        Line("6543210987654321", Money(4_000, "CNY"), True, "2026"),
    ]


def test_wechats_bill_is_in_yuan_and_its_sums_are_no_rows() -> None:
    content = wechat_bill(
        ("1234567890123456", "SUCCESS", "100.00", "", "0.00"),
        ("1234567890123456", "REFUND", "100.00", "6543210987654321", "40.50"),
    )

    assert [(one.ref, one.amount.minor) for one in bills.parse_wechat(content)] == [
        ("1234567890123456", 10_000),
        ("6543210987654321", 4_050),
    ]


def test_a_refund_names_its_payment_once_it_has_arrived() -> None:
    done = wechat_bill(("123456", "REFUND", "100.00", "654321", "40.50"))
    waits = done.replace(b"`SUCCESS,`Goods", b"`PROCESSING,`Goods")
    assert waits != done

    assert [one.paid_ref for one in bills.parse_wechat(done)] == ["123456"]
    assert [one.paid_ref for one in bills.parse_wechat(waits)] == [""]
    ours = bills.parse_alipay(alipay_bill(("123456", "退款", "-1.00", "654321")))
    assert [one.paid_ref for one in ours] == ["123456"]


def test_any_file_is_read_once_its_columns_are_named() -> None:
    content = 'شناسه,مبلغ,نوع\n۱۲۳۴۵۶۷۸۹۰۱۲,"۱۲۵٬۰۰۰",پرداخت\n77,5,برگشت\n'
    columns = Columns(
        ref="شناسه",
        amount="مبلغ",
        currency="IRR",
        unit="toman",
        kind="نوع",
        refund_words=("برگشت",),
    )

    assert bills.parse_generic(content.encode(), columns) == [
        Line("123456789012", Money(1_250_000, "IRR")),
        Line("77", Money(50, "IRR"), is_refund=True),
    ]


@pytest.mark.parametrize(
    ("text", "currency", "unit", "minor"),
    [
        ("100", "CNY", "major", 10_000),
        ("1,234.5", "CNY", "major", 123_450),
        ("-0.01", "CNY", "major", -1),
        ("¥ 12.30", "CNY", "major", 1_230),
        ("1234", "CNY", "minor", 1_234),
        ("۱۲۵٬۰۰۰", "IRR", "toman", 1_250_000),
        ("1250000.00", "IRR", "major", 1_250_000),
    ],
)
def test_amounts_are_read_exactly(
    text: str, currency: str, unit: str, minor: int
) -> None:
    assert bills.read_amount(text, currency, unit) == Money(minor, currency)


@pytest.mark.parametrize("text", ["", "1e2", "1.234", "--1", "12.", "abc", "1 0 0 x"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        bills.read_amount(text, "CNY")


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", b"\x00\xff\xfe", b"PK\x03\x04" * 100]
)
def test_another_file_is_refused(content: bytes) -> None:
    for parse in (bills.parse_alipay, bills.parse_wechat):
        with pytest.raises(BadTable):
            parse(content)


def test_a_row_that_cannot_be_read_is_named() -> None:
    content = wechat_bill(("1", "SUCCESS", "ten", "", "0"))

    with pytest.raises(BadTable) as refusal:
        bills.parse_wechat(content)

    assert (refusal.value.row, refusal.value.column) == (2, "订单金额")


@pytest.mark.parametrize("kind", ["alipay", "wechat", "generic"])
def test_a_bill_with_all_three_lists(
    app: Flask, now: datetime, fake: Fake, kind: str
) -> None:
    _one, first = make.paid(fake, now)
    _two, second = make.paid(fake, now)
    _three, third = make.paid(fake, now)
    good, cheap, missing = (
        make.attempt(one).merchant_ref for one in (first, second, third)
    )
    rows = [(good, "100.00"), (cheap, "90.00"), ("9999999999999999", "5.00")]
    if kind == "alipay":
        content = alipay_bill(*[(ref, "交易", yuan, "") for ref, yuan in rows])
        theirs = bills.parse_alipay(content)
    elif kind == "wechat":
        content = wechat_bill(*[(ref, "SUCCESS", yuan, "", "0") for ref, yuan in rows])
        theirs = bills.parse_wechat(content)
    else:
        text = "no,yuan\n" + "".join(f"{ref},{yuan}\n" for ref, yuan in rows)
        theirs = bills.parse_generic(text.encode(), Columns("no", "yuan", "CNY"))

    found = bills.check(
        ["fake"], theirs, now - timedelta(hours=1), now + timedelta(hours=1)
    )

    assert found.matched == 1
    assert [line.ref for line in found.ours_only] == [missing]
    assert [line.ref for line in found.theirs_only] == ["9999999999999999"]
    assert [(a.amount.minor, b.amount.minor) for a, b in found.differ] == [
        (10_000, 9_000)
    ]
    assert not found.is_clean


def test_a_bill_that_agrees_leaves_three_empty_lists(
    app: Flask, now: datetime, fake: Fake
) -> None:
    _charge, attempt_id = make.paid(fake, now)
    with transaction():
        wanted = Wanted(Money(4_000, "CNY"), "", "staff:1", "form")
        refund = refunds.request(attempt_id, wanted, now)
        refunds.approve(refund.id, now)
    collect.send_refund(refund.id, now)
    content = alipay_bill(
        (make.attempt(attempt_id).merchant_ref, "交易", "100.00", ""),
        (make.attempt(attempt_id).merchant_ref, "退款", "-40.00", refund.merchant_ref),
    )

    found = bills.check(
        ["fake"], bills.parse_alipay(content), now, now + timedelta(days=1)
    )

    assert found.is_clean
    assert found.matched == 2


def test_a_payment_booked_after_midnight_is_found_on_the_bill_of_before(
    app: Flask, now: datetime, fake: Fake
) -> None:
    _charge, attempt_id = make.paid(fake, now)
    content = alipay_bill((make.attempt(attempt_id).merchant_ref, "交易", "100.00", ""))

    found = bills.check(
        ["fake"], bills.parse_alipay(content), now - timedelta(days=1), now
    )

    assert found.is_clean


def test_the_same_reference_twice_on_a_bill_is_pointed_out(
    app: Flask, now: datetime, fake: Fake
) -> None:
    _charge, attempt_id = make.paid(fake, now)
    row = (make.attempt(attempt_id).merchant_ref, "交易", "100.00", "")

    found = bills.check(
        ["fake"],
        bills.parse_alipay(alipay_bill(row, row)),
        now,
        now + timedelta(days=1),
    )

    assert (found.matched, len(found.theirs_only)) == (1, 1)


BANK = StatementColumns(
    amount="واریز", date="تاریخ", time="ساعت", tracking="پیگیری", note="شرح"
)


def test_a_statement_suggests_the_line_of_each_receipt(
    app: Flask, now: datetime, providers: Providers
) -> None:
    """2026-11-21 11:25 in Tehran is 1405-08-30."""
    receipt = brought(now, "00123456")
    brought(now, "777777")
    content = (
        "گردش حساب\nتاریخ,ساعت,برداشت,واریز,پیگیری,شرح\n"
        "۱۴۰۵/۰۸/۳۰,۱۱:۲۵,۰,۱۰۰٬۰۰۰,۱۲۳۴۵۶,کارت ****9876\n"
        "۱۴۰۵/۰۸/۳۰,۱۱:۲۶,۵۰۰۰,۰,۱۱۱,کارمزد\n"
        "۱۴۰۵/۰۸/۳۰,۰۹:۰۰,۰,۹۹٬۰۰۰,۲۲۲,\n"
    ).encode()

    lines = statement.parse_statement(content, BANK, "ir")
    first, second = statement.suggest(lines)

    assert [line.amount.minor for line in lines] == [100_000, 99_000]
    assert lines[0].paid_at == now - timedelta(minutes=5)
    assert first.receipt.id == receipt
    assert first.score == 100
    assert not first.is_sure or first.line == lines[0]
    assert second.score < first.score


def test_a_line_that_fits_two_receipts_is_not_sure(
    app: Flask, now: datetime, providers: Providers
) -> None:
    brought(now, "123456")
    brought(now, "123456")
    content = "واریز,پیگیری\n100000,123456\n".encode()
    columns = StatementColumns(amount="واریز", tracking="پیگیری")

    found = statement.suggest(statement.parse_statement(content, columns, "ir"))

    assert all(one.is_shared and not one.is_sure for one in found)


def test_a_statement_decides_nothing(
    app: Flask, now: datetime, providers: Providers
) -> None:
    brought(now, "123456")
    content = "واریز,پیگیری\n100000,123456\n".encode()
    columns = StatementColumns(amount="واریز", tracking="پیگیری")

    statement.suggest(statement.parse_statement(content, columns, "ir"))

    assert [one.state for one in transfer.waiting()] == ["submitted"]


def test_a_statement_without_its_amounts_is_refused() -> None:
    with pytest.raises(BadTable) as refusal:
        statement.parse_statement(b"a,b\n1,2\n", BANK, "ir")

    assert refusal.value.column == "واریز"


def brought(now: datetime, number: str) -> int:
    """Return the receipt of a transfer of 100,000 rial, five minutes ago."""
    charge = make.owed(now, 100_000, **make.TRANSFER)
    begun = make.begun(charge, now, "card_transfer")
    with transaction():
        typed = Typed(number, "9876", now - timedelta(minutes=5))
        return transfer.submit(begun.attempt_id, typed, now).id
