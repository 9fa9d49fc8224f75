"""What becomes of an uploaded avatar? Three square sizes under the hash of the largest."""

import hashlib
import re
from datetime import datetime

from PIL import Image, ImageOps

from forum.storage.files import Files
from forum.storage.pictures import encoded, opened

SIZES = {"big": 200, "middle": 120, "small": 48}
MEDIA_TYPE = "image/webp"
DIGEST = re.compile(r"[0-9a-f]{32}\Z")
FOLDER = "avatars"


def _name(digest: str, size: str) -> str:
    return f"{FOLDER}/{digest[:2]}/{digest}-{size}.webp"


def store_avatar(files: Files, content: bytes) -> str:
    """Draw an uploaded picture anew in three sizes. Slow: not inside a transaction.

    :returns: its digest, to be kept with the member.
    :raises Invalid: it is no picture, or too large a one.
    """
    drawn: dict[str, bytes] = {}
    with opened(content, draft_px=SIZES["big"], field="picture") as picture:
        for size, side in SIZES.items():
            square = ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS)
            drawn[size] = encoded(square)
    digest = hashlib.sha256(drawn["big"]).hexdigest()[:32]
    for size, made in drawn.items():
        files.write(_name(digest, size), made)
    return digest


def read_avatar(files: Files, digest: str, size: str) -> bytes | None:
    """A stored picture, or None when there is none by that name."""
    if size not in SIZES or not DIGEST.match(digest):
        return None
    return files.read(_name(digest, size))


def remove_avatar(files: Files, digest: str) -> None:
    """Delete all sizes of a picture."""
    for size in SIZES:
        files.remove(_name(digest, size))


def stored_before(files: Files, at: datetime) -> set[str]:
    """The digests of pictures stored before a moment."""
    return {
        name.rpartition("/")[2].partition("-")[0]
        for name, written_at in files.names(FOLDER)
        if written_at < at
    }
