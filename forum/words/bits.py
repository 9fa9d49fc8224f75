"""Places of a text as one large integer, a bit for each: what holds for all of them is a few operations."""

import re
from collections.abc import Iterable, Iterator, Sequence

_ONE = ord("1")
_NOT_EMPTY = re.compile(rb"[^\0]")
_BITS = [[bit for bit in range(8) if byte >> bit & 1] for byte in range(256)]
# From so many places on, writing out all the digits is quicker than setting single bits.
_MANY = 1_000
# So few are found one by one.
_FEW = 40


def mask_of(places: Sequence[int], length: int) -> int:
    """The mask of these places of a text of that length."""
    if len(places) < _MANY:
        bits = bytearray(length // 8 + 1)
        for place in places:
            bits[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(bits, "little")
    digits = bytearray(b"0" * (length + 1))
    for place in places:
        digits[length - place] = _ONE
    return int(digits, 2)


def places_of(mask: int) -> Iterable[int]:
    """The places of a mask, ascending."""
    if mask.bit_count() > _FEW:
        return _many_places_of(mask)
    places = []
    while mask:  # from the top, where a bit costs nothing to find
        places.append(mask.bit_length() - 1)
        mask ^= 1 << places[-1]
    return reversed(places)


def _many_places_of(mask: int) -> Iterator[int]:
    data = mask.to_bytes(mask.bit_length() // 8 + 1, "little")
    for found in _NOT_EMPTY.finditer(data):
        at = found.start()
        for bit in _BITS[data[at]]:
            yield at * 8 + bit


def smeared(mask: int, gap: int) -> int:
    """Every place at most `gap` after one of the mask."""
    done, wanted = 1, gap + 1
    while done < wanted:
        step = min(done, wanted - done)
        mask |= mask << step
        done += step
    return mask
