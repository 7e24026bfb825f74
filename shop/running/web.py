"""The web processes: ``python -m shop.running.web`` runs them under a chosen server.

gunicorn with threads is the default until ``make bench`` says otherwise; the
others stay here so that the comparison can be repeated.
"""

import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.orm import configure_mappers

from shop import create_app, lock, logs
from shop.config import Config, ConfigError, load_config
from shop.i18n import formats
from shop.i18n.catalog import catalog
from shop.i18n.languages import languages
from shop.i18n.reader import reading
from shop.markets.registry import markets
from shop.running.supervise import die_with

if TYPE_CHECKING:
    from flask import Flask

#: Seconds a web process may take for one answer before it is replaced.
TIMEOUT = 60
#: Seconds that answers in progress get when the shop stops.
GRACE = 10


def serve(config: Config, app: "Flask") -> None:
    """Answer readers until told to stop."""
    logs.set_up(config.log_level)
    lock.stay_open(config.instance)
    SERVERS[config.server](config, app)


def _gunicorn(config: Config, app: "Flask") -> None:
    from gunicorn.app.base import BaseApplication
    from gunicorn.glogging import Logger

    class JsonLogger(Logger):  # type: ignore[misc]
        """Leaves the writing to the log of the shop."""

        def setup(self, cfg: object) -> None:
            super().setup(cfg)
            self.error_log.propagate = True

        def _set_handler(self, *_: object, **__: object) -> None:
            pass

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in gunicorn_options(config).items():
                self.cfg.set(name, value)
            self.cfg.set("logger_class", JsonLogger)
            self.cfg.set("post_fork", lambda _server, _worker: forget_connections(app))

        def load(self) -> "Flask":
            return app

    Server().run()


def gunicorn_options(config: Config) -> dict[str, object]:
    """Return gunicorn's settings; the application is loaded once, then forked."""
    memory = Path("/dev/shm")  # noqa: S108 (heartbeats of workers, not on the disk)
    return {
        "bind": f"{_bracketed(config.host)}:{config.port}",
        "workers": config.web_workers,
        "threads": config.web_threads,
        "worker_class": "gthread",
        "preload_app": True,
        "timeout": TIMEOUT,
        "graceful_timeout": GRACE,
        "keepalive": 15,
        "worker_tmp_dir": str(memory) if memory.is_dir() else None,
        "control_socket_disable": True,
        "loglevel": "warning",
        "proc_name": "anar-web",
    }


def warm(app: "Flask") -> None:
    """Load what every page needs, so that forks share it; opens no connection."""
    configure_mappers()
    today = datetime.now(UTC)
    for language in languages().values():
        catalog(language.code)
        with reading(language.code):
            formats.day(today.date(), year=True)
            formats.moment(today)
    for place in markets().values():
        place.calendar.is_working_day(place.today(today))
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    gc.collect()
    gc.freeze()
    # A page leaves little behind that only the collector finds; ask it less often.
    gc.set_threshold(10_000, 20, 20)


def forget_connections(app: "Flask") -> None:
    """Let a forked process open database connections of its own."""
    from shop.db import db

    with app.app_context():
        db.engine.dispose(close=False)


def _granian(config: Config, _app: "Flask") -> None:
    from granian import Granian
    from granian.constants import Interfaces

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


def _waitress(config: Config, app: "Flask") -> None:
    from waitress import serve as answer

    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((config.host, config.port))
    parent = os.getpid()
    children = []
    for _ in range(config.web_workers):
        child = os.fork()
        if child == 0:
            die_with(parent)
            forget_connections(app)
            answer(app, sockets=[listener], threads=config.web_threads, _quiet=True)
            os._exit(0)
        children.append(child)

    def stop(*_: object) -> None:
        for child in children:
            os.kill(child, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    for child in children:
        os.waitpid(child, 0)


SERVERS: Mapping[str, Callable[[Config, "Flask"], None]] = {
    "gunicorn": _gunicorn,
    "granian": _granian,
    "waitress": _waitress,
}


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def main() -> None:
    """Serve with the settings of the environment; a wrong one is one sentence."""
    try:
        config = load_config(os.environ)
        app = create_app(config)
        warm(app)
        serve(config, app)
    except ConfigError as refused:
        sys.exit(str(refused))


if __name__ == "__main__":
    main()
