"""A whole installation in a folder of its own, made as an owner makes it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from shop import create_app
from shop.db import db
from tests.conftest import make_config

Shop = Callable[..., Result]


def worker() -> str:
    """Return the name of this process of the test run, for databases of its own."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Flask]:
    """Return an app whose tables were made by ``flask shop setup``, without demo."""
    config = make_config(
        tmp_path / "instance",
        f"sqlite:///{tmp_path / 'instance' / 'shop.db'}",
        SHOP_DEMO="no",
    )
    app = create_app(config)
    result = app.test_cli_runner().invoke(args=["shop", "setup"])
    assert result.exit_code == 0, result.output
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def shop(installed: Flask) -> Shop:
    """Return a function that types ``flask shop …`` and returns what came of it."""

    def type_in(*words: str, answer: str = "") -> Result:
        runner = installed.test_cli_runner()
        return runner.invoke(args=["shop", *words], input=answer)

    return type_in
