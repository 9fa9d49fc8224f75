"""Effects on a very long thread are dealt out so that every step leaves every post a place of its own."""

import random

import pytest

from forum.commands.moderation.pieces import divide, joined
from forum.models import ThreadState
from forum.modlog.effects import Change, Count, Create, Derived, MovePosts, Purge, ReverseTransfers

KEPT, OTHER = 1, 2
MOST = 7


def made(places, pieces):
    """Make pieces one after the other, each at once; no place is ever taken twice."""
    for piece in pieces:
        moves = [
            (post_id, (one.from_thread, before), (one.to_thread, after))
            for one in piece
            if isinstance(one, MovePosts)
            for post_id, before, after in one.moves
        ]
        for post_id, source, _ in moves:
            assert places.pop(source) == post_id
        for post_id, _, goal in moves:
            assert goal not in places
            places[goal] = post_id
    return places


def merging(order):
    """What merging two threads moves, the posts in this order afterwards; and where all were."""
    places, floors = {}, {KEPT: 0, OTHER: 0}
    for post_id in sorted(order):
        thread = order[post_id][0]
        floors[thread] += 1
        places[thread, floors[thread]] = post_id
    sources = {post_id: place for place, post_id in places.items()}
    ranked = sorted(order, key=lambda post_id: order[post_id][1])
    by_origin = {KEPT: [], OTHER: []}
    for floor, post_id in enumerate(ranked, 1):
        thread, before = sources[post_id]
        if (thread, before) != (KEPT, floor):
            by_origin[thread].append((post_id, before, floor))
    effects = [
        MovePosts(KEPT, origin, KEPT, tuple(moves)) for origin, moves in by_origin.items() if moves
    ]
    return effects, places, {(KEPT, floor): post_id for floor, post_id in enumerate(ranked, 1)}


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("is_in_order", [True, False])
def test_no_place_is_taken_twice_in_whatever_order_posts_were_written(seed, is_in_order):
    chance = random.Random(seed)
    times = {post_id: post_id if is_in_order else chance.random() for post_id in range(60)}
    order = {post_id: (chance.choice((KEPT, OTHER)), times[post_id]) for post_id in range(60)}
    effects, before, after = merging(order)

    pieces = divide(effects, KEPT, MOST)

    assert made(before, pieces) == after
    if is_in_order:
        assert max(len(one.moves) for piece in pieces for one in piece) <= MOST
    whole = joined(one for piece in pieces for one in piece)
    assert {one.from_thread: set(one.moves) for one in whole} == {
        one.from_thread: set(one.moves) for one in effects
    }


def test_threads_are_made_first_and_go_last():
    new = Create(KEPT, "threads", OTHER, {"board_id": 1, "state": "visible"})
    grows = Derived(KEPT, "threads", OTHER, {"last_floor": 1}, {"last_floor": 30})
    shrinks = Derived(KEPT, "threads", KEPT, {"last_floor": 40}, {"last_floor": 10})
    merged = Change(KEPT, "threads", KEPT, {"state": "visible"}, {"state": "merged"})
    moves = MovePosts(KEPT, KEPT, OTHER, tuple((number, number, number) for number in range(2, 32)))
    views = Count(KEPT, "threads", KEPT, {"view_count": 3})
    counters = Count(KEPT, "threads", KEPT, {"reply_count": 3})

    first, *_, last = divide([merged, moves, shrinks, grows, new, views, counters], KEPT, 10)

    assert [type(one) for one in first] == [Derived, Create, MovePosts]
    assert first[0] == grows
    assert last[1:] == [merged, shrinks, views]


def test_a_thread_is_hidden_before_its_points_go_and_shown_after_they_came_back():
    hides = Change(KEPT, "threads", KEPT, {"state": "visible"}, {"state": ThreadState.RECYCLED})
    shows = Change(KEPT, "threads", KEPT, {"state": ThreadState.RECYCLED}, {"state": "visible"})
    points = ReverseTransfers(KEPT, tuple(range(1, 26)))

    assert divide([points, hides], KEPT, 10)[0][0] == hides
    assert divide([shows, points], KEPT, 10)[-1][-1] == shows
    assert [len(piece[-1].ids) for piece in divide([points], KEPT, 10)] == [9, 9, 7]


def test_a_thread_asks_for_more_reading_access_first_and_for_less_last():
    less, more = {"read_access": 0}, {"read_access": 90}
    moves = MovePosts(KEPT, OTHER, KEPT, tuple((number, number, number) for number in range(2, 32)))

    raised = divide([moves, Change(KEPT, "threads", KEPT, less, more)], KEPT, 10)
    lowered = divide([Change(KEPT, "threads", KEPT, more, less), moves], KEPT, 10)

    assert isinstance(raised[0][0], Change)
    assert isinstance(lowered[-1][-1], Change)


def test_the_log_says_how_many_posts_went_for_good_not_which():
    whole = Purge(KEPT, "threads", KEPT, 2)
    alone = Purge(7, "posts", 7, 1)

    assert joined([Purge(KEPT, "posts", 3, 1), Purge(KEPT, "posts", 4, 1), whole, alone]) == [
        whole,
        alone,
    ]
