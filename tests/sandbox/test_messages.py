"""SMS and e-mail arrive where a person can read them."""

import smtplib
from email.message import EmailMessage
from typing import Any

import pytest
import requests

from shop.sandbox.testing import Running


def kavenegar(sandbox: Running, path: str, **fields: str) -> dict[str, Any]:
    settings = sandbox.merchant["kavenegar"]
    url = f"{settings['base_url']}/v1/{settings['api_key']}/{path}.json"
    found: dict[str, Any] = requests.post(url, data=fields, timeout=5).json()
    return found


def test_a_text_message_is_shown_newest_first(sandbox: Running) -> None:
    for text in ("سفارش شما ثبت شد", "سفارش شما فرستاده شد"):
        sent = kavenegar(sandbox, "sms/send", receptor="09121234567", message=text)
        assert sent["return"]["status"] == 200
    page = requests.get(f"{sandbox.control}/_sim/inbox", timeout=5)
    texts = [message["text"] for message in sandbox.outbox(to="09121234567")]
    assert texts == ["سفارش شما فرستاده شد", "سفارش شما ثبت شد"]
    assert page.text.index("فرستاده شد") < page.text.index("ثبت شد")
    assert 'dir="auto"' in page.text
    assert page.headers["Refresh"] == "5"
    number = str(sent["entries"][0]["messageid"])
    status = kavenegar(sandbox, "sms/status", messageid=number)
    assert status["entries"][0]["status"] == 10


def test_a_code_is_sent_by_template(sandbox: Running) -> None:
    kavenegar(
        sandbox, "verify/lookup", receptor="09121234567", token="482913", template="otp"
    )
    assert sandbox.outbox()[0]["text"] == "482913"
    assert sandbox.outbox()[0]["template"] == "otp"


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("sms/send", {"receptor": "12345", "message": "x"}, 411),
        ("sms/send", {"receptor": "09121234567", "message": ""}, 413),
        ("sms/send", {"receptor": "09121234567", "message": "x", "sender": "1"}, 412),
        ("verify/lookup", {"receptor": "09121234567", "token": "1"}, 406),
        (
            "verify/lookup",
            {"receptor": "09121234567", "token": "1 2", "template": "t"},
            431,
        ),
    ],
)
def test_fields_are_checked(
    sandbox: Running, path: str, fields: dict[str, str], status: int
) -> None:
    assert kavenegar(sandbox, path, **fields)["return"]["status"] == status
    assert sandbox.outbox() == []


def test_a_wrong_key_and_no_credit(sandbox: Running) -> None:
    url = f"{sandbox.merchant['kavenegar']['base_url']}/v1/wrong/sms/send.json"
    wrong = requests.post(url, data={"receptor": "09121234567"}, timeout=5)
    sandbox.fault("kavenegar", "send", "error:418")
    poor = kavenegar(sandbox, "sms/send", receptor="09121234567", message="x")
    assert wrong.json()["return"]["status"] == 403
    assert poor["return"]["status"] == 418


def test_mail_arrives_by_smtp(sandbox: Running) -> None:
    settings = sandbox.merchant["smtp"]
    message = EmailMessage()
    message["Subject"] = "您的订单已发货"
    message["From"] = settings["sender"]
    message["To"] = "buyer@example.com"
    message.set_content("包裹号 SF123\n.点开头的一行\n")
    message.add_alternative("<p>包裹号 <b>SF123</b></p>", subtype="html")
    with smtplib.SMTP(settings["host"], settings["port"], timeout=5) as client:
        client.login(settings["username"], settings["password"])
        client.send_message(message)
    arrived = sandbox.outbox(channel="email")[0]
    assert arrived["to"] == "buyer@example.com"
    assert arrived["subject"] == "您的订单已发货"
    assert arrived["text"].splitlines() == ["包裹号 SF123", ".点开头的一行"]
    assert "<b>SF123</b>" in arrived["html"]


def test_mail_needs_the_password(sandbox: Running) -> None:
    settings = sandbox.merchant["smtp"]
    with smtplib.SMTP(settings["host"], settings["port"], timeout=5) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login(settings["username"], "wrong")
        with pytest.raises(smtplib.SMTPSenderRefused):
            client.sendmail("a@example.com", "b@example.com", "x")
