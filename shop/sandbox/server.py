"""All services of one sandbox, each on its own loopback port, in threads."""

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from shop.sandbox.box import Box
from shop.sandbox.control import Control
from shop.sandbox.gateways import all_gateways
from shop.sandbox.gateways.aliyun_sms import AliyunSms
from shop.sandbox.gateways.kavenegar import Kavenegar
from shop.sandbox.keys import PORTS, hand_out
from shop.sandbox.smtp import MailServer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

HOST = "127.0.0.1"


class _Quiet(WSGIRequestHandler):
    """Writes no access log: the API keys of some services are in the path."""

    timeout = 60

    def connection_dropped(
        self, error: BaseException, environ: "WSGIEnvironment | None" = None
    ) -> None:
        """Hang up: the fault switch cut the line."""
        self.close_connection = True

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


class Sandbox:
    """Starts and stops everything.

    :param base: first port, the others follow it; ``None`` takes free ones.
    :raises OSError: if a port is taken.
    """

    def __init__(
        self, directory: Path, base: int | None = None, scale: float = 1.0
    ) -> None:
        self.box = Box(directory, scale)
        self.gateways = all_gateways(self.box)
        self.control = Control(self.box, self.gateways)
        self._apps: dict[str, Flask] = {
            "control": self.control.app,
            "kavenegar": Kavenegar(self.box).app,
            "aliyun_sms": AliyunSms(self.box).app,
            **{gateway.code: gateway.app for gateway in self.gateways},
        }
        self._web: list[BaseWSGIServer] = []
        self._threads: list[threading.Thread] = []
        self._mail: MailServer | None = None
        self._base = base
        self.merchant: dict[str, Any] = {}

    def start(self) -> None:
        """Bind every port, write ``merchant.json``, and serve in the background."""
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        ports: dict[str, int] = {}
        try:
            for service, distance in PORTS.items():
                wanted = 0 if self._base is None else self._base + distance
                if service == "smtp":
                    self._mail = MailServer((HOST, wanted), self.box)
                    ports[service] = self._mail.server_address[1]
                    continue
                server = make_server(
                    HOST,
                    wanted,
                    self._apps[service],
                    threaded=True,
                    request_handler=_Quiet,
                )
                self._web.append(server)
                ports[service] = server.server_port
        except BaseException:
            self._close()
            raise
        self.box.ports = ports
        self.merchant = hand_out(self.box.directory, self.box.keys, ports)
        loops = [server.serve_forever for server in self._web]
        if self._mail is not None:
            loops.append(self._mail.serve_forever)
        for loop in loops:
            thread = threading.Thread(target=loop, args=(0.05,), daemon=True)
            thread.start()
            self._threads.append(thread)
        self.box.notifier.start()

    def stop(self) -> None:
        """Stop serving; everything that matters is on disk already."""
        self.box.notifier.stop()
        for server in self._web:
            server.shutdown()
        if self._mail is not None:
            self._mail.shutdown()
        for thread in self._threads:
            thread.join(5)
        self._close()
        self.box.store.close()

    def _close(self) -> None:
        for server in self._web:
            server.server_close()
        if self._mail is not None:
            self._mail.server_close()
