"""``flask shop reindex``: read every product into the search index again."""

from datetime import UTC, datetime

import click
import sqlalchemy as sa

from shop.catalogue.models import Product
from shop.cli import progress
from shop.db import db, transaction
from shop.search import follow, write

#: Products read in one transaction.
_BATCH = 500


@click.command()
@click.option("--fresh", is_flag=True, help="Forget the index first.")
def reindex(fresh: bool) -> None:
    """Bring the search index in step with the products.

    Can be interrupted and repeated: what is in step already costs little.
    """
    if fresh:
        with transaction():
            write.clear()
    query = sa.select(sa.func.count()).select_from(Product).where(Product.listed)
    total = db.session.scalar(query) or 0
    after = 0
    with progress("Search index", total) as advance:
        while True:
            with transaction():
                batch = follow.next_products(after, _BATCH)
                follow.on_change(batch, datetime.now(UTC))
            if not batch:
                break
            after = batch[-1]
            advance(len(batch))
    with transaction():
        write.tidy()
    click.echo(f"{total} products can be found.")
