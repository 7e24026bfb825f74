"""Pictures of a product: upload, describe in each language, order, take away."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shop.accounts import service as accounts
from shop.catalogue import media
from shop.catalogue import service as catalogue
from shop.catalogue.facts import Picture as Drawn
from shop.catalogue.facts import local
from shop.catalogue.rules import BadPicture
from shop.db import write
from shop.i18n.languages import languages
from shop.i18n.text import T, Text
from shop.reports import products as report
from shop.reports.products import PictureFacts
from shop.web import frame
from shop.web.current import clock, config, language
from shop.web.messages import say
from shop.web.owner.desk import bp, link, media_url, the_staff
from shop.web.pages.owner import PictureRow, PicturesPage
from shop.web.pages.parts import Field, Form, Picture
from shop.web.visit import or_404, typed

#: A description of a picture is one sentence.
LONGEST_ALT = 200
#: One more picture than this says nothing more about a product.
MOST_PICTURES = 40


@bp.get("/products/<id:product_id>/pictures")
def pictures(product_id: int) -> ResponseReturnValue:
    """Show the pictures of a product with what each says."""
    return _page(product_id, {})


@bp.post("/products/<id:product_id>/pictures")
def add_picture(product_id: int) -> ResponseReturnValue:
    """Store an upload, written anew in three sizes."""
    or_404(report.sale_state(product_id))
    upload = request.files.get("file")
    content = upload.read() if upload else b""
    if not content:
        return _page(product_id, {"file": T("Choose a picture")}), 422
    if len(report.pictures_of(product_id)) >= MOST_PICTURES:
        words = T("This product has {count} pictures already", count=MOST_PICTURES)
        return _page(product_id, {"file": words}), 422
    try:
        kept = media.store(content, config().media)
    except BadPicture as refusal:
        return _page(product_id, {"file": say(refusal)}), 422
    now, alts = clock(), _typed_alts()

    def save() -> None:
        catalogue.add_picture(product_id, kept.draft(alts=alts), now)
        _log("picture.added", product_id, after={"picture": kept.name})

    write(save)
    frame.note(T("The picture is stored."))
    return _back(product_id)


@bp.post("/products/<id:product_id>/pictures/<id:media_id>")
def describe_picture(product_id: int, media_id: int) -> ResponseReturnValue:
    """Say what a picture shows, in each language."""
    now, alts = clock(), _typed_alts()
    known = {one.id: one.alts for one in report.pictures_of(product_id)}
    stored = or_404(known.get(media_id))
    before = {code: stored.get(code, "") for code in alts}
    if before != alts:

        def save() -> None:
            catalogue.set_alts(product_id, media_id, alts, now)
            _log("picture.described", product_id, before=before, after=alts)

        write(save)
    frame.note(T("Saved"))
    return _back(product_id)


@bp.post("/products/<id:product_id>/pictures/<id:media_id>/up")
def move_picture(product_id: int, media_id: int) -> ResponseReturnValue:
    """Let a picture change places with the one before it."""
    now = clock()

    def move() -> None:
        if catalogue.move_picture_up(product_id, media_id, now):
            _log("picture.moved", product_id, after={"picture": str(media_id)})

    write(move)
    return _back(product_id)


@bp.post("/products/<id:product_id>/pictures/<id:media_id>/remove")
def remove_picture(product_id: int, media_id: int) -> ResponseReturnValue:
    """Take a picture away from its product; its files stay for old orders' lines."""
    now = clock()
    names = {one.id: one.name for one in report.pictures_of(product_id)}

    def remove() -> bool:
        try:
            catalogue.remove_picture(product_id, media_id, now)
        except LookupError:
            return False
        _log("picture.removed", product_id, before={"picture": names.get(media_id, "")})
        return True

    if write(remove):
        frame.note(T("The picture is removed."))
    return _back(product_id)


def _log(action: str, product_id: int, **facts: Any) -> None:
    accounts.log(the_staff(), action, f"product:{product_id}", clock(), **facts)


def _back(product_id: int) -> ResponseReturnValue:
    return redirect(url_for("owner.pictures", product_id=product_id), 303)


def _typed_alts() -> dict[str, str]:
    return {
        one.code: typed(f"alt_{one.code}", LONGEST_ALT).strip()
        for one in languages().values()
    }


def _page(product_id: int, errors: dict[str, Text]) -> str:
    name = or_404(report.name_of(product_id, language().code))
    found = report.pictures_of(product_id)
    upload = Form(
        action=url_for("owner.add_picture", product_id=product_id),
        fields=(
            Field(
                name="file",
                label=T("File"),
                kind="file",
                accept="image/jpeg,image/png,image/webp",
                error=errors.get("file", ""),
            ),
            *_alt_fields("new", {}, typed_back=bool(errors)),
        ),
        has_file=True,
    )
    page = PicturesPage(
        product=str(name),
        rows=tuple(_row(product_id, place, one) for place, one in enumerate(found)),
        upload=upload,
        back_url=url_for("owner.products", _anchor=f"p-{product_id}"),
        product_url=link("catalogue.short", product_id=product_id),
    )
    return render_template("owner/pictures.html", page=page)


def _row(product_id: int, place: int, one: PictureFacts) -> PictureRow:

    def form(endpoint: str, fields: tuple[Field, ...] = ()) -> Form:
        action = url_for(endpoint, product_id=product_id, media_id=one.id)
        return Form(action=action, fields=fields)

    alt = local(one.alts, language().code)
    drawn = Drawn(one.name, one.source, one.width, one.height, alt)
    label = T("{width} × {height} px", width=one.width, height=one.height)
    return PictureRow(
        picture=Picture(media_url(drawn.file), one.width, one.height, str(alt)),
        form=form("owner.describe_picture", _alt_fields(str(one.id), dict(one.alts))),
        remove=form("owner.remove_picture"),
        label=T("{size}, cover", size=str(label)) if place == 0 else label,
        up=form("owner.move_picture") if place else None,
    )


def _alt_fields(
    prefix: str, alts: dict[str, str], *, typed_back: bool = False
) -> tuple[Field, ...]:
    made = []
    for one in languages().values():
        name = f"alt_{one.code}"
        value = typed(name, LONGEST_ALT) if typed_back else alts.get(one.code, "")
        made.append(
            Field(
                name=name,
                element_id=f"{prefix}-{one.code}",
                label=T("Description in {language}", language=one.name),
                value=value,
                optional=True,
            )
        )
    return tuple(made)
