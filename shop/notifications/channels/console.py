"""A service for a shop without one: the log says that something would be sent."""

import logging
from collections.abc import Mapping

from shop.notifications.channels.service import Outgoing, Service, Taken
from shop.notifications.rules import Channel, parts

log = logging.getLogger(__name__)


class Console(Service):
    """Says what kind of message it was; never to whom, never the words."""

    code = "console"
    channel = Channel.SMS

    def send(self, out: Outgoing, settings: Mapping[str, str]) -> Taken:
        """Write one line to the log."""
        facts = {"kind": out.kind, "language": out.language, "parts": parts(out.text)}
        log.info("a text message", extra=facts)
        return Taken(out.name)


SERVICE = Console()
