"""标签: a tag's page shows what one may read and betrays nothing else."""

import pytest

from forum.commands.tags import follow_tags
from forum.core.db import recorded_statements
from forum.core.errors import NotFound
from forum.core.uow import unit_of_work
from forum.models import ThreadState
from forum.queries.tags import PER_PAGE, TagRules, tag_list, tag_name, tag_page
from tests.factories import FOUNDER_ID


def tagged(forum, tags="春天", **columns):
    thread_id = forum.thread(tags=tags, **columns)
    with unit_of_work(forum.database) as uow:
        follow_tags(uow, [thread_id])
    return thread_id


def seen(forum, member_id, name="春天", **more):
    with forum.read() as s:
        return [row.id for row in tag_page(s, forum.actor(member_id), name, **more).rows]


def test_a_tag_s_threads_newest_first_under_any_spelling(forum):
    one, two = tagged(forum, "Python"), tagged(forum, "Python,春天")

    assert seen(forum, None, "ＰＹＴＨＯＮ") == [two, one]
    assert seen(forum, None) == [two]


@pytest.mark.parametrize(
    "state", [one for one in ThreadState if one.value not in ("visible", "redirect", "merged")]
)
def test_hidden_threads_are_not_there_for_anybody(forum, state):
    tagged(forum, state=state)
    for member_id in (None, FOUNDER_ID):
        with pytest.raises(NotFound):
            seen(forum, member_id)


def test_a_tag_used_in_secret_alone_is_no_tag_to_others(forum):
    thread_id = tagged(forum, board_id=forum.board("密室", viewers=(1,)))
    member = forum.member()

    for member_id in (None, member):
        with pytest.raises(NotFound):
            seen(forum, member_id)
        with forum.read() as s, pytest.raises(NotFound):
            tag_name(s, forum.actor(member_id), 1)
    assert seen(forum, FOUNDER_ID) == [thread_id]


def test_no_spelling_of_a_secret_thread_is_told(forum):
    tagged(forum, "PyThOn", board_id=forum.board("密室", viewers=(1,)))
    tagged(forum, "python")

    with forum.read() as s:
        guest = forum.actor(None)
        assert tag_name(s, guest, 1) == "python"
        assert tag_page(s, guest, "PYTHON").name == "PYTHON"


def test_secret_threads_are_left_out_of_a_page_and_of_its_end(forum):
    shown = tagged(forum)
    board_id = forum.board("密室", viewers=(1,))
    hidden = [tagged(forum, board_id=board_id) for _ in range(2)]

    assert seen(forum, None) == [shown]
    assert seen(forum, FOUNDER_ID) == [*reversed(hidden), shown]


@pytest.mark.parametrize("threads", [1, PER_PAGE + 3])
def test_a_page_takes_two_statements_at_any_length_and_goes_on_by_key(forum, threads):
    ids = [forum.thread(tags="春天") for _ in range(threads)]
    with unit_of_work(forum.database) as uow:
        follow_tags(uow, ids)

    guest = forum.actor(None)
    with forum.read() as s, recorded_statements() as statements:
        page = tag_page(s, guest, "春天")
    assert len(statements) == 2
    assert [row.id for row in page.rows] == ids[::-1][:PER_PAGE]
    if page.next is None:
        assert threads == 1
        return
    assert seen(forum, None, before=page.next) == ids[::-1][PER_PAGE:]


def test_the_staff_s_list_counts_what_its_reader_may_see(forum):
    tagged(forum, "春天,Python")
    tagged(forum, state=ThreadState.RECYCLED)
    founder = forum.actor(FOUNDER_ID)

    with forum.read() as s, recorded_statements() as statements:
        found = tag_list(s, founder)
    assert len(statements) == 2
    assert {row.name: row.thread_count for row in found.rows} == {"春天": 1, "Python": 1}
    with forum.read() as s:
        assert [row.name for row in tag_list(s, founder, search="PYTH").rows] == ["Python"]
        assert tag_list(s, founder, search="%").rows == ()
        assert tag_list(s, founder, state="closed").rows == ()


def test_rules_leave_out_and_replace_each_once():
    rules = TagRules({"a": None, "b": "C"})

    assert rules.shown("A,b,c,D") == ("C", "D")
    assert rules.shown("") == ()
