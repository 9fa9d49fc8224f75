"""Effects: JSON and back, turned round, emptiness."""

import json

import pytest

from forum.modlog.effects import (
    Change,
    Count,
    Create,
    Derived,
    MovePosts,
    NotInvertible,
    Pay,
    Purge,
    Remove,
    ReverseTransfers,
    decode,
    decode_ids,
    encode,
    encode_ids,
    inverse,
    is_empty,
)

EVERY = [
    Change(1, "threads", 1, {"sticky_level": 0}, {"sticky_level": 2}),
    Derived(1, "threads", 1, {"last_poster_id": 3}, {"last_poster_id": 4}),
    Count(0, "boards", 2, {"thread_count": -1, "post_count": -21}),
    Create(1, "threads", 9, {"title": "旧帖", "moved_to_id": 1}),
    Remove(1, "threads", 9, {"title": "旧帖", "moved_to_id": 1}),
    MovePosts(1, 1, 2, ((5, 2, 7), (6, 3, 8))),
    ReverseTransfers(1, (4, 5, 6, 9), (10, 11, 12, 13)),
    Pay(1, "thread.digested", 3, "thread:1", "thread.digested:1:4", 2, 2, (14, 15)),
    Purge(1, "threads", 1, 20),
]


@pytest.mark.parametrize("effect", EVERY, ids=lambda one: type(one).__name__)
def test_an_effect_comes_back_from_json(effect):
    assert decode(json.loads(json.dumps(encode(effect)))) == effect


@pytest.mark.parametrize("effect", EVERY[:6], ids=lambda one: type(one).__name__)
def test_the_inverse_of_the_inverse_is_the_effect(effect):
    assert inverse(inverse(effect)) == effect


def test_points_paid_and_points_taken_are_both_taken_back():
    assert inverse(EVERY[6]) == ReverseTransfers(1, (10, 11, 12, 13))
    assert inverse(EVERY[7]) == ReverseTransfers(1, (14, 15))


def test_a_purge_has_no_inverse():
    with pytest.raises(NotInvertible):
        inverse(EVERY[8])


def test_ids_are_runs():
    assert encode_ids([3, 1, 2, 9]) == [[1, 3], [9, 9]]
    assert decode_ids([[1, 3], [9, 9]]) == (1, 2, 3, 9)


def test_what_changes_nothing_is_empty():
    assert is_empty(Change(1, "threads", 1, {"is_closed": True}, {"is_closed": True}))
    assert is_empty(Count(1, "boards", 2, {"post_count": 0}))
    assert not any(map(is_empty, EVERY))
