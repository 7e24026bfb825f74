"""A mail server that delivers to the inbox: enough of RFC 5321 for a client."""

import base64
import secrets
import socketserver
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from shop.sandbox.box import Box

MAX_SIZE = 10 * 1024 * 1024
MAX_LINE = 8192


class _Session(socketserver.StreamRequestHandler):
    server: "MailServer"
    timeout = 60

    def handle(self) -> None:
        self.authenticated = False
        self.forget()
        self.say("220 sandbox ESMTP")
        while line := self.rfile.readline(MAX_LINE):
            verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            found = self.server.box.faults.take("smtp", verb.lower() or "*")
            if found and found.kind == "error":
                self.say(found.argument or "451 Try again later")
                continue
            if found and found.kind.startswith(("drop", "timeout")):
                return
            if verb.upper() == "QUIT":
                self.say("221 Bye")
                return
            action = getattr(self, f"do_{verb.lower()}", None)
            if action is None:
                self.say("502 Not implemented")
            else:
                action(rest.strip())

    def say(self, *lines: str) -> None:
        """Send reply lines."""
        self.wfile.write("".join(line + "\r\n" for line in lines).encode())

    def forget(self) -> None:
        """Begin a new message."""
        self.sender = ""
        self.receivers: list[str] = []

    def do_helo(self, rest: str) -> None:
        self.say("250 sandbox")

    def do_ehlo(self, rest: str) -> None:
        self.say(
            "250-sandbox",
            f"250-SIZE {MAX_SIZE}",
            "250-8BITMIME",
            "250-SMTPUTF8",
            "250 AUTH PLAIN LOGIN",
        )

    def do_auth(self, rest: str) -> None:
        """Check user and password, in one line or asked for."""
        kind, _, first = rest.partition(" ")
        try:
            if kind.upper() == "PLAIN":
                _, user, password = self.decode(first or self.ask("")).split("\0")
            elif kind.upper() == "LOGIN":
                user = self.decode(first or self.ask("VXNlcm5hbWU6"))
                password = self.decode(self.ask("UGFzc3dvcmQ6"))
            else:
                return self.say("504 Unknown mechanism")
        except ValueError:
            return self.say("501 Malformed")
        keys = self.server.box.keys
        self.authenticated = secrets.compare_digest(
            f"{user}\0{password}".encode(),
            f"{keys.smtp_username}\0{keys.smtp_password}".encode(),
        )
        if self.authenticated:
            return self.say("235 Accepted")
        return self.say("535 Authentication credentials invalid")

    def ask(self, challenge: str) -> str:
        """Ask for one more line."""
        self.say(f"334 {challenge}")
        return self.rfile.readline(MAX_LINE).decode("ascii", "replace").strip()

    @staticmethod
    def decode(text: str) -> str:
        """Read base64."""
        return base64.b64decode(text, validate=True).decode()

    def do_mail(self, rest: str) -> None:
        if not self.authenticated:
            return self.say("530 Authentication required")
        self.forget()
        self.sender = self.address(rest)
        return self.say("250 OK")

    def do_rcpt(self, rest: str) -> None:
        address = self.address(rest)
        if not self.sender:
            return self.say("503 MAIL first")
        if "@" not in address:
            return self.say("553 Mailbox name not allowed")
        self.receivers.append(address)
        return self.say("250 OK")

    @staticmethod
    def address(rest: str) -> str:
        """Return what stands between the angle brackets."""
        return rest.partition("<")[2].partition(">")[0]

    def do_data(self, rest: str) -> None:
        """Take a message up to the line with a single dot."""
        if not self.receivers:
            return self.say("503 RCPT first")
        self.say("354 End with a dot")
        lines, size = [], 0
        while (line := self.rfile.readline(MAX_LINE)) not in {b".\r\n", b".\n", b""}:
            size += len(line)
            if size <= MAX_SIZE:
                lines.append(line[1:] if line.startswith(b"..") else line)
        if size > MAX_SIZE:
            return self.say("552 Too big")
        number = self.server.keep(self.sender, self.receivers, b"".join(lines))
        self.forget()
        return self.say(f"250 Queued as {number}")

    def do_rset(self, rest: str) -> None:
        self.forget()
        self.say("250 OK")

    def do_noop(self, rest: str) -> None:
        self.say("250 OK")


class MailServer(socketserver.ThreadingTCPServer):
    """Listens on loopback; a message to three is three in the inbox."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], box: Box) -> None:
        self.box = box
        super().__init__(address, _Session)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that hang up."""

    def keep(self, sender: str, receivers: list[str], raw: bytes) -> str:
        """Put a message into the inbox and return its number."""
        message = BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)
        plain, html = (_part(message, kind) for kind in ("plain", "html"))
        number = ""
        for receiver in receivers:
            number = self.box.inbox.add(
                "email",
                "smtp",
                receiver,
                sender,
                plain or html,
                subject=str(message["subject"] or ""),
                html=html,
            ).id
        return number


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())
