"""Why a payment came to nothing, in the reader's words (S73).

Each provider's code leads to one of a few reasons; a reason says what happened,
whether money was taken, and which ways lead on. A code nobody knows is a plain
"the bank declined", never a number alone.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shop.i18n.text import T, Text
from shop.payments.provider import ProviderError


class Taken(StrEnum):
    """Whether the buyer's money moved. ``BACK``: it did, and the bank returns it."""

    NO = "no"
    MAYBE = "maybe"
    BACK = "back"


class Way(StrEnum):
    """What the buyer can do now, best first."""

    AGAIN = "again"
    ANOTHER = "another"
    LATER = "later"
    WAIT = "wait"


@dataclass(frozen=True)
class Reason:
    """One answer to "what happened?": a headline about the money, why, and ways on."""

    why: str
    text: Text
    taken: Taken
    ways: tuple[Way, ...]

    @property
    def headline(self) -> Text:
        """Say whether money was taken."""
        if self.taken is Taken.NO:
            return T("The payment didn't go through. No money was taken.")
        if self.taken is Taken.BACK:
            return T("The payment didn't go through. Your bank gives the money back.")
        return T("We're checking with the bank. Please don't pay again.")


_OTHER_FIRST = (Way.ANOTHER, Way.LATER)
_AGAIN_FIRST = (Way.AGAIN, Way.ANOTHER, Way.LATER)
_WAIT = (Way.WAIT,)

_Say = Callable[[], Text]
_REASONS: Mapping[str, tuple[_Say, Taken, tuple[Way, ...]]] = {
    "cancelled": (
        lambda: T("You left the payment page before paying."),
        Taken.NO,
        _AGAIN_FIRST,
    ),
    "not_yet": (
        lambda: T("Nothing was paid so far."),
        Taken.NO,
        _AGAIN_FIRST,
    ),
    "unmade": (
        lambda: T("You left the payment page, or the bank declined."),
        Taken.NO,
        _AGAIN_FIRST,
    ),
    "expired": (
        lambda: T("The time for this payment was over."),
        Taken.NO,
        _AGAIN_FIRST,
    ),
    "balance": (
        lambda: T("There isn't enough money on this card or account."),
        Taken.NO,
        _AGAIN_FIRST,
    ),
    "limit": (
        lambda: T("The amount is above what your bank allows for now."),
        Taken.NO,
        _OTHER_FIRST,
    ),
    "tries": (
        lambda: T("There were too many tries. Please wait a little, or pay otherwise."),
        Taken.NO,
        _OTHER_FIRST,
    ),
    "wrong_code": (
        lambda: T("A password, code or date of the card was wrong."),
        Taken.NO,
        _AGAIN_FIRST,
    ),
    "card": (
        lambda: T("The bank doesn't accept this card for online payments."),
        Taken.NO,
        _AGAIN_FIRST,
    ),
    "card_expired": (
        lambda: T("This card has expired."),
        Taken.NO,
        _AGAIN_FIRST,
    ),
    "owner": (
        lambda: T("The card belongs to somebody else than the payment asks for."),
        Taken.NO,
        _AGAIN_FIRST,
    ),
    "bank_down": (
        lambda: T("The card's bank isn't answering at the moment."),
        Taken.NO,
        (Way.ANOTHER, Way.AGAIN, Way.LATER),
    ),
    "provider_down": (
        lambda: T("This way to pay isn't answering at the moment."),
        Taken.NO,
        _OTHER_FIRST,
    ),
    "shop": (
        lambda: T("This way to pay isn't available in our shop at the moment."),
        Taken.NO,
        _OTHER_FIRST,
    ),
    "amount": (
        lambda: T("This amount can't be paid in this way."),
        Taken.NO,
        (Way.ANOTHER,),
    ),
    "instalments": (
        lambda: T("These instalments aren't possible for this order."),
        Taken.NO,
        (Way.AGAIN, Way.ANOTHER),
    ),
    "in_wechat": (
        lambda: T("Please open this page in WeChat, or choose another way to pay."),
        Taken.NO,
        (Way.ANOTHER,),
    ),
    "declined": (
        lambda: T("The bank declined the payment without saying why."),
        Taken.NO,
        _AGAIN_FIRST,
    ),
    "returned": (
        lambda: T("The payment couldn't be confirmed in time."),
        Taken.BACK,
        _AGAIN_FIRST,
    ),
    "checking": (
        lambda: T("The bank hasn't told us yet whether it went through."),
        Taken.MAYBE,
        _WAIT,
    ),
    "awaiting_provider_review": (
        lambda: T(
            "The payment service has your payment and is still reviewing it. "
            "Your order is kept meanwhile."
        ),
        Taken.MAYBE,
        (Way.WAIT, Way.ANOTHER),
    ),
    "verification_required": (
        lambda: T(
            "The payment service wants to be sure that it is you. Open its page "
            "again and finish the check there; we never see it."
        ),
        Taken.MAYBE,
        (Way.WAIT, Way.AGAIN, Way.ANOTHER),
    ),
    "review": (
        lambda: T(
            "What arrived doesn't match the order, so one of us is looking at it."
        ),
        Taken.MAYBE,
        _WAIT,
    ),
}


def _table(**codes: str) -> dict[str, str]:
    """Turn ``balance="12 64"`` round: 12 and 64 both mean "balance"."""
    return {code: why for why, all_of in codes.items() for code in all_of.split()}


#: reference/payments.md: 4.4, 5, 6.4, 7, 1.3, 2.5; the provider's own words.
_CODES: Mapping[str, Mapping[str, str]] = {
    "zarinpal": _table(
        shop="-9 -10 -11 -14 -15 -16 -17 -18 -19 -40 -53",
        tries="-12",
        provider_down="-13",
        amount="-41",
        review="-50",
        unmade="-51 FAILED",  # ZarinPal names both alike
        not_yet="IN_BANK PENDING",
        checking="-52 PAID VERIFIED",
        expired="-54",
        returned="REVERSED",
    ),
    "zibal": _table(
        shop="21 102 103 104 106 107 108 109 110 111 112 115",
        amount="105 113",
        owner="114",
        declined="202 -2",
        expired="203",
        not_yet="-1",
        checking="2",
        cancelled="3",
        card="4 10 12",
        balance="5",
        wrong_code="6",
        tries="7",
        limit="8 9",
        bank_down="11",
        returned="15 16 18",
    ),
    "mellat": _table(
        card="11 15 111 114",
        balance="12",
        wrong_code="13",
        tries="14 16",
        cancelled="17",
        card_expired="18",
        limit="19 98",
        shop="21 23 24 35 62 421",
        amount="25",
        bank_down="34 112 113",
        declined="31 32 33 42 54 55 61",
        checking="41 43 44 45 46 47 51",
        returned="48",
        expired="412 415 416 417 418 419",
        owner="995",
    ),
    "sep": _table(
        cancelled="1",
        declined="3 -2",
        expired="4 10 11",
        shop="5 8 12 -104 -105 -106",
        returned="-6 reversed",
        checking="0 2",
    ),
    "alipay": _table(
        expired="TRADE_CLOSED ACQ.TRADE_HAS_CLOSE",
        not_yet="WAIT_BUYER_PAY ACQ.TRADE_NOT_EXIST",
        checking="ACQ.TRADE_HAS_SUCCESS ACQ.SYSTEM_ERROR 20000",
        shop="20001 40001 40002 40006",
    ),
    "wechat": _table(
        expired="CLOSED ORDER_CLOSED ORDERCLOSED ORDER_NOT_EXIST",
        not_yet="NOTPAY",
        cancelled="REVOKED",
        declined="PAYERROR",
        awaiting_provider_review="ACCEPT",
        verification_required="USERPAYING",
        checking="ORDERPAID SYSTEM_ERROR",
        shop="SIGN_ERROR NO_AUTH APPID_MCHID_NOT_MATCH MCH_NOT_EXISTS PARAM_ERROR",
        provider_down="RATELIMIT_EXCEEDED FREQUENCY_LIMITED",
        in_wechat="openid client_ip",
    ),
    "unionpay": _table(
        checking="01 03 04 05 12 60",
        shop="10 11 13 31 32 33",
        expired="34",
        card="61 62 63 68",
        balance="64",
        wrong_code="65",
        tries="67",
        card_expired="73",
    ),
}
#: Words of our own clients, the same for every provider.
_OURS = _table(
    amount="amount currency",
    instalments="instalments",
    shop="base_url notify_url",
    checking="silent",
)
_FAMILIES = ("alipay", "wechat")


def reason(provider: str, code: str, *, unknown: bool = False) -> Reason:
    """Return why a payment with ``provider`` ended at ``code`` (its own, or ours).

    ``unknown`` says that money may have moved: then nothing is said to be over.
    """
    family = next((one for one in _FAMILIES if provider.startswith(one)), provider)
    why = _CODES.get(family, {}).get(code) or _OURS.get(code) or _guess(family, code)
    if unknown and _REASONS[why][1] is Taken.NO:
        why = "checking"
    return _of(why)


#: Under this name an attempt keeps that its buyer came back as one who gave up.
LEFT = "left"
#: What a provider says of a payment that is open still and has surely not been made.
_NOT_MADE = frozenset(
    [
        "not_yet",
        "cancelled",
        "balance",
        "limit",
        "tries",
        "wrong_code",
        "card",
        "card_expired",
        "owner",
    ]
)


#: What a provider itself says it waits for; every other code of an unsure payment
#: must not read as if it were one that failed.
PROVIDER_WAITS = frozenset({"awaiting_provider_review", "verification_required"})


def unpaid(provider: str, code: str, *, left: bool = False) -> Reason | None:
    """Return why nothing was paid so far of an open attempt; ``None``: nobody knows.

    ``code`` is the provider's last word, "" if it was not asked or has nothing to
    say. ``left``: the buyer came back by the way of those who give up.
    """
    found = reason(provider, code) if code else _of("not_yet")
    if found.why == "expired":  # unknown there before its end: not begun there yet
        found = _of("not_yet")
    if left and (found.why == "not_yet" or found.taken is Taken.MAYBE):
        return _of("cancelled")
    return found if found.why in _NOT_MADE else None


def trouble(provider: str, error: ProviderError) -> Reason:
    """Return why a payment could not be begun or asked about."""
    if error.unknown:
        return _of("checking")
    if error.kind == "config":
        return _of("shop")
    if error.kind == "transport":
        return _of("provider_down")
    return reason(provider, error.code)


def all_reasons() -> Iterable[Reason]:
    """Return every reason there is, for the translators' test and the owner's list."""
    return [_of(why) for why in _REASONS]


def _guess(family: str, code: str) -> str:
    upper = code.upper()
    if family == "alipay" and code.startswith(("isv.", "aop.invalid")):
        return "shop"
    if "BALANCE" in upper or "NOT_ENOUGH" in upper:
        return "balance"
    if "LIMIT" in upper:
        return "limit"
    return "declined"


def _of(why: str) -> Reason:
    say, taken, ways = _REASONS[why]
    return Reason(why, say(), taken, ways)
