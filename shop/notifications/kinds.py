"""What is said at each stage: whole sentences, in whatever language is read.

The rows of a message come from here: ``say(kind, facts)`` gives the sentences of a
text message, its last line (a link or a code, alone, so that no phone breaks or
turns it), and what an e-mail has beside them. No sentence ever asks for a code.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from shop.i18n import formats
from shop.i18n.text import L, Ltr, T, Text, value_text
from shop.kernel.money import Money
from shop.notifications.mail import MailLine, MailPair, MailTotal, Words
from shop.notifications.rules import LINKS, NEW_ORDER, RETURN_LINK
from shop.orders.states import EventKind, PromiseKind

#: At the foot of every e-mail (S69), and in a text message where it is free.
ANTI_FRAUD = L(
    "We never ask for passwords or SMS codes, never for a transfer to a private "
    "person, and never write from a private number."
)
ANTI_FRAUD_SHORT = L("We never ask for codes.")

#: What each way is called on the order's page and at the desk.
CHANNELS = {"sms": L("SMS"), "email": L("E-mail"), "site": L("On this page")}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything a message may speak of; dates of the order's market.

    ``due`` is still to pay, ``kept`` is the buyer's money that is with us, ``amount``
    what the event is about. ``freight`` is who pays for sending goods back, ``buyer``
    or ``shop``, "" where none are. ``awaits_payment`` is true while the order is worth
    nothing without it. ``receipt_days`` is the length of a guarantee that wants the
    receipt number (S103), 0 without one. ``place`` and its address are the pick-up
    point's.
    """

    number: str
    link: str
    pay_link: str
    total: Money
    due: Money
    kept: Money
    market_name: Words = ""
    method: str = ""
    awaits_payment: bool = False
    who: str = ""
    amount: Money | None = None
    reason: str = ""
    note: str = ""
    freight: str = ""
    why: str = ""
    trace: str = ""
    reference: str = ""
    pay_by: datetime | None = None
    moment: datetime | None = None
    answer_on: date | None = None
    ships_on: date | None = None
    arrives_on: date | None = None
    refund_on: date | None = None
    return_on: date | None = None
    keep_on: date | None = None
    moved: str = ""
    carrier: Words = ""
    tracking: str = ""
    tracking_link: str = ""
    is_pick_up: bool = False
    place: str = ""
    place_address: str = ""
    code: str = ""
    receipt_days: int = 0
    desk_link: str = ""
    lines: tuple[MailLine, ...] = ()
    totals: tuple[MailTotal, ...] = ()

    @property
    def n(self) -> Ltr:
        """The order number, as a value of a sentence."""
        return Ltr(self.number)


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message before it goes into a channel.

    ``last`` stands alone on the last line of a text message; with ``points`` the
    sentence before it is about it, and nothing comes between. An e-mail has
    ``short`` and ``more`` as paragraphs, and the goods if ``has_goods``.
    """

    subject: Text
    short: tuple[Text, ...]
    last: str
    more: tuple[Text, ...] = ()
    pairs: tuple[MailPair, ...] = ()
    button: Text | None = None
    url: str = ""
    has_goods: bool = False
    points: bool = False

    @property
    def params(self) -> dict[str, str]:
        """The facts by name, for a service whose templates stand in its own panel."""
        found: dict[str, str] = {}
        for text in self.short:
            for name, value in text.values.items():
                found.setdefault(name, value_text(value))
        return found


def say(kind: str, facts: Facts) -> Said:
    """Return what is said at a stage.

    :raises KeyError: for a stage nobody is told about, which is the caller's bug.
    """
    return _SAY[kind](facts)


def _placed(f: Facts) -> Said:
    subject = T("Order {number} is placed", number=f.n)
    thanks = T("Thank you. We have your order {number}.", number=f.n)
    if f.method == "cash_by_arrangement" and f.due:
        if f.answer_on:
            next_step = T(
                "We call you by {day} to arrange the day and hour. "
                "{amount} is due when we meet, nothing before.",
                day=f.answer_on,
                amount=f.due,
            )
        else:
            next_step = T(
                "We call you to arrange the day and hour. "
                "{amount} is due when we meet, nothing before.",
                amount=f.due,
            )
        return _about_goods(f, subject, thanks, next_step)
    if f.method == "cash_on_delivery" and f.due:
        steps = (thanks, T("Please pay {amount} when it arrives.", amount=f.due))
        return _about_goods(f, subject, *steps, *_will_ship(f))
    if f.awaits_payment:
        return _to_be_paid(f, thanks)
    return _about_goods(f, subject, thanks)


def _to_be_paid(f: Facts, thanks: Text) -> Said:
    amount = _as_the_bank_asks(f.due)
    if f.pay_by is None:
        wanted = T("Please pay {amount} to complete it.", amount=amount)
    elif f.method == "card_transfer":
        wanted = T(
            "Please transfer {amount} by {time} and send us the receipt.",
            amount=amount,
            time=f.pay_by,
        )
    else:
        wanted = T("Please pay {amount} by {time}.", amount=amount, time=f.pay_by)
    return Said(
        subject=T("Order {number} waits for your payment", number=f.n),
        short=(thanks, wanted),
        last=f.pay_link,
        more=(T("Until then everything in it is kept for you."),) if f.pay_by else (),
        button=T("Pay now"),
        url=f.pay_link,
        has_goods=True,
    )


def _as_the_bank_asks(amount: Money | None) -> Money | str | None:
    """Return an amount that is typed into a bank's page: in rials, too (N2)."""
    if amount is None or amount.currency != "IRR":
        return amount
    return f"{formats.money(amount)} ({formats.rials(amount)})"


def _about_goods(f: Facts, subject: Text, *short: Text) -> Said:
    return Said(
        subject=subject,
        short=short,
        last=f.link,
        button=T("View the order"),
        url=f.link,
        has_goods=True,
    )


def _will_ship(f: Facts) -> tuple[Text, ...]:
    if f.ships_on is None:
        return ()
    if f.is_pick_up:
        return (T("It is ready to collect by {day}.", day=f.ships_on),)
    if f.arrives_on is None:
        return (T("It ships by {day}.", day=f.ships_on),)
    return (
        T("It ships by {day} and arrives by {end}.", day=f.ships_on, end=f.arrives_on),
    )


def _plain(f: Facts, subject: Text, *short: Text, more: tuple[Text, ...] = ()) -> Said:
    return Said(
        subject=subject,
        short=short,
        last=f.link,
        more=more,
        button=T("View the order"),
        url=f.link,
    )


def _receipt_submitted(f: Facts) -> Said:
    if f.answer_on:
        words = T(
            "We have your receipt for order {number} and check it by {day}.",
            number=f.n,
            day=f.answer_on,
        )
    else:
        words = T(
            "We have your receipt for order {number} and are checking it.", number=f.n
        )
    kept = T("Everything in it stays kept for you. Please do not transfer again.")
    said = _plain(f, T("Receipt for order {number}", number=f.n), words, more=(kept,))
    return _with_pairs(said, *_pair(T("Trace number"), f.trace))


def _receipt_rejected(f: Facts) -> Said:
    short = [T("We could not accept the receipt for order {number}.", number=f.n)]
    if f.reason:
        short.append(T("Reason: {reason}", reason=f.reason))
    if f.pay_by:
        short.append(T("Please send another receipt by {time}.", time=f.pay_by))
    return Said(
        subject=T("Please send the receipt for order {number} again", number=f.n),
        short=tuple(short),
        last=f.pay_link,
        more=(T("If you have paid, your money is not lost: the bank knows it."),),
        button=T("Send another receipt"),
        url=f.pay_link,
    )


def _paid(f: Facts) -> Said:
    amount = f.amount or f.total
    short = [
        T("We received {amount} for order {number}.", amount=amount, number=f.n),
        *_will_ship(f),
    ]
    pairs = [MailPair(T("Amount paid"), amount)]
    if f.trace:
        short.append(T("Trace number {trace}", trace=Ltr(f.trace)))
        pairs.append(MailPair(T("Trace number"), Ltr(f.trace)))
    said = _about_goods(f, T("Payment for order {number} received", number=f.n), *short)
    return _with_pairs(said, *pairs, *_receipt_pair(f))


def _receipt_pair(f: Facts) -> tuple[MailPair, ...]:
    if not f.receipt_days:
        return ()
    label = T("Receipt number for the {days}-day guarantee", days=f.receipt_days)
    return (MailPair(label, f.n),)


def _paid_late(f: Facts) -> Said:
    amount = f.amount or f.total
    facts = {"amount": amount, "number": f.n}
    if f.why == "twice":
        words = T(
            "You paid order {number} twice. We give the second {amount} back.", **facts
        )
    elif f.why == "late":
        words = T(
            "{amount} for order {number} arrived after the order had ended. "
            "It is safe: we send the goods or give it back.",
            **facts,
        )
    else:
        words = T(
            "{amount} arrived for order {number}, which is not the amount due. "
            "It is safe: we look at it and write to you.",
            **facts,
        )
    subject = T("Your money for order {number} is safe", number=f.n)
    return _with_pairs(
        _plain(f, subject, words, more=(T("Please do not pay again."),)),
        *_traced(f, MailPair(T("Amount"), amount)),
    )


def _traced(f: Facts, *pairs: MailPair) -> tuple[MailPair, ...]:
    return (*pairs, *_pair(T("Trace number"), f.trace))


def _arranged(f: Facts) -> Said:
    subject = T("Order {number}: day and hour arranged", number=f.n)
    short = []
    if f.moment:
        short.append(
            T("Order {number}: we meet you on {moment}.", number=f.n, moment=f.moment)
        )
    else:
        short.append(subject)
    if f.due:
        short.append(T("Please have {amount} ready.", amount=f.due))
    more = (T("If it does not suit you any more, please tell us in time."),)
    return _plain(f, subject, *short, more=more)


def _shipped(f: Facts) -> Said:
    if f.arrives_on:
        words = T(
            "Order {number} is on its way with {carrier} and arrives by {day}.",
            number=f.n,
            carrier=f.carrier,
            day=f.arrives_on,
        )
    else:
        words = T(
            "Order {number} is on its way with {carrier}.",
            number=f.n,
            carrier=f.carrier,
        )
    short = [words]
    pairs = [MailPair(T("Carrier"), f.carrier)]
    if f.tracking:
        short.append(T("Parcel tracking number {code}", code=Ltr(f.tracking)))
        pairs.append(MailPair(T("Parcel tracking number"), Ltr(f.tracking)))
    if f.due:
        short.append(T("Please have {amount} ready.", amount=f.due))
    subject = T("Order {number} is on its way", number=f.n)
    said = _with_pairs(_plain(f, subject, *short), *pairs)
    if not f.tracking_link:
        return said
    return _with_button(said, T("Follow the parcel"), f.tracking_link)


def _ready_for_pickup(f: Facts) -> Said:
    short = [
        T(
            "Order {number} is ready at {place}, {address}.",
            number=f.n,
            place=f.place,
            address=f.place_address,
        )
        if f.place
        else T("Order {number} is ready to collect.", number=f.n)
    ]
    if f.keep_on:
        short.append(T("We keep it for you until {day}.", day=f.keep_on))
    if f.due:
        short.append(T("Please have {amount} ready.", amount=f.due))
    short.append(T("Show this code when you collect it:"))
    pairs = [MailPair(T("Collection code"), Ltr(formats.plain_number(f.code)))]
    if f.place:
        pairs.append(MailPair(T("Collect at"), f.place))
        pairs.append(MailPair(T("Address"), f.place_address))
    return Said(
        subject=T("Order {number} is ready to collect", number=f.n),
        short=tuple(short),
        last=formats.plain_number(f.code),
        points=True,
        pairs=tuple(pairs),
        button=T("View the order"),
        url=f.link,
    )


def _delivered(f: Facts) -> Said:
    short = [T("Order {number} is delivered.", number=f.n)]
    if f.return_on:
        short.append(T("You can return it until {day}.", day=f.return_on))
    if f.receipt_days:
        short.append(
            T(
                "Keep receipt number {number} for the {days}-day guarantee.",
                number=f.n,
                days=f.receipt_days,
            )
        )
    more = (T("Is something wrong with it? The order's page says what to do."),)
    subject = T("Order {number} is delivered", number=f.n)
    return _with_pairs(_plain(f, subject, *short, more=more), *_receipt_pair(f))


def _cancelled(f: Facts) -> Said:
    if f.who == "buyer":
        short = [T("Order {number} is cancelled, as you asked.", number=f.n)]
    else:
        short = [T("We are sorry: we had to cancel order {number}.", number=f.n)]
        if f.reason:
            short.append(T("Reason: {reason}", reason=f.reason))
    if f.kept:
        short.append(T("Your {amount} goes back to you.", amount=f.kept))
    else:
        short.append(T("Nothing is due."))
    return _plain(f, T("Order {number} is cancelled", number=f.n), *short)


def _expired(f: Facts) -> Said:
    words = T("Order {number} was not paid in time and has ended.", number=f.n)
    due = T("Nothing is due, and you can order again at any time.")
    late = T("If you have paid after all, your money is safe: we write to you.")
    subject = T("Order {number} has ended", number=f.n)
    return _plain(f, subject, words, due, more=(late,))


def _refund_requested(f: Facts) -> Said:
    amount = f.amount or f.kept
    if f.refund_on:
        words = T(
            "{amount} for order {number} is with you again by {day}.",
            amount=amount,
            number=f.n,
            day=f.refund_on,
        )
    else:
        words = T(
            "{amount} for order {number} goes back to you.", amount=amount, number=f.n
        )
    more = (T("It goes back the way it came."),)
    subject = T("Refund for order {number}", number=f.n)
    said = _plain(f, subject, words, more=more)
    return _with_pairs(said, MailPair(T("Amount"), amount), *_reference(f))


def _refunded(f: Facts) -> Said:
    amount = f.amount or f.total
    words = T("We gave {amount} for order {number} back.", amount=amount, number=f.n)
    more = (T("Your bank may need a little longer to show it."),)
    subject = T("Refund for order {number} done", number=f.n)
    said = _plain(f, subject, words, more=more)
    return _with_pairs(said, MailPair(T("Amount"), amount), *_reference(f))


def _reference(f: Facts) -> tuple[MailPair, ...]:
    return _pair(T("Refund number"), f.reference)


def _promise_moved(f: Facts) -> Said:
    subject = T("A date of order {number} has changed", number=f.n)
    sorry = T("We are sorry: a date of order {number} has changed.", number=f.n)
    dates: Mapping[str, tuple[date | None, Callable[[date], Text]]] = {
        PromiseKind.SHIP: (f.ships_on, lambda day: T("It ships by {day}.", day=day)),
        PromiseKind.REFUND: (
            f.refund_on,
            lambda day: T("Your money is with you by {day}.", day=day),
        ),
        PromiseKind.ANSWER: (
            f.answer_on,
            lambda day: T("We answer by {day}.", day=day),
        ),
        PromiseKind.DELIVER: (
            f.arrives_on,
            lambda day: T("It arrives by {day}.", day=day),
        ),
    }
    day, words = dates.get(f.moved, dates[PromiseKind.DELIVER])
    return _plain(f, subject, sorry, *((words(day),) if day else ()))


def _return_requested(f: Facts) -> Said:
    if f.answer_on:
        words = T(
            "We have your return request for order {number} and answer by {day}.",
            number=f.n,
            day=f.answer_on,
        )
    else:
        words = T("We have your return request for order {number}.", number=f.n)
    keep = T("Please keep packaging, accessories and gifts together until then.")
    subject = T("Return request for order {number}", number=f.n)
    return _plain(f, subject, words, more=(keep,) if f.freight else ())


def _return_approved(f: Facts) -> Said:
    short = [T("Your return request for order {number} is accepted.", number=f.n)]
    if f.note:
        short.append(T("Note: {words}", words=f.note))
    if f.freight == "shop":
        short.append(T("We pay the freight of sending it back."))
    elif f.freight:
        short.append(T("You pay the freight of sending it back."))
    more = (T("We write again when your money is on its way."),)
    subject = T("Return request for order {number} accepted", number=f.n)
    return _plain(f, subject, *short, more=more)


def _return_declined(f: Facts) -> Said:
    short = [
        T("We could not accept the return request for order {number}.", number=f.n)
    ]
    if f.reason:
        short.append(T("Reason: {reason}", reason=f.reason))
    more = (T("If you see it differently, please contact us: we look at it again."),)
    subject = T("Return request for order {number} not accepted", number=f.n)
    return _plain(f, subject, *short, more=more)


def _return_link(f: Facts) -> Said:
    link = f"{f.link}/return"
    words = T("Here you can return something from order {number}:", number=f.n)
    more = (
        T("Whoever has this link sees the order."),
        T("If you did not ask for it, please ignore this message."),
    )
    return Said(
        subject=T("Returning something from order {number}", number=f.n),
        short=(words,),
        last=link,
        more=more,
        button=T("Return something"),
        url=link,
        points=True,
    )


def _links(f: Facts) -> Said:
    words = T("The link to your order {number}:", number=f.n)
    more = (
        T("Whoever has this link sees the order."),
        T("If you did not ask for it, please ignore this message."),
    )
    subject = T("The link to your order {number}", number=f.n)
    return replace(_plain(f, subject, words, more=more), points=True)


def _new_order(f: Facts) -> Said:
    words = T(
        "Order {number} for {amount} was placed ({market}).",
        number=f.n,
        amount=f.total,
        market=f.market_name,
    )
    return Said(
        subject=T("New order {number}", number=f.n),
        short=(words,),
        last=f.desk_link,
        button=T("Open it at the desk"),
        url=f.desk_link,
    )


def _pair(label: Text, value: str) -> tuple[MailPair, ...]:
    return (MailPair(label, Ltr(value)),) if value else ()


def _with_pairs(said: Said, *pairs: MailPair) -> Said:
    return replace(said, pairs=pairs)


def _with_button(said: Said, button: Text, url: str) -> Said:
    return replace(said, button=button, url=url)


_K = EventKind
_SAY: Mapping[str, Callable[[Facts], Said]] = {
    _K.PLACED: _placed,
    _K.RECEIPT_SUBMITTED: _receipt_submitted,
    _K.RECEIPT_REJECTED: _receipt_rejected,
    _K.PAID: _paid,
    _K.PAID_LATE: _paid_late,
    _K.ARRANGED: _arranged,
    _K.SHIPPED: _shipped,
    _K.READY_FOR_PICKUP: _ready_for_pickup,
    _K.DELIVERED: _delivered,
    _K.CANCELLED: _cancelled,
    _K.EXPIRED: _expired,
    _K.REFUND_REQUESTED: _refund_requested,
    _K.REFUNDED: _refunded,
    _K.PROMISE_MOVED: _promise_moved,
    _K.RETURN_REQUESTED: _return_requested,
    _K.RETURN_APPROVED: _return_approved,
    _K.RETURN_DECLINED: _return_declined,
    LINKS: _links,
    RETURN_LINK: _return_link,
    NEW_ORDER: _new_order,
}
#: Every message the shop can send, in the order of an order's life.
KINDS = tuple(str(kind) for kind in _SAY)
