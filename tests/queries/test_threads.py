"""What the thread page reads: floors, orders, panels, verdicts, and how many statements it takes."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.core.errors import Forbidden, NotFound
from forum.core.uow import unit_of_work
from forum.models import (
    ModLogEntry,
    OnlineVisit,
    PointKind,
    Post,
    PostComment,
    PostRating,
    PostState,
    Setting,
    TargetKind,
    Thread,
    ThreadRead,
    ThreadState,
)
from forum.points.ranks import star_parts
from forum.policies.verdict import Refusal
from forum.queries.site import site_of
from forum.queries.threads import (
    ThreadPage,
    find_thread,
    neighbour_thread,
    open_thread,
    opening_post,
    place_at_floor,
    place_of_last_post,
    place_of_post,
    printed_thread,
    thread_page,
)
from forum.queries.threads.authors import upgrade
from tests.factories import FIRST_BOARD_ID, Forum


def page_of(forum: Forum, thread_id: int, member_id: int | None = None, **asked: Any) -> ThreadPage:
    actor = forum.actor(member_id)
    with forum.read() as s:
        site = site_of(s)
        return thread_page(
            s, actor, site, open_thread(s, actor, site, thread_id=thread_id, **asked)
        )


def floors(page: ThreadPage) -> list[int]:
    return [post.floor for post in page.posts]


def change(forum: Forum, *statements: Any) -> None:
    with unit_of_work(forum.database) as uow:
        for statement in statements:
            uow.session.execute(statement)


def set_posts(forum: Forum, thread_id: int, at: tuple[int, ...], **values: Any) -> None:
    change(
        forum,
        update(Post).where(Post.thread_id == thread_id, Post.floor.in_(at)).values(**values),
    )


def setting(forum: Forum, section: str, **values: Any) -> None:
    with unit_of_work(forum.database) as uow:
        uow.session.add(Setting(section=section, values=values))
        uow.bump(CacheName.SITE)


def post_ids(forum: Forum, thread_id: int) -> dict[int, int]:
    with forum.read() as s:
        rows = s.execute(select(Post.floor, Post.id).where(Post.thread_id == thread_id))
        return {row.floor: row.id for row in rows}


def test_a_page_is_ten_floors(forum: Forum) -> None:
    thread_id = forum.thread(replies=24)

    assert floors(page_of(forum, thread_id)) == list(range(1, 11))
    assert floors(page_of(forum, thread_id, page=3)) == list(range(21, 26))


@pytest.mark.parametrize("page", [4, 99, 10**12])
def test_beyond_the_last_page_is_the_last_page(forum: Forum, page: int) -> None:
    shown = page_of(forum, forum.thread(replies=24), page=page)

    assert shown.pager.page == 3
    assert floors(shown)[0] == 21


def test_floors_keep_their_numbers_when_some_are_deleted(forum: Forum) -> None:
    thread_id = forum.thread(replies=14)
    set_posts(forum, thread_id, (3, 7), state=PostState.RECYCLED)

    assert floors(page_of(forum, thread_id)) == [1, 2, 4, 5, 6, 8, 9, 10]
    assert floors(page_of(forum, thread_id, page=2)) == [11, 12, 13, 14, 15]


def test_deleted_floors_at_the_end_make_no_empty_page(forum: Forum) -> None:
    thread_id = forum.thread(replies=14)
    set_posts(forum, thread_id, tuple(range(11, 16)), state=PostState.RECYCLED)

    shown = page_of(forum, thread_id, page=2)

    assert shown.pager.page_count == 1
    assert floors(shown) == list(range(1, 11))


def test_deleted_posts_are_the_moderators_to_see(forum: Forum) -> None:
    thread_id = forum.thread(replies=3)
    moderator = forum.moderator(FIRST_BOARD_ID)
    set_posts(forum, thread_id, (3,), state=PostState.RECYCLED)

    assert floors(page_of(forum, thread_id)) == [1, 2, 4]
    assert floors(page_of(forum, thread_id, moderator)) == [1, 2, 3, 4]


def test_a_waiting_post_is_shown_to_its_author(forum: Forum) -> None:
    author, other = forum.member(), forum.member("李雷")
    thread_id = forum.thread(replies=2, repliers=(1, author, author))
    set_posts(forum, thread_id, (3,), state=PostState.PENDING)

    assert floors(page_of(forum, thread_id, author)) == [1, 2, 3]
    assert floors(page_of(forum, thread_id, other)) == [1, 2]
    assert floors(page_of(forum, thread_id)) == [1, 2]


def test_newest_first_the_opening_post_stays_on_top(forum: Forum) -> None:
    thread_id = forum.thread(replies=24, is_newest_first=True)

    assert floors(page_of(forum, thread_id)) == [1, *range(25, 16, -1)]
    assert floors(page_of(forum, thread_id, page=2)) == list(range(16, 6, -1))
    assert floors(page_of(forum, thread_id, page=3)) == list(range(6, 1, -1))


def test_the_order_of_the_address_wins_over_the_threads(forum: Forum) -> None:
    thread_id = forum.thread(replies=2, is_newest_first=True)

    own, oldest = page_of(forum, thread_id), page_of(forum, thread_id, order="oldest")

    assert (floors(own), own.order, own.other_order) == ([1, 3, 2], None, "oldest")
    assert (floors(oldest), oldest.order, oldest.other_order) == ([1, 2, 3], "oldest", None)


@pytest.mark.parametrize("newest_first", [False, True])
def test_pinned_replies_stand_on_top_of_the_first_page(forum: Forum, newest_first: bool) -> None:
    thread_id = forum.thread(replies=24, is_newest_first=newest_first)
    set_posts(forum, thread_id, (4, 13), is_sticky=True)

    first, second = page_of(forum, thread_id), page_of(forum, thread_id, page=2)

    if newest_first:
        assert floors(first) == [1, 13, 4, *range(25, 16, -1)]
    else:
        assert floors(first) == [1, 4, 13, 2, 3, *range(5, 11)]
    assert [post.floor for post in first.posts if post.is_on_top] == floors(first)[1:3]
    assert 13 in floors(second)
    assert not any(post.is_on_top for post in second.posts)
    assert not any(p.is_on_top for p in page_of(forum, thread_id, author_id=1).posts)


def test_only_one_author(forum: Forum) -> None:
    author, other = forum.member(), forum.member("李雷")
    thread_id = forum.thread(author, replies=44, repliers=(author, other))
    set_posts(forum, thread_id, (5,), state=PostState.RECYCLED)

    first = page_of(forum, thread_id, author_id=author)
    last = page_of(forum, thread_id, author_id=author, page=3)

    assert floors(first) == [1, 3, 7, 9, 11, 13, 15, 17, 19, 21]
    assert first.pager.page_count == 3
    assert floors(last) == [43, 45]


def test_only_one_author_newest_first(forum: Forum) -> None:
    author, other = forum.member(), forum.member("李雷")
    thread_id = forum.thread(author, replies=24, repliers=(author, other))

    shown = page_of(forum, thread_id, author_id=author, order="newest")

    assert floors(shown) == [1, 25, 23, 21, 19, 17, 15, 13, 11, 9]


def test_an_author_without_posts_is_not_found(forum: Forum) -> None:
    with pytest.raises(NotFound, match="no_posts_of_author"):
        page_of(forum, forum.thread(), author_id=forum.member())


@pytest.mark.parametrize("state", [ThreadState.RECYCLED, ThreadState.PENDING, ThreadState.DRAFT])
def test_a_thread_that_is_not_out_is_not_found(forum: Forum, state: ThreadState) -> None:
    author = forum.member()
    thread_id = forum.thread(author, state=state)
    moderator = forum.moderator(FIRST_BOARD_ID)

    with pytest.raises(NotFound, match="thread_not_found"):
        page_of(forum, thread_id)
    assert page_of(forum, thread_id, moderator).posts
    if state is not ThreadState.RECYCLED:
        assert page_of(forum, thread_id, author).posts


def test_a_secret_board_hides_its_threads(forum: Forum) -> None:
    board_id = forum.board(viewers=(1,))
    thread_id = forum.thread(board_id=board_id)

    with pytest.raises(NotFound, match="thread_not_found"):
        page_of(forum, thread_id)
    assert page_of(forum, thread_id, 1).posts


def test_reading_access_is_refused_with_its_number(forum: Forum) -> None:
    thread_id = forum.thread(read_access=50)

    with pytest.raises(Forbidden) as refused:
        page_of(forum, thread_id, forum.member())
    assert refused.value.data == {"needed": 50, "has": 10}


def test_why_one_cannot_reply(forum: Forum) -> None:
    member, thread_id = forum.member(), forum.thread()
    closed = forum.thread(is_closed=True)

    assert page_of(forum, thread_id).reply.refusal is Refusal.SIGN_IN
    assert page_of(forum, thread_id, member).reply
    assert page_of(forum, closed, member).reply.refusal is Refusal.CLOSED
    assert page_of(forum, closed, forum.moderator(FIRST_BOARD_ID)).reply


def test_what_one_may_do_with_a_post(forum: Forum) -> None:
    member = forum.member()
    thread_id = forum.thread(replies=1, repliers=(1, member))
    moderator = forum.moderator(FIRST_BOARD_ID)

    opening, own = page_of(forum, thread_id, member).posts
    assert (bool(opening.can_edit), bool(own.can_edit)) == (False, True)
    assert (bool(opening.can_report), bool(own.can_report)) == (True, False)
    assert (opening.is_own, own.is_own) == (False, True)
    founders, members = page_of(forum, thread_id, moderator).posts
    assert (bool(founders.can_edit), bool(members.can_edit)) == (False, True)
    assert members.address == "192.0.2.1"
    assert founders.address is None
    assert own.address is None


def test_a_blocked_post_says_nothing(forum: Forum) -> None:
    thread_id = forum.thread(replies=1)
    moderator = forum.moderator(FIRST_BOARD_ID)
    set_posts(forum, thread_id, (2,), is_blocked=True)

    blocked = page_of(forum, thread_id).posts[1]

    assert blocked.html is None
    assert not blocked.can_quote
    assert page_of(forum, thread_id, moderator).posts[1].html is not None


def test_views_are_never_fewer_than_replies(forum: Forum) -> None:
    few = page_of(forum, forum.thread(replies=3, comment_count=2, view_count=1)).thread
    many = page_of(forum, forum.thread(replies=3, view_count=881)).thread

    assert (few.shown_view_count, few.shown_reply_count) == (5, 5)
    assert (many.shown_view_count, many.shown_reply_count) == (881, 3)


def test_the_number_card_shows_what_the_owner_chose(forum: Forum) -> None:
    setting(forum, "reading", number_card=["threads", "posts", "points:4"])
    with unit_of_work(forum.database) as uow:
        uow.session.add(PointKind(id=4, title="活动时间"))
        uow.bump(CacheName.SITE)
    author = forum.member(
        thread_count=10000, post_count=20000, total=57519, counts_are_approximate=True
    )

    panel = page_of(forum, forum.thread(author)).posts[0].author

    assert [(cell.label, cell.number) for cell in panel.cells] == [
        ("threads", 10001),
        ("posts", 20001),
        ("points", 0),
    ]
    assert [cell.is_approximate for cell in panel.cells] == [True, True, False]
    assert panel.cells[2].point_title == "活动时间"
    assert panel.total == 57519


def test_replies_of_the_card_leave_opening_posts_out(forum: Forum) -> None:
    setting(
        forum, "reading", number_card=["posts", "nonsense", "points:8"],
        card_counts_opening_posts=False,
    )  # fmt: skip
    author = forum.member()
    thread_id = forum.thread(author, replies=4, repliers=(author,))

    cells = page_of(forum, thread_id).posts[0].author.cells

    assert [(cell.label, cell.number) for cell in cells] == [("replies", 4)]


@pytest.mark.parametrize(
    ("stars", "images", "parts"),
    [
        (1, 1, (0, 0, 1)), (2, 1, (0, 1, 0)), (3, 2, (0, 1, 1)), (4, 1, (1, 0, 0)),
        (5, 2, (1, 0, 1)), (6, 2, (1, 1, 0)), (7, 3, (1, 1, 1)), (8, 2, (2, 0, 0)),
        (9, 3, (2, 0, 1)), (10, 3, (2, 1, 0)), (11, 4, (2, 1, 1)), (12, 3, (3, 0, 0)),
        (13, 4, (3, 0, 1)), (14, 4, (3, 1, 0)), (15, 5, (3, 1, 1)), (16, 4, (4, 0, 0)),
    ],
)  # fmt: skip
def test_stars_to_the_base_of_two(stars: int, images: int, parts: tuple[int, int, int]) -> None:
    drawn = star_parts(stars, 2)

    assert (drawn.suns, drawn.moons, drawn.stars) == parts
    assert drawn.image_count == images


def test_an_unclaimed_import_shows_the_title_it_came_with(forum: Forum) -> None:
    author = forum.member(group_id=10, shown_group_title="版主", shown_stars=7, total=57519)

    panel = page_of(forum, forum.thread(author)).posts[0].author

    assert (panel.group_title, panel.stars, panel.upgrade) == ("版主", 7, None)
    assert panel.star_parts.image_count == 3


@pytest.mark.parametrize(("total", "percent", "needed"), [(0, 2, 50), (7, 14, 43), (49, 98, 1)])
def test_how_far_it_is_to_the_next_group(
    forum: Forum, total: int, percent: int, needed: int
) -> None:
    step = upgrade(forum.site().groups[10], total)

    assert step is not None
    assert (step.percent, step.needed, step.group_title) == (percent, needed, "新手上路")


def test_the_top_of_the_ladder_and_staff_have_nothing_to_reach(forum: Forum) -> None:
    groups = forum.site().groups

    assert upgrade(groups[15], 5000) is None
    assert upgrade(groups[3], 10) is None


def test_a_punishment_that_ran_out_shows_the_former_group(forum: Forum) -> None:
    author = forum.member(
        group_id=4, former_group_id=11, group_until=utc_now() - timedelta(minutes=1)
    )

    assert page_of(forum, forum.thread(author)).posts[0].author.group_title == "注册会员"


@pytest.mark.parametrize(
    ("minutes", "is_invisible", "is_online"),
    [(1, False, True), (14, False, True), (16, False, False), (1, True, False)],
)
def test_who_is_online(forum: Forum, minutes: int, is_invisible: bool, is_online: bool) -> None:
    author = forum.member(is_invisible=is_invisible)
    with unit_of_work(forum.database) as uow:
        uow.session.add(
            OnlineVisit(
                visitor=f"m{author}", member_id=author, seen_at=uow.now - timedelta(minutes=minutes)
            )
        )

    assert page_of(forum, forum.thread(author)).posts[0].author.is_online is is_online


def test_new_posts_since_the_last_time(forum: Forum) -> None:
    reader_id, thread_id = forum.member(), forum.thread(replies=4)
    with unit_of_work(forum.database) as uow:
        uow.session.add(
            ThreadRead(member_id=reader_id, thread_id=thread_id, floor=3, read_at=uow.now)
        )

    posts = page_of(forum, thread_id, reader_id).posts

    assert [post.is_new for post in posts] == [False, False, False, True, True]
    assert [post.is_first_new for post in posts] == [False, False, False, True, False]
    assert not any(post.is_new for post in page_of(forum, thread_id).posts)


def test_new_posts_since_the_last_visit_when_the_thread_was_never_opened(forum: Forum) -> None:
    began = utc_now() - timedelta(hours=1)
    reader_id = forum.member(previous_visit_at=began + timedelta(seconds=2))
    thread_id = forum.thread(replies=3, repliers=(1, 1, 1, reader_id), at=began)

    posts = page_of(forum, thread_id, reader_id).posts

    assert [post.is_new for post in posts] == [False, False, False, False]
    assert page_of(forum, forum.thread(), reader_id).posts[0].is_new is False
    fresh = forum.thread(at=utc_now())
    assert page_of(forum, fresh, reader_id).posts[0].is_new


def test_comments_and_ratings_hang_below_their_posts(forum: Forum) -> None:
    member = forum.member()
    thread_id = forum.thread(replies=1, comment_count=1)
    ids = post_ids(forum, thread_id)
    at = utc_now()
    change(
        forum,
        insert(PostComment).values(
            post_id=ids[1], author_id=member, author_name="王小明", body="周末试试", created_at=at
        ),
        insert(PostRating).values(
            post_id=ids[2], rater_id=member, rater_name="王小明", amounts={"2": 5, "旧币": -1},
            reason="精品文章", created_at=at,
        ),
        insert(PostRating).values(
            post_id=ids[2], rater_id=None, rater_name="某人", amounts={"2": 3}, reason="",
            created_at=at,
        ),
    )  # fmt: skip

    opening, reply = page_of(forum, thread_id).posts

    assert [comment.body for comment in opening.comments] == ["周末试试"]
    assert opening.ratings is None
    assert reply.ratings is not None
    assert reply.ratings.rater_count == 2
    assert reply.ratings.sums == (("金钱", 8), ("旧币", -1))


def test_the_last_action_unless_it_was_undone(forum: Forum) -> None:
    thread_id = forum.thread()
    with unit_of_work(forum.database) as uow:
        entry = ModLogEntry(
            action="stick", actor_id=1, actor_name="founder", target_kind=TargetKind.THREAD,
            target_count=1, options={"level": 1}, effects=[], created_at=uow.now,
            previous_hash="", hash="",
        )  # fmt: skip
        uow.session.add(entry)
        uow.session.flush()  # entry.id
        uow.session.execute(
            update(Thread).where(Thread.id == thread_id).values(last_log_id=entry.id)
        )
    action = page_of(forum, thread_id).last_action
    assert action is not None
    assert (action.action, action.actor_name, action.options) == ("stick", "founder", {"level": 1})

    change(forum, update(ModLogEntry).values(undone_by_id=1))

    assert page_of(forum, thread_id).last_action is None


@pytest.mark.parametrize("order", [None, "newest", "oldest"])
def test_a_post_is_found_on_its_page(forum: Forum, order: str | None) -> None:
    thread_id = forum.thread(replies=24)
    set_posts(forum, thread_id, (24, 25), state=PostState.RECYCLED)
    guest = forum.actor(None)

    for floor, post_id in post_ids(forum, thread_id).items():
        if floor > 23:
            continue
        with forum.read() as s:
            place = place_of_post(s, guest, site_of(s), post_id=post_id, order=order)
        assert floor in floors(page_of(forum, thread_id, page=place.page, order=order))


def test_a_deleted_post_has_no_place(forum: Forum) -> None:
    thread_id = forum.thread(replies=1)
    set_posts(forum, thread_id, (2,), state=PostState.RECYCLED)

    for post_id in (post_ids(forum, thread_id)[2], 999_999):
        with forum.read() as s, pytest.raises(NotFound):
            place_of_post(s, forum.actor(None), site_of(s), post_id=post_id)


def test_a_deleted_floor_leads_to_the_next(forum: Forum) -> None:
    thread_id = forum.thread(replies=14)
    set_posts(forum, thread_id, (10,), state=PostState.RECYCLED)
    guest = forum.actor(None)

    with forum.read() as s:
        at = {
            floor: place_at_floor(s, guest, site_of(s), thread_id=thread_id, floor=floor)
            for floor in (1, 10, 15, 16)
        }
        last = place_of_last_post(s, guest, site_of(s), thread_id=thread_id)

    assert [(place.floor, place.page) if place else None for place in at.values()] == [
        (1, 1),
        (11, 2),
        (15, 2),
        None,
    ]
    assert last == at[15]


def test_neighbours_pass_over_closed_and_moved_threads(forum: Forum) -> None:
    began = utc_now() - timedelta(days=1)

    def thread(minutes: int, **columns: Any) -> int:
        return forum.thread(at=began + timedelta(minutes=minutes), **columns)

    oldest = thread(0)
    thread(1, is_closed=True)
    thread(2, state=ThreadState.REDIRECT, moved_to_id=oldest)
    thread(3, state=ThreadState.RECYCLED)
    middle = thread(4)
    thread(5, read_access=200)
    newest = thread(6)
    forum.thread(board_id=forum.board(), at=began + timedelta(minutes=5))
    guest = forum.actor(None)

    with forum.read() as s:
        found = {
            (one, direction): neighbour_thread(s, guest, thread_id=one, direction=direction)
            for one in (oldest, middle, newest)
            for direction in ("older", "newer")
        }

    assert found == {
        (oldest, "older"): None,
        (oldest, "newer"): middle,
        (middle, "older"): oldest,
        (middle, "newer"): newest,
        (newest, "older"): middle,
        (newest, "newer"): None,
    }


def test_the_print_view_holds_the_first_posts(forum: Forum) -> None:
    thread_id = forum.thread(replies=120, is_newest_first=True)
    set_posts(forum, thread_id, (2,), state=PostState.RECYCLED)
    set_posts(forum, thread_id, (3,), is_blocked=True)

    with forum.read() as s:
        plain = printed_thread(s, forum.actor(None), thread_id=thread_id, most=100)

    assert [post.floor for post in plain.posts] == [1, *range(3, 102)]
    assert plain.posts[1].html is None


def test_the_reading_mode_holds_the_opening_post(forum: Forum) -> None:
    thread_id = forum.thread(replies=3)

    with forum.read() as s:
        plain = opening_post(s, forum.actor(None), thread_id=thread_id)

    assert [post.floor for post in plain.posts] == [1]


def test_facts_of_a_thread_that_is_not_there(forum: Forum) -> None:
    with forum.read() as s, pytest.raises(NotFound, match="thread_not_found"):
        find_thread(s, 999_999)


@pytest.mark.parametrize("replies", [3, 40])
@pytest.mark.parametrize("extras", [False, True])
def test_a_page_takes_a_fixed_number_of_statements(
    forum: Forum, replies: int, extras: bool
) -> None:
    repliers = tuple(forum.member(f"会员{number}") for number in range(8))
    thread_id = forum.thread(replies=replies, repliers=repliers, comment_count=int(extras))
    if extras:
        ids = post_ids(forum, thread_id)
        rows = [
            {"post_id": ids[floor], "rater_name": "某人", "amounts": {"2": 1}, "created_at": utc_now()}
            for floor in range(1, 4)
        ]  # fmt: skip
        change(forum, insert(PostRating).values(rows))
    member = forum.actor(repliers[0])
    for actor in (forum.actor(None), member):
        for asked in ({}, {"author_id": repliers[1]}, {"order": "newest"}):
            forum.commit()
            with forum.read() as s:
                site = site_of(s)
                with recorded_statements() as statements:
                    opened = open_thread(s, actor, site, thread_id=thread_id, **asked)
                    thread_page(s, actor, site, opened)
                assert len(statements) == (4 if extras else 2)


def test_pages_are_not_counted_off_row_by_row(forum: Forum) -> None:
    thread_id = forum.thread(replies=40)
    with forum.read() as s, recorded_statements() as statements:
        site, actor = site_of(s), forum.actor(None)
        thread_page(s, actor, site, open_thread(s, actor, site, thread_id=thread_id, page=4))

    assert "OFFSET" not in statements[-1].upper()
