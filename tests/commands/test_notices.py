"""Telling members: once, merged while unread, never about the own deed."""

import pytest
from sqlalchemy import select

from forum.commands.notices import mark_read, notify
from forum.models import Member, Notice


@pytest.fixture
def member_id(forum) -> int:
    return forum.member()


def test_unread_notices_of_one_thing_become_one(forum, member_id, uow):
    actor = forum.actor(1)
    for _ in range(3):
        notify(uow, "replied", member_ids=[member_id], actor=actor, merge_key="replied:1")

    notice = uow.session.scalars(select(Notice)).one()
    assert notice.merged_count == 3
    assert uow.session.get_one(Member, member_id, populate_existing=True).unread_notice_count == 1


def test_what_was_read_is_not_merged_into(forum, member_id, uow):
    actor, member = forum.actor(1), forum.actor(member_id)
    notify(uow, "replied", member_ids=[member_id], actor=actor, merge_key="replied:1")
    mark_read(uow, member)
    notify(uow, "replied", member_ids=[member_id], actor=actor, merge_key="replied:1")

    rows = uow.session.scalars(select(Notice).order_by(Notice.id)).all()
    assert [(row.is_read, row.merged_count) for row in rows] == [(True, 1), (False, 1)]
    assert uow.session.get_one(Member, member_id, populate_existing=True).unread_notice_count == 1


def test_nobody_is_told_of_the_own_deed_nor_who_is_not_there(forum, member_id, uow):
    notify(uow, "replied", member_ids=[1, 9999], actor=forum.actor(1))

    assert uow.session.scalars(select(Notice)).all() == []


def test_a_kind_that_is_not_registered_is_a_bug(forum, member_id, uow):
    with pytest.raises(KeyError):
        notify(uow, "misspelt", member_ids=[member_id], actor=None)
