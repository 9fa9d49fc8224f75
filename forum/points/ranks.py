"""Which suns, moons and stars show a group's rank?"""

from dataclasses import dataclass


@dataclass(frozen=True)
class StarParts:
    """How many of each. `rank` is the number they stand for, said by each picture's label."""

    rank: int
    suns: int
    moons: int
    stars: int

    @property
    def image_count(self) -> int:
        return self.suns + self.moons + self.stars


def star_parts(stars: int, threshold: int) -> StarParts:
    """The expansion of `stars` to the base `threshold` in three places (viewthread.md section 3).

    A threshold below 2 has no second place: all are stars. 7 to the base 2 is a sun, a moon, a star.
    """
    stars = max(stars, 0)
    if threshold < 2:
        return StarParts(stars, 0, 0, stars)
    suns, rest = divmod(stars, threshold * threshold)
    moons, ones = divmod(rest, threshold)
    return StarParts(stars, suns, moons, ones)
