"""``flask shop …``: the owner's command line, one file a command."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, cast

import click
from flask import Flask, current_app, has_app_context
from flask.cli import ScriptInfo

from shop.config import Config

#: Every command and where it stands; a module is imported when its command is called.
COMMANDS = {
    "setup": "shop.cli.setup:setup",
    "serve": "shop.cli.serve:serve",
    "work": "shop.cli.work:work",
    "backup": "shop.cli.backup:backup",
    "restore": "shop.cli.restore:restore",
    "move-db": "shop.cli.move_db:move_db",
    "doctor": "shop.cli.doctor:doctor",
    "reconcile": "shop.cli.reconcile:reconcile",
    "demo": "shop.cli.catalogue:demo",
    "import-products": "shop.cli.catalogue:import_products",
    "export-products": "shop.cli.catalogue:export_products",
    "generate": "shop.cli.catalogue:generate",
    "reindex": "shop.cli.search:reindex",
    "translate": "shop.cli.translate:translate",
}


class Commands(click.Group):
    """The commands of ``COMMANDS``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every name, in the order of the help page."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        found = getattr(importlib.import_module(module), name)
        assert isinstance(found, click.Command)  # noqa: S101
        return found

    def invoke(self, ctx: click.Context) -> object:
        """Run a command inside the context of its app."""
        if not has_app_context():
            app = ctx.ensure_object(ScriptInfo).load_app()
            ctx.with_resource(app.app_context())
        return super().invoke(ctx)


def register(app: Flask) -> None:
    """Add the group ``shop`` to the command line of ``app``."""
    app.cli.add_command(Commands("shop", help="The owner's command line."))


def settings() -> Config:
    """Return the settings of the installation this command works on."""
    return cast(Config, current_app.extensions["shop"])


class Advance(Protocol):
    """Moves a progress bar on."""

    def __call__(self, steps: int = 1) -> None:
        """Count ``steps`` more as done."""


@contextmanager
def progress(label: str, total: int) -> Iterator[Advance]:
    """Show how far long work has come, on a terminal only.

    ::

        with progress("Products", len(rows)) as advance:
            for row in rows:
                store(row)
                advance()
    """
    with click.progressbar(
        length=total,
        label=label,
        file=sys.stderr,
        show_pos=True,
        hidden=not sys.stderr.isatty(),
    ) as bar:

        def advance(steps: int = 1) -> None:
            bar.update(steps)

        yield advance
