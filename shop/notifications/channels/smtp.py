"""E-mail over the owner's mail server, encrypted on the way."""

import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from shop.notifications.channels.service import NotSent, Outgoing, Service, Taken
from shop.notifications.rules import Channel
from shop.payments.protocol import is_sandbox
from shop.payments.provider import Setting

#: Seconds for each answer of the server.
PATIENCE = 10
_LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})


class Smtp(Service):
    """One message a connection: simple, and a shop sends few."""

    code = "smtp"
    channel = Channel.EMAIL
    settings = (
        Setting("host"),
        Setting("port", default="587"),
        # tls is encrypted from the first byte; none is for this machine only.
        Setting("security", default="starttls", choices=("starttls", "tls", "none")),
        Setting("username", required=False),
        Setting("password", secret=True, required=False),
        Setting("sender"),
    )

    def send(self, out: Outgoing, settings: Mapping[str, str]) -> Taken:
        """Send an e-mail.

        :raises NotSent: with the server's status; an address it does not know is final.
        """
        try:
            message = compose(out, settings.get("sender", ""))
            with _connected(settings) as server:
                if settings.get("username"):
                    server.login(settings["username"], settings.get("password", ""))
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            status = next((code for code, _ in error.recipients.values()), 0)
            raise NotSent(str(status), final=500 <= status < 600) from None
        except smtplib.SMTPResponseException as error:
            raise NotSent(str(error.smtp_code)) from None
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise NotSent(type(error).__name__) from None
        return Taken(message["Message-ID"])


def compose(out: Outgoing, sender: str) -> EmailMessage:
    """Return the message: plain words first, the laid out page as their alternative.

    Its ``Message-ID`` is the same however often it is tried, so that a mailbox can
    tell a repetition.
    """
    user, _, host = sender.partition("@")
    message = EmailMessage()
    message["From"] = Address(out.shop_name, user, host)
    message["To"] = out.to
    message["Subject"] = out.subject
    message["Date"] = out.at
    message["Message-ID"] = f"<{out.name}@{out.sender_host or host}>"
    message["Content-Language"] = out.language
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(out.text, cte="base64")
    if out.html:
        message.add_alternative(out.html, subtype="html", cte="base64")
    return message


@contextmanager
def _connected(settings: Mapping[str, str]) -> Iterator[smtplib.SMTP]:
    host, port = settings.get("host", ""), int(settings.get("port", "587"))
    security = settings.get("security", "starttls")
    if not host:
        raise NotSent("host")
    if security == "none" and not (is_sandbox(settings) and host in _LOCAL):
        raise NotSent("security")  # a password is never sent in the clear
    context = ssl.create_default_context()
    if security == "tls":
        with smtplib.SMTP_SSL(host, port, timeout=PATIENCE, context=context) as server:
            yield server
        return
    with smtplib.SMTP(host, port, timeout=PATIENCE) as server:
        if security != "none":
            server.starttls(context=context)
        yield server


def from_url(url: str, sender: str) -> dict[str, str]:
    """Return the settings that ``smtp_url`` and ``mail_from`` of the shop mean."""
    parts = urlsplit(url)
    tls = parts.scheme == "smtps"
    return {
        "host": parts.hostname or "",
        "port": str(parts.port or (465 if tls else 587)),
        "security": "tls" if tls else "starttls",
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "sender": sender,
    }


SERVICE = Smtp()
