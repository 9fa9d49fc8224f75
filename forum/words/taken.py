"""What of a text is replaced already, or stands between its pieces: nothing is replaced across it."""

from forum.words.folding import BARRIER


class Taken:
    """The places of one text that are taken."""

    def __init__(self, text: str) -> None:
        self._taken = bytearray(len(text)) + b"\x01"  # where the text ends, too
        self._free = bytearray(b"\xff" * (len(text) // 8 + 1))  # the same, a bit for each place
        self._unmarked: list[tuple[int, int]] = []  # taken, but not yet in `_free`
        self._free_for: dict[int, int] = {}
        at = text.find(BARRIER)
        while at >= 0:
            self.take(at, at + 1)
            at = text.find(BARRIER, at + 1)

    def take(self, start: int, end: int) -> None:
        """Take a stretch."""
        self._taken[start:end] = b"\x01" * (end - start)
        self._unmarked.append((start, end))

    def next_after(self, start: int, width: int) -> int:
        """The first place taken from `start` on, or where the text ends, but no further than `width`
        places away."""
        found = self._taken.find(1, start, start + width)
        return start + width if found < 0 else found

    def free_for(self, width: int) -> int:
        """A bit for each place from which `width` places are free."""
        if self._unmarked:
            self._mark()
        mask = self._free_for.get(width)
        if mask is None:
            if width == 1:
                mask = int.from_bytes(self._free, "little")
            else:
                half = 1 << ((width - 1).bit_length() - 1)
                mask = self.free_for(half) & (self.free_for(width - half) >> half)
            self._free_for[width] = mask
        return mask

    def before(self, mask: int, gap: int) -> int:
        """Every place from which one of the mask is at most `gap` away, over places that are free."""
        done, wanted = 1, gap + 1
        while done < wanted:
            step = min(done, wanted - done)
            mask |= self.free_for(step) & (mask >> step)
            done += step
        return mask

    def _mark(self) -> None:
        free = self._free
        for start, end in self._unmarked:
            first, last = start >> 3, end >> 3
            before, behind = (1 << (start & 7)) - 1, 0xFF ^ ((1 << (end & 7)) - 1)
            if first == last:
                free[first] &= before | behind
            else:
                free[first] &= before
                free[first + 1 : last] = bytes(last - first - 1)
                free[last] &= behind
        self._unmarked.clear()
        self._free_for.clear()
