"""On which page does a floor stand, and which floors does a page hold? Arithmetic, no database.

Pages are ranges of floors, so that page 500 costs what page 1 costs and a floor never moves to
another page when one before it is deleted; a page may then hold fewer posts than the others. The
last page is that of the highest floor the reader may see.

Read newest first, the opening post stays on top of page 1 and counts as one of its posts:
the sequence is 1, highest, highest - 1, ..., 2.
"""


def page_of_floor(floor: int, per_page: int, *, highest: int, newest_first: bool) -> int:
    """The page a floor stands on."""
    if floor <= 1:
        return 1
    place = highest - floor + 1 if newest_first else floor - 1
    return max(0, place) // per_page + 1


def floors_of_page(
    page: int, per_page: int, *, highest: int, newest_first: bool
) -> tuple[int, int]:
    """The first and last floor of a page, lowest first, without the opening post put on top.

    Newest first, page 1 holds the opening post besides this range; the range may be empty
    (first > last) when there are no replies.
    """
    if not newest_first:
        return (page - 1) * per_page + 1, page * per_page
    last = highest - max((page - 1) * per_page - 1, 0)
    first = highest - page * per_page + 2
    return max(2, first), last
