"""One order as the desk shows it: facts first, then the deeds of its state."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from flask import render_template, url_for
from markupsafe import Markup
from sqlalchemy import select

from shop.accounts.models import Audit
from shop.db import db
from shop.fulfilment import service as fulfilment
from shop.i18n import formats
from shop.i18n.languages import KNOWN
from shop.i18n.text import TP, L, Lazy, Ltr, T, Text
from shop.kernel.money import Money
from shop.markets.address import Address
from shop.markets.identifiers import mask_email, mask_name, mask_phone
from shop.markets.registry import market
from shop.notifications import service as notifications
from shop.notifications.kinds import CHANNELS
from shop.notifications.models import Message
from shop.notifications.rules import MessageState
from shop.orders import ledger
from shop.orders.ledger import Standing
from shop.orders.models import Order
from shop.orders.states import VOID, EventKind, OrderState
from shop.payments import refunds, rules, settings, transfer
from shop.payments.models import PaymentAttempt, Refund, TransferReceipt
from shop.payments.rows import attempts_of
from shop.payments.rules import AttemptState, RefundState
from shop.returns import giving
from shop.returns import service as returns
from shop.returns.models import ReturnRequest
from shop.returns.rules import RETURN_OPEN, ReturnState
from shop.shipping import service as points
from shop.web import amounts, timeline
from shop.web import returns as return_words
from shop.web.current import clock, language
from shop.web.owner import logbook, money_words
from shop.web.owner.desk import the_staff
from shop.web.owner.lines import order_lines
from shop.web.pages.checkout import Block
from shop.web.pages.orders import SentMessage
from shop.web.pages.owner import Deed, DeskOrderPage, ReceiptCheck
from shop.web.pages.parts import Badge, Field, Form, Note, Option, Pair, Words
from shop.web.visit import typed

_S = OrderState
#: Days an arrangement may be fixed for, today first.
ARRANGE_DAYS = 14
CANCELLABLE = frozenset({_S.PLACED, _S.ACCEPTED, _S.PACKING, _S.ON_HOLD})
HOLDABLE = frozenset({_S.PLACED, _S.ACCEPTED, _S.PACKING})


MESSAGE_STATES: dict[MessageState, Lazy] = {
    MessageState.QUEUED: L("waits"),
    MessageState.SENT: L("sent"),
    MessageState.FAILED: L("tried again soon"),
    MessageState.DEAD: L("could not be sent"),
}
_DEAD = MessageState.DEAD
#: The secret part of a guest's link is the customer's, not the desk's.
_SECRET = re.compile(r"(/orders/)[0-9]{10}[A-Za-z0-9_-]{16,32}")


@dataclass(frozen=True)
class Wrong:
    """What was wrong with the form of a deed: shown at its place, values kept."""

    deed: str
    errors: Mapping[str, Text] = field(default_factory=dict)
    refusal: Words = ""


@dataclass(frozen=True)
class Facts:
    """Everything the page of an order looks at, read once."""

    order: Order
    standing: Standing
    attempts: Sequence[PaymentAttempt]
    refunds: Sequence[Refund]
    receipts: Sequence[TransferReceipt]
    log: Sequence[Audit]
    messages: Sequence[Message]
    returns: Sequence[ReturnRequest]
    now: datetime
    wrong: Wrong

    @property
    def open_receipt(self) -> TransferReceipt | None:
        """The receipt that waits for somebody's eyes."""
        return next((x for x in self.receipts if x.state in rules.RECEIPT_OPEN), None)

    @property
    def is_pick_up(self) -> bool:
        """Say whether the buyer comes to collect."""
        return fulfilment.is_pick_up(self.order)

    @property
    def open_return(self) -> ReturnRequest | None:
        """The request to decide about: the oldest new one, else an accepted one."""
        states = [ReturnState.APPROVED, ReturnState.REQUESTED]
        found = [x for x in self.returns if x.state in states]
        return max(found, key=lambda x: (states.index(x.state), -x.id), default=None)

    @property
    def accepted_return(self) -> ReturnRequest | None:
        """The oldest accepted request: a refund ends it."""
        found = [x for x in self.returns if x.state == ReturnState.APPROVED]
        return found[-1] if found else None

    def has(self, kind: EventKind) -> bool:
        """Say whether something has happened to the order."""
        return any(one.kind == kind for one in self.order.events)


def order_page(order: Order, wrong: Wrong | None = None) -> str:
    """Render the page of an order."""
    facts = Facts(
        order,
        ledger.standing_of(
            order.currency,
            [one for one in order.charges if one.void_at is None],
            order.money_rows,
        ),
        attempts_of(order.id),
        refunds.refunds_of(order.id),
        transfer.receipts_of(order.id),
        logbook.of_order(order),
        notifications.messages(order.id),
        returns.requests_of(order.id),
        clock(),
        wrong or Wrong(""),
    )
    is_open = logbook.is_revealed(facts.log, the_staff(), facts.now)
    number = order.number
    page = DeskOrderPage(
        number=number,
        placed_at=order.placed_at,
        badges=_badges(facts),
        lines=order_lines(order, giving.given_back(order.id)),
        breakdown=amounts.of_order(order),
        customer=_customer(order, is_open=is_open),
        address=_address(order, is_open=is_open),
        delivery=_delivery(order),
        events=timeline.events(order, order.events),
        deeds=_first_is_main(_deeds(facts)),
        receipt=_receipt(facts),
        dues=timeline.dues(order.promises, facts.now),
        notes=_notes(facts),
        money=money_words.rows(facts.attempts, facts.refunds),
        messages=_messages(facts),
        log=logbook.rows(facts.log, with_subject=False),
        reveal=None if is_open else Form(action=url_for("owner.reveal", number=number)),
        cancel_url=url_for("owner.cancel", number=number)
        if order.state in CANCELLABLE
        else "",
        refund_url=_refund_url(facts),
        refund_label=_refund_label(facts),
        asked=return_words.boxes(order, _returns(facts, is_open=True)),
        returns=return_words.boxes(order, _returns(facts, is_open=False)),
        back_url=url_for("owner.queue"),
        language_name=KNOWN[order.language].name
        if order.language in KNOWN
        else order.language,
    )
    return render_template("owner/order.html", page=page)


def _badges(facts: Facts) -> tuple[Badge, ...]:
    order, where = facts.order, facts.standing
    state = timeline.badge(
        order, is_paid=where.is_paid, is_checking=facts.open_receipt is not None
    )
    money = Badge(T("Not paid"), "warn")
    if where.is_paid and where.owed:
        money = Badge(T("Paid"), "ok")
    elif order.state in VOID:
        money = Badge(T("Nothing due"))
    found = [state] if state.label == money.label else [state, money]
    if order.prepaid:
        found.append(Badge(T("Priority"), "hot"))
    return tuple(found)


def _notes(facts: Facts) -> tuple[Note, ...]:
    order, notes = facts.order, []
    if order.prepaid and order.state in {_S.ACCEPTED, _S.PACKING}:
        notes.append(Note(T("Paid before delivery: priority"), "ok", "zap"))
    for one in facts.attempts:
        if one.state == AttemptState.REVIEW or one.verdict == rules.Verdict.OTHER_TXN:
            words = T(
                "{amount} needs a decision. {reason}",
                amount=one.captured if one.captured_minor else one.amount,
                reason=str(money_words.why(one)),
            )
            notes.append(Note(words, "bad", "circle-alert"))
    receipt = facts.open_receipt
    if receipt is not None:
        notes += [_twin(one) for one in _twins(receipt)]
    remark = str(order.address.get("remark", ""))
    if remark:
        words = T("The customer writes: {words}", words=remark)
        notes.append(Note(words, "", "message-circle"))
    return tuple(notes)


def _twins(receipt: TransferReceipt) -> list[str]:
    ids = {one.order_id for one in transfer.twins(receipt)}
    query = select(Order.number).where(Order.id.in_(ids)).order_by(Order.id)
    return list(db.session.scalars(query)) if ids else []


def _twin(number: str) -> Note:
    link = Markup('<a href="{}"><bdi dir="ltr">{}</bdi></a>').format(
        url_for("owner.order", number=number), number
    )
    words = T(
        "The same trace number came with order {number}: look twice.", number=link
    )
    return Note(words, "bad", "circle-alert")


def _customer(order: Order, *, is_open: bool) -> tuple[Pair, ...]:
    shown = market(order.market).show_phone(order.phone)
    phone = shown if is_open else mask_phone(order.phone)
    pairs = [
        Pair(T("Name"), order.name if is_open else mask_name(order.name)),
        Pair(T("Mobile number"), Ltr(phone), copy=order.phone if is_open else ""),
    ]
    if order.email:
        mail = order.email if is_open else mask_email(order.email)
        pairs.append(Pair(T("E-mail"), Ltr(mail), copy=mail if is_open else ""))
    method = Pair(T("Payment method"), money_words.method_words(order))
    return (*pairs, Pair(T("Region"), market(order.market).name), method)


def _address(order: Order, *, is_open: bool) -> Block:
    address = Address.from_json(order.address)
    if is_open:
        return Block(T("Address"), tuple(market(order.market).address.lines(address)))
    place = (address.province_name, address.city_name, address.district_name)
    known = dict.fromkeys(name for name in place if name)
    return Block(T("Address"), (*known, "* * *"))


def _delivery(order: Order) -> Block:
    name = amounts.delivery_name(order.market, {"method": order.delivery})
    lines: list[Words] = [name]
    point = points.find_point(order.pickup_point) if order.pickup_point else None
    if point is not None:
        lines.append(point.text(language().code).name)
    if order.arranged_at is not None:
        lines.append(T("We meet on {moment}", moment=order.arranged_at))
    for parcel in fulfilment.shipments(order):
        carrier = timeline.carrier_name(order.market, parcel.carrier)
        number = Ltr(parcel.tracking_number)
        words = T("{carrier}, tracking number {number}", carrier=carrier, number=number)
        lines.append(words if parcel.tracking_number else str(carrier))
    return Block(T("Delivery"), tuple(lines))


def _messages(facts: Facts) -> tuple[SentMessage, ...]:
    """Return the messages as the customer gets them, in the order's language."""
    made = []
    for one in facts.messages:
        other = KNOWN.get(one.language)
        foreign = other is not None and one.language != language().code
        channel: Words = CHANNELS[one.channel]
        label = T("{channel}: {state}", channel=str(channel),
                  state=str(MESSAGE_STATES[MessageState(one.state)]))  # fmt: skip
        made.append(
            SentMessage(
                sent_at=one.sent_at or one.created_at,
                channel=label,
                text=_SECRET.sub("\\1…\u200e", one.text),
                subject=one.subject,
                lang=other.html if other and foreign else "",
                direction=other.direction if other and foreign else "",
            )
        )
    return tuple(made)


def _receipt(facts: Facts) -> ReceiptCheck | None:
    receipt, number = facts.open_receipt, facts.order.number
    if receipt is None:
        return None
    attempt = next(x for x in facts.attempts if x.id == receipt.attempt_id)
    hidden = {"receipt": str(receipt.id)}
    wrong = facts.wrong if facts.wrong.deed == "reject" else Wrong("")
    reason = Field(
        name="reason",
        label=T("Reason, as the customer will read it"),
        kind="textarea",
        value=typed("reason", 300) if wrong.deed else "",
        error=wrong.errors.get("reason", ""),
    )
    picture = ""
    if receipt.picture:
        picture = url_for("owner.receipt_file", number=number, name=receipt.picture)
    return ReceiptCheck(
        pairs=(
            Pair(
                T("Trace number"),
                Ltr(receipt.tracking_number),
                copy=receipt.tracking_number,
            ),
            Pair(T("Last four digits of the card"), Ltr(receipt.last_four)),
            Pair(T("Time of the transfer"), receipt.paid_at),
        ),
        amount=attempt.amount,
        confirm=Form(
            action=url_for("owner.confirm_receipt", number=number), hidden=hidden
        ),
        reject=Form(
            action=url_for("owner.reject_receipt", number=number),
            fields=(reason,),
            hidden=hidden,
            refusal=wrong.refusal,
        ),
        picture_url=picture,
        submitted_at=receipt.submitted_at,
    )


def _first_is_main(deeds: list[Deed]) -> tuple[Deed, ...]:
    """Let at most one deed be the main button: the first that says it is."""
    main = next((one for one in deeds if one.is_main), None)
    return tuple(replace(one, is_main=one is main) for one in deeds)


def _deeds(facts: Facts) -> list[Deed]:
    """Return what can be done with the order now, the next thing first."""
    state = OrderState(facts.order.state)
    made: list[Deed] = []
    for attempt in facts.attempts:
        made += _review_deeds(facts, attempt)
    for refund in facts.refunds:
        made += _refund_deeds(facts, refund)
    if facts.open_return is not None:
        made += _return_deeds(facts, facts.open_return)
    made += _next_deeds(facts, state)
    made += _money_deeds(facts)
    made += [_again(facts, one) for one in facts.messages if one.state == _DEAD]
    if state in {_S.ACCEPTED, _S.PACKING, _S.SHIPPED}:
        made.append(_plain(facts, "open_slip", T("Packing slip"), "printer"))
    if state in HOLDABLE:
        made.append(_hold(facts))
    return made


def _next_deeds(facts: Facts, state: OrderState) -> list[Deed]:
    """Return the steps that lead on from a state of the life cycle."""
    if state is _S.PLACED and facts.order.method == "cash_by_arrangement":
        return [_arrange(facts)]
    if state in {_S.ACCEPTED, _S.PACKING} and facts.is_pick_up:
        waits = facts.has(EventKind.READY_FOR_PICKUP)
        return [_hand_over(facts)] if waits else [_ready(facts), _hand_over(facts)]
    if state is _S.ACCEPTED:
        words = T("Begin to pack")
        pack = _plain(facts, "pack", words, "package", main=True)
        return [pack, _ship(facts)]
    if state is _S.PACKING:
        return [_ship(facts)]
    if state is _S.SHIPPED:
        words = T("The customer has it")
        return [_plain(facts, "deliver", words, "package-check", main=True)]
    if state is _S.ON_HOLD:
        words = T("Let the order go on")
        return [_plain(facts, "resume", words, "check", main=True)]
    return []


def _plain(
    facts: Facts,
    endpoint: str,
    button: Words,
    icon: str,
    *,
    main: bool = False,
    line: Words = "",
    hidden: Mapping[str, str] | None = None,
) -> Deed:
    wrong = facts.wrong if facts.wrong.deed == endpoint else Wrong("")
    form = Form(
        action=url_for(f"owner.{endpoint}", number=facts.order.number),
        hidden=hidden or {},
        refusal=wrong.refusal,
    )
    return Deed(form=form, button=button, icon=icon, is_main=main, line=line)


def _asking(
    facts: Facts,
    endpoint: str,
    fields: tuple[Field, ...],
    button: Words,
    icon: str,
    *,
    title: Words = "",
    line: Words = "",
    main: bool = False,
    hidden: Mapping[str, str] | None = None,
) -> Deed:
    """Return a deed with fields; what was typed wrongly is shown back."""
    wrong = facts.wrong if facts.wrong.deed == endpoint else Wrong("")
    shown = tuple(_shown_back(one, wrong, endpoint) for one in fields)
    form = Form(
        action=url_for(f"owner.{endpoint}", number=facts.order.number),
        fields=shown,
        hidden=hidden or {},
        refusal=wrong.refusal,
    )
    return Deed(
        form=form, button=button, title=title, line=line, icon=icon, is_main=main
    )


def _shown_back(one: Field, wrong: Wrong, deed: str) -> Field:
    value = typed(one.name, 300) if wrong.deed else one.value
    options = tuple(
        replace(x, selected=x.value == value) if wrong.deed else x for x in one.options
    )
    error = wrong.errors.get(one.name, "")
    element = f"{deed}-{one.name}"
    return replace(one, value=value, options=options, error=error, element_id=element)


def _arrange(facts: Facts) -> Deed:
    place = market(facts.order.market)
    today = place.today(facts.now)
    days = [today + timedelta(days=step) for step in range(ARRANGE_DAYS)]
    fields = (
        Field(
            name="day",
            label=T("Day"),
            kind="select",
            prompt=T("Choose a day"),
            options=tuple(Option(x.isoformat(), formats.day(x)) for x in days),
        ),
        Field(
            name="hour",
            label=T("Hour"),
            hint=T("Like 14:30"),
            ltr=True,
            short=True,
            autocomplete="off",
        ),
    )
    return _asking(
        facts,
        "arrange",
        fields,
        T("Fix day and hour"),
        "calendar-clock",
        title=T("Arrange day and hour"),
        line=T("Call the customer first. They get a message with what you fix here."),
        main=True,
    )


def _ready(facts: Facts) -> Deed:
    return _plain(facts, "ready", T("Ready to collect"), "store", main=True)


def _hand_over(facts: Facts) -> Deed:
    code = Field(
        name="code",
        label=T("Collection code of the customer"),
        inputmode="numeric",
        ltr=True,
        short=True,
        autocomplete="off",
    )
    return _asking(
        facts,
        "hand_over",
        (code,),
        T("Hand over"),
        "package-check",
        title=T("Hand over to the customer"),
        main=facts.has(EventKind.READY_FOR_PICKUP),
    )


def _ship(facts: Facts) -> Deed:
    carriers = market(facts.order.market).carriers
    fields = (
        Field(
            name="carrier",
            label=T("Carrier"),
            kind="select",
            prompt=T("Choose a carrier"),
            options=tuple(Option(one.code, one.name) for one in carriers),
        ),
        Field(
            name="tracking",
            label=T("Tracking number"),
            hint=T("Our own courier has none"),
            ltr=True,
            autocomplete="off",
        ),
    )
    return _asking(
        facts,
        "ship",
        fields,
        TP("button", "Ship"),
        "truck",
        title=T("Hand over to the carrier"),
        main=facts.order.state == _S.PACKING,
    )


def _hold(facts: Facts) -> Deed:
    reason = Field(
        name="reason", label=T("Reason, for the log"), optional=True, autocomplete="off"
    )
    return _asking(
        facts,
        "hold",
        (reason,),
        T("Put on hold"),
        "clock",
        line=T("Nothing is packed and nothing expires until you let it go on."),
    )


def _again(facts: Facts, message: Message) -> Deed:
    words = T(
        "Send the message again: {channel}", channel=str(CHANNELS[message.channel])
    )
    hidden = {"message": str(message.id)}
    return _plain(facts, "resend", words, "mail", hidden=hidden)


def _review_deeds(facts: Facts, attempt: PaymentAttempt) -> list[Deed]:
    if attempt.state != AttemptState.REVIEW:
        return []
    made, known = [], {"attempt": str(attempt.id)}
    charge = next((x for x in facts.order.charges if x.id == attempt.charge_id), None)
    whole = charge is not None and attempt.captured_minor >= charge.amount_minor
    live = facts.order.state not in VOID
    if whole and live and not attempt.refunded_minor and not facts.standing.is_paid:
        words = T("Take this money for the order")
        made.append(
            _plain(facts, "accept_money", words, "check", main=True, hidden=known)
        )
    if attempt.refundable:
        words = T("Give {amount} back", amount=attempt.refundable)
        turn = sum(one.attempt_id == attempt.id for one in facts.refunds)
        line = T("It goes back the way it came.")
        made.append(
            _plain(
                facts,
                "give_back",
                words,
                "rotate-ccw",
                line=line,
                hidden=known | {"turn": str(turn)},
            )
        )
    return made


def _refund_deeds(facts: Facts, refund: Refund) -> list[Deed]:
    ours = refund.by_hand and refund.state == RefundState.APPROVED
    if not ours and refund.state != RefundState.UNKNOWN:
        return []
    reference = Field(
        name="reference",
        label=T("Number of your transfer"),
        optional=True,
        ltr=True,
        autocomplete="off",
    )
    happened = Field(
        name="happened",
        label=T("What became of it?"),
        kind="radio",
        options=(
            Option("yes", T("The money has been sent"), selected=True),
            Option("no", T("It was not possible")),
        ),
    )
    return [
        _asking(
            facts,
            "refund_by_hand",
            (happened, reference),
            T("Note it"),
            "rotate-ccw",
            title=T("Refund of {amount}", amount=refund.amount),
            line=T("Send the money by hand, then note it here. The customer is told."),
            main=True,
            hidden={"refund": str(refund.id)},
        )
    ]


def _refund_url(facts: Facts) -> str:
    if not giving.refundable(facts.order):
        return ""
    accepted = facts.accepted_return
    return url_for(
        "owner.choose_refund",
        number=facts.order.number,
        request=accepted.id if accepted else None,
    )


def _refund_label(facts: Facts) -> Words:
    if facts.accepted_return:
        return T("Give the money for the return back")
    return T("Give money back")


def _returns(facts: Facts, *, is_open: bool) -> list[ReturnRequest]:
    return [x for x in facts.returns if (x.state in RETURN_OPEN) == is_open]


def _return_deeds(facts: Facts, request: ReturnRequest) -> list[Deed]:
    """Return what can be done with a buyer's request: accept it, decline it."""
    hidden = {"request": str(request.id)}
    number = Ltr(formats.plain_number(str(request.id)))
    decline = _asking(
        facts,
        "decline_return",
        (_note_field(T("Reason, as the customer will read it")),),
        T("Decline"),
        "ban",
        title=T("Decline return {number}", number=number),
        hidden=hidden,
    )
    if request.state == ReturnState.APPROVED:
        return [decline]
    note = T("What the customer should do: where to send it, by when")
    accept = _asking(
        facts,
        "approve_return",
        (replace(_note_field(note), optional=True),),
        T("Accept and go on to the refund"),
        "check",
        title=T("Accept return {number}", number=number),
        line=T("You can also wait with the refund until the goods are here."),
        main=True,
        hidden=hidden,
    )
    return [accept, decline]


def _note_field(label: Words) -> Field:
    hint = T("In the customer's language")
    return Field(name="note", label=label, kind="textarea", hint=hint)


def _money_deeds(facts: Facts) -> list[Deed]:
    """Return the deeds about open payments: note the money, or ask who knows."""
    order, made = facts.order, []
    if order.state in VOID:
        return []
    if facts.standing.due and facts.open_receipt is None and _is_by_hand(order):
        made.append(_note_money(facts))
    for attempt in facts.attempts:
        if attempt.state in rules.OPEN and not settings.by_hand(attempt.provider):
            provider = money_words.provider_name(attempt.provider)
            words = T("Ask {provider} now", provider=str(provider))
            made.append(
                _plain(
                    facts,
                    "ask",
                    words,
                    "refresh-cw",
                    hidden={"attempt": str(attempt.id)},
                )
            )
    return made


def _is_by_hand(order: Order) -> bool:
    found = market(order.market).methods
    return any(not one.is_online for one in found if one.code == order.method)


def _note_money(facts: Facts) -> Deed:
    order, due = facts.order, facts.standing.due
    cash = order.method != "card_transfer"
    door = order.state in {_S.SHIPPED, _S.DELIVERED}
    if cash:
        return _plain(
            facts,
            "note_money",
            T("{amount} received", amount=due),
            "banknote",
            main=door or order.arranged_at is not None,
            line=T("Note it when you have it: {how}", how=_how(order)),
        )
    reference = Field(
        name="reference",
        label=T("Trace number"),
        inputmode="numeric",
        ltr=True,
        optional=True,
        autocomplete="off",
    )
    return _asking(
        facts,
        "note_money",
        (reference,),
        T("{amount} received", amount=due),
        "banknote",
        title=T("The transfer is on our account"),
        line=T("For a transfer whose receipt the customer has not sent."),
    )


def _how(order: Order) -> str:
    return str(money_words.method_words(order))


def money_due(order: Order) -> Money:
    """Return what the order still owes."""
    return ledger.standing(order).due
