"""What of a text is replaced already, or stands between its pieces: nothing is replaced across it."""

from forum.words.folding import BARRIER


class Taken:
    """The places of one text that are taken."""

    def __init__(self, text: str) -> None:
        self._taken = bytearray(len(text))
        self._free = bytearray(b"\xff" * (len(text) // 8 + 1))  # the same, a bit for each place
        self._free_for: dict[int, int] = {}
        at = text.find(BARRIER)
        while at >= 0:
            self.take(at, at + 1)
            at = text.find(BARRIER, at + 1)

    def take(self, start: int, end: int) -> None:
        """Take a stretch."""
        self._free_for.clear()
        self._taken[start:end] = b"\x01" * (end - start)
        first, last = start >> 3, end >> 3
        before, behind = (1 << (start & 7)) - 1, 0xFF ^ ((1 << (end & 7)) - 1)
        if first == last:
            self._free[first] &= before | behind
        else:
            self._free[first] &= before
            self._free[first + 1 : last] = bytes(last - first - 1)
            self._free[last] &= behind

    def next_after(self, start: int, width: int) -> int:
        """The first place taken from `start` on, or where the text ends, but no further than `width`
        places away."""
        end = min(len(self._taken), start + width)
        found = self._taken.find(1, start, end)
        return end if found < 0 else found

    def free_for(self, width: int) -> int:
        """A bit for each place from which `width` places are free."""
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
