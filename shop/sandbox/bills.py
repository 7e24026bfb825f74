"""The providers' daily bills, as files in their own shapes.

A day is one of Beijing; amounts are yuan in both, whatever the interface speaks.
"""

import csv
import gzip
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from shop.sandbox.clock import BEIJING
from shop.sandbox.ledger import Refund, Trade

READY_AT = time(10)
"""When the bill of the day before is ready."""

ALIPAY_HEADER = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,"
    "操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,"
    "支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,"
    "卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)
WECHAT_HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,"
    "交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,"
    "商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
WECHAT_TOTALS = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,"
    "申请退款总金额"
)


@dataclass(frozen=True)
class Line:
    """One movement: a payment, or a refund of it."""

    trade: Trade
    at: datetime
    refund: Refund | None = None

    @property
    def amount(self) -> int:
        """Return the fen that moved, always positive."""
        return self.trade.amount if self.refund is None else self.refund.amount


def is_ready(day: date, now: datetime) -> bool:
    """Tell whether the bill of a day can be fetched at a moment of Beijing."""
    return now >= datetime.combine(day + timedelta(days=1), READY_AT, BEIJING)


def lines(trades: Iterable[Trade], day: date) -> list[Line]:
    """Return what moved on a day, in order."""

    def all_lines() -> Iterator[Line]:
        for trade in trades:
            if trade.paid_at is not None:
                yield Line(trade, datetime.fromtimestamp(trade.paid_at, BEIJING))
            for refund in trade.refunds:
                yield Line(trade, datetime.fromtimestamp(refund.at, BEIJING), refund)

    found = [line for line in all_lines() if line.at.date() == day]
    return sorted(found, key=lambda line: line.at)


def yuan(fen: int) -> str:
    """Return fen as yuan with two decimals."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"


def alipay(found: list[Line], day: date, account: str) -> bytes:
    """Return the zip with the trade list in GBK: ``#`` lines, tabs behind numbers."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    begin = datetime.combine(day, time(0), BEIJING)
    end = begin + timedelta(days=1)
    shape = "%Y年%m月%d日 %H:%M:%S"
    text.write("#支付宝业务明细查询\r\n")
    text.write(f"#账号：[{account}0156]\r\n")
    text.write(
        f"#起始日期：[{begin.strftime(shape)}]   终止日期：[{end.strftime(shape)}]\r\n"
    )
    text.write(f"#{'-' * 41}业务明细列表{'-' * 40}\r\n")
    text.write(ALIPAY_HEADER + "\r\n")
    for line in found:
        trade, refund = line.trade, line.refund
        amount = yuan(line.amount if refund is None else -line.amount)
        created = datetime.fromtimestamp(trade.created_at, BEIJING)
        rows.writerow(
            [
                f"{trade.key}\t",
                f"{trade.ref}\t",
                "交易" if refund is None else "退款",
                trade.data.get("subject", ""),
                f"{created:%Y-%m-%d %H:%M:%S}",
                f"{line.at:%Y-%m-%d %H:%M:%S}",
                *("", "", "", ""),
                "*三(138****0000)",
                amount,
                amount,
                *("0.00",) * 5,
                "",
                *("0.00", "0.00"),
                "" if refund is None else f"{refund.ref}\t",
                *("0.00", "0.00"),
                "",
            ]
        )
    text.write(f"#{'-' * 41}业务明细列表结束{'-' * 36}\r\n")
    for name, part in (
        ("交易", [line for line in found if line.refund is None]),
        ("退款", [line for line in found if line.refund is not None]),
    ):
        total = sum(line.amount for line in part) * (1 if name == "交易" else -1)
        text.write(f"#{name}合计：{len(part)}笔，商家实收共{yuan(total)}元\r\n")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        name = f"{account}0156_{day:%Y%m%d}_业务明细.csv"
        archive.writestr(name, text.getvalue().encode("gbk", "replace"))
    return packed.getvalue()


def wechat(found: list[Line], appid: str, mchid: str) -> bytes:
    """Return the trade bill in UTF-8: every value behind a grave accent."""
    text = "\ufeff" + WECHAT_HEADER + "\r\n"
    paid = sum(line.amount for line in found if line.refund is None)
    returned = sum(line.amount for line in found if line.refund is not None)
    for line in found:
        trade, refund = line.trade, line.refund
        values = [
            f"{line.at:%Y-%m-%d %H:%M:%S}",
            *(appid, mchid, "0", ""),
            *(trade.key, trade.ref, trade.data["openid"], trade.data["trade_type"]),
            "SUCCESS" if refund is None else "REFUND",
            *("OTHERS", "CNY"),
            yuan(line.amount if refund is None else 0),
            "0.00",
            "0" if refund is None else refund.data["id"],
            "0" if refund is None else refund.ref,
            yuan(0 if refund is None else line.amount),
            "0.00",
            "" if refund is None else "ORIGINAL",
            "" if refund is None else refund.data["status"],
            str(trade.data["subject"]).replace(",", "，"),
            str(trade.data.get("attach") or ""),
            *("0.00000", "0.60%"),
            yuan(line.amount if refund is None else 0),
            yuan(0 if refund is None else line.amount),
            "",
        ]
        text += ",".join(f"`{value}" for value in values) + "\r\n"
    totals = [
        str(len(found)),
        *(yuan(paid), yuan(returned), "0.00", "0.00000", yuan(paid), yuan(returned)),
    ]
    text += WECHAT_TOTALS + "\r\n" + ",".join(f"`{value}" for value in totals) + "\r\n"
    return text.encode()


def packed(raw: bytes) -> bytes:
    """Return a file packed with gzip, the same bytes for the same content."""
    return gzip.compress(raw, mtime=0)
