"""``flask shop reindex``."""

from datetime import datetime

from click.testing import CliRunner
from flask import Flask

from shop.cli.search import reindex
from shop.db import transaction
from shop.search import service, write
from tests.search.test_follow import phone, save


def test_reindex_finds_what_was_lost_and_forgets_what_is_gone(
    app: Flask, now: datetime
) -> None:
    product = save(phone(), now)
    with transaction():
        write.remove_product(product)
        write.index_product(write.ProductDoc(product + 1, 0, ("手机",)))

    result = CliRunner().invoke(reindex)

    assert result.exit_code == 0, result.output
    assert service.search("手机").ids == (product,)


def test_a_fresh_index_finds_the_same(app: Flask, now: datetime) -> None:
    product = save(phone(), now)

    result = CliRunner().invoke(reindex, ["--fresh"])

    assert "1 products" in result.output
    assert service.search("手机").ids == (product,)
