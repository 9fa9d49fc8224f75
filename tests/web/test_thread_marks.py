"""Stamps, icons and recommendations: guests see them at the next request, in both languages."""

import pytest

from forum.commands.moderation.thread_marks import (
    DigestOptions,
    HighlightOptions,
    IconOptions,
    RecommendOptions,
    StampOptions,
    StickOptions,
)
from forum.core.db import recorded_statements
from forum.modlog.marks import ICONS, STAMPS
from tests.commands.moderation.acting import Moderator
from tests.factories import FOUNDER_ID


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
    assert "推荐主题" not in shown(client, "/forum-2-1.html")

    done = staff.does("thread.recommend", chosen)

    page = shown(client, "/forum-2-1.html")
    box = page.partition('aria-labelledby="recommended"')[2].partition("</section>")[0]
    assert "推荐主题" in box
    assert "值得一看" in box
    assert "一般" not in box
    assert "Recommended threads" in shown(client, "/forum-2-1.html?lang=en")
    assert "推荐主题" not in shown(client, "/forum-2-1.html?order=replies")
    staff.does("thread.recommend", chosen, options=RecommendOptions(False))
    assert "推荐主题" not in shown(client, "/forum-2-1.html")
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
