"""What does a search find, for whom, and with how many statements?"""

from datetime import timedelta

import pytest
from sqlalchemy import update

from forum.commands.search_index import reindex_thread
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.models import Post, PostState, Setting, Thread, ThreadState
from forum.queries import search as search_module
from forum.queries.search import Order, SearchFor, SearchResult, search
from forum.search import parse_words
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum

STAFF = (1,)


def thread(forum: Forum, title: str, source: str = "正文", **more) -> int:
    thread_id = forum.thread(title=title, source=source, **more)
    with unit_of_work(forum.database) as uow:
        reindex_thread(uow, thread_id)
    return thread_id


def ask(
    forum: Forum, typed: str, member_id: int | None = None, *, page: int = 1, **more
) -> SearchResult:
    with forum.read() as s:
        asked = SearchFor(words=parse_words(typed), **({"in_titles": False} | more))
        return search(s, forum.actor(member_id), forum.site(), asked, page=page)


def threads_of(result: SearchResult) -> list[int]:
    return [hit.thread_id for hit in result.hits]


def text_of(pieces) -> str:
    return "".join(f"<{piece.text}>" if piece.is_match else piece.text for piece in pieces)


def test_newest_come_first_with_the_words_marked(forum: Forum) -> None:
    older = thread(forum, "红领之家活动", "周末[b]活动[/b]通知", replies=3)
    newer = thread(forum, "别的", "还有" + "长" * 300 + "活动安排" + "尾" * 200)

    result = ask(forum, "活动")

    assert threads_of(result) == [newer, older]
    assert (result.count, result.is_capped) == (2, False)
    assert text_of(result.hits[1].title) == "红领之家<活动>"
    assert text_of(result.hits[1].text) == "周末<活动>通知"
    excerpt = text_of(result.hits[0].text)
    assert "<活动>安排" in excerpt
    assert excerpt.startswith("…")
    assert excerpt.endswith("…")
    assert len(excerpt) < 170
    assert result.hits[1].board_name
    assert result.hits[1].thread.reply_count == 3


def test_titles_alone_are_searched_when_asked(forum: Forum) -> None:
    in_title = thread(forum, "活动通知")
    thread(forum, "别的", "活动通知")

    assert threads_of(ask(forum, "通知", in_titles=True)) == [in_title]


def test_folded_matches_are_marked(forum: Forum) -> None:
    thread(forum, "Ｐｙｔｈｏｎ ㍿ hello-World", "x")

    title = text_of(ask(forum, 'python "hello world" 株式', in_titles=True).hits[0].title)

    assert title == "<Ｐｙｔｈｏｎ> <㍿> <hello-World>"


@pytest.mark.parametrize(
    "hide",
    [
        lambda forum: {"board_id": forum.board("内部", viewers=STAFF)},
        lambda forum: {"state": ThreadState.RECYCLED},
        lambda forum: {"state": ThreadState.PENDING},
        lambda forum: {"read_access": 200},
    ],
)
def test_what_may_not_be_read_is_not_found_though_the_index_has_it(forum: Forum, hide) -> None:
    thread_id = thread(forum, "秘密计划", "秘密计划的正文")
    with unit_of_work(forum.database) as uow:
        # The index is not told: it must not matter.
        uow.session.execute(update(Thread).where(Thread.id == thread_id).values(**hide(forum)))
    member_id = forum.member()

    for who in (None, member_id):
        for in_titles in (True, False):
            result = ask(forum, "秘密", who, in_titles=in_titles)
            assert (result.hits, result.count) == ((), 0)


@pytest.mark.parametrize(
    "values", [{"state": PostState.PENDING}, {"state": PostState.RECYCLED}, {"is_blocked": True}]
)
def test_a_hidden_post_is_not_found(forum: Forum, values) -> None:
    thread(forum, "标题", "秘密计划")
    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(Post).values(**values))

    assert ask(forum, "秘密").count == 0


def test_who_may_read_finds(forum: Forum) -> None:
    inner = forum.board("内部", viewers=STAFF)
    thread_id = thread(forum, "秘密计划", board_id=inner)

    assert threads_of(ask(forum, "秘密", FOUNDER_ID)) == [thread_id]
    assert threads_of(ask(forum, "秘密", None)) == []


def test_boards_author_and_time_narrow(forum: Forum) -> None:
    other_id = forum.board("另一个")
    author_id = forum.member("李雷")
    here = thread(forum, "活动一", at=utc_now() - timedelta(days=40))
    there = thread(forum, "活动二", board_id=other_id, author_id=author_id)

    assert threads_of(ask(forum, "活动")) == [there, here]
    assert threads_of(ask(forum, "活动", board_ids=frozenset({FIRST_BOARD_ID}))) == [here]
    assert threads_of(ask(forum, "活动", board_ids=frozenset({1}))) == [there, here]
    assert threads_of(ask(forum, "活动", author="李雷")) == [there]
    assert threads_of(ask(forum, "", author="李雷", in_titles=True)) == [there]
    assert threads_of(ask(forum, "", author="没有这个人")) == []
    assert threads_of(ask(forum, "活动", within=timedelta(days=30))) == [there]
    assert threads_of(ask(forum, "活动", within=timedelta(days=30), is_before=True)) == [here]


def test_an_order_sorts_what_was_found(forum: Forum) -> None:
    most = thread(forum, "活动", view_count=9)
    least = thread(forum, "活动", view_count=1)

    assert threads_of(ask(forum, "活动", in_titles=True, order=Order.VIEWS)) == [most, least]
    assert threads_of(ask(forum, "活动", in_titles=True)) == [least, most]


def test_the_count_is_exact_up_to_the_cap(forum: Forum) -> None:
    thread_id = thread(forum, "活动", replies=30)
    with unit_of_work(forum.database) as uow:
        uow.session.add(
            Setting(section="search", values={"max_results": 30, "results_per_page": 20})
        )
        uow.bump(CacheName.SITE)

    capped = ask(forum, "路过", page=2)
    assert (capped.count, capped.is_capped, len(capped.hits)) == (30, False, 10)

    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(Setting).values(values={"max_results": 29}))
        uow.bump(CacheName.SITE)
    capped = ask(forum, "路过")
    assert (capped.count, capped.is_capped) == (29, True)
    assert {hit.thread_id for hit in capped.hits} == {thread_id}


def test_much_that_is_hidden_does_not_hide_the_rest(
    forum: Forum, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "MARGIN", 0)
    oldest = thread(forum, "活动旧", replies=3)
    hidden = thread(forum, "活动", replies=80)
    with unit_of_work(forum.database) as uow:
        uow.session.add(Setting(section="search", values={"max_results": 4}))
        uow.session.execute(
            update(Thread).where(Thread.id == hidden).values(state=ThreadState.RECYCLED)
        )
        uow.bump(CacheName.SITE)

    assert ask(forum, "路过").count == 3
    assert threads_of(ask(forum, "活动旧", in_titles=True)) == [oldest]


@pytest.mark.parametrize("replies", [1, 60])
def test_statements_do_not_grow_with_the_answers(forum: Forum, backend: str, replies: int) -> None:
    thread(forum, "活动", replies=replies)
    with forum.read() as s:
        actor, site = forum.actor(None), forum.site()
        asked = SearchFor(words=parse_words("路过看看"), in_titles=False, author="founder")
        with recorded_statements() as statements:
            search(s, actor, site, asked)

    # The author, the index, the real tables, the page; PostgreSQL asks for the newest id first.
    assert len(statements) == (4 if backend == "sqlite" else 5)


SIGNS = [
    '"', '""', "*", "a*", "AND", "NOT x", "NEAR(a b)", "a AND", "(", "a) OR (b", "'", "\\", "a:b", "^a",
    "-a", "{a b}", "' | !'x", "%", "§b§2", "§", "a & b", "<->", "\x00", "活动 AND *", "|", "||", '"|"', ":*",
]  # fmt: skip


def test_no_sign_has_a_meaning_of_the_engine(forum: Forum) -> None:
    thread(forum, "活动", "NEAR(a b) AND x")

    for typed in SIGNS:
        assert ask(forum, typed).count <= 1, typed
