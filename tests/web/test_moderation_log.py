"""Who finds which entry in the log: deeds over several boards, and what is left of what is gone."""

import pytest
from sqlalchemy import select, text

from forum.commands.moderation.batch_steps import STEP_TARGETS
from forum.commands.moderation.batches import run_batch, start_batch
from forum.core.cache import CacheName
from forum.core.uow import unit_of_work
from forum.models import (
    BoardModerator,
    ModBatch,
    ModLogTarget,
    Post,
    PostState,
    Thread,
    ThreadState,
)
from tests.acting import log_in
from tests.commands.moderation.acting import Moderator, entries, row, working
from tests.factories import FOUNDER_ID
from tests.web.test_moderation import open_panel, send
from tests.web.test_moderation_undo import mark_of


@pytest.fixture
def boards(forum, board_id, moderator):
    """Two boards of the same moderator."""
    other = forum.board("也是我的")
    with unit_of_work(forum.database) as uow:
        uow.session.add(
            BoardModerator(board_id=other, member_id=moderator.member_id, appointed_at=uow.now)
        )
        uow.bump(CacheName.SITE)
    return board_id, other


@pytest.fixture
def author_id(forum):
    return forum.member("作者")


def reply_in(forum, author_id, board_id, title):
    thread_id = forum.thread(author_id, board_id, title=title, replies=1)
    with forum.read() as s:
        wanted = select(Post.id).where(Post.thread_id == thread_id, Post.floor == 2)
        return s.scalars(wanted).one()


def enters(app, forum, member_id):
    client = app.test_client()
    log_in(client, forum, member_id)
    open_panel(forum)
    return client


def test_posts_of_two_boards_are_one_entry_and_one_undo(
    client, forum, boards, moderator, author_id
):
    ids = [reply_in(forum, author_id, one, "两处的灌水") for one in boards]
    path = "/moderation/do/post.delete"
    mark = mark_of(send(client, path, ids=ids))
    assert send(client, path, ids=ids, previewed=mark).status_code == 303
    (entry,) = entries(forum)
    open_panel(forum)

    assert client.get("/moderation/log").text.count("两处的灌水") == 1
    assert send(client, f"/moderation/undo/{entry.id}").status_code == 303

    assert [row(forum, Post, one).state for one in ids] == [PostState.VISIBLE] * 2


def test_the_queue_of_two_boards_is_one_entry_and_one_undo(
    client, forum, boards, moderator, author_id
):
    ids = [reply_in(forum, author_id, one, "两处的等待") for one in boards]
    with unit_of_work(forum.database) as uow:
        for one in ids:
            uow.session.get_one(Post, one).state = PostState.PENDING
    done = moderator.does("post.approve", *ids)
    open_panel(forum)

    assert client.get("/moderation/log").text.count("两处的等待") == 1
    assert send(client, f"/moderation/undo/{done.entry_id}").status_code == 303

    assert [row(forum, Post, one).state for one in ids] == [PostState.PENDING] * 2


@pytest.mark.parametrize("who", ["super", "administrator", "one board"])
def test_posts_of_two_boards_are_for_who_moderates_both(
    app, forum, boards, moderator, who, author_id
):
    done = moderator.does(
        "post.block", *(reply_in(forum, author_id, one, "两处的") for one in boards)
    )
    member_id = {
        "super": lambda: forum.member("超版", group_id=2),
        "administrator": lambda: forum.member("管理", group_id=1),
        "one board": lambda: forum.moderator(boards[0], "一处"),
    }[who]()  # fmt: skip
    client = enters(app, forum, member_id)

    assert ("两处的" in client.get("/moderation/log").text) is (who != "one board")
    status = client.get(f"/moderation/undo/{done.entry_id}").status_code
    assert status == (404 if who == "one board" else 200)


def purged_together(forum, *board_ids):
    """Threads of these boards, deleted and cleared at once by the founder."""
    ids = [forum.thread(board_id=one, title="金丝雀") for one in board_ids]
    for key in ("thread.delete", "thread.purge"):
        Moderator(forum, FOUNDER_ID).does(key, *ids)


def pointers_deleted_together(forum, *board_ids):
    """Pointers of these boards, deleted at once: nothing is left of them."""
    away = forum.board("远处", viewers=(1,))
    founder = Moderator(forum, FOUNDER_ID)
    ids = [forum.thread(board_id=one, title="金丝雀") for one in board_ids]
    with unit_of_work(forum.database) as uow:
        for one, board_id in zip(ids, board_ids, strict=True):
            pointed = uow.session.get_one(Thread, one)
            pointed.board_id = away
            uow.session.add(
                Thread(
                    board_id=board_id, author_id=FOUNDER_ID, author_name="founder", title="金丝雀",
                    state=ThreadState.REDIRECT, moved_to_id=one, created_at=uow.now,
                    last_post_at=uow.now, last_poster_id=FOUNDER_ID, last_poster_name="founder",
                )
            )  # fmt: skip
    with forum.read() as s:
        pointers = s.scalars(select(Thread.id).where(Thread.moved_to_id.in_(ids))).all()
    founder.does("thread.delete", *pointers)


GONE = pytest.mark.parametrize("goes", [purged_together, pointers_deleted_together])


@GONE
def test_what_is_gone_is_kept_from_who_did_not_see_it(client, forum, boards, moderator, goes):
    goes(forum, forum.board("密室", viewers=(1,)), boards[0])
    open_panel(forum)

    assert "金丝雀" not in client.get("/moderation/log").text


@GONE
def test_what_is_gone_is_told_to_who_moderated_it(client, forum, boards, moderator, goes):
    forum.board("密室", viewers=(1,))
    goes(forum, *boards)
    open_panel(forum)

    assert "金丝雀" in client.get("/moderation/log").text


@pytest.mark.parametrize("is_secret", [True, False])
def test_what_is_gone_and_was_anywhere_is_for_who_sees_every_board(app, forum, boards, is_secret):
    purged_together(forum, *boards)
    with unit_of_work(forum.database) as uow:
        uow.session.execute(text("UPDATE modlog_targets SET board_id = NULL"))
    if is_secret:
        forum.board("密室", viewers=(1,))
    client = enters(app, forum, forum.member("超版", group_id=2))

    assert ("金丝雀" in client.get("/moderation/log").text) is not is_secret


def test_the_log_keeps_where_a_large_purge_was(forum, board_id):
    ids = [forum.thread(board_id=board_id) for _ in range(STEP_TARGETS + 1)]
    founder = Moderator(forum, FOUNDER_ID)
    founder.does("thread.delete", *ids)

    with working(forum) as uow:
        batch_id = start_batch(uow, founder.actor, "thread.purge", ids)
    run_batch(lambda: working(forum), batch_id)

    entry_id = row(forum, ModBatch, batch_id).entry_id
    with forum.read() as s:
        wanted = select(ModLogTarget.board_id).where(ModLogTarget.entry_id == entry_id)
        assert s.scalars(wanted).all() == [board_id] * len(ids)
