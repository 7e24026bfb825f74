"""Pictures: uploads become WebP in up to three widths; drawings come with the shop.

An upload is never stored as it came: it is decoded, turned upright, freed of
every tag and written anew, so that nothing but pixels is left of it
(``reference/reliability.md`` S12). Files have random names in the media folder
and never change under a name.
"""

import io
import re
import secrets
import warnings
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from shop.catalogue.drafts import PictureDraft
from shop.catalogue.rules import BadPicture, rendition_widths

if TYPE_CHECKING:
    from PIL import Image

MEGAPIXELS = 24
#: Smaller than this in either direction is an icon or a tracking dot, no picture.
LEAST_SIDE = 32
FORMATS = ("JPEG", "PNG", "WEBP")
QUALITY = 80
#: The drawings of the demo products, part of the program.
SHIPPED = Path(__file__).parent / "demo" / "pictures"
_DRAWING = re.compile(r"[a-z0-9-]+--[a-z]+\.svg")
_UPLOAD = re.compile(r"[0-9a-f]{32}-[0-9]{2,4}\.webp")


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored upload: its name, the size in px of its largest file, what came in."""

    name: str
    width: int
    height: int
    digest: str

    def draft(self, **more: object) -> PictureDraft:
        """Return the picture for ``save_product``; ``more`` as in ``PictureDraft``."""
        return PictureDraft(
            self.name,
            "upload",
            self.width,
            self.height,
            digest=self.digest,
            **more,  # type: ignore[arg-type]
        )


def digest_of(content: bytes) -> str:
    """Return what tells one uploaded file from another."""
    return sha256(content).hexdigest()


def store(content: bytes, folder: Path) -> Stored:
    """Write an upload anew as WebP files in ``folder``; return how to find them.

    Slow (tenths of a second): call it before ``transaction()``. Never enlarged,
    never distorted. Transparency stays.

    :raises BadPicture: for anything that is no single JPEG, PNG or WebP picture
        of at most 24 megapixels.
    """
    from PIL import Image  # here: 4 MB that a process without an upload never needs

    picture = _decode(content)
    name = secrets.token_hex(16)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    width, height = picture.size
    for wide in rendition_widths(width):
        high = max(1, round(height * wide / width))
        resized = picture.resize((wide, high), Image.Resampling.LANCZOS)
        _write(folder / f"{name}-{wide}.webp", resized)
    return Stored(name, wide, high, digest_of(content))


def size_of(content: bytes) -> tuple[int, int]:
    """Return the size in px that ``store`` would give a picture, storing nothing.

    :raises BadPicture: as ``store`` does.
    """
    width, height = _decode(content).size
    wide = rendition_widths(width)[-1]
    return wide, max(1, round(height * wide / width))


def _decode(content: bytes) -> "Image.Image":
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            opened = Image.open(io.BytesIO(content), formats=FORMATS)
            _check(opened)
            opened.load()
            upright = ImageOps.exif_transpose(opened)
            alpha = "A" in upright.getbands() or "transparency" in upright.info
            return upright.convert("RGBA" if alpha else "RGB")
    except BadPicture:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise BadPicture("not_a_picture") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadPicture("too_large", MEGAPIXELS) from error
    except Exception as error:  # a decoder tripped over a forged file
        raise BadPicture("not_a_picture") from error


def _check(opened: "Image.Image") -> None:
    """Refuse by the header alone, before any pixel is decoded."""
    width, height = opened.size
    if width * height > MEGAPIXELS * 1_000_000:
        raise BadPicture("too_large", MEGAPIXELS)
    if min(width, height) < LEAST_SIDE:
        raise BadPicture("too_small")
    if getattr(opened, "n_frames", 1) > 1:
        raise BadPicture("animated")


def _write(path: Path, picture: "Image.Image") -> None:
    """Write a file that appears under its name only when it is whole."""
    draft = path.with_suffix(".part")
    picture.save(draft, "WEBP", quality=QUALITY, method=4)
    draft.chmod(0o600)
    draft.rename(path)


def path_of(file: str, folder: Path) -> tuple[Path, str] | None:
    """Return where a file under ``/media/`` lies and its type, or None.

    Files never change: they may be cached for ever. Serve drawings with
    ``Content-Security-Policy: sandbox`` all the same.
    """
    if _UPLOAD.fullmatch(file):
        path, kind = folder / file, "image/webp"
    elif _DRAWING.fullmatch(file):
        path, kind = SHIPPED / file, "image/svg+xml"
    else:
        return None
    return (path, kind) if path.is_file() else None
