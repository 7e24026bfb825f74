"""Puts the shop together: settings, database, languages, areas, commands."""

import os
from datetime import timedelta

import jinja2
from flask import Flask
from flask_babel import Babel
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from shop.config import Config, load_config, read_secret_key
from shop.db import db, prepare
from shop.i18n.domain import PoDomain
from shop.i18n.reader import reader
from shop.web.addresses import Shop
from shop.web.compiled import compiled

csrf = CSRFProtect()


def build(config: Config | None = None) -> Flask:
    """Build the application; the caller decides what to do with its database."""
    config = config or load_config(os.environ)
    app = Shop("shop", static_folder="static", template_folder="templates")
    app.extensions["shop"] = config
    _configure(app, config)
    _connect(app)
    babel = Babel(app, locale_selector=lambda: reader().language.html.replace("-", "_"))
    babel.domain_instance = PoDomain()
    if config.proxy_hops:
        hops = config.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops, hops)  # type: ignore[method-assign]
    from shop import cli, web

    web.register(app, csrf)
    csrf.init_app(app)  # after web: its refusal must find a reader to speak to
    cli.register(app)
    return app


def _configure(app: Flask, config: Config) -> None:
    https = config.public_url.startswith("https:")
    app.config.from_mapping(
        SECRET_KEY=read_secret_key(config),
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(config),
        TRUSTED_HOSTS=list(config.trusted_hosts),
        MAX_CONTENT_LENGTH=config.max_upload_mb * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=500_000,
        MAX_FORM_PARTS=1_000,
        SESSION_COOKIE_NAME="__Host-shop" if https else "shop",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        WTF_CSRF_TIME_LIMIT=None,
        PREFERRED_URL_SCHEME="https" if https else "http",
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
    )
    app.jinja_options = {
        "undefined": jinja2.StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "bytecode_cache": compiled(config.instance / "templates"),
    }


def _engine_options(config: Config) -> dict[str, object]:
    # An error names the statement, never what was in it: phones, addresses.
    quiet: dict[str, object] = {"hide_parameters": True}
    if config.database_url.startswith("sqlite"):
        return quiet | {"connect_args": {"timeout": 10}}
    return quiet | {"pool_size": max(2, config.web_threads), "pool_pre_ping": True}


def _connect(app: Flask) -> None:
    db.init_app(app)
    with app.app_context():
        import shop.tables  # noqa: F401 (all tables)
        from shop.search import follow

        prepare(db.engine)
        follow.start()
