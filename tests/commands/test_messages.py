"""Writing to a member: what both keep, what is refused, what is counted, paid and deleted."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from forum.commands.messages import (
    block_member,
    delete_conversation,
    delete_message,
    mark_messages_read,
    send_message,
    take_messages,
    unblock_member,
)
from forum.commands.points import open_balance
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.core.errors import Forbidden, Invalid, NotFound, TooSoon
from forum.core.uow import unit_of_work
from forum.models import (
    Conversation,
    Member,
    MemberPoints,
    MemberState,
    Message,
    MessageCopy,
    PointRuleSetting,
    PointTransfer,
    Setting,
    Word,
    WordAction,
)
from forum.queries.counters import member_differences
from forum.queries.messages import conversation_page, conversations_page
from tests.factories import FOUNDER_ID, Forum


@pytest.fixture
def lilei(forum: Forum) -> int:
    return forum.member("李雷")


@pytest.fixture
def han(forum: Forum) -> int:
    return forum.member("韩梅梅")


def send(forum, sender, recipient, source="你好。", *, after=0, **more):
    """Write, a while after now, so that the pace is no matter unless it is."""
    now = utc_now() + timedelta(minutes=after)
    with unit_of_work(forum.database, now=now) as uow:
        return send_message(
            uow, forum.actor(sender, now), recipient_id=recipient, source=source, **more
        )


def shown(forum, owner, other):
    with forum.read() as s:
        page = conversation_page(s, forum.actor(owner), member_id=other)
    return [(card.is_own, str(card.html)) for card in page.messages]


def unread(forum, member_id):
    with forum.read() as s:
        assert list(member_differences(s)) == []
        return s.get_one(Member, member_id).unread_message_count


def count(forum, model):
    with forum.read() as s:
        return s.scalar(select(func.count()).select_from(model))


def test_both_keep_what_was_written_and_one_has_not_read_it(forum, lilei, han):
    send(forum, lilei, han, "[b]你好[/b]")

    assert shown(forum, lilei, han) == [(True, "<strong>你好</strong>")]
    assert shown(forum, han, lilei) == [(False, "<strong>你好</strong>")]
    assert (unread(forum, lilei), unread(forum, han)) == (0, 1)


def test_an_answer_reads_what_it_answers(forum, lilei, han):
    send(forum, lilei, han)
    send(forum, han, lilei, after=1)

    assert (unread(forum, lilei), unread(forum, han)) == (1, 0)
    with forum.read() as s:
        (line,) = conversations_page(s, forum.actor(lilei)).lines
    assert (line.name, line.unread_count, line.is_own) == ("韩梅梅", 1, False)


def test_reading_goes_up_to_what_was_seen(forum, lilei, han):
    first = send(forum, lilei, han)
    send(forum, lilei, han, after=1)

    with unit_of_work(forum.database) as uow:
        mark_messages_read(uow, forum.actor(han), member_id=lilei, up_to_id=first)

    assert unread(forum, han) == 1


def test_a_double_click_is_one_message(forum, lilei, han):
    first = send(forum, lilei, han, submission_key="key")

    assert send(forum, lilei, han, submission_key="key") == first
    assert count(forum, Message) == 1


@pytest.mark.parametrize(
    ("source", "key"), [(" \n", "private_empty"), ("长" * 3001, "private_long")]
)
def test_a_message_has_a_text_of_a_size(forum, lilei, han, source, key):
    with pytest.raises(Invalid) as refused:
        send(forum, lilei, han, source)

    assert (refused.value.key, refused.value.field) == (key, "source")


def test_pictures_become_links_so_that_nobody_learns_when_they_are_read(forum, lilei, han):
    send(forum, lilei, han, "[img]https://example.org/spy.png[/img]")

    ((_, html),) = shown(forum, han, lilei)
    assert "<img" not in html
    assert 'href="https://example.org/spy.png"' in html


def add_word(forum, pattern, action, replacement=""):
    with unit_of_work(forum.database) as uow:
        uow.session.add(
            Word(pattern=pattern, key=pattern, action=action, replacement=replacement, category="", created_at=uow.now)
        )  # fmt: skip
        uow.bump(CacheName.WORDS)


@pytest.mark.parametrize("action", [WordAction.REFUSE, WordAction.HOLD])
def test_words_that_wait_or_are_refused_stop_a_message(forum, lilei, han, action):
    add_word(forum, "代开发票", action)

    with pytest.raises(Invalid) as refused:
        send(forum, lilei, han, "可以代开[b]发票[/b]")

    assert (refused.value.key, refused.value.field) == ("words_refused", "source")
    assert count(forum, Message) == 0
    send(forum, FOUNDER_ID, han, "代开发票")  # the staff may have to name them


def test_words_are_replaced(forum, lilei, han):
    add_word(forum, "坏蛋", WordAction.REPLACE, "**")
    send(forum, lilei, han, "你这坏蛋")

    assert shown(forum, han, lilei) == [(False, "你这**")]


def test_there_is_a_pause_between_two(forum, lilei, han):
    send(forum, lilei, han)

    with pytest.raises(TooSoon) as refused:
        send(forum, lilei, FOUNDER_ID)

    assert refused.value.key == "message_pace"
    assert 0 < refused.value.retry_after_s <= 15
    send(forum, lilei, han, after=1)


def setting(forum, section="messages", **values):
    with unit_of_work(forum.database) as uow:
        uow.session.merge(Setting(section=section, values=values))
        uow.bump(CacheName.SITE)


def test_a_day_holds_so_many_messages(forum, lilei, han):
    setting(forum, per_day=2)
    send(forum, lilei, han)
    send(forum, lilei, han, after=1)

    with pytest.raises(TooSoon) as refused:
        send(forum, lilei, han, after=2)

    assert refused.value.key == "messages_a_day"
    assert 86_000 < refused.value.retry_after_s <= 86_400
    send(forum, lilei, han, after=24 * 60 + 1)


def test_a_day_holds_so_many_members(forum, lilei, han):
    setting(forum, members_per_day=1)
    send(forum, lilei, han)
    send(forum, lilei, han, after=1)

    with pytest.raises(TooSoon) as refused:
        send(forum, lilei, FOUNDER_ID, after=2)

    assert refused.value.key == "strangers_a_day"


def test_new_members_wait_as_elsewhere(forum, lilei, han):
    setting(forum, "posting", newbie_wait=60 * 60 * 24 * 40)

    with pytest.raises(TooSoon) as refused:
        send(forum, lilei, han)

    assert refused.value.key == "newbie_wait"


def test_the_muted_and_unverified_are_refused_with_the_reason(forum, han):
    muted = forum.member("禁言", group_id=4, former_group_id=10)
    unverified = forum.member("待验证", group_id=8)

    for member_id, key in ((muted, "muted"), (unverified, "group")):
        with pytest.raises(Invalid) as refused:
            send(forum, member_id, han)
        assert refused.value.key == key


def test_a_block_and_a_closed_ear_are_told_at_the_form(forum, lilei, han):
    with unit_of_work(forum.database) as uow:
        block_member(uow, forum.actor(han), member_id=lilei)
    for sender, recipient, key in ((lilei, han, "blocks_you"), (han, lilei, "you_block")):
        with pytest.raises(Invalid) as refused:
            send(forum, sender, recipient)
        assert refused.value.key == key
    send(forum, FOUNDER_ID, han)

    with unit_of_work(forum.database) as uow:
        unblock_member(uow, forum.actor(han), member_id=lilei)
        take_messages(uow, forum.actor(han), takes_messages=False)
    with pytest.raises(Invalid) as refused:
        send(forum, lilei, han)
    assert refused.value.key == "takes_no_messages"


def test_nobody_blocks_oneself_or_somebody_who_is_not_there(forum, lilei):
    with unit_of_work(forum.database) as uow:
        with pytest.raises(Forbidden):
            block_member(uow, forum.actor(lilei), member_id=lilei)
        with pytest.raises(NotFound):
            block_member(uow, forum.actor(lilei), member_id=4_000)


def test_messages_reach_accounts_that_somebody_uses(forum, lilei):
    unclaimed = forum.member("未认领", state=MemberState.UNCLAIMED)
    locked = forum.member("锁定", state=MemberState.LOCKED)

    for recipient, key in ((unclaimed, "unclaimed"), (locked, "nobody_reads"), (lilei, "oneself")):
        with pytest.raises(Invalid) as refused:
            send(forum, lilei, recipient)
        assert refused.value.key == key
    with pytest.raises(NotFound):
        send(forum, lilei, 4_000)


def texts(forum):
    with forum.read() as s:
        return {(row.source, row.html) for row in s.execute(select(Message.source, Message.html))}


def deleted(forum, owner, partner, *, after):
    now = utc_now() + timedelta(minutes=after)
    with unit_of_work(forum.database, now=now) as uow:
        delete_conversation(uow, forum.actor(owner, now), member_id=partner)


def test_what_both_deleted_counts_until_the_day_is_over(forum, lilei, han):
    setting(forum, per_day=2)
    for minute in (0, 1):
        send(forum, lilei, han, after=minute)
    deleted(forum, lilei, han, after=2)
    deleted(forum, han, lilei, after=2)

    with pytest.raises(TooSoon) as refused:
        send(forum, lilei, han, after=3)

    assert refused.value.key == "messages_a_day"
    assert texts(forum) == {("", "")}


def test_old_messages_go_at_once(forum, lilei, han):
    send(forum, lilei, han)
    deleted(forum, lilei, han, after=24 * 60 + 1)
    deleted(forum, han, lilei, after=24 * 60 + 1)

    assert texts(forum) == set()


def test_each_deletes_for_oneself_and_the_last_takes_the_text_along(forum, lilei, han):
    first = send(forum, lilei, han, "一")
    send(forum, lilei, han, "二", after=1)

    with unit_of_work(forum.database) as uow:
        assert delete_message(uow, forum.actor(han), member_id=lilei, message_id=first)
    assert [html for _, html in shown(forum, han, lilei)] == ["二"]
    assert [html for _, html in shown(forum, lilei, han)] == ["一", "二"]
    assert unread(forum, han) == 1

    with unit_of_work(forum.database) as uow:
        delete_conversation(uow, forum.actor(lilei), member_id=han)
    assert shown(forum, lilei, han) == []
    assert {source for source, _ in texts(forum)} == {"", "二"}  # which the other one still keeps

    with unit_of_work(forum.database) as uow:
        delete_conversation(uow, forum.actor(han), member_id=lilei)
    assert [count(forum, model) for model in (MessageCopy, Conversation)] == [0, 0]
    assert texts(forum) == {("", "")}
    assert unread(forum, han) == 0


def test_a_deleted_newest_message_lets_the_one_before_it_head_the_list(forum, lilei, han):
    send(forum, lilei, han, "旧的")
    newest = send(forum, lilei, han, "新的", after=1)

    with unit_of_work(forum.database) as uow:
        delete_message(uow, forum.actor(lilei), member_id=han, message_id=newest)

    with forum.read() as s:
        assert conversations_page(s, forum.actor(lilei)).lines[0].excerpt == "旧的"
        assert conversations_page(s, forum.actor(han)).lines[0].excerpt == "新的"
    with unit_of_work(forum.database) as uow:
        (left,) = _ids(forum, lilei, han)
        assert not delete_message(uow, forum.actor(lilei), member_id=han, message_id=left)
    with forum.read() as s:
        assert conversations_page(s, forum.actor(lilei)).lines == ()


def _ids(forum, owner, other):
    with forum.read() as s:
        page = conversation_page(s, forum.actor(owner), member_id=other)
    return [card.id for card in page.messages]


def test_nobody_deletes_or_reads_for_others(forum, lilei, han):
    message_id = send(forum, lilei, han)
    stranger = forum.actor(forum.member("第三者"))

    for other in (lilei, han):
        with unit_of_work(forum.database) as uow, pytest.raises(NotFound):
            delete_message(uow, stranger, member_id=other, message_id=message_id)
        with unit_of_work(forum.database) as uow, pytest.raises(NotFound):
            delete_conversation(uow, stranger, member_id=other)
        with unit_of_work(forum.database) as uow:
            mark_messages_read(uow, stranger, member_id=other)
    assert unread(forum, han) == 1
    assert count(forum, MessageCopy) == 2


def price(forum, amount):
    with unit_of_work(forum.database) as uow:
        uow.session.add(PointRuleSetting(rule="message.sent", board_id=None, amounts={"2": amount}, cycle="none", times=0))  # fmt: skip
        uow.bump(CacheName.SITE)


def test_a_message_costs_what_the_rule_says_and_no_more_than_one_has(forum, lilei, han):
    price(forum, -3)
    with unit_of_work(forum.database) as uow:
        open_balance(uow, member_id=lilei, kind_id=2, amount=4, subject="member", note_rule="opening.registered")  # fmt: skip
    send(forum, lilei, han)

    with pytest.raises(Invalid) as refused:
        send(forum, lilei, han, after=1)

    assert refused.value.key == "points_short"
    with forum.read() as s:
        assert s.scalar(select(MemberPoints.amount).where(MemberPoints.member_id == lilei)) == 1
        assert s.scalar(select(PointTransfer.rule).order_by(PointTransfer.id.desc()).limit(1)) == "message.sent"  # fmt: skip
    assert count(forum, Message) == 1
    send(forum, FOUNDER_ID, han)  # exempt from charges


@pytest.mark.parametrize("conversations", [1, 20])
def test_the_list_takes_one_statement(forum, lilei, conversations):
    for index in range(conversations):
        send(forum, FOUNDER_ID, lilei, after=index)
        send(forum, forum.member(f"会员{index}"), lilei, after=index)

    with forum.read() as s:
        actor = forum.actor(lilei)
        with recorded_statements() as statements:
            page = conversations_page(s, actor)

    assert len(page.lines) == min(conversations + 1, 20)
    assert len(statements) == 1


@pytest.mark.parametrize("messages", [1, 30])
def test_a_conversation_takes_two_statements(forum, lilei, messages):
    for index in range(messages):
        send(forum, FOUNDER_ID, lilei, f"第 {index} 条", after=index)

    with forum.read() as s:
        actor = forum.actor(lilei)
        with recorded_statements() as statements:
            page = conversation_page(s, actor, member_id=FOUNDER_ID)
        assert len(statements) == 2
        if messages == 30:
            assert len(page.messages) == 20
            older = conversation_page(s, actor, member_id=FOUNDER_ID, before=page.older_than)
            texts = [str(card.html) for card in (*older.messages, *page.messages)]
            assert texts == [f"第 {index} 条" for index in range(30)]
            assert older.older_than is None


@pytest.mark.parametrize("before", [1, 25])
def test_a_message_takes_ten_statements_however_many_there_are(forum, lilei, han, before):
    for index in range(before):
        send(forum, lilei, han, after=index)
    now = utc_now() + timedelta(hours=1)
    actor = forum.actor(lilei, now)

    with unit_of_work(forum.database, now=now) as uow, recorded_statements() as statements:
        send_message(uow, actor, recipient_id=han, source="你好。")

    assert len(statements) == 10, "\n".join(statements)


def at_once(*deeds):
    with ThreadPoolExecutor(len(deeds)) as pool:
        for task in [pool.submit(deed) for deed in deeds]:
            task.result(60)


def test_two_write_and_delete_at_once(forum):
    one, other = forum.member("甲", group_id=2), forum.member("乙", group_id=2)  # no pause

    def writes(sender, recipient):
        for number in range(8):
            send(forum, sender, recipient, f"第 {number} 条")

    def deletes(owner, partner):
        actor = forum.actor(owner)
        with unit_of_work(forum.database) as uow:
            delete_conversation(uow, actor, member_id=partner)

    at_once(lambda: writes(one, other), lambda: writes(other, one))
    assert len(shown(forum, one, other)) == len(shown(forum, other, one)) == 16
    unread(forum, one)  # as the rows say

    at_once(lambda: deletes(one, other), lambda: deletes(other, one))
    assert [count(forum, model) for model in (MessageCopy, Conversation)] == [0, 0]
    assert texts(forum) == {("", "")}
    assert (unread(forum, one), unread(forum, other)) == (0, 0)
