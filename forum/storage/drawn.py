"""What stands where a member has no picture? The name's first letter on a colour of its own."""

import hashlib
from html import escape

# Dark enough for white letters (contrast of at least 4.5:1), far enough apart to tell people by.
COLOURS = (
    "#1d5fa8", "#0b6e63", "#3d6b1f", "#7a5c00", "#a0431a", "#a62a3c",
    "#9a2c74", "#6b3fa0", "#4a4fb0", "#2c6078", "#5b5f2a", "#6d4c41",
)  # fmt: skip


def drawn_avatar(member_id: int, name: str, px: int) -> bytes:
    """A small SVG, the same each time. No script, no style, no address in it."""
    number = int.from_bytes(hashlib.sha256(str(member_id).encode()).digest()[:4])
    colour = COLOURS[number % len(COLOURS)]
    letter = escape(next((character for character in name if character.isalnum()), "?").upper()[:1])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{px}" height="{px}" viewBox="0 0 48 48">'
        f'<rect width="48" height="48" fill="{colour}"/>'
        '<text x="24" y="25" fill="#fff" font-family="sans-serif" font-size="26" '
        f'text-anchor="middle" dominant-baseline="central">{letter}</text></svg>'
    ).encode()
