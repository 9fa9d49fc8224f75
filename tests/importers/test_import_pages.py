"""Other pages in the tables: several floors, later pages, names that are taken, pages saved again."""

import re

import pytest
from sqlalchemy import func, select, update

from forum.core.errors import NotFound
from forum.core.uow import unit_of_work
from forum.importers.page.facts import NotAThreadPage
from forum.importers.page.run import import_page
from forum.models import (
    Board,
    ImportedPage,
    Member,
    MemberState,
    Notice,
    PointTransfer,
    Post,
    PostComment,
    PostRating,
    Thread,
    ThreadState,
)
from forum.points.ledger import balances
from forum.queries.counters import board_differences
from tests.importers.texts import OPENING, PAGES, SEED, floor, page, panel, read


def bring(database, name_or_text, **options):
    text = read(PAGES / f"{name_or_text}.txt") if "\n" not in name_or_text else name_or_text
    with unit_of_work(database) as uow:
        report = import_page(uow, text, name="page.txt", **options)
        assert list(board_differences(uow.session)) == []
    assert report.differences == ()
    return report


def posts_of(s, thread_id):
    return s.execute(
        select(Post.floor, Member.name, Post.source)
        .join(Member, Member.id == Post.author_id)
        .where(Post.thread_id == thread_id)
        .order_by(Post.floor)
    ).all()


def test_all_ten_pages_come_in(database, forum):
    names = sorted(path.stem for path in PAGES.glob("*.txt"))

    reports = [bring(database, name) for name in names]

    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(Thread)) == 8
        assert s.scalar(select(func.count()).select_from(Post)) == sum(
            r.posts_made for r in reports
        )
        for member in s.scalars(select(Member).where(Member.state == MemberState.UNCLAIMED)):
            assert not re.search("导入", member.name)
        board = s.get_one(Board, 2)
        assert board.thread_count == 8
        assert board.post_count == s.scalar(select(func.count()).select_from(Post))
        assert s.scalar(select(func.count()).select_from(Notice)) == 0


def test_later_pages_join_the_first_whatever_the_order(database, forum):
    reports = [bring(database, name) for name in ("thread-9-2", "thread-9-1", "thread-9-3")]

    with forum.read() as s:
        thread = s.scalars(select(Thread)).one()
        posts = posts_of(s, thread.id)
        assert [p.floor for p in posts] == list(range(1, 26))
        assert thread.reply_count == 24
        assert thread.last_floor == 25
        assert thread.author_name == "陈独秀"
        assert thread.first_post_id == s.scalar(select(Post.id).where(Post.floor == 1))
        assert thread.view_count == 28
    assert [r.is_new_thread for r in reports] == [True, False, False]
    assert {r.thread_id for r in reports} == {reports[0].thread_id}


def test_counts_and_totals_are_the_pages(database, forum):
    bring(database, "thread-3-1")
    bring(database, "thread-4-1")

    with forum.read() as s:
        lei = s.scalars(select(Member).where(Member.name == "李雷")).one()
        assert (lei.thread_count, lei.post_count, lei.total) == (1, 4, 33)
        assert lei.opening_thread_count == 0
        assert lei.opening_post_count == 1  # of its four posts three are on these pages
        assert not lei.counts_are_approximate
        assert lei.signature == "红烧肉传人"
        assert balances(s, lei.id) == {2: 33 - 4}
        mei = s.scalars(select(Member).where(Member.name == "韩梅梅")).one()
        assert (mei.shown_group_title, mei.claimed_group_id, mei.group_id) == ("版主", 3, 10)
        assert s.scalar(select(func.count()).where(PointTransfer.credit_account == lei.id)) == 1


def test_comments_ratings_and_quotes(database, forum):
    bring(database, "thread-4-1")

    with forum.read() as s:
        comments = s.execute(select(PostComment.author_name, PostComment.body)).all()
        assert [tuple(c) for c in comments] == [
            ("王小明", "已收藏，周末试试"), ("韩梅梅", "步骤写得很清楚"),
        ]  # fmt: skip
        ratings = s.execute(select(PostRating.rater_name, PostRating.amounts, PostRating.reason))
        assert sorted((name, amounts, reason) for name, amounts, reason in ratings) == [
            ("admin", {"威望": 1, "金钱": 5}, "很给力!"),
            ("令狐冲", {"威望": 1}, "赞一个!"),
        ]
        thread = s.scalars(select(Thread)).one()
        assert (thread.reply_count, thread.comment_count) == (4, 2)
        posts = {p.floor: p for p in s.scalars(select(Post))}
        assert f"/post-{posts[2].id}.html" in posts[3].source
        assert "王小明 发表于 2026-11-22 18:24" in posts[3].source
        assert posts[3].source.endswith("冰糖可以换成白糖吗？")
        assert f"/post-{posts[2].id}.html" in posts[3].html


def test_a_signature_known_from_an_earlier_page_is_no_text(database, forum):
    bring(database, "thread-4-1")
    bring(database, "thread-3-1")

    with forum.read() as s:
        welcome = s.scalars(select(Post).where(Post.source.startswith("欢迎欢迎"))).one()
        assert welcome.source == "欢迎欢迎！"


def test_a_sticky_reply_a_blocked_post_and_a_poll(database, forum):
    for name in ("thread-6-1", "thread-9-1", "thread-7-1"):
        bring(database, name)

    with forum.read() as s:
        assert s.scalars(select(Post.floor).where(Post.is_sticky)).all() == [6]
        blocked = s.scalars(select(Post).where(Post.is_blocked)).one()
        assert (blocked.floor, blocked.source) == (4, "")
        poll = s.scalars(select(Post).where(Post.source.contains("睡觉"))).one()
        assert poll.source.startswith("欢迎投票，可多选。\n\n[list=1]\n[*]睡觉 (2)\n")


def test_a_taken_name_is_never_attached_to(database, forum):
    mine = forum.member("王小明")

    bring(database, "thread-3-1")

    with forum.read() as s:
        thread = s.scalars(select(Thread)).one()
        author = s.get_one(Member, thread.author_id)
        assert author.id != mine
        assert author.name == "王小明（导入）"
        assert author.state is MemberState.UNCLAIMED
        assert s.get_one(Member, mine).post_count == 0


def test_an_account_claimed_in_between_gets_no_more_posts(database, forum):
    bring(database, "thread-3-1")
    with unit_of_work(database) as uow:
        uow.session.execute(
            update(Member).where(Member.name == "王小明").values(state=MemberState.ACTIVE)
        )

    bring(database, "thread-4-1")

    with forum.read() as s:
        claimed = s.scalars(select(Member).where(Member.name == "王小明")).one()
        assert s.scalar(select(func.count()).where(Post.author_id == claimed.id)) == 1
        other = s.scalars(select(Member).where(Member.name == "王小明（导入）")).one()
        assert s.scalar(select(func.count()).where(Post.author_id == other.id)) == 1


def test_the_same_name_on_another_site_is_somebody_else(database, forum):
    bring(database, "thread-3-1")
    bring(database, read(PAGES / "thread-3-1.txt").replace("小站论坛", "别处论坛"))

    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(Thread)) == 2
        names = s.scalars(select(Member.name).where(Member.name.startswith("王小明"))).all()
        assert sorted(names) == ["王小明", "王小明（导入）"]


def test_two_threads_of_one_title_stay_two(database, forum):
    text = read(PAGES / "thread-14-1.txt")
    bring(database, text)
    bring(database, text.replace("机器是 2013 年的", "机器是 2009 年的"))

    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(Thread)) == 2


def grown(saved="2024-3-10 12:00", views=120, total=240, replies=1):
    return page(
        floor(panel("老王", total=total), "楼主", "2024-3-1 08:00:01", "开头。", links=OPENING),
        *(
            floor(panel("小李"), label, f"2024-3-2 08:0{n}:01", f"第 {n} 个回复。")
            for n, label in list(enumerate(("沙发", "板凳", "地板")))[:replies]
        ),
        cell=f"查看: {views}|回复: {replies}",
        saved=saved,
    )


def test_a_page_saved_again_brings_only_what_is_new(database, forum):
    bring(database, grown())
    report = bring(database, grown(saved="2024-4-1 09:00", views=300, total=300, replies=3))

    assert (report.posts_made, report.posts_known, report.is_new_thread) == (2, 2, False)
    with forum.read() as s:
        thread = s.scalars(select(Thread)).one()
        assert (thread.view_count, thread.reply_count, thread.last_floor) == (300, 3, 4)
        wang = s.scalars(select(Member).where(Member.name == "老王")).one()
        assert wang.total == 300
        assert s.scalar(select(func.count()).where(PointTransfer.credit_account == wang.id)) == 2


def test_an_older_copy_does_not_turn_numbers_back(database, forum):
    bring(database, grown(saved="2024-4-1 09:00", views=300, total=300, replies=3))
    bring(database, grown())

    with forum.read() as s:
        wang = s.scalars(select(Member).where(Member.name == "老王")).one()
        assert wang.total == 300
        assert s.scalars(select(Thread)).one().view_count == 300


def test_a_floor_taken_here_moves_the_imported_post_to_the_end(database, forum):
    bring(database, grown())
    with unit_of_work(database) as uow:
        thread = uow.session.scalars(select(Thread)).one()
        uow.session.add(
            Post(thread_id=thread.id, floor=3, author_id=1, source="我在", html="我在",
                 renderer_version=1, created_at=uow.now)
        )  # fmt: skip
        thread.last_floor, thread.reply_count = 3, 2
        uow.session.execute(
            update(Board).where(Board.id == 2).values(post_count=Board.post_count + 1)
        )

    report = bring(database, grown(saved="2024-4-1 09:00", replies=3))

    assert report.floors_moved == ((3, 5),)
    with forum.read() as s:
        thread = s.scalars(select(Thread)).one()
        assert (thread.last_floor, thread.reply_count) == (5, 4)
        assert thread.last_poster_name == "小李"


def test_boards_by_name(database, forum):
    forum.board("编程开发")

    bring(database, "thread-11-1", board_name="编程开发")

    with forum.read() as s:
        thread = s.scalars(select(Thread)).one()
        assert s.get_one(Board, thread.board_id).name == "编程开发"
        assert (s.get_one(Board, thread.board_id).post_count, s.get_one(Board, 2).post_count) == (
            3,
            0,
        )


def test_an_unknown_board_is_said_and_nothing_is_written(database, forum):
    with pytest.raises(NotFound) as refusal:
        bring(database, "thread-11-1", board_name="没有的版块")

    assert refusal.value.key == "no_board"
    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(ImportedPage)) == 0


def test_what_is_no_page_writes_nothing(database, forum):
    with pytest.raises(NotAThreadPage):
        bring(database, "一篇\n文章\n")

    with forum.read() as s:
        for table in (Thread, Post, ImportedPage):
            assert s.scalar(select(func.count()).select_from(table)) == 0


def test_authors_without_names_are_different_people(database, forum):
    text = page(
        floor(panel(None, total=10), "楼主", "2024-3-1 08:00:01", "开头。", links=OPENING),
        floor(panel(None, total=20), "沙发", "2024-3-1 09:00:01", "好。"),
        floor(panel(None, total=10), "板凳", "2024-3-1 10:00:01", "谢谢。"),
    )

    bring(database, text)

    with forum.read() as s:
        names = [p.name for p in posts_of(s, 1)]
        assert names[0] == names[2] == "未署名作者（导入）"
        assert names[1] == "未署名作者（导入）2"


def test_a_total_below_the_counters_is_reached_downwards(database, forum):
    text = page(
        floor(panel("老王", total=-50), "楼主", "2024-3-1 08:00:01", "开头。", links=OPENING)
    )

    bring(database, text)

    with forum.read() as s:
        wang = s.scalars(select(Member).where(Member.name == "老王")).one()
        assert (wang.total, balances(s, wang.id)) == (-50, {2: -62})
        assert wang.group_id == 9


def test_points_the_card_names_keep_their_amounts(database, forum):
    cells = (("3", "主题"), ("1万", "魅力"), ("7", "金钱"))
    text = page(
        floor(
            panel("老王", cells=cells, total=500),
            "楼主",
            "2024-3-1 08:00:01",
            "开头。",
            links=OPENING,
        )
    )

    report = bring(database, text)

    assert report.kinds_made == ("魅力",)
    with forum.read() as s:
        wang = s.scalars(select(Member).where(Member.name == "老王")).one()
        assert wang.total == 500
        assert balances(s, wang.id) == {4: 10_001, 2: 7, 1: 245}
    assert forum.site().settings.reading.number_card == ("threads", "points:4", "points:2")


def test_a_date_after_today_does_not_stay_on_top(database, forum):
    text = page(floor(panel("老王"), "楼主", "2199-1-1 08:00:01", "开头。", links=OPENING))

    bring(database, text)

    with forum.read() as s:
        page_row, thread = s.scalars(select(ImportedPage)).one(), s.scalars(select(Thread)).one()
        assert thread.created_at <= page_row.imported_at


def test_the_seed_and_other_pages_live_together(database, forum):
    bring(database, read(SEED), with_site=True)
    bring(database, "thread-1-1")

    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(Thread)) == 2
        assert s.get_one(Board, 2).thread_count == 2
    assert forum.site().settings.general.name == "新碶街道红领之家"


def test_a_recycled_thread_gets_posts_and_nobody_counts_them(database, forum):
    bring(database, grown())
    with unit_of_work(database) as uow:
        uow.session.execute(update(Thread).values(state=ThreadState.RECYCLED))
        uow.session.execute(
            update(Board).values(
                thread_count=0, post_count=0, last_thread_id=None, last_post_at=None
            )
        )
        uow.session.execute(
            update(Member)
            .where(Member.name.in_(["老王", "小李"]))
            .values(thread_count=Member.opening_thread_count, post_count=Member.opening_post_count)
        )

    bring(database, grown(saved="2024-3-10 12:01", replies=3))

    with forum.read() as s:
        assert s.get_one(Board, 2).post_count == 0


def test_long_pages_say_how_far_they_are(database):
    text = page(
        floor(panel("老王"), "楼主", "2024-3-1 08:00:01", "开头", links=OPENING),
        *(floor(panel(f"会员{n % 5}"), f"{n}#", "2024-3-2 08:00:01", "好") for n in range(2, 620)),
    )
    steps = []

    report = bring(database, text, progress=lambda done, whole: steps.append((done, whole)))

    assert report.posts_made == 619
    assert steps[0][0] == 5_000
    assert steps[-1] == (500, 619)
