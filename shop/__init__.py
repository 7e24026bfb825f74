"""Anar: a shop for Chinese and for Persian readers."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from shop.config import Config


def create_app(config: "Config | None" = None) -> "Flask":
    """Build the shop from ``config``, else from the environment (see ``shop.factory``).

    Imported late, so that what stands beside the shop (the sandbox) stays light.
    """
    from shop.factory import build

    return build(config)
