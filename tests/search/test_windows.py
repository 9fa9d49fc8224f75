"""Do the windows cover every id once, and does the walk back leave none out?"""

from hypothesis import given
from hypothesis import strategies as st

from forum.search.windows import MOST_RANGES, SMALLEST, Walk, covering_tokens, window_tokens


@given(first=st.integers(0, 2000), length=st.integers(1, 2000), at=st.integers(0, 4_000_000))
def test_a_range_is_covered_once_and_nothing_else(first: int, length: int, at: int) -> None:
    first_id, end_id = first * SMALLEST, (first + length) * SMALLEST
    covered = set(covering_tokens(first_id, end_id)) & set(window_tokens(at))

    assert len(covered) == (1 if first_id <= at < end_id else 0)


@given(
    before_id=st.integers(1, 20_000_000),
    found=st.lists(st.integers(0, 700), min_size=MOST_RANGES, max_size=MOST_RANGES),
)
def test_the_walk_goes_back_to_the_beginning_without_gaps(before_id: int, found: list[int]) -> None:
    walk = Walk(before_id, 601)
    assert walk.end_id >= before_id
    assert before_id - walk.first_id >= min(before_id, SMALLEST)
    for count in found:
        assert len(walk.tokens) <= 40
        end_id = walk.first_id
        if not walk.goes_on(count):
            break
        assert walk.end_id == end_id
        assert walk.first_id < walk.end_id

    assert walk.first_id == 0 or walk.count >= 601
