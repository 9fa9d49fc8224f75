"""The seed page in the tables: what it shows is what the forum shows."""

import html
import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from forum.core.cache import CacheName
from forum.core.text import abbreviated
from forum.core.uow import unit_of_work
from forum.importers.page.run import import_page
from forum.models import (
    Board,
    CacheVersion,
    ImportedPage,
    ImportedRow,
    Member,
    MemberState,
    PointKind,
    PointTransfer,
    Post,
    Setting,
    Thread,
)
from forum.points.accounts import Account
from forum.points.ledger import balances
from forum.policies.actor import Rank
from tests.factories import FIRST_BOARD_ID
from tests.importers.texts import SEED, read

TEXT = read(SEED)
TABLES = (
    Board, ImportedPage, ImportedRow, Member, PointKind, PointTransfer, Post, Setting, Thread,
)  # fmt: skip


@pytest.fixture
def report(database):
    with unit_of_work(database) as uow:
        return import_page(uow, TEXT, name=SEED.name, with_site=True)


@pytest.fixture
def s(forum, report):
    with forum.read() as session:
        yield session


def contents(forum):
    """Every row of the tables an import touches."""
    with forum.read() as session:
        return {
            table.__tablename__: sorted(
                (dict(row) for row in session.execute(select(table.__table__)).mappings()), key=repr
            )
            for table in TABLES
        }


def test_it_becomes_thread_one(s, report):
    thread = s.get_one(Thread, 1)

    assert report.thread_id == 1
    assert report.is_new_thread
    assert thread.title == "北仑推进产改工作行稳致远"
    assert (thread.view_count, thread.reply_count, thread.last_floor) == (881, 0, 1)
    assert thread.is_newest_first
    assert not thread.is_closed
    assert thread.board_id == FIRST_BOARD_ID
    assert thread.created_at == datetime(2023, 12, 27, 23, 34, 1, tzinfo=UTC)
    assert thread.last_post_at == thread.created_at


def test_its_text_is_the_files_word_by_word(s):
    lines = TEXT.split("\n")
    begin = next(n for n, line in enumerate(lines) if line.startswith("发表于"))
    expected = [line for line in lines[begin + 1 : lines.index("回复")] if line]

    post = s.scalars(select(Post)).one()

    assert post.floor == 1
    assert post.source.split("\n\n") == expected
    shown = html.unescape(re.sub(r"<[^<>]*>", "", re.sub(r"<br ?/?>", "\n", post.html)))
    assert [line for line in shown.split("\n") if line] == expected
    assert post.created_at == datetime(2023, 12, 27, 23, 34, 1, tzinfo=UTC)


def test_its_author_is_an_unclaimed_account_whose_name_says_so(s):
    thread = s.get_one(Thread, 1)
    author = s.get_one(Member, thread.author_id)

    assert author.state is MemberState.UNCLAIMED
    assert author.name == "未署名作者（导入）"
    assert author.password_hash == ""
    assert thread.author_name == author.name


def test_the_number_card_shows_what_the_page_showed(s, forum):
    author = s.get_one(Member, s.get_one(Thread, 1).author_id)

    assert abbreviated(author.thread_count) == "1万"
    assert abbreviated(author.post_count) == "2万"
    assert (author.thread_count, author.post_count) == (10_001, 20_000)
    assert (author.opening_thread_count, author.opening_post_count) == (10_000, 19_999)
    assert author.counts_are_approximate
    site = forum.site()
    assert site.point_kinds[4].title == "活动时间"
    assert site.settings.reading.number_card == ("threads", "posts", "points:4")
    assert balances(s, author.id).get(4, 0) == 0


def test_the_total_follows_from_the_formula_with_an_opening_transfer(s):
    author = s.get_one(Member, s.get_one(Thread, 1).author_id)
    (transfer,) = s.scalars(select(PointTransfer)).all()

    assert author.total == 57_519
    assert transfer.amount == 57_519 - 20_000
    assert (transfer.kind_id, transfer.debit_account) == (2, Account.IMPORT)
    assert transfer.credit_account == author.id
    assert transfer.rule == "opening.imported"
    assert transfer.subject == "page:1"
    assert balances(s, author.id) == {2: 37_519}


def test_a_staff_group_is_a_title_and_gives_no_right(s, forum):
    author = s.get_one(Member, s.get_one(Thread, 1).author_id)

    assert author.shown_group_title == "版主"
    assert author.shown_stars == 7
    assert author.claimed_group_id == 3
    assert author.group_id == 15
    actor = forum.actor(author.id)
    assert actor.rank is Rank.MEMBER
    assert not actor.moderated


def test_the_board_counts_it(s):
    board = s.get_one(Board, FIRST_BOARD_ID)

    assert (board.thread_count, board.post_count) == (1, 1)
    assert (board.last_thread_id, board.last_title) == (1, "北仑推进产改工作行稳致远")


def test_the_site_is_taken_over(forum, report):
    general = forum.site().settings.general

    assert general.name == "新碶街道红领之家"
    assert general.second_name == "红领之家"
    assert general.icp == "浙ICP备15016945号-1"
    assert general.hot_words == ("活动", "交友", "discuz")
    assert [link.name for link in general.footer_links][:2] == ["关于都市网", "服务条款"]
    assert all(link.address is None for link in general.footer_links)
    assert set(report.settings_changed) == {
        "name", "second_name", "icp", "hot_words", "footer_links",
    }  # fmt: skip


def test_provenance_keeps_every_fact(s):
    page = s.scalars(select(ImportedPage)).one()

    assert page.name == SEED.name
    assert page.thread_id == 1
    assert page.facts["page"]["save"]["processed_s"] == "1.062500"
    assert page.facts["page"]["save"]["query_count"] == 26
    assert page.facts["page"]["site"]["discuz_version"] == "X3.1"
    assert page.facts["lines"]["unknown"] == 0
    assert page.saved_at == datetime(2025, 3, 12, 17, 4, tzinfo=UTC)


def test_verifying_finds_nothing(report):
    assert report.differences == ()
    assert report.doubts == ()


def test_a_second_time_changes_nothing(database, forum, report):
    before = contents(forum)
    with forum.read() as session:
        version = session.scalar(
            select(CacheVersion.value).where(CacheVersion.name == CacheName.SITE)
        )

    with unit_of_work(database) as uow:
        again = import_page(uow, TEXT.replace("\n", "\r\n"), name="again.txt", with_site=True)

    assert again.is_known_page
    assert again.thread_id == 1
    assert again.settings_changed == ()
    assert contents(forum) == before
    with forum.read() as session:
        assert version == session.scalar(
            select(CacheVersion.value).where(CacheVersion.name == CacheName.SITE)
        )


def test_without_site_the_name_stays(database, forum):
    with unit_of_work(database) as uow:
        import_page(uow, TEXT, name=SEED.name)

    assert forum.site().settings.general.name == "Louceng"
    assert forum.site().settings.general.hot_words == ()


def test_the_site_may_be_taken_over_later(database, forum):
    for with_site in (False, True):
        with unit_of_work(database) as uow:
            import_page(uow, TEXT, name=SEED.name, with_site=with_site)

    assert forum.site().settings.general.name == "新碶街道红领之家"
    with forum.read() as session:
        assert session.scalar(select(func.count()).select_from(Thread)) == 1


def test_no_fact_of_the_seed_stands_in_the_code():
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in (SEED.parents[1] / "forum").rglob("*")
        if path.suffix in (".py", ".po", ".txt", ".toml")
    )

    for fact in (
        "红领之家",
        "新碶",
        "浙ICP",
        "都市网",
        "产改",
        "57519",
        "活动时间",
        "1.0625",
        "15016945",
    ):
        assert fact not in code
