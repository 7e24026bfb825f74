"""Putting what a file says into the shop, product by product.

Each product stands alone: what is wrong with one keeps only that one out. A dry
run does everything and takes it back, so that it can say exactly what would
change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from shop.catalogue import media
from shop.catalogue.drafts import PictureDraft
from shop.catalogue.imports.common import Goods, PictureRef, Problem, find_picture
from shop.catalogue.models import Media, Product, table
from shop.catalogue.rules import BadPicture, SkuTaken
from shop.catalogue.write import find_or_make_category
from shop.db import db
from shop.inventory.goods import save_goods
from shop.inventory.rules import StockHeld

#: Larger files are no product pictures.
LARGEST_PICTURE = 25 * 1024 * 1024
_REASONS = {
    "not_a_picture": "is no JPEG, PNG or WebP picture",
    "too_large": "has more than 24 megapixels",
    "animated": "is animated",
    "too_small": "is smaller than 32 pixels",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a product's import did: rows changed, and whether it is new."""

    is_new: bool = False
    changes: int = 0
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where pictures come from and go to; ``stores`` False keeps disks as they are."""

    source: Path
    media: Path
    stores: bool


def with_pictures(
    goods: Goods, language: str, place: Place
) -> tuple[Goods, list[Problem]]:
    """Return a product with its pictures stored, and what is wrong with them.

    A picture that the product already has is not stored again. Slow: call it
    outside ``transaction()``. Where no file is found, or none is named, the
    product keeps the pictures it has.
    """
    known = _known(goods.draft.code)
    drafts, problems = [], []
    for ref in goods.pictures:
        found = _one(ref, known, language, place)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            drafts.append(found)
    pictures = tuple(drafts) if drafts else None
    draft = replace(goods.draft, pictures=pictures)
    return replace(goods, draft=draft), problems


def _known(code: str) -> dict[str, PictureDraft]:
    picture, product = table(Media).c, table(Product).c
    rows = select(*picture).where(
        picture.product_id == product.id, product.code == code, picture.digest != ""
    )
    return {
        row.digest: PictureDraft(
            row.name, row.source, row.width, row.height, digest=row.digest
        )
        for row in db.session.execute(rows)
    }


def _one(
    ref: PictureRef, known: Mapping[str, PictureDraft], language: str, place: Place
) -> PictureDraft | Problem:
    path = find_picture(ref.text, place.source)
    if path is None:
        said = f"The picture “{ref.text}” is not in the folder of the file."
        return Problem(ref.line, said, is_error=False)
    if path.stat().st_size > LARGEST_PICTURE:
        return Problem(ref.line, f"{path.name} is larger than 25 MB.", is_error=False)
    content = path.read_bytes()
    digest = media.digest_of(content)
    alts = {language: ref.alt} if ref.alt else {}
    if digest in known:
        return replace(known[digest], alts=alts, value=ref.value)
    try:
        if not place.stores:
            width, height = media.size_of(content)
            return PictureDraft(
                digest[:32], "upload", width, height, alts, ref.value, digest
            )
        return media.store(content, place.media).draft(alts=alts, value=ref.value)
    except BadPicture as bad:
        said = f"{path.name} {_REASONS[bad.reason]}; the product comes without it."
        return Problem(ref.line, said, is_error=False)


def save(
    goods: Sequence[Goods], language: str, now: datetime
) -> tuple[list[Outcome], list[Problem]]:
    """Save products inside ``transaction()``; one that is refused leaves no trace."""
    outcomes, problems = [], []
    for one in goods:
        try:
            with db.session.begin_nested():
                category, more = find_or_make_category(one.category, language)
                draft = one.draft.in_category(category)
                if not one.category and draft.decides is not None:
                    draft = replace(draft, decides=draft.decides - {"category_id"})
                saved = save_goods(draft, "import", now)
            outcomes.append(Outcome(saved.is_new, saved.changes + more))
        except SkuTaken as refusal:
            said = f"The SKU {refusal.sku} belongs to another product."
            problems.append(Problem(one.line, said))
            outcomes.append(Outcome(refused=True))
        except StockHeld as refusal:
            said = f"{refusal.sku}: {refusal.held} pieces are held for orders."
            problems.append(Problem(one.line, said))
            outcomes.append(Outcome(refused=True))
    return outcomes, problems
