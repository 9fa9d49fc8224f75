"""The moderators' pages: options, preview, deed, undo, log, recycle bin."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from forum.core.clock import utc_now
from forum.core.uow import unit_of_work
from forum.models import LoginSession, Thread, ThreadState
from tests.acting import csrf_token, log_in
from tests.commands.moderation.acting import Moderator, entries, row
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID


@pytest.fixture
def board_id(forum):
    return forum.board("我的")


@pytest.fixture
def moderator(client, forum, board_id):
    member_id = forum.moderator(board_id)
    log_in(client, forum, member_id)
    return Moderator(forum, member_id)


def open_panel(forum):
    with unit_of_work(forum.database) as uow:
        uow.session.execute(
            update(LoginSession).values(panel_until=utc_now() + timedelta(minutes=9))
        )


def send(client, path, token_from="/settings", **fields):
    return client.post(path, data={"csrf_token": csrf_token(client, token_from), **fields})


def test_a_single_mild_action_is_done_at_once(client, forum, board_id, moderator):
    thread_id = forum.thread(board_id=board_id)
    page = client.get(
        f"/moderation/do/thread.close?ids={thread_id}&back=/thread-{thread_id}-1-1.html"
    )
    assert page.status_code == 200

    answer = send(
        client, "/moderation/do/thread.close", ids=thread_id, reason="灌水",
        back=f"/thread-{thread_id}-1-1.html",
    )  # fmt: skip

    assert (answer.status_code, answer.location) == (303, f"/thread-{thread_id}-1-1.html")
    assert row(forum, Thread, thread_id).is_closed
    assert entries(forum)[0].reason == "灌水"


def test_a_destructive_action_is_shown_before_it_is_done(client, forum, board_id, moderator):
    thread_id = forum.thread(forum.member(), board_id, replies=3)
    first = send(client, "/moderation/do/thread.delete", ids=thread_id)
    assert first.status_code == 200
    assert row(forum, Thread, thread_id).state is ThreadState.VISIBLE
    mark = first.text.partition('name="previewed"')[2].partition('value="')[2].partition('"')[0]

    second = send(client, "/moderation/do/thread.delete", ids=thread_id, previewed=mark)

    assert second.status_code == 303
    assert row(forum, Thread, thread_id).state is ThreadState.RECYCLED


def test_the_preview_of_a_move_belongs_to_its_options(client, forum, board_id, moderator):
    other, thread_id = forum.board("别处"), forum.thread(board_id=board_id)
    shown = client.get(f"/moderation/do/thread.move?ids={thread_id}")
    assert "别处" in shown.text
    first = send(client, "/moderation/do/thread.move", ids=thread_id, board_id=other)
    mark = first.text.partition('name="previewed"')[2].partition('value="')[2].partition('"')[0]
    assert mark

    changed = send(client, "/moderation/do/thread.move", ids=thread_id, board_id=FIRST_BOARD_ID, previewed=mark)  # fmt: skip
    assert changed.status_code == 200
    done = send(client, "/moderation/do/thread.move", ids=thread_id, board_id=other, previewed=mark)

    assert done.status_code == 303
    assert row(forum, Thread, thread_id).board_id == other


def test_a_form_without_a_board_is_refused(client, forum, board_id, moderator):
    answer = send(client, "/moderation/do/thread.move", ids=forum.thread(board_id=board_id))

    assert answer.status_code == 422


def test_a_smuggled_target_stops_all(client, forum, board_id, moderator):
    mine, theirs = forum.thread(board_id=board_id), forum.thread()

    page = client.get(f"/moderation/do/thread.close?ids={mine}&ids={theirs}")
    assert page.status_code == 200
    answer = send(client, "/moderation/do/thread.close", ids=[mine, theirs])

    assert answer.status_code in (200, 403)
    assert not row(forum, Thread, mine).is_closed


def test_secret_titles_are_not_shown(client, forum, board_id, moderator):
    secret = forum.thread(board_id=forum.board("密室", viewers=(1,)), title="金丝雀")

    page = client.get(f"/moderation/do/thread.close?ids={secret}")

    assert page.status_code == 404
    assert "金丝雀" not in page.text


@pytest.mark.parametrize("who", ["guest", "member"])
def test_others_get_no_page(client, forum, who):
    thread_id = forum.thread()
    if who == "member":
        log_in(client, forum, forum.member())

    assert client.get(f"/moderation/do/thread.close?ids={thread_id}").status_code == 403
    assert client.get("/moderation/log").status_code in (303, 403)


def test_the_bulk_bar_and_the_bars_are_on_the_pages(client, forum, board_id, moderator):
    thread_id = forum.thread(board_id=board_id)

    assert "/moderation/do/thread.stick" in client.get(f"/forum-{board_id}-1.html").text
    assert "/moderation/do/thread.digest" in client.get(f"/thread-{thread_id}-1-1.html").text
    assert "/moderation/do/" not in client.get("/forum-2-1.html").text


def test_the_panel_asks_for_the_password(client, forum, moderator):
    answer = client.get("/moderation/log")

    assert answer.status_code == 303
    assert answer.location.startswith("/moderation/enter")


def test_the_log_offers_undo_and_undoing_works(client, forum, board_id, moderator):
    thread_id = forum.thread(board_id=board_id, title="旧笔记本")
    done = moderator.does("thread.close", thread_id, reason="文不对题")
    open_panel(forum)

    log = client.get("/moderation/log").text
    assert "旧笔记本" in log and "文不对题" in log and f"/moderation/undo/{done.entry_id}" in log
    assert client.get(f"/moderation/undo/{done.entry_id}").status_code == 200
    assert send(client, f"/moderation/undo/{done.entry_id}").status_code == 303

    assert not row(forum, Thread, thread_id).is_closed
    assert client.get(f"/moderation/undo/{done.entry_id}").status_code == 403


def test_conflicts_are_listed_with_what_to_undo_first(client, forum, board_id, moderator):
    thread_id = forum.thread(board_id=board_id)
    first = moderator.does("thread.close", thread_id)
    second = moderator.does("thread.open", thread_id)

    page = client.get(f"/moderation/undo/{first.entry_id}").text

    assert f"/moderation/undo/{second.entry_id}" in page
    assert send(client, f"/moderation/undo/{first.entry_id}").status_code == 409


def test_the_log_shows_own_boards_only(client, forum, board_id, moderator):
    Moderator(forum, FOUNDER_ID).does("thread.close", forum.thread(title="金丝雀"))
    open_panel(forum)

    assert "金丝雀" not in client.get("/moderation/log").text


def test_the_recycle_bin_restores(client, forum, board_id, moderator):
    thread_id = forum.thread(forum.member(), board_id, title="旧笔记本")
    moderator.does("thread.delete", thread_id)
    open_panel(forum)

    page = client.get("/moderation/recycle-bin").text
    assert "旧笔记本" in page and "/moderation/do/thread.restore" in page
    send(client, "/moderation/do/thread.restore", ids=thread_id)

    assert row(forum, Thread, thread_id).state is ThreadState.VISIBLE
    assert client.get("/moderation/").status_code == 200


def test_the_thread_tells_its_history(client, forum, board_id, moderator):
    thread_id = forum.thread(board_id=board_id)
    moderator.does("thread.close", thread_id)

    assert "history" in client.get(f"/thread-{thread_id}-1-1.html").text
    assert client.get(f"/thread-{thread_id}/history").status_code == 200


def test_a_large_action_runs_in_steps_and_is_one_entry(client, forum, board_id, moderator):
    author = forum.member()
    ids = [forum.thread(author, board_id) for _ in range(25)]
    first = send(client, "/moderation/do/thread.delete", ids=ids)
    mark = first.text.partition('name="previewed"')[2].partition('value="')[2].partition('"')[0]

    answer = send(client, "/moderation/do/thread.delete", ids=ids, previewed=mark, back="/")

    assert (answer.status_code, answer.location) == (303, "/")
    (entry,) = entries(forum)
    assert entry.target_count == 25
    undoing = send(client, f"/moderation/undo/{entry.id}")
    assert "/moderation/batches/" in undoing.location
    progress = client.get(undoing.location)
    assert (progress.status_code, progress.headers["Refresh"]) == (200, "2")
