"""Does a space page show what is known, and only what its viewer may read?"""

from datetime import timedelta

import pytest
from sqlalchemy import update

from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.core.errors import NotFound
from forum.core.uow import unit_of_work
from forum.models import (
    BoardModerator,
    Member,
    MemberPoints,
    MemberState,
    OnlineVisit,
    Post,
    PostState,
    Thread,
    ThreadState,
)
from forum.queries.members import Profile, member_replies, member_threads, profile
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum

STAFF = (1, 2, 3)


def profile_of(forum: Forum, member_id: int, viewer_id: int | None = None) -> Profile:
    site, actor = forum.site(), forum.actor(viewer_id)
    with forum.read() as s, recorded_statements() as statements:
        found = profile(s, site, actor, member_id)
    assert len(statements) == 2
    return found


def threads_of(forum: Forum, member_id: int, viewer_id: int | None = None, **options):
    actor = forum.actor(viewer_id)
    with forum.read() as s, recorded_statements() as statements:
        found = member_threads(s, actor, member_id, **options)
    assert len(statements) <= 1
    return found


def replies_of(forum: Forum, member_id: int, viewer_id: int | None = None, **options):
    actor = forum.actor(viewer_id)
    with forum.read() as s, recorded_statements() as statements:
        found = member_replies(s, actor, member_id, **options)
    assert len(statements) <= 1
    return found


def test_a_member_has_numbers_points_and_boards(forum: Forum):
    secret = forum.board("版主议事", viewers=STAFF)
    member = forum.moderator(FIRST_BOARD_ID)
    with unit_of_work(forum.database) as uow:
        uow.session.add(BoardModerator(board_id=secret, member_id=member, appointed_at=uow.now))
        uow.session.add(MemberPoints(member_id=member, kind_id=2, amount=31))
        uow.session.add(OnlineVisit(visitor=f"m{member}", member_id=member, seen_at=uow.now))
        uow.bump(CacheName.SITE)
    forum.thread(member, replies=2)

    found = profile_of(forum, member)

    assert (found.thread_count, found.post_count, found.reply_count) == (1, 3, 2)
    assert [(kind.title, amount) for kind, amount in found.points] == [
        ("威望", 0),
        ("金钱", 31),
        ("贡献", 0),
    ]
    assert (found.group_title, found.stars, found.star_parts.suns) == ("版主", 7, 1)
    assert found.is_online
    assert found.boards == ((FIRST_BOARD_ID, "默认版块"),)
    assert len(profile_of(forum, member, FOUNDER_ID).boards) == 2


def test_an_imported_account_shows_the_title_it_came_with(forum: Forum):
    member = forum.member(
        state=MemberState.UNCLAIMED,
        shown_group_title="版主",
        shown_stars=7,
        thread_count=10001,
        post_count=20001,
        counts_are_approximate=True,
    )

    found = profile_of(forum, member)

    assert found.is_unclaimed
    assert found.counts_are_approximate
    assert (found.group_title, found.stars, found.boards) == ("版主", 7, ())
    assert found.upgrade is None


def test_who_hides_is_offline_to_others(forum: Forum):
    member = forum.member(is_invisible=True, last_seen_at=utc_now())
    with unit_of_work(forum.database) as uow:
        uow.session.add(OnlineVisit(visitor=f"m{member}", member_id=member, seen_at=uow.now))

    others, own = profile_of(forum, member), profile_of(forum, member, member)

    assert (others.is_online, others.last_seen_at) == (False, None)
    assert own.is_online


def test_nobody_has_no_space(forum: Forum):
    site, actor = forum.site(), forum.actor(None)
    with forum.read() as s, pytest.raises(NotFound):
        profile(s, site, actor, 99)


def test_threads_are_those_the_viewer_may_read(forum: Forum):
    member = forum.member()
    secret = forum.board("版主议事", viewers=STAFF)
    forum.thread(member, title="公开")
    forum.thread(member, secret, title="CANARY")
    forum.thread(member, title="等待中", state=ThreadState.PENDING)
    forum.thread(member, title="CANARY", state=ThreadState.RECYCLED)

    def titles(viewer_id=None, **options):
        return [row.title for row in threads_of(forum, member, viewer_id, **options).items]

    assert titles() == ["公开"]
    assert titles(member) == ["公开"]
    assert titles(FOUNDER_ID) == ["CANARY", "公开"]
    assert titles(member, state=ThreadState.PENDING) == ["等待中"]
    assert titles(FOUNDER_ID, state=ThreadState.PENDING) == []


@pytest.mark.parametrize("threads", [2, 7])
def test_threads_are_read_part_by_part(forum: Forum, threads: int):
    member = forum.member()
    made = [forum.thread(member, title=str(n)) for n in range(threads)]
    found, before = [], None
    while True:
        part = threads_of(forum, member, before=before, most=3)
        found += [row.id for row in part.items]
        before = part.next
        if before is None:
            break

    assert found == sorted(made, reverse=True)


def test_replies_are_those_the_viewer_may_read(forum: Forum):
    member, author = forum.member("王小明"), forum.member("李雷")
    board_id = forum.board("版主议事", viewers=STAFF)
    plain = forum.thread(author, title="公开", replies=1, repliers=(member,))
    asks = forum.thread(author, title="要权限", read_access=50, replies=1, repliers=(member,))
    forum.thread(author, board_id, title="CANARY", replies=1, repliers=(member,))
    gone = forum.thread(author, title="CANARY", replies=1, repliers=(member,))
    blocked = forum.thread(author, title="被屏蔽", replies=1, repliers=(member,))
    with unit_of_work(forum.database) as uow:
        s = uow.session
        s.execute(update(Thread).where(Thread.id == gone).values(state=ThreadState.RECYCLED))
        s.execute(
            update(Post)
            .where(Post.thread_id == blocked, Post.floor == 2)
            .values(is_blocked=True, source="CANARY")
        )

    guest = replies_of(forum, member).items
    assert [reply.thread.id for reply in guest] == [blocked, plain]
    assert "CANARY" not in repr(guest)
    assert guest[0].excerpt == ""
    assert guest[1].excerpt == "第 2 楼，路过看看。"
    assert asks in [reply.thread.id for reply in replies_of(forum, member, author).items]
    founder = replies_of(forum, member, FOUNDER_ID).items
    assert len(founder) == 4
    assert "CANARY" in repr(founder)


def test_waiting_replies_are_the_authors_alone(forum: Forum):
    member = forum.member()
    thread = forum.thread(title="公开", replies=1, repliers=(member,))
    with unit_of_work(forum.database) as uow:
        uow.session.execute(
            update(Post)
            .where(Post.thread_id == thread, Post.floor == 2)
            .values(state=PostState.PENDING)
        )

    assert replies_of(forum, member, member).items == ()
    waiting = replies_of(forum, member, member, state=PostState.PENDING).items
    assert [reply.is_pending for reply in waiting] == [True]
    assert replies_of(forum, member, FOUNDER_ID, state=PostState.PENDING).items == ()


def test_a_punishment_that_ran_out_is_no_longer_shown(forum: Forum):
    member = forum.member(group_id=4, former_group_id=10)
    with unit_of_work(forum.database) as uow:
        uow.session.execute(
            update(Member)
            .where(Member.id == member)
            .values(group_until=uow.now - timedelta(minutes=1))
        )

    assert profile_of(forum, member).group_title == "新手上路"
