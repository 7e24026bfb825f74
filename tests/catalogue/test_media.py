"""Uploads are written anew or refused; drawings come with the shop."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from shop.catalogue import media
from shop.catalogue.demo import Demo
from shop.catalogue.facts import Local, Picture
from shop.catalogue.rules import BadPicture


def picture(
    width: int = 900, height: int = 600, kind: str = "PNG", **more: object
) -> bytes:
    """Return a picture as a file."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(out, kind, **more)
    return out.getvalue()


def test_a_picture_is_kept_as_webp_in_three_widths(tmp_path: Path) -> None:
    stored = media.store(picture(2000, 1000), tmp_path)

    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == sorted(f"{stored.name}-{w}.webp" for w in (320, 640, 1280))
    assert (stored.width, stored.height) == (1280, 640)
    with Image.open(tmp_path / f"{stored.name}-320.webp") as small:
        assert small.format == "WEBP"
        assert small.size == (320, 160)


def test_a_small_picture_is_not_enlarged(tmp_path: Path) -> None:
    stored = media.store(picture(200, 300), tmp_path)

    assert [p.name for p in tmp_path.iterdir()] == [f"{stored.name}-200.webp"]
    assert (stored.width, stored.height) == (200, 300)


def test_nothing_but_pixels_is_left_of_an_upload(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    content = picture(kind="JPEG", exif=exif) + b"<?php system($_GET[0]); ?>"

    media.store(content, tmp_path)

    for path in tmp_path.iterdir():
        kept = path.read_bytes()
        assert b"secret" not in kept
        assert b"php" not in kept
        assert path.stat().st_mode & 0o077 == 0


def test_a_picture_lying_on_its_side_is_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = media.store(picture(900, 600, "JPEG", exif=exif), tmp_path)

    assert (stored.width, stored.height) == (600, 900)


def bomb() -> bytes:
    """Return a PNG of 900 megapixels in a few bytes: only its header is true."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )  # fmt: skip


def animation() -> bytes:
    """Return an animated WebP."""
    out = io.BytesIO()
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not_a_picture"),
        (b"hello", "not_a_picture"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not_a_picture"),
        (picture(kind="GIF"), "not_a_picture"),
        (picture(kind="BMP"), "not_a_picture"),
        (picture(kind="JPEG")[:400], "not_a_picture"),
        (picture(10, 10), "too_small"),
        (animation(), "animated"),
        (bomb(), "too_large"),
    ],
)
def test_what_is_no_usable_picture_is_refused_and_nothing_kept(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    with pytest.raises(BadPicture) as refusal:
        media.store(content, tmp_path)

    assert refusal.value.reason == reason
    assert list(tmp_path.iterdir()) == []


def test_only_stored_files_and_drawings_are_found(tmp_path: Path) -> None:
    stored = media.store(picture(), tmp_path)
    (tmp_path / "secret.txt").write_text("x")

    found = media.path_of(f"{stored.name}-320.webp", tmp_path)
    drawing = media.path_of("phone--ink.svg", tmp_path)

    assert found == (tmp_path / f"{stored.name}-320.webp", "image/webp")
    assert drawing is not None
    assert drawing[1] == "image/svg+xml"
    for name in ("secret.txt", "../shop.db", "a/b", "", "x--y.svg",
                 f"{stored.name}-321.webp"):  # fmt: skip
        assert media.path_of(name, tmp_path) is None


def test_a_pictures_files_are_those_that_were_stored(tmp_path: Path) -> None:
    stored = media.store(picture(900, 600), tmp_path)
    shown = Picture(stored.name, "upload", stored.width, stored.height, Local("", ""))

    assert {name for name, _ in shown.files} == {p.name for p in tmp_path.iterdir()}
    assert shown.file == f"{stored.name}-640.webp"


def test_every_drawing_of_the_demo_is_there() -> None:
    for one in Demo().products():
        for drawing in one.draft.pictures or ():
            assert (media.SHIPPED / drawing.name).is_file()
    for category in Demo().categories():
        assert (media.SHIPPED / category.picture).is_file()
