"""``flask shop demo``, ``import-products``, ``export-products``, ``generate``."""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click
from sqlalchemy import select

from shop import outbox
from shop.catalogue.demo import Demo
from shop.catalogue.imports import own
from shop.catalogue.imports.common import (
    Goods,
    Problem,
    Reading,
    Setting,
    UnreadableFile,
)
from shop.catalogue.imports.detect import read_file
from shop.catalogue.models import Product, table
from shop.catalogue.write import (
    count_products,
    delete_demo_categories,
    delete_products,
    delete_unused_shared,
    save_category,
)
from shop.cli import progress, settings
from shop.db import db, transaction
from shop.i18n.languages import languages
from shop.inventory import generate as generator
from shop.inventory import imports
from shop.inventory.goods import save_goods
from shop.markets import markets
from shop.markets.demo import remove_demo_identity, save_demo_identity
from shop.shipping.demo import demo_pickup_points
from shop.shipping.service import remove_demo_points, save_points

T = TypeVar("T")

#: Products written in one transaction: short enough that shoppers wait for nobody.
BATCH = 10
#: The mark that the first start has had its demo shop.
_FIRST = "first-demo"


@click.group()
def demo() -> None:
    """Load the made-up demo catalogue, or remove it again."""


@demo.command("load")
def load() -> None:
    """Load the demo catalogue; what is already there stays as it is."""
    count = load_demo(datetime.now(UTC))
    click.echo(f"{count} demo products are in the shop.")


@demo.command("remove")
def remove() -> None:
    """Remove every demo product and category; orders keep what was bought."""
    count = remove_demo(datetime.now(UTC))
    click.echo(f"{count} demo products were removed.")


def load_demo(now: datetime) -> int:
    """Save the demo catalogue in short transactions; return how many products it has.

    May be interrupted and repeated. Loading it again puts edited demo products
    and their stock back to what they were.
    """
    source = Demo()
    with transaction():
        categories = {
            draft.code: save_category(draft)[0] for draft in source.categories()
        }
        save_points(demo_pickup_points(), is_demo=True)
        save_demo_identity(now)
    products = list(source.products())
    with progress("Demo products", len(products)) as advance:
        for some in _batches(products):
            with transaction():
                for one in some:
                    draft = one.draft.in_category(categories[one.category])
                    save_goods(draft, "demo", now)
            advance(len(some))
    return len(products)


def _batches(items: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def remove_demo(now: datetime) -> int:
    """Delete demo products, then what only they needed; return how many products."""
    product = table(Product).c
    ids = list(db.session.scalars(select(product.id).where(product.is_demo)))
    with progress("Demo products", len(ids)) as advance:
        for some in _batches(ids):
            with transaction():
                delete_products(some, now)
            advance(len(some))
    with transaction():
        delete_demo_categories()
        delete_unused_shared()
        remove_demo_points()
        remove_demo_identity(now)
    return len(ids)


def first_demo(now: datetime) -> bool:
    """Load the demo catalogue into an empty shop, once in its life.

    An owner who removed it does not get it back at the next start; a load that
    was interrupted is finished.
    """
    if db.session.get(outbox.Slot, (_FIRST, 0)) is not None:
        return False
    product = table(Product).c
    own = db.session.scalar(select(product.id).where(~product.is_demo).limit(1))
    if own is None:
        load_demo(now)
    with transaction():
        outbox.take_slot(_FIRST, 0, now)
    return own is None


@click.command("import-products")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--apply", is_flag=True, help="Do it; without this nothing changes.")
@click.option("--market", default="", help="Whose prices the file has, such as cn.")
@click.option("--language", default="en", help="What language the file is written in.")
@click.option(
    "--pictures",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of the pictures; the folder of FILE if not given.",
)
@click.option(
    "--uncounted",
    default=0,
    type=click.IntRange(min=0),
    help="The stock of what the other shop sold without counting.",
)
def import_products(  # noqa: PLR0917 (click passes them by name)
    file: Path,
    apply: bool,
    market: str,
    language: str,
    pictures: Path | None,
    uncounted: int,
) -> None:
    """Bring products in from FILE, a CSV export.

    Reads this shop's own export, WooCommerce's and Shopify's, whichever it is.
    First shows what would happen; --apply does it. Can be interrupted and
    repeated: a second import changes nothing. Pictures are taken from the
    folder of FILE and nowhere else; nothing is downloaded.
    """
    now = datetime.now(UTC)
    reading = _read(file, _setting(market, language, uncounted, now))
    place = imports.Place(pictures or file.parent, settings().media, stores=apply)
    counts: Counter[str] = Counter()
    problems = list(reading.problems)
    try:
        with progress("Products", len(reading.goods)) as advance:
            for some in _batches(reading.goods):
                problems += _import_some(some, language, place, now, counts)
                advance(len(some))
    except KeyboardInterrupt:
        _report(reading, problems, counts, apply)
        raise click.ClickException(
            "Interrupted. What was done stays; the same command goes on from there."
        ) from None
    _report(reading, problems, counts, apply)
    if any(problem.is_error for problem in problems):
        raise click.exceptions.Exit(1)


def _setting(market: str, language: str, uncounted: int, now: datetime) -> Setting:
    if language not in languages():
        known = ", ".join(languages())
        raise click.ClickException(f"--language must be one of {known}.")
    if market and market not in markets():
        known = ", ".join(markets())
        raise click.ClickException(f"--market must be one of {known}.")
    currency = markets()[market].currency if market else ""
    return Setting(language, market, currency, now.date(), uncounted)


def _read(file: Path, setting: Setting) -> Reading:
    currencies = {code: one.currency for code, one in markets().items()}
    try:
        return read_file(file, setting, currencies)
    except UnreadableFile as error:
        raise click.ClickException(str(error)) from None


def _import_some(
    some: list[Goods],
    language: str,
    place: imports.Place,
    now: datetime,
    counts: Counter[str],
) -> list[Problem]:
    """Import some products in one transaction; pictures are made before it."""
    problems = []
    ready = []
    for goods in some:
        one, wrong = imports.with_pictures(goods, language, place)
        ready.append(one)
        problems += wrong
    with transaction() as session:
        trial = session.begin_nested()
        outcomes, refused = imports.save(ready, language, now)
        problems += refused
        if place.stores:
            trial.commit()
        else:
            trial.rollback()
    for outcome in outcomes:
        counts[_word(outcome)] += 1
        counts["rows"] += outcome.changes
    return problems


def _word(outcome: imports.Outcome) -> str:
    if outcome.refused:
        return "refused"
    if outcome.is_new:
        return "new"
    return "changed" if outcome.changes else "same"


def _report(
    reading: Reading, problems: list[Problem], counts: Counter[str], applied: bool
) -> None:
    for problem in sorted(problems, key=lambda one: one.line):
        word = "error" if problem.is_error else "note"
        click.echo(f"line {problem.line}: {word}: {problem.text}", err=True)
    refused = counts["refused"] + len(
        {problem.line for problem in reading.problems if problem.is_error}
    )
    click.echo(
        f"{reading.format} file: {counts['new']} new products, "
        f"{counts['changed']} changed, {counts['same']} as they were; "
        f"{counts['rows']} rows changed, {refused} errors."
    )
    if not applied:
        click.echo("This was a dry run: nothing was changed. Add --apply to do it.")


@click.command("export-products")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_products(file: Path) -> None:
    """Write all products to FILE as CSV, one row a variant.

    import-products reads it again, here or in another shop of this kind.
    """
    names = own.columns(tuple(markets()))
    count = 0
    draft = file.with_name(f".{file.name}.part")
    with (
        draft.open("w", encoding="utf-8-sig", newline="") as out,
        progress("Products", count_products()) as advance,
    ):
        writer = csv.DictWriter(out, names.names(), extrasaction="ignore")
        writer.writeheader()
        for page in own.export_rows(names):
            writer.writerows(page)
            products = len({row["product"] for row in page})
            count += products
            advance(products)
    draft.replace(file)
    click.echo(f"{count} products were written to {file}.")


@click.command("generate")
@click.option("--size", default=10_000, type=click.IntRange(1, 5_000_000))
def generate(size: int) -> None:
    """Fill an empty shop with SIZE made-up products, to measure it.

    Can be interrupted and repeated. Never for a shop that sells.
    """
    try:
        with progress("Products", size) as advance:
            generator.generate(size, datetime.now(UTC), advance)
    except generator.NotEmpty:
        raise click.ClickException(
            "This shop has other products: generate works on an empty one."
        ) from None
    click.echo(f"{size} products; now run: flask shop reindex")
