"""Processes that die where they are told to: ``python -m tests.races.crashers``.

Loads the shop once, then reads orders from its input, one JSON object a line,
and does each in a fork of its own: ``{"at": "C5", "times": 1, "do": "begin", …}``.
Answers each with one line: ``killed`` or ``ended CODE``.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask

from shop import create_app
from shop.cli.work import HANDLERS, TASKS, Worker
from shop.kernel import crash
from shop.payments import collect, reconcile
from tests.conftest import make_config
from tests.payments.fake import urls


def post(app: Flask, order: Mapping[str, Any]) -> None:
    """Send a form, or the bytes of a notification, as a browser or a gateway does."""
    client = app.test_client()
    if order.get("cookie"):
        client.set_cookie("shop", order["cookie"])
    sent = order.get("form") or order["body"].encode()
    client.open(
        order["path"],
        method="POST",
        data=sent,
        headers=order.get("headers", {}),
        environ_base={"REMOTE_ADDR": order.get("remote", "127.0.0.1")},
    )


def get(app: Flask, order: Mapping[str, Any]) -> None:
    """Come back from a gateway."""
    app.test_client().get(order["path"])


def begin(app: Flask, order: Mapping[str, Any]) -> None:
    """Begin to collect a charge."""
    collect.begin(order["charge"], order["code"], urls, _now(order))


def expire(app: Flask, order: Mapping[str, Any]) -> None:
    """End what was not paid in time."""
    reconcile.unpaid(_now(order))


def refund(app: Flask, order: Mapping[str, Any]) -> None:
    """Send an approved refund."""
    collect.send_refund(order["refund"], _now(order))


def work(app: Flask, order: Mapping[str, Any]) -> None:
    """Do what a worker does at this moment, until nothing is left."""
    worker = Worker(app, HANDLERS, TASKS, lambda: _now(order))
    while worker.step():
        pass


DEEDS: dict[str, Callable[[Flask, Mapping[str, Any]], None]] = {
    deed.__name__: deed for deed in (post, get, begin, expire, refund, work)
}


def _now(order: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(order["now"])


def main(url: str, folder: str) -> None:
    """Do as told until the input ends."""
    app = create_app(make_config(Path(folder), url))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    _say("ready")
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            _be_doomed(app, order)
        _pid, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        _say("killed" if killed else f"ended {os.waitstatus_to_exitcode(status)}")


def _be_doomed(app: Flask, order: Mapping[str, Any]) -> None:
    """Do it in this fork, which ends here if it does not die before."""
    crash.armed.point, crash.armed.left = order["at"], order.get("times", 1)
    app.config["CLOCK"] = lambda: _now(order)
    code = 1
    try:
        with app.app_context():
            DEEDS[order["do"]](app, order)
        code = 0
    except BaseException as error:
        os.write(2, f"{order['do']}: {type(error).__name__}: {error}\n".encode())
    os._exit(code)


def _say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
