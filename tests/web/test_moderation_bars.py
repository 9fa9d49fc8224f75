"""The moderators' boxes and buttons in lists: boards, search results, members' threads and replies."""

import re

import pytest
from sqlalchemy import func, select

from forum.commands.membership import place_in_group
from forum.commands.search_index import reindex_thread
from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.models import ModLogEntry, Post, PostState, Thread, ThreadState
from tests.acting import log_in
from tests.commands.moderation.acting import Moderator, entries, row, working
from tests.factories import FOUNDER_ID
from tests.web.test_moderation import send

TAKING = {
    "thread.close", "thread.delete", "thread.merge", "thread.move", "thread.sink", "thread.split",
}  # fmt: skip
BOXES = re.compile(r'<input[^>]*type="checkbox" name="([a-z_]*ids)" value="(\d+)"[^>]*>')


def boxes(page):
    """(name, id) of the boxes one may tick."""
    return {
        (found[1], int(found[2])) for found in BOXES.finditer(page.text) if "disabled" not in found[0]
    }  # fmt: skip


def buttons(page):
    return set(re.findall(r'formaction="/moderation/do/([a-z.]+)"', page.text))


def links(page):
    return set(re.findall(r'href="/moderation/do/([a-z.]+)\?', page.text))


def found_by_search(forum):
    """Put every thread into the index."""
    with unit_of_work(forum.database) as uow:
        for thread_id in uow.session.scalars(select(Thread.id)).all():
            reindex_thread(uow, thread_id)


def first_post(forum, thread_id, floor=1):
    with forum.read() as s:
        return s.scalar(select(Post.id).where(Post.thread_id == thread_id, Post.floor == floor))


def test_search_results_have_boxes_where_one_moderates(client, forum, board_id, moderator):
    author = forum.member("李雷")
    mine = forum.thread(author, board_id, title="红旗", replies=1, source="红旗")
    theirs = forum.thread(author, title="红旗")
    found_by_search(forum)

    page = client.get("/search?author=李雷&kind=posts")

    assert f"/thread-{theirs}-" in page.text
    assert {name for name, _ in boxes(page)} == {"thread_ids", "post_ids"}
    assert ("thread_ids", mine) in boxes(page)
    assert ("thread_ids", theirs) not in boxes(page)
    assert {"thread.delete", "thread.close", "thread.stick", "post.delete"} <= buttons(page)
    assert "thread.open" not in buttons(page)  # none of them is closed


@pytest.mark.parametrize("who", ["guest", "member"])
def test_others_see_no_boxes(client, forum, who):
    author = forum.member()
    forum.thread(author, title="红旗")
    if who == "member":
        log_in(client, forum, forum.member("李雷"))
    found_by_search(forum)
    for path in ("/search?q=红旗", f"/space-uid-{author}.html?do=thread", "/forum-2-1.html"):
        page = client.get(path)
        assert (page.status_code, boxes(page), buttons(page)) == (200, set(), set())


def test_a_batch_from_search_is_previewed_done_logged_and_undone_as_one(
    client, forum, board_id, moderator
):
    author = forum.member("李雷")
    threads = [forum.thread(author, board_id, title=f"红旗 {n}") for n in range(3)]
    picked = "&".join(f"thread_ids={one}" for one in threads) + "&post_ids=1"
    page = client.get(f"/moderation/do/thread.delete?{picked}&back=/search?q=红旗")
    mark = page.text.partition('name="previewed"')[2].partition('value="')[2].partition('"')[0]
    assert all(f"红旗 {n}" in page.text for n in range(3))

    done = send(
        client, "/moderation/do/thread.delete", ids=threads, previewed=mark, reason="广告",
        back="/search?q=x",
    )  # fmt: skip

    assert (done.status_code, done.location) == (303, "/search?q=x")
    assert [one.target_count for one in entries(forum)] == [3]
    send(client, f"/moderation/undo/{entries(forum)[0].id}")
    assert {row(forum, Thread, one).state for one in threads} == {ThreadState.VISIBLE}


def test_a_members_threads_have_boxes(client, forum, board_id, moderator):
    author = forum.member()
    mine, theirs = forum.thread(author, board_id), forum.thread(author)
    page = client.get(f"/space-uid-{author}.html?do=thread")

    assert boxes(page) == {("ids", mine)}
    assert f"/thread-{theirs}-" in page.text
    assert {"thread.delete", "thread.close"} <= buttons(page)


def test_a_members_replies_have_boxes(client, forum, board_id, moderator):
    author, other = forum.member("李雷"), forum.member("王芳")
    mine = forum.thread(other, board_id, replies=1, repliers=(author,))
    forum.thread(other, replies=1, repliers=(author,))
    post_id = first_post(forum, mine, 2)
    page = client.get(f"/space-uid-{author}.html?do=reply")
    assert boxes(page) == {("ids", post_id)}
    assert {"post.delete", "post.block"} <= buttons(page)
    assert "post.restore" not in buttons(page)

    first = client.get(f"/moderation/do/post.delete?ids={post_id}")
    mark = first.text.partition('name="previewed"')[2].partition('value="')[2].partition('"')[0]
    send(client, "/moderation/do/post.delete", ids=post_id, previewed=mark)

    assert row(forum, Post, post_id).state is PostState.RECYCLED


def test_a_post_goes_back_to_the_queue_from_the_bars_of_posts(client, forum, board_id, moderator):
    author = forum.member("李雷")
    thread_id = forum.thread(forum.member("王芳"), board_id, replies=1, repliers=(author,))
    post_id = first_post(forum, thread_id, 2)
    paths = f"/thread-{thread_id}-1-1.html", f"/space-uid-{author}.html?do=reply"
    assert all("post.hold" in buttons(client.get(path)) for path in paths)

    client.get(f"/moderation/do/post.hold?ids={post_id}")
    assert send(client, "/moderation/do/post.hold", ids=post_id).status_code == 303

    assert row(forum, Post, post_id).state is PostState.PENDING
    assert "post.hold" not in buttons(client.get(paths[1]))


def test_bars_of_posts_are_alike_and_count_only_with_scripts(client, forum, board_id, moderator):
    author = forum.member("李雷")
    thread_id = forum.thread(forum.member("王芳"), board_id, replies=1, repliers=(author,))

    for path in (f"/thread-{thread_id}-1-1.html", f"/space-uid-{author}.html?do=reply"):
        page = client.get(path).text
        (delete,) = re.findall(r'<button class="([^"]*)" formaction="/moderation/do/post.delete"', page)  # fmt: skip
        assert "button--danger" in delete
        counts = re.findall(r'<span( hidden)?>: <span class="mod-bar__count"', page)
        assert counts
        assert set(counts) == {" hidden"}


def test_nothing_is_offered_that_takes_something_from_a_higher_rank(
    client, forum, board_id, moderator
):
    forum.thread(FOUNDER_ID, board_id, title="公告红旗")
    found_by_search(forum)

    for path in (
        f"/space-uid-{FOUNDER_ID}.html?do=thread", "/search?q=公告红旗", f"/forum-{board_id}-1.html",
    ):  # fmt: skip
        page = client.get(path)
        assert boxes(page)
        assert "thread.stick" in buttons(page)
        assert not TAKING & buttons(page)


def test_targets_smuggled_into_a_search_batch_stop_all(client, forum, board_id, moderator):
    mine, theirs = forum.thread(forum.member(), board_id), forum.thread()

    answer = send(client, "/moderation/do/thread.close", thread_ids=[mine, theirs], previewed="x")

    assert answer.status_code in (200, 403)
    assert not row(forum, Thread, mine).is_closed
    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(ModLogEntry)) == 0


@pytest.mark.parametrize("count", [1, 12])
def test_statements_do_not_grow_with_the_boxes(client, forum, board_id, moderator, count):
    author = forum.member()
    for number in range(count):
        forum.thread(author, board_id, title=f"红旗 {number}", replies=1, repliers=(author,))
    found_by_search(forum)
    counted = []
    for path in (
        f"/space-uid-{author}.html?do=thread", f"/space-uid-{author}.html?do=reply", "/search?q=红旗",
        f"/forum-{board_id}-1.html",
    ):  # fmt: skip
        client.get("/settings")
        with recorded_statements() as statements:
            assert boxes(client.get(path))
        counted.append(len(statements))
    assert counted[0] <= 5
    assert counted[1] <= 5
    assert counted[2] <= 7
    assert counted[3] <= 8


def test_a_board_offers_deletion_for_those_below_and_ones_own(client, forum, board_id, moderator):
    path = f"/forum-{board_id}-1.html"
    other = forum.moderator(board_id, "版主乙")
    forum.thread(other, board_id)
    assert "thread.delete" not in buttons(client.get(path))  # an equal's

    own = forum.thread(moderator.member_id, board_id)
    assert "thread.delete" in buttons(client.get(path))
    page = client.get(f"/moderation/do/thread.delete?ids={own}")
    assert "effects__item--refused" not in page.text


def test_a_change_of_rank_shows_at_once_in_the_board(client, forum, board_id, moderator):
    author = forum.member("李雷")
    forum.thread(author, board_id)
    path = f"/forum-{board_id}-1.html"
    assert "thread.delete" in buttons(client.get(path))

    with working(forum) as uow:
        place_in_group(uow, forum.actor(FOUNDER_ID), member_id=author, group_id=2)

    assert "thread.delete" not in buttons(client.get(path))


def test_a_space_offers_only_what_there_is_to_do(client, forum):
    administrator = forum.member("站长", group_id=1)
    log_in(client, forum, administrator)
    member = forum.member("平常人")
    page = client.get(f"/space-uid-{member}.html")
    assert {"member.mute", "member.ban", "member.lock"} <= links(page)
    assert not {"member.release", "member.clear"} & links(page)

    Moderator(forum, administrator).does("member.mute", member)

    page = client.get(f"/space-uid-{member}.html")
    assert "member.release" in links(page)
    answer = send(client, "/moderation/do/member.release", ids=member)
    assert answer.status_code == 303


def test_nobody_is_offered_what_outranks_them(client, forum, moderator):
    assert links(client.get(f"/space-uid-{FOUNDER_ID}.html")) == set()
    assert links(client.get(f"/space-uid-{moderator.member_id}.html")) == set()


def test_a_thread_page_offers_only_what_there_is_to_do(client, forum, board_id, moderator):
    author = forum.member("李雷")
    lonely = forum.thread(author, board_id)
    page = client.get(f"/thread-{lonely}-1-1.html")
    assert {"thread.delete", "thread.close", "thread.stick", "thread.move"} <= links(page)
    assert not {"thread.open", "thread.restore", "thread.split", "thread.type"} & links(page)
    assert {"post.block", "post.warn"} <= buttons(page)
    assert not {"post.delete", "post.pin", "post.restore"} & buttons(page)

    talked = forum.thread(author, board_id, replies=2)
    page = client.get(f"/thread-{talked}-1-1.html")
    assert "thread.split" in links(page)
    assert "post.delete" in buttons(page)
    assert len(boxes(page)) == 3
    moderator.does("post.delete", first_post(forum, talked, 2))
    assert "post.restore" in buttons(client.get(f"/thread-{talked}-1-1.html"))


def test_a_thread_of_a_higher_rank_is_offered_marks_alone(client, forum, board_id, moderator):
    thread_id = forum.thread(FOUNDER_ID, board_id, replies=25, repliers=(forum.member("李雷"),))
    for number in (1, 2):
        page = client.get(f"/thread-{thread_id}-{number}-1.html")
        assert "thread.stick" in links(page)
        assert not TAKING & links(page)


def test_what_a_higher_one_made_sticky_is_not_offered(client, forum, board_id, moderator):
    thread_id = forum.thread(board_id=board_id, sticky_level=3)

    assert "thread.stick" not in links(client.get(f"/thread-{thread_id}-1-1.html"))


def test_each_offered_button_of_a_thread_succeeds(client, forum, board_id, moderator):
    """Every link of the bar opens a page on which nothing is refused."""
    author = forum.member("李雷")
    thread_id = forum.thread(author, board_id, replies=2)
    closed = forum.thread(author, board_id, is_closed=True)
    for one in (thread_id, closed):
        for key in links(client.get(f"/thread-{one}-1-1.html")):
            page = client.get(f"/moderation/do/{key}?ids={one}")
            assert page.status_code == 200, key
            assert "effects__item--refused" not in page.text, key
            assert f'action="/moderation/do/{key}"' in page.text, key
