"""How do pictures render: img. Only http(s) and paths of the site, lazily, at most 600 pixels wide."""

import re

from forum.markup.addresses import image_address, is_image_src
from forum.markup.registry import (
    Body,
    Call,
    Emit,
    Piece,
    Shape,
    bbcode,
    element,
    number_up_to,
    one_of,
)
from forum.markup.tags.links import LINK, linked

MAX_WIDTH_PX = 600
MAX_HEIGHT_PX = 1200

_SIZE = re.compile(r"([0-9]{1,5})\s?[,x]\s?([0-9]{1,5})")
_NAME = re.compile(r"[A-Za-z0-9._\-]{1,60}")

IMAGE = Emit(
    "img",
    {
        "class": one_of("bb-img"),
        "src": is_image_src,
        "alt": lambda value: _NAME.fullmatch(value) is not None,
        "loading": one_of("lazy"),
        "width": number_up_to(MAX_WIDTH_PX),
        "height": number_up_to(MAX_HEIGHT_PX),
    },
)


@bbcode("img", emits=[IMAGE, LINK], shape=Shape.PAIR, body=Body.VERBATIM)
def image(call: Call) -> Piece | None:
    """The alternative text is the file's name: the dialect has no place for a better one."""
    address = image_address(call.body, call.options.site_hosts)
    size = _size(call.argument)
    if address is None or size is None:
        return None
    if not call.options.allow_images:
        return linked(call.body, call.options)
    path = address.href.partition("?")[0].partition("#")[0]
    name = _NAME.match(path.rstrip("/").rpartition("/")[2])
    width, height = size
    attributes = {
        "class": "bb-img",
        "src": address.href,
        "alt": name[0] if name else "image",
        "loading": "lazy",
        "width": str(width or ""),
        "height": str(height or ""),
    }
    return Piece(element("img", attributes), is_image=True)


def _size(argument: str | None) -> tuple[int, int] | None:
    """Width and height as asked for, shrunk in proportion; zeros where none was asked for."""
    if argument is None:
        return 0, 0
    found = _SIZE.fullmatch(argument.strip())
    if found is None:
        return None
    width, height = int(found[1]), int(found[2])
    if width > MAX_WIDTH_PX:
        width, height = MAX_WIDTH_PX, max(height * MAX_WIDTH_PX // width, min(height, 1))
    if height > MAX_HEIGHT_PX:
        width, height = max(width * MAX_HEIGHT_PX // height, min(width, 1)), MAX_HEIGHT_PX
    return width, height
