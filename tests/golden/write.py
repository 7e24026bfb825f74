"""Writes every message of the shop as files to read: a stage, a language, a way.

    python -m tests.golden.write

A test compares; whoever changes a sentence or a translation runs this again and
reads the difference.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from flask import Flask

from shop.i18n.reader import reading
from shop.i18n.text import T
from shop.kernel.money import Money
from shop.notifications import kinds
from shop.notifications.kinds import Facts
from shop.notifications.mail import MailLine, MailTotal
from shop.notifications.rules import NEW_ORDER, Channel
from shop.notifications.write import Written, form

HERE = Path(__file__).parent
LANGUAGES = ("zh", "fa", "en")
TOKEN = "4829103746h3xTqV9mKc2LwZpRb7YdNA"


def samples() -> Iterator[tuple[str, str, dict[str, object]]]:
    """Yield (name, stage, facts) of every message worth reading."""
    cash, door = "cash_by_arrangement", "cash_on_delivery"
    arrives = {"arrives_on": date(2026, 11, 26)}
    yield "placed-online", "placed", {"awaits_payment": True, "method": "online"}
    transfer = {"method": "card_transfer", "awaits_payment": True}
    yield "placed-transfer", "placed", transfer
    answer = {"answer_on": date(2026, 11, 23)}
    yield "placed-arrangement", "placed", {"method": cash, **answer}
    yield "placed-door", "placed", {"method": door, **arrives}
    yield "receipt_submitted", "receipt_submitted", {"trace": "140503201", **answer}
    yield "receipt_rejected", "receipt_rejected", {"reason": "7203"}
    yield "paid", "paid", {"trace": "2026112122001", **arrives}
    yield "paid-pick-up", "paid", {"is_pick_up": True, "trace": "2026112122001"}
    yield "paid_late-late", "paid_late", {"why": "late"}
    yield "paid_late-twice", "paid_late", {"why": "twice"}
    yield "paid_late-amount", "paid_late", {"why": "amount"}
    yield "arranged", "arranged", {}
    parcel = {"tracking": "SF1402938475601", "tracking_link": "https://carrier.example"}
    yield "shipped", "shipped", parcel | arrives | {"due": None}
    yield "ready_for_pickup", "ready_for_pickup", {"due": None}
    yield "delivered", "delivered", {}
    yield "cancelled-buyer", "cancelled", {"who": "buyer"}
    yield "cancelled-staff", "cancelled", {"who": "staff:1", "reason": "A7", "kept": 1}
    yield "expired", "expired", {}
    yield "refund_requested", "refund_requested", {"reference": "202611210017"}
    yield "refunded", "refunded", {"reference": "202611210017"}
    yield "promise_moved", "promise_moved", {"moved": "ship"}
    yield "return_requested", "return_requested", {"freight": "buyer", **answer}
    note = {"note": "A7, 88"}
    yield "return_approved-buyer", "return_approved", {"freight": "buyer", **note}
    yield "return_approved-shop", "return_approved", {"freight": "shop"}
    yield "return_approved-unsent", "return_approved", {}
    yield "return_declined", "return_declined", {"reason": "A7"}
    yield "links", "links", {}
    yield "return_link", "return_link", {}
    yield "new_order", "new_order", {}


def facts(language: str, changed: dict[str, object]) -> Facts:
    """Return facts of an order in the market most readers of a language buy in."""
    ir = language == "fa"
    total = Money(153_780_000, "IRR") if ir else Money(855_900, "CNY")
    link = f"https://shop.example/{language}/orders/{TOKEN}"
    given = dict(changed)
    if given.get("kept"):
        given["kept"] = total
    if "due" in given:
        given["due"] = Money(0, total.currency)
    base: dict[str, object] = {
        "number": TOKEN[:10],
        "link": link,
        "pay_link": f"{link}/pay",
        "desk_link": f"https://shop.example/{language}/owner/orders/{TOKEN[:10]}",
        "total": total,
        "due": total,
        "kept": Money(0, total.currency),
        "amount": total,
        "market_name": str(T("Iran") if ir else T("Mainland China")),
        "carrier": str(T("Iran Post") if ir else T("SF Express")),
        "pay_by": datetime(2026, 11, 21, 8, 30, tzinfo=UTC),
        "moment": datetime(2026, 11, 23, 11, 30, tzinfo=UTC),
        "ships_on": date(2026, 11, 24),
        "refund_on": date(2026, 11, 26),
        "return_on": date(2026, 11, 30),
        "keep_on": date(2026, 11, 28),
        "place": {"zh": "安榴体验店", "fa": "فروشگاه انار", "en": "Anar store"}[
            language
        ],
        "place_address": {
            "zh": "南宁市青秀区榴花路88号",
            "fa": "تهران، خیابان انار، شمارهٔ ۸۸",
            "en": "88 Liuhua Road, Nanning",
        }[language],
        "code": "048213",
        "receipt_days": 7 if ir else 0,
        "lines": (
            MailLine(
                name={"zh": "安榴 A7 Pro", "fa": "انار A7 Pro", "en": "Anar A7 Pro"}[
                    language
                ],
                quantity=1,
                amount=total,
            ),
        ),
        "totals": (MailTotal(T("Total"), total),),
    }
    return Facts(**(base | given))  # type: ignore[arg-type]


def render(language: str, channel: Channel) -> Iterator[tuple[str, str]]:
    """Yield (file name, content) of every message; needs an app."""
    market = "ir" if language == "fa" else "cn"
    zone = "Asia/Tehran" if language == "fa" else "Asia/Shanghai"
    for name, kind, changed in samples():
        if kind == NEW_ORDER and channel is Channel.SMS:
            continue  # the owner reads mail
        with reading(language, zone):
            here = facts(language, changed)
            written = form(kinds.say(kind, here), here, channel, market)
        yield f"{name}.txt", _file(written)
        if channel is Channel.EMAIL:
            yield f"{name}.html", written.html


def _file(written: Written) -> str:
    """Return a message as a file: isolates shown as brackets, so that eyes see them."""
    head = f"{written.subject}\n\n" if written.subject else ""
    text = written.text.rstrip("\n")
    return f"{head}{text}\n".replace("\u2068", "⟦").replace("\u2069", "⟧")


def folder(language: str, channel: Channel) -> Path:
    """Return where the messages of a language and channel lie."""
    return HERE / language / channel.value


def write_all(app: Flask) -> int:
    """Write every file; return how many. Files of messages that are gone go too."""
    count = 0
    with app.app_context():
        for language in LANGUAGES:
            for channel in (Channel.SMS, Channel.EMAIL):
                place = folder(language, channel)
                place.mkdir(parents=True, exist_ok=True)
                made = dict(render(language, channel))
                for old in place.iterdir():
                    if old.name not in made:
                        old.unlink()
                for name, text in made.items():
                    (place / name).write_text(text, encoding="utf-8")
                count += len(made)
    return count


def main() -> None:
    """Write the files with an app of its own, on an empty database."""
    import tempfile

    from shop import create_app
    from shop.db import db
    from tests.conftest import make_config

    with tempfile.TemporaryDirectory() as place:
        config = make_config(Path(place), f"sqlite:///{place}/shop.db")
        app = create_app(config)
        with app.app_context():
            db.create_all()
        sys.stdout.write(f"{write_all(app)} files\n")
        with app.app_context():
            db.engine.dispose()


if __name__ == "__main__":
    main()
