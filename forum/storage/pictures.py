"""Is this a picture we can take? Everything is decoded and drawn anew, so nothing else gets in."""

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageOps, UnidentifiedImageError

from forum.core.errors import Invalid

MOST_PIXELS = 40_000_000
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")  # SVG is a program, not a picture

# Pillow only warns between the limit and twice the limit.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

_slot = threading.BoundedSemaphore(1)  # a picture of 40 million points takes 160 MB while open


@contextmanager
def opened(content: bytes, *, draft_px: int, field: str) -> Iterator[Image.Image]:
    """The first frame, upright, without anything but its points. Not inside a transaction.

    :param draft_px: the side that is needed; JPEGs are decoded no larger than twice that.
    :param field: the form field a refusal belongs to.
    :raises Invalid: picture_unknown, picture_too_large or picture_broken.
    """
    with _slot:
        try:
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise Invalid("picture_too_large", field=field)
                image.draft("RGB", (draft_px * 2, draft_px * 2))
                upright = ImageOps.exif_transpose(image)
                bare = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
                bare.info.clear()
        except UnidentifiedImageError as error:
            raise Invalid("picture_unknown", field=field) from error
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise Invalid("picture_too_large", field=field) from error
        except (OSError, ValueError, SyntaxError, EOFError, IndexError, MemoryError) as error:
            # What Pillow's decoders raise on damaged files.
            raise Invalid("picture_broken", field=field) from error
        with bare:
            yield bare


def encoded(image: Image.Image) -> bytes:
    """The points as WebP, without EXIF, colour profile or comments."""
    out = io.BytesIO()
    image.save(out, "WEBP", quality=85, method=4, exif=b"", icc_profile=None)
    return out.getvalue()
