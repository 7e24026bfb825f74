"""The owner's desk: behind one door that asks who is there."""

from flask import Flask
from flask_wtf import CSRFProtect


def register(app: Flask, csrf: CSRFProtect) -> None:  # noqa: ARG001 (one shape for all)
    """Add the area's blueprint with every room."""
    from shop.web.owner import (  # noqa: F401
        audit,
        bills,
        clinic,
        deeds,
        desk,
        order,
        pictures,
        products,
        queue,
        refunding,
        returns,
        settings,
        sign_in,
        slip,
        statement,
    )

    app.register_blueprint(desk.bp)
