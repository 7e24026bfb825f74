"""The shop as a browser sees it: five audiences, one frame, one set of error pages."""

from flask import Flask
from flask_wtf import CSRFProtect

from shop.web import (
    callbacks,
    errors,
    frame,
    owner,
    render,
    requests,
    security,
    storefront,
)


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Add converters, filters, areas, error pages and headers to the app."""
    requests.register(app)
    render.register(app)
    frame.register(app)
    errors.register(app)
    security.register(app)
    for area in (storefront, owner, callbacks):
        area.register(app, csrf)
