"""Every page of the shop with sample values, in any language, without a running shop.

``render(name, language)`` gives the HTML; ``python -m tests.web.gallery FOLDER``
writes all of them beside the static files, to be looked at in a browser. The
people, prices and codes are made up; the products are the demo catalogue's.
"""

import shutil
import sys
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape

from shop.i18n.languages import languages
from shop.i18n.reader import reading
from shop.i18n.text import T
from shop.web import render as rendering
from shop.web.pages.errors import ErrorPage
from shop.web.pages.frame import Frame
from tests.web.samples import buying, desk, orders, window
from tests.web.samples.base import (
    NOW,
    PICTURES,
    SHOP,
    ZONES,
    Maker,
    desk_frame,
    frame,
)


def _error() -> ErrorPage:
    return ErrorPage(
        request_id="7f3a9c",
        links=frame().categories[:3],
        help_url="/help",
        back_url="/",
        reason=T("Out of stock"),
        again_at=NOW,
        max_megabytes=8,
    )


def _broken() -> ErrorPage:
    return ErrorPage(request_id="7f3a9c")


def _errors() -> dict[str, tuple[str, Maker]]:
    usual = ("400", "400-csrf", "403", "404", "405", "409", "413", "422", "429")
    return {
        **{f"errors/{code}": (f"errors/{code}.html", _error) for code in usual},
        **{f"errors/{code}": (f"errors/{code}.html", _broken) for code in (500, 503)},
    }


#: Name in the gallery -> (template, page maker). After ``~`` stands a state.
PAGES: dict[str, tuple[str, Maker]] = {
    **window.PAGES,
    **buying.PAGES,
    **orders.PAGES,
    **desk.PAGES,
    **_errors(),
}


def environment() -> Environment:
    """Return the shop's templates without the shop."""
    env = Environment(
        loader=FileSystemLoader(SHOP / "templates"), autoescape=select_autoescape()
    )
    rendering.register(env)
    return env


_ENV = environment()


def render(name: str, language: str) -> str:
    """Render one page of the gallery for a reader of ``language``."""
    template, make = PAGES[name]
    with reading(language, ZONES.get(language, "UTC")):
        around = desk_frame() if name.startswith("owner/") else frame()
        if name in {"errors/500", "errors/503"}:
            around = Frame(
                shop_name=around.shop_name,
                html_lang=around.html_lang,
                direction=around.direction,
                home_url=around.home_url,
            )
        return _ENV.get_template(template).render(page=make(), frame=around)


def render_mail(language: str) -> str:
    """Render the e-mail for a reader of ``language``."""
    with reading(language, ZONES.get(language, "UTC")):
        return _ENV.get_template("email/message.html").render(mail=orders.mail())


def write(folder: Path) -> None:
    """Write every page as ``<lang>/<name>.html`` beside the static files."""
    shutil.copytree(SHOP / "static", folder / "static", dirs_exist_ok=True)
    if PICTURES.is_dir():
        shutil.copytree(PICTURES, folder / "media", dirs_exist_ok=True)
    for language in languages():
        for name in PAGES:
            path = folder / language / f"{name.replace('/', '_')}.html"
            path.parent.mkdir(parents=True, exist_ok=True)
            html = render(name, language)
            # The page that leaves for the bank stays where it can be looked at.
            path.write_text(html.replace(" data-send", ""), encoding="utf-8")
        path = folder / language / "email_message.html"
        path.write_text(render_mail(language), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
