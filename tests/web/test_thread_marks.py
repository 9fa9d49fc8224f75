"""Stamps, icons and recommendations: guests see them at the next request, in both languages."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from forum.commands.moderation.batch_steps import STEP_TARGETS
from forum.commands.moderation.batches import run_batch, start_batch, start_undo_batch
from forum.commands.moderation.thread_marks import (
    DigestOptions,
    HighlightOptions,
    IconOptions,
    RecommendOptions,
    StampOptions,
    StickOptions,
)
from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.models import ModBatch, ModLogEntry
from forum.modlog.marks import ICONS, STAMPS
from tests.acting import log_in
from tests.commands.moderation.acting import Moderator, row, working
from tests.factories import FOUNDER_ID

RECOMMENDED = 'aria-labelledby="recommended"'  # the box above the list


@pytest.fixture
def staff(forum):
    return Moderator(forum, FOUNDER_ID)


def shown(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.text


def test_a_stamp_shows_over_the_opening_post_at_once(client, forum, staff):
    thread_id = forum.thread(replies=30)
    path = f"/thread-{thread_id}-1-1.html"
    assert "stamp__seal" not in shown(client, path)

    done = staff.does("thread.stamp", thread_id, options=StampOptions("pictures"))

    assert 'aria-label="图章：美图">美图</span>' in shown(client, path)
    assert 'aria-label="Stamp: Fine pictures"' in shown(client, f"{path}?lang=en")
    assert "stamp__seal" not in shown(client, f"/thread-{thread_id}-2-1.html")
    staff.undoes(done.entry_id)
    assert "stamp__seal" not in shown(client, path)


def test_an_icon_shows_in_the_list_at_once(client, forum, staff):
    thread_id = forum.thread()
    assert "badge--mark" not in shown(client, "/forum-2-1.html")

    staff.does("thread.icon", thread_id, options=IconOptions("new"))

    assert '<span class="badge badge--mark badge--mark-new">新人帖</span>' in shown(client, "/forum-2-1.html")  # fmt: skip
    assert "Newcomer" in shown(client, "/forum-2-1.html?lang=en")


@pytest.mark.parametrize(
    ("action", "options"),
    [
        ("thread.stick", StickOptions(1)), ("thread.close", None), ("thread.digest", DigestOptions(1)),
        ("thread.highlight", HighlightOptions(2)), ("thread.icon", IconOptions("new")),
    ],
)  # fmt: skip
def test_a_mark_in_the_list_leads_to_its_history_as_long_as_it_stands(
    client, forum, staff, action, options
):
    thread_id = forum.thread(title="有记录")
    way = f'href="/thread-{thread_id}/history"'
    assert way not in shown(client, "/forum-2-1.html")

    done = staff.does(action, thread_id, options=options)

    assert way in shown(client, "/forum-2-1.html")
    assert "主题操作记录" in shown(client, "/forum-2-1.html")
    assert "founder" in shown(client, f"/thread-{thread_id}/history")
    staff.undoes(done.entry_id)
    assert way not in shown(client, "/forum-2-1.html")


def test_a_mark_without_history_leads_nowhere(client, forum):
    forum.thread(title="导入的置顶", sticky_level=1, is_closed=True)

    page = shown(client, "/forum-2-1.html")

    assert "导入的置顶" in page
    assert "/history" not in page


def test_recommended_threads_stand_above_the_list_at_once(client, forum, staff):
    chosen, _ = forum.thread(title="值得一看"), forum.thread(title="一般")
    assert RECOMMENDED not in shown(client, "/forum-2-1.html")

    done = staff.does("thread.recommend", chosen)

    page = shown(client, "/forum-2-1.html")
    box = page.partition(RECOMMENDED)[2].partition("</section>")[0]
    assert "推荐主题" in box
    assert "值得一看" in box
    assert "一般" not in box
    assert "Recommended threads" in shown(client, "/forum-2-1.html?lang=en")
    assert RECOMMENDED not in shown(client, "/forum-2-1.html?order=replies")
    staff.does("thread.recommend", chosen, options=RecommendOptions(False))
    assert RECOMMENDED not in shown(client, "/forum-2-1.html")
    assert done.entry_id


def test_a_deleted_thread_is_recommended_no_more(client, forum, staff):
    chosen = forum.thread(title="值得一看")
    staff.does("thread.recommend", chosen)
    staff.does("thread.delete", chosen)

    assert "值得一看" not in shown(client, "/forum-2-1.html")


@pytest.mark.parametrize("count", [1, 14])
def test_the_recommended_take_one_statement(app, client, forum, staff, count):
    staff.does("thread.recommend", *[forum.thread() for _ in range(count)])
    shown(client, "/forum-2-1.html")
    app.extensions["page_cache"].clear() if hasattr(app.extensions["page_cache"], "clear") else None

    with recorded_statements() as statements:
        shown(client, "/forum-2-1.html?order=replies")
        shown(client, "/forum-2-1.html?within=86400")
        page = shown(client, "/forum-2-1.html?lang=en")

    assert page.count('class="recommended-list__item"') == min(count, 10)
    assert len(statements) <= 3 * 6


def test_every_mark_can_be_given(forum, staff):
    thread_id = forum.thread()
    for key, _ in STAMPS:
        staff.does("thread.stamp", thread_id, options=StampOptions(key))
    for key, _ in ICONS:
        staff.does("thread.icon", thread_id, options=IconOptions(key))


def lines(client, path):
    """The marks of a list as one reads them."""
    found = re.findall(r'<a class="thread-list__mark"[^>]*>(.*?)</a>', shown(client, path))
    return [re.sub(r"<[^>]+>", "", one) for one in found]


def test_the_list_says_who_gave_the_mark_and_when(client, forum, staff):
    thread_id = forum.thread(title="有记录")
    staff.does("thread.stick", thread_id, options=StickOptions(1))

    page = shown(client, "/forum-2-1.html")

    (link,) = re.findall(r'<a class="thread-list__mark"[^>]*>.*?</a>', page)
    assert f'href="/thread-{thread_id}/history" rel="nofollow"' in link
    assert re.search(r'<time datetime="\S+" title="\d{4}-\d+-\d+ \d\d:\d\d:\d\d">', link)
    assert lines(client, "/forum-2-1.html") == ["由 founder 于 刚刚 置顶"]
    assert lines(client, "/forum-2-1.html?lang=en") == ["Stick: founder, just now"]
    assert "thread-list__history" not in page  # one way there is enough
    for elsewhere in ("/guide/newthread", f"/space-uid-{FOUNDER_ID}.html?do=thread"):
        assert "有记录" in shown(client, elsewhere)
        assert "thread-list__mark" not in shown(client, elsewhere)


def test_what_nobody_did_was_the_schedule(client, forum, staff):
    thread_id = forum.thread()
    staff.does("thread.close", thread_id)
    with working(forum) as uow:
        uow.session.execute(update(ModLogEntry).values(actor_id=None, actor_name=""))

    assert lines(client, "/forum-2-1.html") == ["由 系统 于 刚刚 关闭"]


def test_all_readers_see_at_once_that_a_mark_of_the_site_comes_and_goes(app, forum, staff):
    far = forum.board("远处", forum.category("别的分区"))
    thread_id = forum.thread(board_id=far, title="全站公告")
    guest, member = app.test_client(), app.test_client()
    log_in(member, forum, forum.member("读者"))
    readers = [(one, f"/forum-{board}-1.html") for one in (guest, member) for board in (2, far)]
    for reader, path in readers:
        assert lines(reader, path) == []

    done = staff.does("thread.stick", thread_id, options=StickOptions(3))
    assert [lines(*one) for one in readers] == [["由 founder 于 刚刚 置顶"]] * 4
    closing = staff.does("thread.close", thread_id)
    assert [lines(*one) for one in readers] == [["由 founder 于 刚刚 关闭"]] * 4
    staff.undoes(closing.entry_id)
    assert [lines(*one) for one in readers] == [["由 founder 于 刚刚 置顶"]] * 4
    again = Moderator(forum, forum.member("李副站", group_id=1)).does(
        "thread.stick", thread_id, options=StickOptions(3), expires_at=utc_now() + timedelta(days=1)
    )
    assert [lines(*one) for one in readers] == [["由 李副站 于 刚刚 置顶"]] * 4
    staff.undoes(again.entry_id)
    assert [lines(*one) for one in readers] == [["由 founder 于 刚刚 置顶"]] * 4
    staff.undoes(done.entry_id)
    assert [lines(*one) for one in readers] == [[]] * 4


def test_marks_of_a_batch_are_told_as_soon_as_its_entry_is(app, forum, staff):
    ids = [forum.thread(title=str(number)) for number in range(STEP_TARGETS + 5)]
    reader, seen = app.test_client(), []
    log_in(reader, forum, forum.member("读者"))

    def looked_at():
        seen.append(len(lines(reader, "/forum-2-1.html")))  # the outline of this moment is kept
        return working(forum)

    def after(start, *what):
        with working(forum) as uow:
            batch = start(uow, staff.actor, *what)
        run_batch(looked_at, batch)
        return row(forum, ModBatch, batch).entry_id, len(lines(reader, "/forum-2-1.html"))

    entry_id, told = after(start_batch, "thread.highlight", ids, HighlightOptions(2))
    assert (seen[0], told) == (0, len(ids))
    assert after(start_undo_batch, entry_id)[1] == 0
