"""Products come in from other shops: dry first, line by line, and only once."""

import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from shop.catalogue import models as m
from shop.catalogue import service
from shop.catalogue.imports.common import find_picture
from shop.catalogue.rules import SaleState
from shop.cli.catalogue import export_products, import_products, load_demo
from shop.config import Config
from shop.db import db, transaction
from shop.inventory import imports
from shop.inventory.service import drifts, hold
from shop.kernel.money import Money
from tests.catalogue import make
from tests.catalogue.test_demo import rows

FIXTURES = Path(__file__).parent / "fixtures"
PICTURES = {
    "woocommerce.csv": (
        "tee.png", "tee-red.png", "tee-blue.png", "hats/cap.png", "2026/02/teapot.png",
    ),
    "shopify.csv": ("files/linen-white.png", "linen-blue.png", "linen-detail.png"),
    "shopify_new.csv": (),
}  # fmt: skip


@pytest.fixture
def media(app: Flask) -> Path:
    """Return the folder of stored pictures, empty."""
    config: Config = app.extensions["shop"]
    shutil.rmtree(config.media, ignore_errors=True)
    return config.media


def shop_of(name: str, folder: Path) -> Path:
    """Put a fixture and the pictures it names into a folder of their own."""
    folder.mkdir(exist_ok=True)
    for number, picture in enumerate(PICTURES[name]):
        path = folder / picture
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (700, 500), (10 * number, 90, 120)).save(path)
    return Path(shutil.copy(FIXTURES / name, folder))


def run(app: Flask, file: Path, *more: str) -> Result:
    """Run the command as an owner would."""
    runner = app.test_cli_runner()
    return runner.invoke(import_products, [str(file), "--market", "cn", *more])


def view(code: str, market: str = "cn", language: str = "en") -> service.ProductView:
    """Return the page of a product by its code."""
    key = db.session.scalar(select(m.Product.id).where(m.Product.code == code))
    found = service.product_view(key or 0, market, language)
    assert found is not None, code
    return found


def files(folder: Path) -> Iterable[str]:
    """Return the names of stored files."""
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("name", list(PICTURES))
def test_a_dry_run_changes_nothing(
    app: Flask, media: Path, tmp_path: Path, name: str
) -> None:
    before = rows()

    result = run(app, shop_of(name, tmp_path / "in"))

    assert result.exit_code == 0, result.output
    assert "nothing was changed" in result.output
    assert rows() == before
    assert files(media) == []


@pytest.mark.parametrize("name", list(PICTURES))
def test_a_second_import_changes_no_row(
    app: Flask, media: Path, tmp_path: Path, name: str
) -> None:
    file = shop_of(name, tmp_path / "in")
    first = run(app, file, "--apply")
    before, kept = rows(), files(media)

    second = run(app, file, "--apply")

    assert first.exit_code == second.exit_code == 0, first.output
    assert "0 new products, 0 changed" in second.output
    assert "; 0 rows changed, 0 errors." in second.output
    assert rows() == before
    assert files(media) == kept
    assert drifts() == []


def test_a_dry_run_foretells_what_applying_does(
    app: Flask, media: Path, tmp_path: Path
) -> None:
    file = shop_of("woocommerce.csv", tmp_path / "in")

    dry = run(app, file).output.splitlines()
    done = run(app, file, "--apply").output.splitlines()

    assert [line for line in dry if "new products" in line] == [
        line for line in done if "new products" in line
    ]


def test_woocommerce_variants_come_with_price_stock_and_options(
    app: Flask, media: Path, tmp_path: Path
) -> None:
    run(app, shop_of("woocommerce.csv", tmp_path / "in"), "--apply")

    tee = view("tee")
    assert [v.sku for v in tee.variants] == ["TEE-R-S", "TEE-R-M", "TEE-B-S", "TEE-B-M"]
    assert [o.code for o in tee.options] == ["colour", "size"]
    assert [v.available for v in tee.variants] == [12, 3, 0, 7]
    assert tee.variants[1].price == Money(7900, "CNY")
    assert tee.variants[1].was == Money(9900, "CNY")
    assert [v.grams for v in tee.variants] == [200, 200, 200, 250]
    assert tee.tagline.text == "Soft and plain."
    assert "script" not in tee.description_html
    assert tee.brand == "Silk Road"
    hood = view("hood")
    assert [o.code for o in hood.options] == ["colour", "logo"]


def test_woocommerce_categories_attributes_states_and_services(
    app: Flask, media: Path, tmp_path: Path
) -> None:
    result = run(app, shop_of("woocommerce.csv", tmp_path / "in"), "--apply")

    tree = service.category_tree("en")
    tee = view("tee")
    assert [node.name.text for node in tree.path(tee.category_id)] == [
        "Clothing",
        "Tees",
    ]
    assert "only the category “Clothing > Tees” is kept" in result.output
    belt = view("belt").specs[0]
    assert (belt.label.text, belt.value) == ("Length", "90, 100, 110 cm")
    width = view("scarf").specs[1]
    assert (width.label.text, width.value, width.is_number) == (
        "Width in cm",
        "30",
        True,
    )
    assert view("tray").sale_state is SaleState.DRAFT
    assert view("spoon").sale_state is SaleState.DRAFT
    assert view("class").is_service
    assert "“grouped” products are not sold here" in result.output
    assert "“external” products are not sold here" in result.output


def test_a_sale_price_holds_only_within_its_days(
    app: Flask,
    media: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    now: datetime,
) -> None:
    class Frozen:
        @staticmethod
        def now(_zone: object) -> datetime:
            return now

    monkeypatch.setattr("shop.cli.catalogue.datetime", Frozen)
    run(app, shop_of("woocommerce.csv", tmp_path / "in"), "--apply")

    assert view("scarf").prices == (Money(6000, "CNY"),)
    assert view("gloves").prices == (Money(4000, "CNY"),)


def test_what_was_not_counted_gets_the_stock_the_owner_names(
    app: Flask, media: Path, tmp_path: Path
) -> None:
    file = shop_of("woocommerce.csv", tmp_path / "in")

    run(app, file, "--apply", "--uncounted", "50")

    assert view("lamp").available == 50
    assert view("rug").available == 0


def test_pictures_are_found_in_the_folder_and_stored_anew(
    app: Flask, media: Path, tmp_path: Path
) -> None:
    result = run(app, shop_of("woocommerce.csv", tmp_path / "in"), "--apply")

    tee = view("tee")
    assert [p.colour for p in tee.pictures] == ["", "red", "blue"]
    assert (tee.pictures[0].width, tee.pictures[0].height) == (700, 500)
    assert {file for p in tee.pictures for file, _ in p.files} <= set(files(media))
    assert len(view("cap").pictures) == 1
    assert len(view("teapot").pictures) == 1
    assert "“missing.png” is not in the folder" in result.output


def test_pictures_outside_the_folder_are_never_read(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "secret.png").write_bytes(b"x")
    (inside / "link.png").symlink_to(tmp_path / "secret.png")

    for text in ("../secret.png", str(tmp_path / "secret.png"), "link.png",
                 "file://" + str(tmp_path / "secret.png"), "a\0b", "",
                 "https://x.example/../secret.png", "https://x.example/"):  # fmt: skip
        assert find_picture(text, inside) is None


def test_shopify_variants_pictures_and_metafields(
    app: Flask, media: Path, tmp_path: Path
) -> None:
    result = run(app, shop_of("shopify.csv", tmp_path / "in"), "--apply")

    shirt = view("linen-shirt")
    assert [v.sku for v in shirt.variants] == [
        "LIN-W-S",
        "LIN-W-M",
        "LIN-B-S",
        "LIN-B-M",
    ]
    assert shirt.variants[0].was == Money(19900, "CNY")
    assert [v.available for v in shirt.variants] == [10, 4, 0, 6]
    assert [p.colour for p in shirt.pictures] == ["white", "blue", ""]
    assert shirt.pictures[2].alt.text == "The collar"
    assert [(s.label.text, s.value) for s in shirt.specs] == [("Fabric", "Linen")]
    tree = service.category_tree("en")
    names = [node.name.text for node in tree.path(shirt.category_id)]
    assert names == ["Apparel & Accessories", "Clothing", "Shirts"]
    assert view("green-tea").options == ()
    assert view("saffron").variants[0].sku == "0012"
    assert view("tea-tin").variants[0].sku == "TEA-TIN-1"
    assert view("tea-evening").is_service
    assert view("old-kettle").sale_state is SaleState.DISCONTINUED
    assert view("new-kettle").sale_state is SaleState.DRAFT
    assert view("mug").variants[1].available == 0
    assert "gift cards are not sold here" in result.output


def test_shopifys_newer_headings_are_read_too(
    app: Flask, media: Path, tmp_path: Path
) -> None:
    run(app, shop_of("shopify_new.csv", tmp_path / "in"), "--apply")

    shirt = view("linen-shirt")
    assert [v.sku for v in shirt.variants] == ["LIN-W", "LIN-B"]
    assert [v.available for v in shirt.variants] == [10, 6]
    assert shirt.variants[0].was == Money(19900, "CNY")


def test_what_an_owner_changed_here_survives_another_import(
    app: Flask, media: Path, tmp_path: Path
) -> None:
    file = shop_of("shopify.csv", tmp_path / "in")
    run(app, file, "--apply")
    with transaction():
        product = db.session.scalars(
            select(m.Product).where(m.Product.code == "mug")
        ).one()
        product.limit_per_buyer = 2
        product.merit = 77
        db.session.add(m.ProductText(product_id=product.id, lang="zh", name="马克杯"))

    run(app, file, "--apply")

    mug = view("mug", language="zh")
    assert mug.limit_per_buyer == 2
    assert mug.name.text == "马克杯"


def change(file: Path, old: str, new: str) -> Path:
    """Replace a text in a file."""
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    return file


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("woocommerce.csv", ",12,,0,0", ",many,,0,0",
         "line 3: error: Stock is “many”, which is no whole number."),
        ("woocommerce.csv", ",25.50,", ",25.555,",
         "line 15: error: Regular price is “25.555”, which is no price in CNY."),
        ("woocommerce.csv", "109,simple", "109,banana",
         "line 10: error: Type is “banana”, which is no kind of product."),
        ("woocommerce.csv", ",,,TEE,,,,,,1,", ",,,TOO,,,,,,1,",
         "line 3: error: Parent “TOO” is not in the file."),
        ("woocommerce.csv", ",Cap,1", ",,1", "line 10: error: Name is empty."),
        ("woocommerce.csv", "2026-11-01,", "soon,",
         "“soon” is no date such as 2026-11-21."),
        ("woocommerce.csv", "0.12", "heavy", "Weight is “heavy”, which is no weight."),
        ("shopify.csv", "wool-coat,Wool coat", "wool-coat,",
         "line 7: error: wool-coat: Title is empty in its first row."),
        ("shopify.csv", "COAT-48", "COAT-46",
         "line 8: error: The SKU COAT-46 stands here twice."),
        ("shopify.csv", ",58.00,", ",free,", "Variant Price is “free”"),
    ],
)  # fmt: skip
def test_an_error_names_its_line_and_keeps_only_its_product_out(  # noqa: PLR0917
    app: Flask, media: Path, tmp_path: Path, name: str, old: str, new: str, said: str
) -> None:
    file = change(shop_of(name, tmp_path / "in"), old, new)
    good = len(set(file.read_text("utf-8").splitlines()))

    result = run(app, file, "--apply")

    assert result.exit_code == 1
    assert said in result.output
    assert 0 < rows()["product"] < good


def test_a_sku_of_another_product_keeps_one_product_out(
    app: Flask, media: Path, tmp_path: Path
) -> None:
    make.product("mine", variants=(make.variant("CAP"),))

    result = run(app, shop_of("woocommerce.csv", tmp_path / "in"), "--apply")

    assert result.exit_code == 1
    assert "line 10: error: The SKU CAP belongs to another product." in result.output
    assert view("belt").available == 18


def test_stock_below_what_orders_hold_is_refused(
    app: Flask, media: Path, tmp_path: Path, now: datetime
) -> None:
    file = shop_of("woocommerce.csv", tmp_path / "in")
    run(app, file, "--apply")
    with transaction():
        hold({view("cap").variants[0].id: 20}, "order-1", now)

    result = run(app, change(file, ",30,,0,0", ",10,,0,0"), "--apply")

    assert "CAP: 20 pieces are held for orders." in result.output
    assert view("cap").available == 10


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has no columns"),
        (b"a,b\n", "has no products"),
        (b"a,b\n1,2\n", "columns of no known export"),
        ("name,价格\n茶,1\n".encode("gb18030"), "is not UTF-8 text"),
        (b'Handle,Title\nx,"open\n', "line 2: unexpected end"),
    ],
)
def test_a_file_that_is_none_is_one_plain_sentence(
    app: Flask, tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(content)

    result = run(app, file)

    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output


def test_semicolons_persian_digits_and_a_byte_order_mark_are_read(
    app: Flask, tmp_path: Path
) -> None:
    file = tmp_path / "x.csv"
    file.write_text(
        "\ufeffID;Type;SKU;Name;Published;In stock?;Stock;Regular price\n"
        "1;simple;GHURI;قوری;1;1;۱۲;۱۲۹٫۵۰\n",
        "utf-8",
    )

    result = run(app, file, "--apply", "--language", "fa")

    assert result.exit_code == 0, result.output
    teapot = view("ghuri", language="fa")
    assert teapot.available == 12
    assert teapot.prices == (Money(12950, "CNY"),)
    assert teapot.name.lang == "fa"


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--market", "mars"), "--market must be one of"),
        (("--language", "xx"), "--language must be one of"),
    ],
)
def test_an_unknown_market_or_language_is_refused(
    app: Flask, tmp_path: Path, option: tuple[str, str], said: str
) -> None:
    result = run(app, shop_of("shopify_new.csv", tmp_path / "in"), *option)

    assert result.exit_code == 1
    assert said in result.output


def test_another_shops_file_needs_to_say_whose_prices_it_has(
    app: Flask, tmp_path: Path
) -> None:
    file = shop_of("shopify_new.csv", tmp_path / "in")

    result = app.test_cli_runner().invoke(import_products, [str(file)])

    assert result.exit_code == 1
    assert "--market" in result.output


def test_an_export_comes_back_without_a_change(
    app: Flask, media: Path, tmp_path: Path, now: datetime
) -> None:
    load_demo(now)
    run(app, shop_of("woocommerce.csv", tmp_path / "in"), "--apply")
    out = tmp_path / "all.csv"

    runner = app.test_cli_runner()
    written = runner.invoke(export_products, [str(out)])
    read = runner.invoke(import_products, [str(out), "--apply"])

    assert written.exit_code == 0, written.output
    assert f"{rows()['product']} products were written" in written.output
    assert read.exit_code == 0, read.output
    assert "0 new products, 0 changed" in read.output


def test_an_export_builds_the_same_products_in_an_empty_shop(
    app: Flask, tmp_path: Path, now: datetime
) -> None:
    load_demo(now)
    out = tmp_path / "all.csv"
    runner = app.test_cli_runner()
    runner.invoke(export_products, [str(out)])
    old, count = view("demo-a7-pro", "ir", "fa"), rows()["product"]
    with transaction():
        db.session.execute(m.table(m.Product).delete())
        db.session.execute(m.table(m.OptionValue).delete())
        db.session.execute(m.table(m.Option).delete())

    runner.invoke(import_products, [str(out), "--apply"])

    new = view("demo-a7-pro", "ir", "fa")
    assert new.name == old.name
    assert [(v.sku, v.price, v.available) for v in new.variants] == [
        (v.sku, v.price, v.available) for v in old.variants
    ]
    assert [o.name for o in new.options] == [o.name for o in old.options]
    assert [(s.code, s.value) for s in new.specs] == [
        (s.code, s.value) for s in old.specs
    ]
    assert db.session.scalar(select(func.count()).select_from(m.Product)) == count


def test_an_interrupted_import_goes_on_where_it_stopped(
    app: Flask, media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = shop_of("woocommerce.csv", tmp_path / "in")
    real, calls = imports.save, []

    def once(*given: object, **more: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(imports, "save", once)
    stopped = run(app, file, "--apply")
    some = rows()["product"]
    ended = run(app, file, "--apply")

    assert stopped.exit_code == 1
    assert "Interrupted" in stopped.output
    assert some == 10
    assert ended.exit_code == 0
    assert "10 as they were" in ended.output
    assert rows()["product"] == 13
