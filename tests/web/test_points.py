"""The member's points page and the rules."""

import pytest

from forum.commands.points import reverse_subject
from forum.commands.posts import reply_to_thread
from forum.core.cache import CacheName
from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.models import PointRuleSetting, PointTransfer, Post, Thread
from tests.acting import log_in


@pytest.fixture
def member_id(forum) -> int:
    return forum.member()


def reply(forum, member_id, thread_id):
    with unit_of_work(forum.database) as uow:
        forum.database.cache.refresh(uow.session)
        return reply_to_thread(
            uow, forum.actor(member_id), thread_id=thread_id, source="你好，路过看看你的帖子。"
        )


def test_a_member_sees_each_transfer_and_why(client, forum, member_id):
    ref = reply(forum, member_id, forum.thread(title="旧笔记本升级记录"))
    log_in(client, forum, member_id)
    page = client.get("/points").text

    assert "发表回复" in page
    assert "金钱 +1" in page
    assert f'href="/post-{ref.post_id}.html">旧笔记本升级记录</a>' in page
    assert "发帖数 + 精华帖数 × 5 + 威望 × 2 + 金钱 + 贡献" in page


def test_what_was_taken_back_says_so(client, forum, member_id):
    ref = reply(forum, member_id, forum.thread())
    with unit_of_work(forum.database) as uow:
        reverse_subject(uow, subject=f"post:{ref.post_id}", actor_id=1)
    log_in(client, forum, member_id)
    page = client.get("/points").text

    assert "（收回）" in page
    assert "金钱 -1" in page


def test_the_title_of_what_one_may_not_read_is_not_told(client, forum, member_id):
    thread_id = forum.thread(title="机密标题")
    reply(forum, member_id, thread_id)
    with unit_of_work(forum.database) as uow:
        uow.session.get_one(Thread, thread_id).read_access = 255
    log_in(client, forum, member_id)

    assert "机密标题" not in client.get("/points").text


def test_guests_have_no_points(client):
    assert client.get("/points").status_code == 403


@pytest.mark.parametrize("count", [1, 120])
def test_transfers_are_paged_by_key_at_one_price(client, forum, member_id, count):
    with unit_of_work(forum.database) as uow:
        post_id = uow.session.get_one(Thread, _thread(uow)).first_post_id
        uow.session.add_all(
            PointTransfer(
                kind_id=2, debit_account=-1, credit_account=member_id, amount=1,
                rule="post.replied", subject=f"post:{post_id}", created_at=uow.now,
            )
            for _ in range(count)
        )  # fmt: skip
    log_in(client, forum, member_id)
    client.get("/points")
    with recorded_statements() as statements:
        page = client.get("/points").text
    assert len(statements) <= 5, "\n".join(statements)

    assert page.count("金钱 +1") == min(count, 50)
    older = page.partition('href="/points?before=')[2].partition('"')[0]
    assert bool(older) == (count > 50)
    if older:
        assert client.get(f"/points?before={older}").text.count("金钱 +1") == 50


def _thread(uow) -> int:
    thread = Thread(
        board_id=2, author_id=1, author_name="founder", title="题", created_at=uow.now,
        last_post_at=uow.now, last_floor=1,
    )  # fmt: skip
    uow.session.add(thread)
    uow.session.flush()  # thread.id
    post = Post(
        thread_id=thread.id, floor=1, author_id=1, source="文", html="文", renderer_version=1,
        created_at=uow.now,
    )  # fmt: skip
    uow.session.add(post)
    uow.session.flush()  # post.id
    thread.first_post_id = post.id
    return thread.id


def test_the_rules_are_a_table_everybody_may_read(client, forum):
    page = client.get("/points/rules")

    assert page.status_code == 200
    assert "Set-Cookie" not in page.headers
    for words in ("发表主题", "每天登录", "每天", "不限次数", "威望", "+10"):
        assert words in page.text
    assert "参与投票" not in page.text  # nothing pays it yet


def test_a_board_s_rules_are_its_own(client, forum):
    board_id = forum.board()
    with unit_of_work(forum.database) as uow:
        uow.session.add(
            PointRuleSetting(
                rule="post.replied", board_id=board_id, amounts={"1": 7}, cycle="hours:6", times=4
            )
        )
        uow.bump(CacheName.SITE)
    page = client.get(f"/points/rules?board={board_id}").text

    assert "本版积分规则" in page
    assert "+7" in page
    assert "每 6 小时" in page
    assert "每天登录" not in page
    assert client.get("/points/rules?board=9999").status_code == 404
    hidden = forum.board("密室", viewers=(1,))
    assert client.get(f"/points/rules?board={hidden}").status_code == 404
