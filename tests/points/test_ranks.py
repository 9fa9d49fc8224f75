"""Suns, moons and stars."""

import pytest

from forum.points.ranks import StarParts, star_parts


@pytest.mark.parametrize(
    ("stars", "threshold", "parts"),
    [
        (0, 2, (0, 0, 0)),
        (1, 2, (0, 0, 1)),
        (3, 2, (0, 1, 1)),
        (7, 2, (1, 1, 1)),
        (9, 2, (2, 0, 1)),
        (9, 3, (1, 0, 0)),
        (5, 0, (0, 0, 5)),
        (5, 1, (0, 0, 5)),
        (-1, 2, (0, 0, 0)),
    ],
)
def test_stars_are_written_to_a_base(stars, threshold, parts):
    assert star_parts(stars, threshold) == StarParts(max(stars, 0), *parts)


def test_the_seed_s_seven_stars_are_three_pictures():
    assert star_parts(7, 2).image_count == 3
