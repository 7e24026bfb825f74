"""The shop window, the checkout and the pages behind an order's secret link."""

from importlib import import_module

from flask import Flask
from flask_wtf import CSRFProtect

#: Every module of this folder that has views; its blueprint is called ``bp``.
VIEWS = (
    "home", "catalogue", "search", "cart", "region", "help", "checkout", "orders",
    "returns", "pay", "payer", "seo", "ops", "media",
)  # fmt: skip


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Add the area's blueprints."""
    for name in VIEWS:
        app.register_blueprint(import_module(f"{__name__}.{name}").bp)
    csrf.exempt(f"{__name__}.cart.add")  # it checks for itself: ``open_form``
