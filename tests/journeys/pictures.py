"""The pictures of the README: ``python -m tests.journeys.pictures``.

Starts a shop of its own with the demo catalogue, opens its home page in every
language of the README, and writes small WebP files into ``docs/pictures``.
"""

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

from shop.config import ROOT
from tests.journeys.browsing import WHOLE_PICTURES
from tests.journeys.running import running_shop
from tests.web.chromium import chromium

FOLDER = ROOT / "docs" / "pictures"
LANGUAGES = ("zh", "fa", "en")
#: Pixels: what is photographed, and how wide it is kept.
WINDOW, KEPT = (1280, 960), 960


def main() -> None:
    """Take the pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as made,
        running_shop(Path(made), DATABASE_URL="") as shop,
        chromium() as browser,
    ):
        width, height = WINDOW
        page = browser.new_page(
            viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        for lang in LANGUAGES:
            page.goto(f"{shop.url}/{lang}/")
            page.evaluate(WHOLE_PICTURES)
            shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            small = shot.resize(
                (KEPT, height * KEPT // width), Image.Resampling.LANCZOS
            )
            path = FOLDER / f"home-{lang}.webp"
            small.save(path, "WEBP", quality=82, method=6)
            sys.stdout.write(f"{path.relative_to(ROOT)} {path.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
