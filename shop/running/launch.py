"""What ``python app.py`` does: web, worker and sandbox as one supervised tree."""

import gc
import http.client
import importlib.metadata
import os
import re
import socket
import subprocess
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from shop import create_app
from shop.config import ROOT, Config, ConfigError, load_config
from shop.running import web
from shop.running.ports import listen, refuse_taken_port
from shop.running.supervise import Child, Fork, Tree, die_with

if TYPE_CHECKING:
    from flask import Flask


def main(environ: Mapping[str, str]) -> int:
    """Open the shop and keep it open; 1 and one sentence if that cannot be."""
    if environ.get("MAKELEVEL"):
        die_with(os.getppid())  # `make run` is one thing, also under kill -9
    try:
        refuse_missing_packages()
        config = load_config(environ)
        refuse_taken_port(config.host, config.port, "PORT")
        if config.sandbox:
            refuse_taken_port("127.0.0.1", config.sandbox_port, "SHOP_SANDBOX_PORT")
        app = create_app(config)
    except ConfigError as refused:
        _say(str(refused))
        return 1
    os.chdir(ROOT)
    try:
        if config.sandbox and not _keys_fit(config):
            subprocess.run(_sandbox(config, "keygen"), check=True, capture_output=True)
        setup = Fork(lambda: _command(app, "setup"))
        web.warm(app)
        if status := setup.wait():
            return status
        web.rehearse(app)
        listener = listen(config.host, config.port, "PORT")
    except ConfigError as refused:
        _say(str(refused))
        return 1
    except KeyboardInterrupt:
        return 130
    tree = Tree(
        children(config, app, listener),
        environ,
        opened=lambda: answers(config),
        announce=lambda: _say(welcome(config)),
        closing=listener.close,
    )
    return tree.run()


def children(config: Config, app: "Flask", listener: socket.socket) -> list[Child]:
    """Return the processes of this installation.

    Web and worker are forks of this one, which has loaded the shop once, for
    all of them, and itself does nothing with it.
    """

    def work() -> None:
        listener.close()
        _command(app, "work")

    tree = [*web.children(config, app, listener), Child("worker", work, later=True)]
    if config.sandbox:
        tree.insert(0, Child("sandbox", _sandbox(config)))
    return tree


def _command(app: "Flask", *words: str) -> None:
    """Run a command of the owner's command line in this process."""
    gc.enable()
    with app.app_context():
        app.cli.main(["shop", *words], prog_name="flask")


def _keys_fit(config: Config) -> bool:
    """Say whether the sandbox's keys are there and name the ports it will take.

    The ports follow ``PORT``, so the addresses may be new.
    """
    path = config.instance / "sandbox" / "merchant.json"
    first = f"http://127.0.0.1:{config.sandbox_port + 1}"
    return path.exists() and first in path.read_text("utf-8")


def _sandbox(config: Config, *words: str) -> list[str]:
    command = [sys.executable, "-m", "shop.sandbox", *words]
    folder = config.instance / "sandbox"
    return [*command, "--port", str(config.sandbox_port), "--dir", str(folder)]


def refuse_missing_packages() -> None:
    """Compare this Python with ``requirements.txt``.

    :raises ConfigError: if it lacks any of the packages named there.
    """
    text = (ROOT / "requirements.txt").read_text("utf-8")
    names = re.findall(r"(?m)^([A-Za-z0-9][\w.-]*)(?:\[\w+\])?==", text)
    missing = [name for name in names if not _installed(name)]
    if missing:
        raise ConfigError(
            f"Packages are missing ({', '.join(missing)}); type: make run, "
            f"or: pip install -r requirements.txt"
        )


def _installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def answers(config: Config) -> bool:
    """Say whether everything answers that a reader may meet, whatever it says."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.host, config.host)  # noqa: S104
    if config.sandbox and not _answers("127.0.0.1", config.sandbox_port, "/_sim/inbox"):
        return False
    return _answers(host, config.port, "/healthz")


def _answers(host: str, port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def welcome(config: Config) -> str:
    """Return what a newcomer has to know, once the shop is open."""
    lines = [
        "",
        f"  The shop is open:      {config.public_url}/",
        f"  The owner signs in at: {config.public_url}/en/owner/",
    ]
    path = config.owner_password_file
    if path.exists():
        email, password = path.read_text("utf-8").split()
        lines += [
            f"      e-mail   {email}",
            f"      password {password}   (kept in {_short(path)} until you change it)",
        ]
    if config.sandbox:
        lines.append(f"  Demo SMS and payments: {config.sandbox_url}/_sim/inbox")
    return "\n".join([*lines, "  Ctrl-C closes it.", ""])


def _short(path: os.PathLike[str]) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()
