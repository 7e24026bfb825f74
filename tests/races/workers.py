"""One worker after the other, for the crash test: ``python -m tests.races.workers``.

Sends to a phone that is a file: one line a message, under the name it was sent by.
Modes: ``real`` is the shop's worker; ``hasty`` notes that a message is out before it
is, the bug the shop does not have.
"""

import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask

from shop import create_app, outbox
from shop.cli.work import HANDLERS, Worker
from shop.db import write
from shop.notifications import channels, send
from shop.notifications.channels.service import Outgoing, Service, Taken
from shop.notifications.rules import Channel
from shop.outbox import Claimed
from tests.conftest import make_config

#: A killed worker's job is free again after so long, not after a minute.
LEASE = timedelta(seconds=1)
#: How long the phone company thinks: time enough to be killed in.
THINKS = 0.1


class Phone(Service):
    """A phone company whose inbox is a file."""

    code = "aliyun_sms"
    channel = Channel.SMS

    def __init__(self, inbox: Path) -> None:
        self.inbox = inbox

    def send(self, out: Outgoing, settings: Mapping[str, str]) -> Taken:
        """Think, then append a line in one call, which a kill cannot tear."""
        time.sleep(THINKS)
        handle = os.open(self.inbox, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, f"{out.name}\n".encode())
        os.close(handle)
        return Taken(out.name)


def hasty(job: Claimed, now: datetime) -> None:
    """Note the job as done, then do it."""
    write(lambda: outbox.finish(job.id, now))
    send.send(job, now)


def main(url: str, folder: str, mode: str, seconds: float) -> None:
    """Keep one worker running: whenever it is killed, the next one begins."""
    app = create_app(make_config(Path(folder), url))
    channels.services()
    phone = Phone(Path(folder) / "phone")
    channels.services = lambda: {"aliyun_sms": phone}  # type: ignore[assignment]
    outbox.LEASE = LEASE
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        child = os.fork()
        if not child:
            work(app, mode, ends)
            os._exit(0)
        os.waitpid(child, 0)


def work(app: Flask, mode: str, ends: float) -> None:
    """Do jobs until the time is over."""
    os.write(1, f"pid {os.getpid()}\n".encode())
    handlers = dict(HANDLERS)
    if mode == "hasty":
        handlers["send"] = "tests.races.workers:hasty"
    worker = Worker(app, handlers, {}, lambda: datetime.now(UTC))
    while time.monotonic() < ends:
        if not worker.do_job():
            time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]))
