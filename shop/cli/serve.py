"""``flask shop serve``: the web processes alone, for more than one machine."""

import os
import sys

import click

from shop.config import ROOT


@click.command()
def serve() -> None:
    """Answer readers; workers (flask shop work) run beside it."""
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "shop.running.web"])  # noqa: S606
