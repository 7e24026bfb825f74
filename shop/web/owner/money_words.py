"""Payments, refunds and receipts of an order as rows of a table, in words."""

from collections.abc import Sequence

from shop.i18n.text import L, Lazy, Ltr, T
from shop.kernel.money import Money
from shop.markets.registry import market
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt, Refund
from shop.payments.rules import AttemptState, RefundState, Verdict
from shop.web.pages.owner import MoneyRow
from shop.web.pages.parts import Badge, Tone, Words

_A, _R, _V = AttemptState, RefundState, Verdict
ATTEMPTS: dict[AttemptState, tuple[Lazy, Tone]] = {
    _A.CREATED: (L("Begun"), ""),
    _A.PENDING: (L("Open"), "warn"),
    _A.VERIFYING: (L("Being checked"), "pre"),
    _A.UNKNOWN: (L("No answer yet"), "warn"),
    _A.PAID: (L("Paid"), "ok"),
    _A.SETTLING: (L("Paid"), "ok"),
    _A.SETTLED: (L("Paid"), "ok"),
    _A.FAILED: (L("Failed"), ""),
    _A.CANCELLED: (L("Given up"), ""),
    _A.EXPIRED: (L("Expired"), ""),
    _A.REVIEW: (L("Needs a decision"), "bad"),
    _A.REVERSED: (L("Taken back"), "bad"),
    _A.PARTIALLY_REFUNDED: (L("Partly given back"), "pre"),
    _A.REFUNDED: (L("Given back"), ""),
}
REFUNDS: dict[RefundState, tuple[Lazy, Tone]] = {
    _R.REQUESTED: (L("Asked for"), "warn"),
    _R.APPROVED: (L("To be sent"), "warn"),
    _R.SENT: (L("Sent"), "pre"),
    _R.PENDING: (L("On its way"), "pre"),
    _R.UNKNOWN: (L("No answer yet"), "warn"),
    _R.SETTLED: (L("Given back"), "ok"),
    _R.FAILED: (L("Failed"), "bad"),
    _R.REFUSED: (L("Refused"), ""),
}
#: Why money stands for a decision.
VERDICTS: dict[Verdict, Lazy] = {
    _V.LATE: L("It came after the order had ended."),
    _V.SECOND: L("The order was paid already: this is a second payment."),
    _V.MISMATCH: L("Another amount came than was asked for."),
    _V.CURRENCY: L("It came in another currency."),
    _V.CHANGED: L("The order costs something else now than when it was paid."),
    _V.DOUBT: L("The provider's answer does not fit the payment."),
    _V.FOREIGN: L("The provider's answer speaks of another payment."),
    _V.TXN_REUSED: L("Its number has paid another order before."),
    _V.UNDER_REVIEW: L("It is being looked at."),
    _V.OTHER_TXN: L(
        "The provider named a second number for this payment: look into its own "
        "pages whether the buyer paid twice."
    ),
}
#: What a provider is called at the desk; another one shows its code.
PROVIDERS: dict[str, Lazy] = {
    "alipay": L("Alipay, page"),
    "alipay_wap": L("Alipay, phone"),
    "alipay_qr": L("Alipay, code to scan"),
    "wechat_native": L("WeChat Pay, code to scan"),
    "wechat_h5": L("WeChat Pay, phone"),
    "wechat_jsapi": L("WeChat Pay, inside WeChat"),
    "unionpay": L("UnionPay"),
    "zarinpal": L("ZarinPal"),
    "zibal": L("Zibal"),
    "mellat": L("Behpardakht Mellat"),
    "sep": L("Saman (SEP)"),
    "card_transfer": L("Card-to-card transfer"),
    "cash_by_arrangement": L("Cash in person"),
    "cash_on_delivery": L("Cash on delivery"),
}


def provider_name(code: str) -> Words:
    """Return what a provider is called at the desk."""
    return PROVIDERS.get(code, code)


def why(attempt: PaymentAttempt) -> Words:
    """Say why a payment stands for a decision."""
    verdict = Verdict(attempt.verdict) if attempt.verdict else Verdict.UNDER_REVIEW
    return VERDICTS.get(verdict, VERDICTS[Verdict.UNDER_REVIEW])


def rows(
    attempts: Sequence[PaymentAttempt], refunds: Sequence[Refund]
) -> tuple[MoneyRow, ...]:
    """Return every payment and refund of an order, newest first."""
    made = [_attempt(one) for one in attempts] + [_refund(one) for one in refunds]
    return tuple(sorted(made, key=lambda one: one.at, reverse=True))


def _attempt(one: PaymentAttempt) -> MoneyRow:
    label, tone = ATTEMPTS[AttemptState(one.state)]
    amount = one.captured if one.captured_minor else one.amount
    reference = one.provider_txn or one.provider_ref or one.merchant_ref
    return MoneyRow(
        one.paid_at or one.created_at,
        provider_name(one.provider),
        amount,
        Badge(label, tone),
        reference,
    )


def _refund(one: Refund) -> MoneyRow:
    label, tone = REFUNDS[RefundState(one.state)]
    reference = one.provider_txn or one.merchant_ref
    words = T("Refund, promised by {day}", day=one.promised_on)
    if one.target:
        words = T(
            "Refund to {card}, promised by {day}",
            card=Ltr(one.target),
            day=one.promised_on,
        )
    if one.origin == "provider":
        words = T("Refund made in the provider's own pages")
    return MoneyRow(
        one.settled_at or one.created_at,
        words,
        one.amount,
        Badge(label, tone),
        reference,
    )


def method_words(order: Order) -> Words:
    """Return how the buyer pays, with the way inside the method: cash or card."""
    for method in market(order.market).methods:
        if method.code != order.method:
            continue
        for choice in method.choices:
            if choice.code == order.method_option:
                return T("{method}: {choice}", method=method.name, choice=choice.name)
        return method.name
    return order.method or T("not chosen")


def due_now(order: Order, due: Money) -> Money | None:
    """Return what is still to be collected, for slips and notes; None if nothing."""
    return due if due and order.method else None
