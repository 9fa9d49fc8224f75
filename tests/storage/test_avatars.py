"""What becomes of uploaded pictures, and of files that only say they are some?"""

import io
import resource
import struct
import time
import zlib
from pathlib import Path

import pytest
from PIL import Image

from forum.core.errors import Invalid
from forum.storage.avatars import SIZES, read_avatar, remove_avatar, store_avatar
from forum.storage.drawn import COLOURS, drawn_avatar
from forum.storage.files import LocalFiles


@pytest.fixture
def files(tmp_path: Path) -> LocalFiles:
    return LocalFiles(tmp_path)


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 200), ink: str = "#3d6b1f") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, ink).save(out, kind)
    return out.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_becomes_three_squares(files: LocalFiles, kind: str) -> None:
    digest = store_avatar(files, picture(kind))

    for size, side in SIZES.items():
        with Image.open(io.BytesIO(read_avatar(files, digest, size) or b"")) as made:
            assert (made.format, made.size) == ("WEBP", (side, side))


def test_what_is_hidden_in_a_file_is_left_out_and_it_stands_upright(files: LocalFiles) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "taken at home"
    image = Image.new("RGB", (200, 200), "white")
    image.paste("black", (0, 0, 200, 100))
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=b"secret comment")

    digest = store_avatar(files, out.getvalue())

    made = read_avatar(files, digest, "big") or b""
    assert b"home" not in made
    assert b"secret" not in made
    with Image.open(io.BytesIO(made)) as drawn:
        assert not drawn.getexif()
        assert drawn.convert("L").getpixel((180, 100)) < 50  # the black half came to the right
        assert drawn.convert("L").getpixel((20, 100)) > 200


def test_the_same_picture_has_the_same_name(files: LocalFiles) -> None:
    assert store_avatar(files, picture()) == store_avatar(files, picture())


def test_only_the_first_picture_of_a_moving_one_is_taken(files: LocalFiles) -> None:
    frames = [Image.new("RGB", (64, 64), (number % 256, 0, 0)) for number in range(1000)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])

    digest = store_avatar(files, out.getvalue())

    with Image.open(io.BytesIO(read_avatar(files, digest, "big") or b"")) as made:
        assert getattr(made, "n_frames", 1) == 1


@pytest.mark.parametrize(("width", "height"), [(50_000, 50_000), (8_000, 6_000), (100_000, 500)])
def test_a_picture_with_too_many_points_is_refused_unopened(
    files: LocalFiles, width: int, height: int
) -> None:
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()

    with pytest.raises(Invalid, match="picture_too_large"):
        store_avatar(files, png_that_claims(width, height))

    assert time.perf_counter() - began < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
POLYGLOT = b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)//"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture",
        SVG,
        b"<?xml version='1.0'?>" + SVG,
        b"<!doctype html><script>alert(1)</script>",
        POLYGLOT,
        b"%PDF-1.4",
        b"8BPS" + b"\0" * 100,
        b"BM" + b"\0" * 100,
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        picture("PNG")[:100],
        picture("JPEG")[:300],
        picture("TIFF"),
        picture("BMP"),
        picture("ICO", (64, 64)),
    ],
)
def test_what_is_no_picture_is_refused(files: LocalFiles, content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        store_avatar(files, content)
    assert refused.value.key in ("picture_unknown", "picture_broken")
    assert refused.value.field == "picture"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_what_hangs_behind_a_picture_does_not_come_along(files: LocalFiles, kind: str) -> None:
    payload = b"<script>alert(document.domain)</script><?php system($_GET[0]); ?>"

    digest = store_avatar(files, picture(kind) + payload)

    for size in SIZES:
        assert b"script" not in (read_avatar(files, digest, size) or b"")


def test_names_that_are_not_ours_find_nothing(files: LocalFiles) -> None:
    for digest in ("../../etc/passwd", "", "A" * 32, "a" * 31, "a" * 32 + "\n"):
        assert read_avatar(files, digest, "big") is None
    assert read_avatar(files, "a" * 32, "huge") is None
    for name in ("../x", "/etc/passwd", "a/../b", "a//b", ".hidden", "a\0b", "a/./b", "é"):
        with pytest.raises(ValueError):
            files.read(name)


def test_a_removed_picture_is_gone_in_all_sizes(files: LocalFiles) -> None:
    digest = store_avatar(files, picture())

    remove_avatar(files, digest)

    assert [read_avatar(files, digest, size) for size in SIZES] == [None, None, None]


@pytest.mark.parametrize("name", ["王小明", "alice", "<script>", '"&', "···", ""])
def test_a_drawn_picture_is_steady_and_harmless(name: str) -> None:
    drawn = drawn_avatar(12, name, 120)

    assert drawn == drawn_avatar(12, name, 120)
    assert b"<script" not in drawn
    assert len(drawn) < 500


def _luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", COLOURS)
def test_white_letters_can_be_read_on_every_colour(colour: str) -> None:
    assert 1.05 / (_luminance(colour) + 0.05) >= 4.5
