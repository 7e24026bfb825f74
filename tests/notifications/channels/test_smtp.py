"""E-mail: both parts, one name, never in the clear, and each refusal."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from shop.notifications.channels.service import NotSent, Outgoing
from shop.notifications.channels.smtp import SERVICE, compose, from_url
from shop.sandbox.testing import Running

OUT = Outgoing(
    to="buyer@example.com",
    text="سفارش \u2068۱۲۳\u2069 پرداخت شد.\n",
    html="<!doctype html><p dir='rtl'>پرداخت شد</p>",
    subject="پرداخت سفارش ۱۲۳",
    name="notify.1.2.paid.email.1",
    number=101,
    kind="paid",
    language="fa",
    at=datetime(2026, 11, 21, 8, tzinfo=UTC),
    sender_host="shop.example",
    shop_name="فروشگاه انار",
)


@pytest.fixture
def values(sandbox: Running) -> dict[str, str]:
    """Return the settings the sandbox hands out."""
    given = {k: str(v) for k, v in sandbox.merchant["smtp"].items()}
    return given | {"sandbox": "1", "security": "none"}


def test_the_sandbox_receives_both_parts(
    sandbox: Running, values: dict[str, str]
) -> None:
    SERVICE.send(OUT, values)

    (message,) = sandbox.outbox(channel="email")
    assert message["to"] == OUT.to
    assert message["subject"] == OUT.subject
    assert message["text"].strip() == OUT.text.strip()
    assert message["html"].strip() == OUT.html


def test_a_message_has_one_name_however_often_it_is_tried() -> None:
    first, second = (compose(OUT, "shop@example.com") for _ in range(2))

    assert first["Message-ID"] == second["Message-ID"]
    assert first["Message-ID"] == "<notify.1.2.paid.email.1@shop.example>"


def test_what_is_sent_can_be_read_by_every_program() -> None:
    raw = compose(OUT, "shop@example.com").as_bytes()

    message = message_from_bytes(raw, policy=default)

    assert raw.isascii()
    assert message["From"].addresses[0].display_name == "فروشگاه انار"
    assert message["Date"].datetime == OUT.at
    assert message["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "text/plain", "text/html"
    ]  # fmt: skip


def test_a_subject_cannot_smuggle_a_header() -> None:
    with pytest.raises(ValueError, match="Header values"):
        compose(replace(OUT, subject="a\r\nBcc: b@example.com"), "shop@example.com")


@pytest.mark.parametrize(
    ("fault", "code", "final"),
    [
        (("rcpt", "error:550 no such mailbox"), "550", True),
        (("rcpt", "error:451 try again later"), "451", False),
        (("data", "error:452 full"), "452", False),
        (("ehlo", "drop_before"), "SMTPServerDisconnected", False),
        (("mail", "error:530 who are you"), "530", False),
    ],
)
def test_each_refusal_is_final_or_tried_again(
    sandbox: Running,
    values: dict[str, str],
    fault: tuple[str, str],
    code: str,
    final: bool,
) -> None:
    sandbox.fault("smtp", *fault)

    with pytest.raises(NotSent) as refused:
        SERVICE.send(OUT, values)

    assert (refused.value.code, refused.value.final) == (code, final)
    assert OUT.to not in repr(refused.value)


def test_a_wrong_password_is_tried_again_and_never_written_down(
    values: dict[str, str],
) -> None:
    secret = "planted-4242424242"
    with pytest.raises(NotSent) as refused:
        SERVICE.send(OUT, values | {"password": secret})

    assert (refused.value.code, refused.value.final) == ("535", False)
    assert secret not in repr(refused.value)


def test_nobody_there_is_tried_again(values: dict[str, str]) -> None:
    with pytest.raises(NotSent, match="ConnectionRefusedError"):
        SERVICE.send(OUT, values | {"port": "9"})


@pytest.mark.parametrize(
    "changed", [{"sandbox": ""}, {"host": "mail.example"}], ids=["real", "elsewhere"]
)
def test_a_password_never_travels_in_the_clear(
    values: dict[str, str], changed: dict[str, str]
) -> None:
    with pytest.raises(NotSent, match="security"):
        SERVICE.send(OUT, values | changed)


def test_a_server_without_encryption_gets_nothing(
    sandbox: Running, values: dict[str, str]
) -> None:
    with pytest.raises(NotSent, match="SMTPNotSupportedError"):
        SERVICE.send(OUT, values | {"security": "starttls"})

    assert sandbox.outbox(channel="email") == []


def test_the_settings_file_may_say_it_in_one_line() -> None:
    starttls = from_url("smtp://us%40er:pa%2Fss@mail.example", "shop@example.com")
    tls = from_url("smtps://mail.example", "shop@example.com")

    assert starttls == {
        "host": "mail.example", "port": "587", "security": "starttls",
        "username": "us@er", "password": "pa/ss", "sender": "shop@example.com",
    }  # fmt: skip
    assert (tls["port"], tls["security"], tls["username"]) == ("465", "tls", "")
