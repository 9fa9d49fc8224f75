"""How much may a step of a batch do? So much that others wait for it a tenth of a second.

A step's work is told in units: a post is one, a target has some of its own. How long a unit takes is
measured while the lock is held, by the clock: that is what others wait for. Where others keep the
processor busy, steps become smaller only down to what takes some processor time: each begins with
the same thirty statements, and very small ones would only make the whole longer.
"""

from dataclasses import dataclass, field
from time import monotonic, thread_time

# Others wait for a step: on SQLite all who write, elsewhere those who reply to its threads.
AIM_S = 0.1
LEAST_PROCESSOR_S = 0.05
# What is done of a target whatever its size, in posts.
TARGET_UNITS = 8
LEAST_UNITS, FIRST_UNITS, MOST_UNITS = 20, 40, 280
# A step that was quick, or slow, may have been chance.
GROWTH, SHRINKING = 1.5, 0.5


@dataclass
class Pace:
    """What the steps so far took; `units` is for the next one."""

    units: int = FIRST_UNITS
    longest_s: float = 0.0
    largest: int = 0
    _began: float = field(default=0.0, repr=False)
    _used: float = field(default=0.0, repr=False)
    _done: int = field(default=0, repr=False)

    def begin(self) -> None:
        """The lock is ours."""
        self._began, self._used, self._done = monotonic(), thread_time(), 0

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
        used = max(thread_time() - self._used, 0.001)
        fitting = self._done * max(AIM_S / max(took, 0.001), LEAST_PROCESSOR_S / used)
        within = max(self.units * SHRINKING, min(fitting, self.units * GROWTH))
        self.units = int(max(LEAST_UNITS, min(within, MOST_UNITS)))
