"""The page of notices: what is told to whom, reading them, and what is kept from whom."""

from pathlib import Path

import pytest

from forum.commands.notices import notify
from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.models import Member, Notice, Post, PostState, Thread, ThreadState
from forum.notices import KINDS
from tests.acting import csrf_token, log_in
from tests.commands.moderation.acting import Moderator
from tests.factories import FOUNDER_ID

TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.fixture
def member_id(forum) -> int:
    return forum.member()


def tell(forum, member_id, kind="replied", actor_id=1, **more):
    with unit_of_work(forum.database) as uow:
        actor = forum.actor(actor_id) if actor_id else None
        notify(uow, kind, member_ids=[member_id], actor=actor, **more)


def test_each_kind_has_a_template():
    missing = [kind.key for kind in KINDS.values() if not (TEMPLATES / kind.template).exists()]

    assert missing == []


SAMPLES = {
    "replied": {},
    "quoted": {},
    "group_changed": {"group": "注册会员", "rises": True},
    "moderated": {"action": "thread.close", "title": "我的帖子", "count": 2, "reason": "跑题",
                  "is_reversal": False},
    "welcome": {},
    "reported": {"reason": "spam"},
    "report_handled": {},
    "message_reported": {"reason": "spam"},
    "message_report_handled": {"outcome": "upheld", "message": "谢谢"},
    "appealed": {"action": "thread.close", "appeal_id": 1},
    "appeal_answered": {"action": "thread.close", "entry_id": 1, "is_granted": True, "answer": "好"},
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("language", ["", "?lang=en"])
def test_each_kind_can_be_shown(client, forum, member_id, kind, language):
    thread_id = forum.thread(title="一个标题")
    tell(forum, member_id, kind, thread_id=thread_id, data=SAMPLES[kind])
    log_in(client, forum, member_id)
    page = client.get(f"/notices{language}")

    assert page.status_code == 200
    assert page.text.count('class="notice-list__item') == 1
    if kind in ("replied", "quoted", "reported", "report_handled"):
        assert "一个标题" in page.text


def test_looking_changes_nothing_and_the_button_reads(client, forum, member_id):
    tell(forum, member_id, thread_id=forum.thread())
    log_in(client, forum, member_id)
    first = client.get("/notices").text
    again = client.get("/notices").text
    assert "notice-list__item--unread" in again
    assert "提醒(1)" in again

    up_to = first.partition('name="up_to" value="')[2].partition('"')[0]
    tell(forum, member_id, "welcome")
    answer = client.post(
        "/notices", data={"csrf_token": csrf_token(client, "/logout"), "up_to": up_to}
    )
    assert answer.status_code == 303
    with forum.read() as s:
        assert s.get_one(Member, member_id).unread_notice_count == 1
        assert [row.is_read for row in s.query(Notice).order_by(Notice.id)] == [True, False]


def test_the_thread_one_may_not_read_any_more_is_not_named(client, forum, member_id):
    thread_id = forum.thread(title="机密标题", author_id=forum.member("李四"))
    tell(forum, member_id, thread_id=thread_id)
    with unit_of_work(forum.database) as uow:
        uow.session.get_one(Thread, thread_id).read_access = 255
    log_in(client, forum, member_id)
    page = client.get("/notices").text

    assert "机密标题" not in page
    assert f"/thread-{thread_id}-" not in page


@pytest.mark.parametrize("group_id", [4, 10])
def test_one_s_own_deleted_thread_is_named_to_the_muted_too(client, forum, group_id):
    member_id = forum.member("王小明", group_id=group_id)
    secret = forum.board("机密", viewers=(1,))
    for title, more in (("旧书转让", {}), ("机密帖子", {"board_id": secret})):
        thread_id = forum.thread(member_id, title=title, state=ThreadState.RECYCLED, **more)
        tell(forum, member_id, thread_id=thread_id)
        deleted = {"action": "thread.delete", "title": title, "count": 1, "reason": ""}
        tell(forum, member_id, "moderated", thread_id=thread_id, data=deleted)
    log_in(client, forum, member_id)
    page = client.get("/notices").text

    assert page.count("旧书转让") == 2
    assert "机密帖子" not in page


def test_a_thread_that_is_gone_is_named_where_one_knew_it(client, forum, member_id):
    secret, founder = forum.board("机密", viewers=(1,)), Moderator(forum, FOUNDER_ID)
    for thread_id in (
        forum.thread(member_id, title="旧书转让"),
        forum.thread(member_id, secret, title="机密帖子"),
    ):
        founder.does("thread.delete", thread_id, notifies=True)
        founder.does("thread.purge", thread_id)
    log_in(client, forum, member_id)
    page = client.get("/notices").text

    assert "旧书转让" in page
    assert "机密帖子" not in page


def test_a_deleted_post_is_not_linked(client, forum, member_id):
    thread_id = forum.thread(replies=1)
    with unit_of_work(forum.database) as uow:
        post_id = uow.session.get_one(Thread, thread_id).first_post_id
        uow.session.get_one(Post, post_id).state = PostState.RECYCLED
    tell(forum, member_id, thread_id=thread_id, post_id=post_id)
    log_in(client, forum, member_id)
    page = client.get("/notices").text

    assert f"/post-{post_id}.html" not in page
    assert f"/thread-{thread_id}-1-1.html" in page


def test_one_s_notices_are_one_s_own(client, forum, member_id):
    tell(forum, forum.member("李四"), "welcome")
    log_in(client, forum, member_id)

    assert 'class="notice-list__item' not in client.get("/notices").text


def test_parts_are_apart(client, forum, member_id):
    tell(forum, member_id, thread_id=forum.thread())
    tell(forum, member_id, "welcome", actor_id=None)
    log_in(client, forum, member_id)

    assert client.get("/notices").text.count('class="notice-list__item') == 2
    assert "回复了您的帖子" in client.get("/notices?part=posts").text
    assert "回复了您的帖子" not in client.get("/notices?part=system").text


def test_guests_have_none(client):
    assert client.get("/notices").status_code == 403


@pytest.mark.parametrize("count", [1, 70])
def test_the_page_costs_the_same_however_many(client, forum, member_id, count):
    thread_id = forum.thread()
    for number in range(count):
        tell(forum, member_id, thread_id=thread_id, merge_key=f"k{number}")
    log_in(client, forum, member_id)
    client.get("/notices")
    with recorded_statements() as statements:
        page = client.get("/notices").text

    assert len(statements) <= 3, "\n".join(statements)
    assert page.count('class="notice-list__item') == min(count, 30)
    assert ("/notices?before=" in page) == (count > 30)
