"""Where payment providers send browsers and notifications: no language, no session."""

from flask import Flask
from flask_wtf import CSRFProtect

from shop.web.callbacks import payments


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Add the one blueprint without CSRF: signatures and queries stand in for it."""
    csrf.exempt(payments.bp)
    app.register_blueprint(payments.bp)
