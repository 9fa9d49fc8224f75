"""Pages are ranges of floors."""

import pytest

from forum.queries.threads.order import floors_of_page, page_of_floor


@pytest.mark.parametrize(("page", "floors"), [(1, (1, 10)), (2, (11, 20)), (500, (4991, 5000))])
def test_oldest_first_a_page_is_a_range(page: int, floors: tuple[int, int]) -> None:
    assert floors_of_page(page, 10, highest=5000, newest_first=False) == floors


@pytest.mark.parametrize(
    ("page", "floors"),
    [(1, (17, 25)), (2, (7, 16)), (3, (2, 6))],
)
def test_newest_first_the_opening_post_takes_one_place(page: int, floors: tuple[int, int]) -> None:
    assert floors_of_page(page, 10, highest=25, newest_first=True) == floors


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("highest", [1, 2, 9, 10, 11, 20, 21, 57])
def test_every_floor_is_on_its_page(highest: int, newest_first: bool) -> None:
    pages = -(-highest // 10)
    for floor in range(1, highest + 1):
        page = page_of_floor(floor, 10, highest=highest, newest_first=newest_first)
        first, last = floors_of_page(page, 10, highest=highest, newest_first=newest_first)

        assert 1 <= page <= pages
        assert first <= floor <= last or (newest_first and page == 1 and floor == 1)


def test_newest_first_a_thread_without_replies_has_an_empty_range() -> None:
    first, last = floors_of_page(1, 10, highest=1, newest_first=True)

    assert first > last
