"""Every command of the list exists, says what it does, and its bar goes to its end."""

import os

import click
import pytest
from click.testing import CliRunner
from flask import Flask

from shop import lock
from shop.cli import COMMANDS, progress
from tests.cli.conftest import Shop


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_explains_itself(name: str, shop: Shop) -> None:
    result = shop(name, "--help")

    assert result.exit_code == 0, result.output
    assert "Usage: " in result.output


def test_an_unknown_command_is_named(shop: Shop) -> None:
    result = shop("bakup")

    assert result.exit_code == 2
    assert "No such command 'bakup'" in result.stderr


def test_a_bar_is_shown_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def count() -> None:
        with progress("Rows", 2) as advance:
            advance()
            advance()

    assert CliRunner().invoke(count).output == ""


def test_the_shop_is_open_to_many_and_closed_for_one(installed: Flask) -> None:
    folder = installed.extensions["shop"].instance
    first, second = lock.stay_open(folder), lock.stay_open(folder)

    with pytest.raises(lock.ShopIsOpen), lock.closed(folder):
        pass
    os.close(first)
    with pytest.raises(lock.ShopIsOpen), lock.closed(folder):
        pass
    os.close(second)

    with lock.closed(folder), pytest.raises(lock.ShopIsOpen), lock.closed(folder):
        pass
