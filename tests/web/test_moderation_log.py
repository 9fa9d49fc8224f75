"""Who finds which entry in the log: deeds over several boards, and what is left of what is gone."""

import re

import pytest
from sqlalchemy import select, text

from forum.commands.moderation.batch_steps import STEP_TARGETS
from forum.commands.moderation.batches import run_batch, start_batch
from forum.commands.moderation.thread_marks import (
    DigestOptions,
    HighlightOptions,
    RecommendOptions,
    StampOptions,
    StickOptions,
)
from forum.commands.moderation.thread_merging import MergeOptions, SplitOptions
from forum.commands.moderation.thread_moving import MoveOptions
from forum.commands.moderation.thread_places import CopyOptions
from forum.core.cache import CacheName
from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.models import (
    BoardModerator,
    ModBatch,
    ModLogTarget,
    Post,
    PostState,
    Thread,
    ThreadState,
    ThreadType,
)
from forum.queries.log_filter import LogFilter
from forum.queries.moderation import PAGE, log_page
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


@pytest.fixture
def across(forum, boards, moderator, author_id):
    """A deed over two boards, a move from one to the other, a merge across them, a purge of both, and one
    of each board alone."""
    here, there = boards
    first, second = (forum.thread(author_id, one, title="两处的") for one in boards)
    moderator.does("thread.close", first, second)
    founder = Moderator(forum, FOUNDER_ID)
    moved = forum.thread(author_id, here, title="搬走的")
    founder.does("thread.move", moved, options=MoveOptions(there))
    kept, other = forum.thread(author_id, here, title="留下的"), forum.thread(author_id, there)
    founder.does("thread.merge", kept, options=MergeOptions(other))
    purged_together(forum, *boards)
    for one, title in zip(boards, ("这里的", "那里的"), strict=True):
        moderator.does("thread.close", forum.thread(author_id, one, title=title))
    return boards


def titles_in(forum, member_id, board_id, **more):
    with forum.read() as s:
        wanted = LogFilter(board_id=board_id, **more)
        return [line.title for line in log_page(s, forum.actor(member_id), filter=wanted).lines]


ACROSS = ["金丝雀", "金丝雀", "留下的", "搬走的", "两处的"]


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("is_old", [False, True])
def test_a_board_s_log_has_what_was_done_over_several(forum, across, moderator, at, is_old):
    if is_old:  # logged before targets kept their boards, of what is still there
        with unit_of_work(forum.database) as uow:
            uow.session.execute(
                text(
                    "UPDATE modlog_targets SET board_id = NULL WHERE target_id IN (SELECT id FROM threads)"
                )
            )
    alone = ["这里的", "那里的"][at]

    for member_id in (moderator.member_id, FOUNDER_ID):
        assert titles_in(forum, member_id, across[at]) == [alone, *ACROSS]
    assert titles_in(forum, FOUNDER_ID, across[at], action="thread.move") == ["搬走的"]
    assert titles_in(forum, FOUNDER_ID, across[at], actor_id=moderator.member_id) == [
        alone,
        "两处的",
    ]
    assert titles_in(forum, FOUNDER_ID, forum.board("第三处")) == []


def test_what_was_taken_back_across_boards_is_there_too(forum, boards, author_id):
    founder = Moderator(forum, FOUNDER_ID)
    done = founder.does("thread.move", forum.thread(author_id, boards[0], title="搬走的"),
                        options=MoveOptions(boards[1]))  # fmt: skip
    founder.undoes(done.entry_id)

    for one in boards:
        assert titles_in(forum, FOUNDER_ID, one) == ["搬走的"] * 2


@pytest.mark.parametrize("at", [0, 1])
def test_a_board_s_log_says_no_more_than_the_log(forum, across, at):
    """Who moderates one of the boards sees what is of that one alone; a merge is of the thread that stays."""
    member_id = forum.moderator(across[at], "一处")
    forum.board("密室", viewers=(1,))
    with forum.read() as s:
        told = [line.title for line in log_page(s, forum.actor(member_id)).lines]

    assert told == [["这里的", "留下的"], ["那里的"]][at]
    assert titles_in(forum, member_id, across[at]) == told
    assert titles_in(forum, member_id, across[1 - at]) == [["留下的"], []][at]


def test_the_log_of_a_board_is_paged_through_whatever_kind_an_entry_is(
    forum, boards, moderator, author_id
):
    pairs = [tuple(forum.thread(author_id, one, title=str(n)) for one in boards) for n in range(40)]
    for number, (here, there) in enumerate(pairs):
        moderator.does("thread.close", *((here, there) if number % 2 else (here,)))
    actor, wanted = moderator.actor, LogFilter(board_id=boards[0])

    with forum.read() as s:
        first = log_page(s, actor, filter=wanted)
        with recorded_statements() as statements:
            rest = log_page(s, actor, filter=wanted, before=first.older_before)

    assert [one.title for one in (*first.lines, *rest.lines)] == [str(n) for n in range(39, -1, -1)]
    assert len(first.lines) == PAGE
    assert len([one for one in statements if "modlog.title" in one]) == 1


@pytest.mark.parametrize("is_long", [False, True], ids=["at once", "in pieces"])
def test_a_merge_is_found_by_the_number_of_either_thread(
    forum, boards, moderator, author_id, is_long
):
    """The one that went into the other is in no other entry: whoever misses it asks by its number."""
    kept, gone, other, fourth = (
        forum.thread(author_id, boards[0], title=title, replies=2) for title in "留并别四"
    )
    moderator.does("thread.merge", other, options=MergeOptions(fourth))
    if is_long:
        with working(forum) as uow:
            options = MergeOptions(gone)
            batch_id = start_batch(uow, moderator.actor, "thread.merge", [kept], options)
        run_batch(lambda: working(forum), batch_id)
        entry_id = row(forum, ModBatch, batch_id).entry_id
    else:
        entry_id = moderator.does("thread.merge", kept, options=MergeOptions(gone)).entry_id
    undone = moderator.undoes(entry_id)

    with forum.read() as s:
        for thread_id in (kept, gone):
            lines = log_page(s, moderator.actor, filter=LogFilter(thread_id=thread_id)).lines
            assert [line.id for line in lines] == [undone.entry_id, entry_id]


def test_a_merge_is_not_found_by_who_moderates_another_board(forum, boards, author_id):
    kept, gone = (forum.thread(author_id, one, title="金丝雀") for one in boards)
    Moderator(forum, FOUNDER_ID).does("thread.merge", kept, options=MergeOptions(gone))
    reader = Moderator(forum, forum.moderator(boards[1], "只管并走的"))

    with forum.read() as s:
        assert log_page(s, reader.actor, filter=LogFilter(thread_id=gone)).lines == ()


CHOSEN = (
    ("thread.stick", StickOptions(2), "置顶 II", "Sticky II"),
    ("thread.stick", StickOptions(0), "解除置顶", "Not sticky"),
    ("thread.digest", DigestOptions(3), "精华 III", "Digest III"),
    ("thread.highlight", HighlightOptions(1, 2, bold=True), "红色，背景色: 橙色，粗体", "Red, Background: Orange, Bold"),
    ("thread.stamp", StampOptions("hot"), "热帖", "Hot thread"),
    ("thread.recommend", RecommendOptions(False), "推荐主题：否", "not: Recommend"),
    ("thread.split", SplitOptions("2-3", "分出来的"), "楼层 2-3，分出来的", "floors 2-3, 分出来的"),
)  # fmt: skip


def told(page):
    """What stands in brackets behind the actions of a page."""
    main = page.partition('id="content"')[2].partition("</main>")[0]
    return re.findall(r"\(([^()<>]+)\)", main)


def test_the_log_and_the_history_say_what_was_chosen(client, forum, board_id, author_id):
    founder = Moderator(forum, FOUNDER_ID)
    thread_id = forum.thread(author_id, board_id, replies=3)
    for key, options, *_ in CHOSEN:
        founder.does(key, thread_id, options=options)
    log_in(client, forum, forum.member("站长助理", group_id=1))
    open_panel(forum)

    for lang, at in (("zh_Hans_CN", 2), ("en", 3)):
        wanted = [line[at] for line in reversed(CHOSEN)]
        assert told(client.get(f"/moderation/log?lang={lang}").text) == wanted
        # What was typed is for the staff.
        public = [wanted[0].replace("，分出来的", "").replace(", 分出来的", ""), *wanted[1:]]
        assert told(client.get(f"/thread-{thread_id}/history?lang={lang}").text) == public


def test_the_log_says_which_floor_and_of_a_secret_board_nothing(
    app, client, forum, board_id, moderator, author_id
):
    secret = forum.board("金丝雀的密室", viewers=(1,))
    with unit_of_work(forum.database) as uow:
        kind = ThreadType(board_id=secret, name="金丝雀类", position=1)
        uow.session.add(kind)
        uow.session.flush()  # kind.id
        type_id = kind.id
        uow.bump(CacheName.SITE)
    thread_id = forum.thread(author_id, board_id, title="跑远的")
    post_id = reply_in(forum, author_id, board_id, "有一层的")
    founder = Moderator(forum, FOUNDER_ID)
    moderator.does("post.block", post_id)
    founder.does("thread.copy", thread_id, options=CopyOptions(secret, type_id))
    open_panel(forum)
    chief = enters(app, forum, forum.member("站长助理", group_id=1))

    own, history = (
        client.get(path).text for path in ("/moderation/log", f"/thread-{thread_id}/history")
    )

    assert "2 楼" in own
    assert "到 您无权查看的版块" in own
    assert "到 您无权查看的版块" in history
    assert "金丝雀" not in own + history
    assert "到 金丝雀的密室，金丝雀类" in chief.get("/moderation/log").text
