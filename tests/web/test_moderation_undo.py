"""Taking back on its page: the reason it asks for, what stays, the way there from a large action."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.commands.moderation import undo
from forum.commands.moderation.batch_steps import advance
from forum.commands.moderation.batches import run_batch, start_batch
from forum.commands.moderation.thread_marks import StickOptions
from forum.commands.moderation.thread_merging import MergeOptions
from forum.commands.moderation.thread_moving import MoveOptions
from forum.commands.moderation.thread_places import CopyOptions
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.models import GroupPermission, Post, Thread, ThreadState
from forum.queries.moderation import log_page
from tests.acting import log_in
from tests.commands.moderation.acting import Moderator, entries, row, working
from tests.factories import FOUNDER_ID
from tests.web.test_moderation import open_panel, send


@pytest.fixture
def reasons_required(forum, moderator):
    """The moderator's group has to give a reason."""
    with unit_of_work(forum.database) as uow:
        uow.session.merge(GroupPermission(group_id=3, key="mod.reason", value=1))
        uow.bump(CacheName.SITE)


@pytest.fixture
def administrator(client, forum):
    member_id = forum.member("站长助理", group_id=1)
    log_in(client, forum, member_id)
    return Moderator(forum, member_id)


def number_of(progress):
    return int(progress.partition("?")[0].rpartition("/")[2])


@pytest.mark.usefixtures("reasons_required")
def test_who_has_to_give_a_reason_gives_one_for_an_undo(client, forum, board_id, moderator):
    thread_id = forum.thread(forum.member(), board_id)
    done = moderator.does("thread.close", thread_id, reason="灌水")
    path = f"/moderation/undo/{done.entry_id}"
    assert 'name="reason"' in client.get(path).text

    refused = send(client, path, reason=" ")
    assert refused.status_code == 422
    assert row(forum, Thread, thread_id).is_closed
    answer = send(client, path, reason="关错了", back="/")

    assert (answer.status_code, answer.location) == (303, "/")
    assert not row(forum, Thread, thread_id).is_closed
    assert [one.reason for one in entries(forum)] == ["灌水", "关错了"]


@pytest.mark.usefixtures("reasons_required")
def test_a_large_undo_asks_for_the_reason_and_keeps_it(client, forum, board_id, moderator):
    author = forum.member()
    ids = [forum.thread(author, board_id) for _ in range(12)]
    done = moderator.does("thread.close", *ids, reason="灌水")
    path = f"/moderation/undo/{done.entry_id}"
    assert send(client, path).status_code == 422

    answer = send(client, path, reason="关错了")
    run_batch(lambda: working(forum), number_of(answer.location))

    assert [one.reason for one in entries(forum)] == ["灌水", "关错了"]


def test_others_may_leave_the_reason_out(client, forum, board_id, moderator):
    thread_id = forum.thread(forum.member(), board_id)
    done = moderator.does("thread.close", thread_id)

    assert send(client, f"/moderation/undo/{done.entry_id}").status_code == 303

    assert not row(forum, Thread, thread_id).is_closed


def mark_of(page):
    return page.text.partition('name="previewed"')[2].partition('value="')[2].partition('"')[0]


def test_another_end_date_is_shown_before_it_is_done(client, forum, board_id, moderator):
    ids = [forum.thread(board_id=board_id) for _ in range(2)]
    path, day = "/moderation/do/thread.stick", utc_now() + timedelta(days=3)
    asked = {"ids": ids, "level": "1", "expires_at": f"{day:%Y-%m-%d}T09:30"}
    mark = mark_of(send(client, path, **asked))

    later = {**asked, "expires_at": f"{day + timedelta(days=1):%Y-%m-%d}T09:30"}
    assert send(client, path, **later, previewed=mark).status_code == 200
    assert send(client, path, **{**asked, "expires_at": ""}, previewed=mark).status_code == 200
    assert entries(forum) == []
    assert send(client, path, **asked, previewed=mark).status_code == 303

    assert [one.target_count for one in entries(forum)] == [2]


def test_what_was_decided_about_oneself_leads_to_an_appeal(client, forum, board_id, moderator):
    thread_id = forum.thread(moderator.member_id, board_id)
    done = Moderator(forum, FOUNDER_ID).does("thread.close", thread_id)
    path = f"/moderation/undo/{done.entry_id}"
    assert path not in client.get("/moderation/log").text

    for page in (client.get(f"{path}?lang=en"), send(client, f"{path}?lang=en")):
        assert page.status_code == 403
        assert "You cannot take it back: appeal against it" in page.text
        assert f'href="/appeals/{done.entry_id}/new' in page.text

    assert row(forum, Thread, thread_id).is_closed
    assert client.get(f"/appeals/{done.entry_id}/new").status_code == 200


NOTICES, LINKS, POINTS = "an undo sends another", "lead nowhere", "stay spent"


def test_a_preview_says_what_an_undo_leaves(client, forum, board_id, moderator):
    other, author = forum.board("别处"), forum.member()
    ids = [forum.thread(author, board_id) for _ in range(2)]
    query = f"ids={ids[0]}&ids={ids[1]}&lang=en"

    digest = client.get(f"/moderation/do/thread.digest?{query}").text
    closing = client.get(f"/moderation/do/thread.close?{query}").text
    move = send(
        client, f"/moderation/do/thread.move?{query}", board_id=other, leaves_redirect="y",
        preview="1",
    ).text  # fmt: skip

    assert [words in digest for words in (NOTICES, LINKS, POINTS)] == [True, False, True]
    assert [words in closing for words in (NOTICES, LINKS, POINTS)] == [True, False, False]
    assert LINKS in move


@pytest.mark.parametrize("notifies", [True, False])
def test_an_undo_says_who_is_told(client, forum, board_id, moderator, notifies):
    done = moderator.does("thread.close", forum.thread(forum.member(), board_id), notifies=notifies)

    page = client.get(f"/moderation/undo/{done.entry_id}?lang=en").text

    assert ("are told of this" in page) is notifies


def test_a_finished_large_undo_leads_back_and_can_be_taken_back(client, forum, board_id, moderator):
    author = forum.member()
    ids = [forum.thread(author, board_id) for _ in range(12)]
    done = moderator.does("thread.close", *ids)
    back = f"/forum-{board_id}-1.html"
    progress = send(client, f"/moderation/undo/{done.entry_id}", back=back).location
    waiting = client.get(progress).text
    assert f'href="{back}"' in waiting
    assert "/moderation/undo/" not in waiting

    run_batch(lambda: working(forum), number_of(progress))
    page = client.get(progress).text

    reversal = entries(forum)[-1]
    assert f'href="{back}"' in page
    assert f"/moderation/undo/{reversal.id}" in page
    moderator.undoes(reversal.id)
    assert f"/moderation/undo/{reversal.id}" not in client.get(progress).text


def test_a_batch_page_leads_nowhere_else(client, forum, board_id, moderator):
    ids = [forum.thread(forum.member(), board_id)]
    with working(forum) as uow:
        batch_id = start_batch(uow, moderator.actor, "thread.close", ids)
    run_batch(lambda: working(forum), batch_id)

    page = client.get(f"/moderation/batches/{batch_id}?back=https://elsewhere.example/").text

    assert "elsewhere.example" not in page
    assert f"/moderation/undo/{entries(forum)[0].id}" in page


def test_the_undo_of_a_clean_up_names_the_thread_in_the_way(client, forum, administrator):
    spammer = forum.member("卖药")
    first, second = (forum.thread(spammer, title=title) for title in ("好帖", "广告"))
    done = administrator.does("member.clean", spammer)
    restored = administrator.does("thread.restore", first)

    path = f"/moderation/undo/{done.entry_id}"
    page = client.get(f"{path}?lang=en").text
    answer = send(client, path, partial="1")

    assert f'<a href="/thread-{first}-1-1.html?lang=en">好帖</a>' in page
    assert f"/moderation/undo/{restored.entry_id}" in page
    assert answer.status_code == 303
    assert row(forum, Thread, second).state is ThreadState.VISIBLE


def undo_links(client):
    return set(re.findall(r"/moderation/undo/(\d+)", client.get("/moderation/log").text))


@pytest.mark.parametrize("who", ["moderator", "super", "administrator"])
def test_the_log_offers_what_its_page_allows(app, forum, board_id, who):
    other, author = forum.board("别处"), forum.member("作者")
    people = {
        "moderator": lambda: forum.moderator(board_id, "版主"),
        "super": lambda: forum.member("超版", group_id=2),
        "administrator": lambda: forum.member("管理", group_id=1),
    }
    founder, peer = Moderator(forum, FOUNDER_ID), forum.member("别的管理", group_id=1)
    ids = [forum.thread(author, board_id, replies=2) for _ in range(6)]
    founder.does("thread.stick", ids[0], options=StickOptions(3))
    founder.does("thread.stick", ids[1], options=StickOptions(1))
    founder.does("thread.copy", ids[2], options=CopyOptions(other))
    founder.does("thread.move", ids[3], options=MoveOptions(other))
    founder.does("thread.delete", ids[4])
    founder.does("thread.merge", ids[5], options=MergeOptions(forum.thread(author, board_id)))
    for member_id in (author, peer):
        founder.does("member.mute", member_id)
    founder.does("member.clean", forum.member("广告"))
    client = app.test_client()
    log_in(client, forum, people[who]())
    open_panel(forum)

    offered = undo_links(client)

    shown = set(re.findall(r'id="entry-(\d+)"', client.get("/moderation/log").text))
    allowed = {one for one in shown if client.get(f"/moderation/undo/{one}").status_code == 200}
    assert offered == allowed
    assert "1" in shown
    assert ("1" in offered) is (who == "administrator")  # sticky 3
    assert offered


@pytest.mark.parametrize("number", [1, 9])
def test_the_log_costs_the_same_however_much_is_in_it(forum, board_id, moderator, number):
    author = forum.member("作者")
    for _ in range(number):
        thread_id = forum.thread(author, board_id, replies=1)
        moderator.does("thread.close", thread_id)
        with forum.read() as s:
            reply = s.scalars(select(Post.id).where(Post.thread_id == thread_id, Post.floor == 2))
            reply_id = reply.one()
        moderator.does("post.block", reply_id)
    Moderator(forum, FOUNDER_ID).does("member.mute", author)
    super_moderator = forum.actor(forum.member("超版", group_id=2))
    with forum.read() as s, recorded_statements() as statements:
        page = log_page(s, super_moderator)

    assert [line.can_undo for line in page.lines] == [True] * (number * 2 + 1)
    assert len(statements) == 6


@pytest.fixture
def colleague(forum):
    return Moderator(forum, forum.member("同事", group_id=1))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_who_comes_second_reads_who_has_undone_it_and_keeps_the_reason(
    client, forum, administrator, colleague, lang
):
    done = administrator.does("thread.close", forum.thread(forum.member()))
    path = f"/moderation/undo/{done.entry_id}"
    by = colleague.undoes(done.entry_id).entry_id

    answer = send(client, f"{path}?lang={lang}" if lang == "en" else path, reason="我想撤销它")

    assert answer.status_code == 409
    said = "同事 has taken this back already" if lang == "en" else "同事 已撤销此操作"
    assert said in answer.text
    assert re.search(rf"/moderation/log\?[^\"]*before={by + 1}[^\"]*#entry-{by}\"", answer.text)
    assert "我想撤销它" in answer.text
    assert f'href="/moderation/undo/{by}' in answer.text  # to undo it in turn
    assert client.get(path).status_code == 409
    assert len(entries(forum)) == 2


def test_who_comes_second_at_the_same_moment_reads_it_too(
    client, forum, administrator, colleague, monkeypatch
):
    done = administrator.does("thread.close", forum.thread(forum.member()))

    def undo_second(uow, actor, entry_id, **more):
        colleague.undoes(entry_id)
        return undo(uow, actor, entry_id, **more)

    monkeypatch.setattr("forum.web.moderation.undo", undo_second)

    answer = send(client, f"/moderation/undo/{done.entry_id}", reason="我想撤销它")

    assert answer.status_code == 409
    assert "同事 已撤销此操作" in answer.text
    assert "我想撤销它" in answer.text


def test_what_came_in_the_way_meanwhile_is_shown_with_the_reason_typed(
    client, forum, administrator, colleague
):
    thread_id = forum.thread(forum.member())
    done = administrator.does("thread.close", thread_id)
    opened = colleague.does("thread.open", thread_id)

    answer = send(client, f"/moderation/undo/{done.entry_id}", reason="我想撤销它")

    assert answer.status_code == 409
    assert f"/moderation/undo/{opened.entry_id}" in answer.text
    assert len(entries(forum)) == 2


def test_what_a_batch_has_in_hand_is_not_undone_meanwhile(client, forum, administrator, colleague):
    ids = [forum.thread(forum.member(f"会员 {one}")) for one in range(12)]
    done = administrator.does("thread.close", ids[0])
    with working(forum) as uow:
        batch_id = start_batch(uow, colleague.actor, "thread.open", ids)
    with working(forum) as uow:
        advance(uow, batch_id)

    for answer in (
        client.get(f"/moderation/undo/{done.entry_id}"),
        send(client, f"/moderation/undo/{done.entry_id}", reason="我想撤销它"),
    ):
        assert answer.status_code == 403
        assert "批量操作正在处理此内容" in answer.text


def test_a_reply_in_a_binned_thread_says_what_to_undo_first(client, forum, board_id, moderator):
    thread_id = forum.thread(forum.member(), board_id, replies=1)
    with forum.read() as s:
        post_id = s.scalar(select(Post.id).where(Post.thread_id == thread_id, Post.floor == 2))
    deleted = moderator.does("post.delete", post_id)
    binned = moderator.does("thread.delete", thread_id)

    page = client.get(f"/moderation/undo/{deleted.entry_id}").text

    assert "所在主题在回收站中。" in page
    assert f"/moderation/undo/{binned.entry_id}" in page
