"""Has this process more to do than it can? Measured over short windows, cheap enough for every request.

Two signs: how many requests are in work when another one arrives (all threads busy: there is a
queue before us), and how much of a processor the answers take. Guests who are turned away count
with what they would have cost, so that the sign does not go out just because it works.
"""

import threading
import time
from collections.abc import Callable

WINDOW_S = 0.25
LEAST_ARRIVALS = 10  # in a window; fewer say nothing
CROWDED = 1.75  # of the two threads of `flask serve`; alone, a request meets itself
UNCROWDED = 1.4
BUSY = 0.8  # of one processor: one process has no more
QUIET = 0.5
CALM_S = 3.0


class Gauge:
    """One process's load. Safe between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.is_light = False
        self._clock = clock
        self._lock = threading.Lock()
        self._began = clock()
        self._calm_since: float | None = None
        self._in_work = 0
        self._arrivals = 0
        self._met = 0
        self._spent = 0.0
        self._page_cost = 0.004

    def enter(self) -> bool:
        """A request arrives.

        :returns: whether guests have to make do with less.
        """
        now = self._clock()
        with self._lock:
            if now - self._began >= WINDOW_S:
                self._judge(now)
            self._in_work += 1
            self._arrivals += 1
            self._met += self._in_work
            return self.is_light

    def leave(self, cost_s: float, *, is_page: bool) -> None:
        """It is answered. `cost_s`: processor time; `is_page`: a page was built for a guest."""
        with self._lock:
            self._in_work -= 1
            self._spent += cost_s
            if is_page:
                self._page_cost += (cost_s - self._page_cost) / 16

    def turned_away(self) -> None:
        """A guest's page was not built."""
        with self._lock:
            self._spent += self._page_cost

    def _judge(self, now: float) -> None:
        passed = now - self._began
        load = self._spent / passed
        crowd = self._met / self._arrivals if self._arrivals >= LEAST_ARRIVALS else 0.0
        if crowd >= CROWDED or (load >= BUSY and self._arrivals >= LEAST_ARRIVALS):
            self.is_light, self._calm_since = True, None
        elif crowd < UNCROWDED and load < QUIET:
            # A window nobody came to end ended long ago: the silence counts.
            self._calm_since = self._began if self._calm_since is None else self._calm_since
            if now - self._calm_since >= CALM_S:
                self.is_light = False
        else:
            self._calm_since = None
        self._began, self._arrivals, self._met, self._spent = now, 0, 0, 0.0
