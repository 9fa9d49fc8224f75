"""Do both engines find exactly what a plain scan of the texts finds?"""

from datetime import date

import pytest

from forum import search as index
from forum.core.uow import UnitOfWork
from forum.search import IndexRow, Wanted, backend_of, normalised, parse_words

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


def found(uow: UnitOfWork, typed: str, *, limit: int = 100, **more) -> list[int]:
    s = uow.session
    return index.found(s, Wanted(parse_words(typed), **more), limit=limit)


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
@pytest.mark.parametrize("typed", QUERIES)
def test_a_word_is_found_where_it_stands(uow: UnitOfWork, typed: str, in_titles: bool) -> None:
    backend_of(uow.session).add(uow.session, CORPUS)

    assert found(uow, typed, in_titles=in_titles) == truth(CORPUS, typed, in_titles=in_titles)
