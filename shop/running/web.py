"""The web processes: forks of one process that has loaded the shop, on one socket.

gunicorn's worker with threads answers in them unless another server is chosen;
``make bench`` compares (``python -m tests.bench servers``). gunicorn's arbiter is
not used: these processes are watched like all others, by ``supervise``.
``python -m shop.running.web`` runs them alone.
"""

import gc
import os
import re
import socket
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker
from sqlalchemy.orm import configure_mappers
from werkzeug.test import Client

from shop import create_app, lock, logs
from shop.config import Config, ConfigError, load_config
from shop.db import db
from shop.i18n import formats
from shop.i18n.catalog import catalog
from shop.i18n.languages import languages
from shop.i18n.reader import reading
from shop.markets.calendar import read_years, remember
from shop.markets.registry import markets
from shop.payments import settings as payment_settings
from shop.running.ports import listen
from shop.running.supervise import Child, Pulse, Tree, apart

if TYPE_CHECKING:
    from flask import Flask

#: Seconds a web process may take for one answer before it is replaced.
TIMEOUT = 60
#: Seconds that answers in progress get when the shop stops.
GRACE = 10


def children(config: Config, app: "Flask", listener: socket.socket) -> list[Child]:
    """Return the web processes of this installation."""
    make = SERVERS[config.server]
    count = 1 if make is _granian else config.web_workers
    return [make(config, app, listener) for _ in range(count)]


def _begin(config: Config, app: "Flask") -> None:
    """Make a fork a process of its own that keeps the shop open."""
    logs.set_up(config.log_level)
    lock.stay_open(config.instance)
    forget_connections(app)


class _Application(BaseApplication):  # type: ignore[misc]
    """What gunicorn asks for: the shop and how to serve it."""

    def __init__(self, config: Config, app: "Flask") -> None:
        self.config, self.app = config, app
        super().__init__()

    def load_config(self) -> None:
        for name, value in gunicorn_options(self.config).items():
            self.cfg.set(name, value)

    def load(self) -> "Flask":
        return self.app


class _Log(Logger):  # type: ignore[misc]
    """Leaves the writing to the log of the shop."""

    def setup(self, cfg: object) -> None:
        super().setup(cfg)
        self.error_log.propagate = True

    def _set_handler(self, *_: object, **__: object) -> None:
        pass


def _gunicorn(config: Config, app: "Flask", listener: socket.socket) -> Child:
    server = _Application(config, app)
    pulse = Pulse()

    class Worker(ThreadWorker):  # type: ignore[misc]
        def notify(self) -> None:
            pulse.beat()

    def answer() -> None:
        _begin(config, app)
        log, parent = _Log(server.cfg), os.getppid()
        worker = Worker(1, parent, [listener], server, TIMEOUT, server.cfg, log)
        worker.pid = os.getpid()
        worker.init_process()

    return Child("web", answer, heard=pulse.last, patience=TIMEOUT)


def gunicorn_options(config: Config) -> dict[str, object]:
    """Return gunicorn's settings for one process."""
    memory = Path("/dev/shm")  # noqa: S108 (signs of life, not on the disk)
    return {
        "threads": config.web_threads,
        "graceful_timeout": GRACE,
        "keepalive": 15,
        "worker_tmp_dir": str(memory) if memory.is_dir() else None,
        "loglevel": "warning",
    }


def warm(app: "Flask") -> None:
    """Load what every page needs, so that forks share it; opens no connection."""
    today = datetime.now(UTC)
    years = apart(partial(read_years, _years(today)))
    configure_mappers()
    with app.app_context():
        payment_settings.get_ready()
    for language in languages().values():
        catalog(language.code)
        with reading(language.code):
            formats.day(today.date(), year=True)
            formats.moment(today)
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    remember(years() or {})


def _years(now: datetime) -> list[tuple[str, int]]:
    """Return every country whose calendar is used, with this year and the next."""
    return [
        (place.calendar.country, place.today(now).year + step)
        for place in markets().values()
        for step in (0, 1)
    ]


def rehearse(app: "Flask") -> None:
    """Show the first pages to nobody, then let everything that is there be shared.

    What they leave (statements, functions of templates) is made once for all
    forks: 7 MB less in each. Needs the tables; leaves no connection behind.
    """
    reader = Client(app, use_cookies=False)
    for language in languages().values():
        home = f"/{language.url}/"
        page = reader.get(home).get_data(as_text=True)
        for kind in "cp":  # a category, a product
            if found := re.search(rf'href="({home}{kind}/[^"?#]+)"', page):
                reader.get(found[1])
        reader.get(f"{home}search?q=1")
    with app.app_context():
        db.engine.dispose()
    gc.collect()
    gc.freeze()
    # A page leaves little behind that only the collector finds; ask it less often.
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


def forget_connections(app: "Flask") -> None:
    """Let a forked process open database connections of its own."""
    with app.app_context():
        db.engine.dispose(close=False)


def _waitress(config: Config, app: "Flask", listener: socket.socket) -> Child:
    from waitress import serve

    def answer() -> None:
        _begin(config, app)
        serve(app, sockets=[listener], threads=config.web_threads, _quiet=True)

    return Child("web", answer)


def _granian(config: Config, app: "Flask", listener: socket.socket) -> Child:
    from granian import Granian
    from granian.constants import Interfaces

    listener.close()  # it has a socket and processes of its own

    def answer() -> None:
        _begin(config, app)
        Granian(
            "shop:create_app",
            address=config.host,
            port=config.port,
            interface=Interfaces.WSGI,
            workers=config.web_workers,
            blocking_threads=config.web_threads,
            factory=True,
            log_enabled=False,
            respawn_failed_workers=True,
            workers_kill_timeout=GRACE,
        ).serve()

    return Child("web", answer)


SERVERS: Mapping[str, Callable[[Config, "Flask", socket.socket], Child]] = {
    "gunicorn": _gunicorn,
    "granian": _granian,
    "waitress": _waitress,
}


def main() -> int:
    """Serve with the settings of the environment; a wrong one is one sentence."""
    try:
        config = load_config(os.environ)
        listener = listen(config.host, config.port, "PORT")
        app = create_app(config)
    except ConfigError as refused:
        sys.exit(str(refused))
    warm(app)
    rehearse(app)
    tree = Tree(children(config, app, listener), os.environ, closing=listener.close)
    return tree.run()


if __name__ == "__main__":
    sys.exit(main())
