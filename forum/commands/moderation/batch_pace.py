"""How much may a step of a batch do? So much that others wait for it a tenth of a second.

A step's work is told in units: a post is one, a target has some of its own. How long a unit takes is
measured while the lock is held, by the clock and not by the processor: that is what others wait for.
"""

from dataclasses import dataclass, field
from time import monotonic

# Others wait for a step: on SQLite all who write, elsewhere those who reply to its threads.
AIM_S = 0.1
# What is done of a target whatever its size, in posts.
TARGET_UNITS = 8
LEAST_UNITS, FIRST_UNITS, MOST_UNITS = 20, 40, 600
# A step that was quick, or slow, may have been chance.
GROWTH, SHRINKING = 1.5, 0.5


@dataclass
class Pace:
    """What the steps so far took; `units` is for the next one."""

    units: int = FIRST_UNITS
    longest_s: float = 0.0
    largest: int = 0
    _began: float = field(default=0.0, repr=False)
    _done: int = field(default=0, repr=False)

    def begin(self) -> None:
        """The lock is ours."""
        self._began, self._done = monotonic(), 0

    def did(self, units: int) -> None:
        """So much is done in this step."""
        self._done += units
        self.largest = max(self.largest, self._done)

    def end(self) -> None:
        """The step is committed: how large may the next one be?"""
        took = monotonic() - self._began
        self.longest_s = max(self.longest_s, took)
        if not self._done:
            return  # it planned, or wrote the log
        fitting = self._done * AIM_S / max(took, 0.001)
        within = max(self.units * SHRINKING, min(fitting, self.units * GROWTH))
        self.units = int(max(LEAST_UNITS, min(within, MOST_UNITS)))
