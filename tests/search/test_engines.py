"""Do both engines find exactly what a plain scan of the texts finds?"""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forum import search as index
from forum.core.uow import UnitOfWork
from forum.search import FIRST_DAY, IndexRow, Wanted, backend_of, normalised, parse_words

DAY = date(2026, 11, 22)


def row(post_id: int, body: str, title: str | None = None, **more) -> IndexRow:
    values = {"board_id": 2, "author_id": 1, "created_on": DAY} | more
    return IndexRow(
        post_id=post_id,
        title=None if title is None else normalised(title),
        body=normalised(body),
        **values,
    )


def truth(rows: list[IndexRow], typed: str, *, in_titles: bool = False) -> list[int]:
    """A plain scan: every phrase's needle stands in the normalised title or body."""
    words = parse_words(typed)

    def says(one: IndexRow, needle: str) -> bool:
        return needle in (one.title or "") or (not in_titles and needle in one.body)

    return sorted(
        (
            one.post_id
            for one in rows
            if any(
                all(says(one, phrase.needle) for phrase in group) for group in words.alternatives
            )
        ),
        reverse=True,
    )


def found(
    uow: UnitOfWork, typed: str, *, limit: int = 100, before_id: int | None = None, **more
) -> list[int]:
    wanted = Wanted(parse_words(typed), **more)
    return index.found(uow.session, wanted, limit=limit, before_id=before_id)


CORPUS = [
    row(1, "北仑推进产改工作行稳致远，产业工人队伍建设改革。", "北仑推进产改工作行稳致远"),
    row(2, "会议通知：产业工人代表大会明天召开"),
    row(3, "Python3.11 真好用，Hello, World!"),
    row(4, "我爱Python，也爱 discuz！", "Ｐｙｔｈｏｎ 会议"),
    row(5, "人", "人"),
    row(6, "开会议事，不是会。议论"),
    row(7, "産業 工人 ﬁne"),
    row(8, "a" * 80 + " " + "a" * 70 + "b"),
    row(9, "会议通知会议"),
]

QUERIES = [
    "会议", "产业工人", "人", "会", "论", "python", "hello world", '"hello world"', "爱python", "ython",
    "产业 工人", '"产业 工人"', "会议|工人", "会议 通知|人", "fine", "discuz!", "不存在", "a" * 80,
    "a" * 64, "议通", "会议通知会", "3.11", "通 知", "爱 python", "Python 会",
]  # fmt: skip


@pytest.mark.parametrize("in_titles", [False, True])
def test_words_are_found_where_they_stand(uow: UnitOfWork, in_titles: bool) -> None:
    backend_of(uow.session).add(uow.session, CORPUS)

    for typed in QUERIES:
        assert found(uow, typed, in_titles=in_titles) == truth(
            CORPUS, typed, in_titles=in_titles
        ), typed


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    bodies=st.lists(st.text("会议人工，a 1", max_size=14), min_size=1, max_size=8),
    typed=st.text("会议人工", min_size=1, max_size=4),
)
def test_chinese_words_are_found_as_substrings(
    uow: UnitOfWork, bodies: list[str], typed: str
) -> None:
    backend = backend_of(uow.session)
    backend.clear(uow.session)
    backend.add(uow.session, [row(number, body) for number, body in enumerate(bodies, 1)])

    expected = [number for number, body in enumerate(bodies, 1) if typed in body]
    assert found(uow, typed) == expected[::-1]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    texts=st.lists(
        st.tuples(st.text("会议aB1 ，.", max_size=10), st.none() | st.text("会aB ", max_size=6)),
        min_size=1,
        max_size=6,
    ),
    typed=st.text('会议aB1 "|', min_size=1, max_size=8),
    in_titles=st.booleans(),
)
def test_mixed_words_are_found_as_a_scan_finds_them(
    uow: UnitOfWork, texts: list[tuple[str, str | None]], typed: str, in_titles: bool
) -> None:
    rows = [row(number, body, title) for number, (body, title) in enumerate(texts, 1)]
    backend = backend_of(uow.session)
    backend.clear(uow.session)
    backend.add(uow.session, rows)

    if parse_words(typed):
        assert found(uow, typed, in_titles=in_titles) == truth(rows, typed, in_titles=in_titles)


def test_newest_first_across_all_windows_of_ids(uow: UnitOfWork) -> None:
    ids = [1, 2, 4095, 4096, 8191, 8192, 65535, 65536, 70000, 131072, 200_000, 5_000_000]
    backend_of(uow.session).add(uow.session, [row(each, "活动人") for each in ids])
    newest = ids[::-1]

    for typed in ("活动", "动人", "活动人", "人"):
        for most in (1, 3, 7, 50):
            assert found(uow, typed, limit=most) == newest[:most]
            before = found(uow, typed, limit=most, before_id=70000)
            assert before == [each for each in newest if each < 70000][:most]


def test_place_author_and_time_are_part_of_the_index(uow: UnitOfWork) -> None:
    rows = [
        row(1, "活动", board_id=2, author_id=1, created_on=date(2024, 12, 31)),
        row(2, "活动", board_id=3, author_id=2, created_on=date(2025, 1, 1)),
        row(3, "活动", board_id=22, author_id=12, created_on=date(2025, 2, 28)),
        row(4, "人", "活动", board_id=2, author_id=2, created_on=date(2025, 3, 1)),
    ]
    backend_of(uow.session).add(uow.session, rows)

    def ask(**more) -> list[int]:
        by_token = found(uow, "活动", **more)
        assert found(uow, "活 动", **more) == by_token  # the same by reading the newest rows
        return by_token

    assert ask(board_ids=frozenset({2})) == [4, 1]
    assert ask(board_ids=frozenset({3, 22})) == [3, 2]
    assert ask(board_ids=frozenset()) == []
    assert ask(author_id=2) == [4, 2]
    assert ask(author_id=2, in_titles=True) == [4]
    assert ask(days=(date(2025, 1, 1), date(2025, 2, 28))) == [3, 2]
    assert ask(days=(FIRST_DAY, date(2024, 12, 31))) == [1]
    assert ask(days=(date(2024, 12, 31), date(2026, 12, 31))) == [4, 3, 2, 1]
    assert found(uow, "", author_id=2) == [4, 2]
    assert found(uow, "", in_titles=True) == [4]


def test_a_row_is_made_again_and_forgotten_whole(uow: UnitOfWork) -> None:
    backend = backend_of(uow.session)
    backend.put(uow.session, [row(1, "旧的内容", "旧标题"), row(2, "旧的内容")])
    backend.put(uow.session, [row(1, "新的内容", "新标题", board_id=3)])

    assert found(uow, "旧的") == [2]
    assert found(uow, "旧标", in_titles=True) == []
    assert found(uow, "新的", board_ids=frozenset({3})) == [1]
    assert found(uow, "新的", board_ids=frozenset({2})) == []

    backend.drop(uow.session, [1, 2, 3])
    for typed in ("的内", "旧的", "新的", "新标题", "内"):
        assert found(uow, typed) == []


def test_a_very_long_post_is_found_to_its_end(uow: UnitOfWork) -> None:
    body = (
        "".join(chr(0x4E00 + number % 5000) for number in range(20_000))
        + "，"
        + "哈" * 9000
        + "终点"
    )
    backend_of(uow.session).add(uow.session, [row(1, body)])

    assert found(uow, "终点") == found(uow, "哈终点") == found(uow, "哈哈哈哈") == [1]


def test_a_bulk_leaves_the_index_as_it_was(uow: UnitOfWork) -> None:
    backend = backend_of(uow.session)
    backend.add(uow.session, [row(1, "旧的")])
    backend.clear(uow.session)
    backend.begin_bulk(uow.session)
    backend.add(uow.session, [row(number, "活动") for number in range(1, 300)])
    backend.end_bulk(uow.session)
    backend.put(uow.session, [row(300, "活动")])

    assert found(uow, "旧的") == []
    assert found(uow, "活动", limit=2) == [300, 299]
