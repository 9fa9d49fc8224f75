"""The thread page as visitors see it, element by element."""

import gzip
import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from forum.commands import moderation as moderation  # fills the registry of actions
from forum.commands.moderation.thread_marks import StickOptions
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.http import buffers
from forum.models import (
    Member,
    ModLogEntry,
    ModLogTarget,
    PointKind,
    Post,
    PostComment,
    PostRating,
    PostState,
    Setting,
    TargetKind,
    Thread,
    ThreadRead,
    ThreadState,
    ThreadType,
)
from tests.acting import log_in
from tests.commands.moderation.acting import Moderator
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum


def words(html: str) -> str:
    """What stands on the page, tags out, blanks folded."""
    body = html.partition("<body")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def read(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.text


def post_ids(forum: Forum, thread_id: int) -> dict[int, int]:
    with forum.read() as s:
        rows = s.execute(select(Post.floor, Post.id).where(Post.thread_id == thread_id))
        return {row.floor: row.id for row in rows}


def change(forum: Forum, *statements: Any) -> None:
    with unit_of_work(forum.database) as uow:
        for statement in statements:
            uow.session.execute(statement)


def setting(forum: Forum, section: str, **values: Any) -> None:
    with unit_of_work(forum.database) as uow:
        uow.session.add(Setting(section=section, values=values))
        uow.bump(CacheName.SITE)


def articles(html: str) -> list[str]:
    return re.findall(r"<article.*?</article>", html, re.S)


def test_a_page_as_it_was_saved_from_a_discuz_site(forum: Forum, client: FlaskClient) -> None:
    setting(forum, "general", name="新碶街道红领之家", hot_words=["活动", "交友", "discuz"])
    setting(forum, "reading", number_card=["threads", "posts", "points:4"])
    with unit_of_work(forum.database) as uow:
        uow.session.add(PointKind(id=4, title="活动时间"))
        uow.bump(CacheName.SITE)
    author = forum.member(
        "某版主", group_id=10, shown_group_title="版主", shown_stars=7, thread_count=10000,
        post_count=20000, total=57519, counts_are_approximate=True,
    )  # fmt: skip
    at = datetime.fromisoformat("2023-12-28T07:34:01+08:00")
    thread_id = forum.thread(
        author, title="北仑推进产改工作行稳致远", at=at, view_count=881, is_newest_first=True
    )

    html = read(client, f"/thread-{thread_id}-1-1.html")

    text = words(html)
    for line in (
        "立即注册 找回密码", "新碶街道红领之家", "快捷导航", "热搜: 活动 交友 discuz",
        "查看: 881 | 回复: 0", "打印 上一主题 下一主题", "[ 复制链接 ]", "主题 1万 帖子 2万 活动时间 0",
        "版主", "积分 57519", "电梯直达", "楼主", "发表于 2023-12-28 07:34:01 只看该作者 正序浏览 阅读模式",
        "回复 举报", "您需要登录后才可以回帖 登录 | 立即注册", "本版积分规则", "快速回复 返回顶部 返回列表",
    ):  # fmt: skip
        assert line.replace("[ ", "[").replace(" ]", "]") in text, line
    assert 'title="跳转到指定楼层"' in html
    assert 'aria-label="Rank: 7"' in html
    assert len(re.findall(r"stars__one--", html)) == 3
    assert 'title="约 10001"' in html
    assert "使用道具" not in text
    assert "回帖奖励" not in text


def test_floors_have_their_names(forum: Forum, client: FlaskClient) -> None:
    thread_id = forum.thread(replies=11)
    ids = post_ids(forum, thread_id)

    page = read(client, f"/thread-{thread_id}-1-1.html")
    second = read(client, f"/thread-{thread_id}-2-1.html")
    english = read(client, f"/thread-{thread_id}-1-1.html?lang=en")

    names = re.findall(r'<a class="floor" href="/post-(\d+)\.html"[^>]*>(.*?)</a>', page)
    assert names == [
        (str(ids[floor]), name)
        for floor, name in enumerate(
            ["楼主", "沙发", "板凳", "地板", *(f"{floor}<sup>#</sup>" for floor in range(5, 11))], 1
        )
    ]
    assert ">11<sup>#</sup></a>" in second
    assert ">1<sup>#</sup></a>" in english


def test_the_tooltip_of_a_number_is_the_number(forum: Forum, client: FlaskClient) -> None:
    author = forum.member(thread_count=123455, post_count=9999)
    html = read(client, f"/thread-{forum.thread(author)}-1-1.html")

    assert re.search(r'title="123456"[^>]*>\s*<a[^>]*>12万</a>', html)
    assert re.search(r'number"><a[^>]*>10000</a>', html)
    for tab in ("thread", "reply"):
        assert f'href="/space-uid-{author}.html?do={tab}"' in html


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        (timedelta(seconds=0), "刚刚"),
        (timedelta(days=20), None),
    ],
)
def test_when_a_post_was_written(
    forum: Forum, client: FlaskClient, ago: timedelta, shown: str | None
) -> None:
    at = utc_now() - ago
    html = read(client, f"/thread-{forum.thread(at=at)}-1-1.html")
    local = at.astimezone(forum.site().zone)

    if shown is None:
        assert f"发表于 {local.year}-{local.month}-{local.day} {local:%H:%M:%S}" in words(html)
    else:
        assert re.search(r"发表于 (刚刚|\d+ 秒前)", words(html))
        assert f'title="{local.year}-{local.month}-{local.day} {local:%H:%M:%S}"' in html


def test_the_other_order_and_the_other_author_are_links(forum: Forum, client: FlaskClient) -> None:
    author = forum.member()
    thread_id = forum.thread(author, replies=4, repliers=(author, 1))
    page = read(client, f"/thread-{thread_id}-1-3.html")
    newest = read(client, f"/thread-{thread_id}-1-3.html?order=newest")
    only = read(client, f"/thread-{thread_id}-1-3.html?author={author}")

    assert f'href="/thread-{thread_id}-1-3.html?order=newest" rel="nofollow">倒序浏览' in page
    assert f'href="/thread-{thread_id}-1-3.html" rel="nofollow">正序浏览' in newest
    assert f'href="/thread-{thread_id}-1-3.html?author={author}" rel="nofollow">只看该作者' in page
    assert f'href="/thread-{thread_id}-1-3.html" rel="nofollow">显示全部楼层' in only
    assert len(articles(page)) == 5
    assert len(articles(only)) == 3
    assert [re.search(r"第 (\d) 楼", one) and one.count("楼主</span>") for one in articles(page)[1:]] == [0, 1, 0, 1]  # fmt: skip


def test_pages_keep_where_one_came_from(forum: Forum, client: FlaskClient) -> None:
    thread_id = forum.thread(replies=24)

    html = read(client, f"/thread-{thread_id}-2-7.html?order=newest")

    assert f'href="/forum-{FIRST_BOARD_ID}-7.html"' in html
    assert f'rel="prev" href="/thread-{thread_id}-1-7.html?order=newest"' in html
    assert f'rel="next" href="/thread-{thread_id}-3-7.html?order=newest"' in html
    assert f'<link rel="canonical" href="http://localhost/thread-{thread_id}-2-1.html">' in html
    assert '<meta name="robots" content="noindex,follow">' in html
    assert 'data-module="arrow-keys"' in html
    assert '<input type="hidden" name="order" value="newest">' in html
    assert "- 第 2 页 - " in html


def test_the_jump_box_of_the_pager_leads_to_its_page(forum: Forum, client: FlaskClient) -> None:
    thread_id = forum.thread(replies=24)

    answer = client.get(f"/thread-{thread_id}-1-4.html?page=3&order=newest&author=&lang=en")

    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/thread-{thread_id}-3-4.html?order=newest&lang=en"


def test_what_search_engines_are_told(forum: Forum, client: FlaskClient) -> None:
    thread_id = forum.thread(title="升级 <记录>", source="换了内存 & 固态。" * 30)

    html = read(client, f"/thread-{thread_id}-1-1.html")

    assert f'<link rel="canonical" href="http://localhost/thread-{thread_id}-1-1.html">' in html
    assert "<title>升级 &lt;记录&gt; - 默认版块 - Louceng</title>" in html
    assert '<meta property="og:title" content="升级 &lt;记录&gt;">' in html
    described = re.search(r'<meta name="description" content="([^"]*)">', html)
    assert described is not None
    assert 150 < len(unescape(described[1])) <= 161
    assert "noindex" not in html


def test_a_permanent_link_leads_to_its_page(forum: Forum, client: FlaskClient) -> None:
    thread_id = forum.thread(replies=24)
    ids = post_ids(forum, thread_id)

    for floor, page in ((1, 1), (10, 1), (11, 2), (25, 3)):
        answer = client.get(f"/post-{ids[floor]}.html")
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"/thread-{thread_id}-{page}-1.html#pid{ids[floor]}"
    assert client.get("/post-999999.html").status_code == 404
    assert client.get("/post-99999999999999999999.html").status_code == 404


@pytest.mark.parametrize(
    ("asked", "page", "floor"),
    [("floor=12", 2, 12), ("floor=3", 1, 4), ("floor=12&order=newest", 2, 12)],
)
def test_the_lift_stops_at_its_floor(
    forum: Forum, client: FlaskClient, asked: str, page: int, floor: int
) -> None:
    thread_id = forum.thread(replies=24)
    ids = post_ids(forum, thread_id)
    change(forum, update(Post).where(Post.id == ids[3]).values(state=PostState.RECYCLED))

    location = client.get(f"/thread-{thread_id}/floor?{asked}").headers["Location"]

    order = "?order=newest" if "order" in asked else ""
    assert location == f"/thread-{thread_id}-{page}-1.html{order}#pid{ids[floor]}"


@pytest.mark.parametrize(
    "asked", ["", "floor=", "floor=99", "floor=x", "floor=-1", "floor=" + "9" * 30]
)
def test_a_floor_that_is_not_there_leads_to_the_first_page(
    forum: Forum, client: FlaskClient, asked: str
) -> None:
    thread_id = forum.thread(replies=2)

    answer = client.get(f"/thread-{thread_id}/floor?{asked}")

    assert answer.headers["Location"] == f"/thread-{thread_id}-1-1.html"


def test_the_last_post(forum: Forum, client: FlaskClient) -> None:
    thread_id = forum.thread(replies=24)

    location = client.get(f"/thread-{thread_id}/last").headers["Location"]

    assert location == f"/thread-{thread_id}-3-1.html#pid{post_ids(forum, thread_id)[25]}"


def test_neighbours_or_a_word_that_there_is_none(forum: Forum, client: FlaskClient) -> None:
    at = utc_now() - timedelta(days=2)
    first, second = forum.thread(at=at), forum.thread(at=at + timedelta(hours=1))

    assert client.get(f"/thread-{first}/newer").headers["Location"] == f"/thread-{second}-1-1.html"
    assert client.get(f"/thread-{second}/older").headers["Location"] == f"/thread-{first}-1-1.html"
    none = client.get(f"/thread-{first}/older")
    assert none.status_code == 200  # an answer: the link on the page is not dead
    assert "抱歉，没有比当前更早的主题" in none.text
    assert "抱歉，没有比当前更新的主题" in client.get(f"/thread-{second}/newer").text


def test_the_print_view_and_the_reading_mode_are_bare(forum: Forum, client: FlaskClient) -> None:
    thread_id = forum.thread(replies=104, is_newest_first=True)

    printed = read(client, f"/thread-{thread_id}/print")
    reading = read(client, f"/thread-{thread_id}/reading")

    assert printed.count("<article") == 100
    assert "第 100 楼，" in printed
    assert "第 101 楼，" not in printed
    assert reading.count("<article") == 1
    for bare in (printed, reading):
        assert "快捷导航" not in bare
        assert '<meta name="robots" content="noindex">' in bare


def test_a_moved_thread_leads_to_where_it_is(forum: Forum, client: FlaskClient) -> None:
    thread_id = forum.thread()
    pointer = forum.thread(state=ThreadState.REDIRECT, moved_to_id=thread_id)

    answer = client.get(f"/thread-{pointer}-1-1.html")

    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        f"/thread-{thread_id}-1-1.html",
    )


def test_a_deleted_thread_says_so(forum: Forum, client: FlaskClient) -> None:
    thread_id = forum.thread(state=ThreadState.RECYCLED)

    for path in (
        f"/thread-{thread_id}-1-1.html", "/thread-999999-1-1.html", f"/thread-{thread_id}/print",
        f"/thread-{thread_id}/last", f"/thread-{thread_id}/newer", f"/thread-{thread_id}/history",
    ):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 404
        assert "抱歉，指定的主题不存在或已被删除或正在被审核" in answer.text
        assert "立即注册" in answer.text


def test_the_thread_type_and_its_state(forum: Forum, client: FlaskClient) -> None:
    with unit_of_work(forum.database) as uow:
        kind = ThreadType(board_id=FIRST_BOARD_ID, name="交流")
        uow.session.add(kind)
        uow.session.flush()  # kind.id
        uow.bump(CacheName.SITE)
        type_id = kind.id
    thread_id = forum.thread(
        type_id=type_id, sticky_level=2, digest_level=3, is_closed=True, heat=101, read_access=1
    )

    html = read(client, f"/thread-{thread_id}-1-1.html")

    assert f'href="/forum-{FIRST_BOARD_ID}-1.html?type={type_id}">[交流]</a>' in html
    text = words(html)
    for badge in ("置顶 II", "精华", "已关闭", "阅读权限 1"):
        assert badge in text, badge


def test_comments_ratings_marks_and_blocks(forum: Forum, client: FlaskClient) -> None:
    member = forum.member(signature_html="<b>天下没有免费的午餐</b>")
    thread_id = forum.thread(replies=2, repliers=(1, member), comment_count=1)
    ids, at = post_ids(forum, thread_id), utc_now() - timedelta(days=30)
    change(
        forum,
        insert(PostComment).values(
            post_id=ids[1], author_id=member, author_name="王小明", body="<b>周末</b>试试", created_at=at
        ),
        insert(PostRating).values(
            post_id=ids[1], rater_id=member, rater_name="王小明", amounts={"2": 5}, reason="精品文章",
            created_at=at,
        ),
        update(Post).where(Post.id == ids[2]).values(edited_at=at, edited_by_name="founder"),
        update(Post).where(Post.id == ids[3]).values(is_blocked=True, html="<p>秘密</p>"),
    )  # fmt: skip

    html = read(client, f"/thread-{thread_id}-1-1.html")

    text = words(html)
    assert "查看: 3 | 回复: 3" in text
    assert "点评 王小明 <b>周末</b>试试 发表于" in text
    assert "评分 参与人数 1 金钱 +5 王小明 金钱 +5 精品文章" in text
    assert "本帖最后由 founder 于" in text
    assert "提示: 该帖被管理员或版主屏蔽" in text
    assert "秘密" not in html
    assert "<b>天下没有免费的午餐</b>" in html


def test_what_a_moderator_did_last(forum: Forum, client: FlaskClient) -> None:
    thread_id = forum.thread()
    with unit_of_work(forum.database) as uow:
        entry = ModLogEntry(
            action="unheard_of", actor_id=1, actor_name="韩梅梅", target_kind=TargetKind.THREAD,
            target_count=1, options={}, effects=[], created_at=uow.now, previous_hash="", hash="",
        )  # fmt: skip
        uow.session.add(entry)
        uow.session.flush()  # entry.id
        uow.session.add(
            ModLogTarget(entry_id=entry.id, kind=TargetKind.THREAD, target_id=thread_id)
        )
        uow.session.execute(
            update(Thread).where(Thread.id == thread_id).values(last_log_id=entry.id)
        )

    html = read(client, f"/thread-{thread_id}-1-1.html")

    assert re.search(r"本主题由 韩梅梅 于 \S+( \S+)? unheard_of", words(html))
    assert f'href="/thread-{thread_id}/history"' in html
    assert "韩梅梅" in read(client, f"/thread-{thread_id}/history")


def test_a_mark_taken_away_is_not_said_to_be_given(forum: Forum, client: FlaskClient) -> None:
    thread_id = forum.thread()
    founder = Moderator(forum, FOUNDER_ID)

    for level, said in ((1, "置顶"), (0, "撤销置顶")):
        founder.does("thread.stick", thread_id, options=StickOptions(level))
        html = read(client, f"/thread-{thread_id}-1-1.html")
        assert re.search(rf"本主题由 founder 于 \S+( \S+)? {said}", words(html))
    assert "撤销置顶" in read(client, f"/thread-{thread_id}/history")


def test_a_member_has_a_box_to_reply_in(forum: Forum, client: FlaskClient) -> None:
    member = forum.member()
    thread_id = forum.thread(replies=1, repliers=(1, member))
    ids = post_ids(forum, thread_id)
    log_in(client, forum, member)

    html = read(client, f"/thread-{thread_id}-1-1.html")

    assert f'<form class="form form--wide" method="post" action="/thread-{thread_id}/reply"' in html
    key = re.search(r'name="submission_key" value="([^"]+)"', html)
    assert key is not None
    assert key[1] not in read(client, f"/thread-{thread_id}-1-1.html")
    assert 'name="csrf_token"' in html
    assert "您需要登录后才可以回帖" not in html
    assert f'href="/post-{ids[1]}/report"' in html
    assert f'href="/post-{ids[2]}/report"' not in html
    assert f'href="/post-{ids[2]}/edit"' in html
    assert f'href="/post-{ids[1]}/edit"' not in html
    assert f'data-source="/post-{ids[2]}/quote"' in html


def test_a_member_who_cannot_reply_is_told_why(forum: Forum, client: FlaskClient) -> None:
    log_in(client, forum, forum.member())

    html = read(client, f"/thread-{forum.thread(is_closed=True)}-1-1.html")

    assert "抱歉，本主题已关闭，不再接受新内容" in html
    assert "<textarea" not in html
    assert "#reply" not in html.partition('<nav class="dock"')[2]


def test_new_posts_are_marked_and_read(forum: Forum, app: Flask, client: FlaskClient) -> None:
    member, thread_id = forum.member(), forum.thread(replies=14)
    with unit_of_work(forum.database) as uow:
        uow.session.add(ThreadRead(member_id=member, thread_id=thread_id, floor=8, read_at=uow.now))
    log_in(client, forum, member)

    first = read(client, f"/thread-{thread_id}-1-1.html")
    read(client, f"/thread-{thread_id}-2-1.html")
    buffers.flush_all()

    assert first.count("post-card--new") == 2
    assert first.count('id="newpost"') == 1
    with forum.read() as s:
        assert s.scalar(select(ThreadRead.floor).where(ThreadRead.member_id == member)) == 15
        assert s.scalar(select(Member.last_seen_at).where(Member.id == member)) is not None
    assert "post-card--new" not in read(client, f"/thread-{thread_id}-2-1.html")


def test_a_pinned_reply_says_where_it_comes_from(forum: Forum, client: FlaskClient) -> None:
    thread_id = forum.thread(replies=14)
    member = forum.member()
    change(forum, update(Post).where(Post.floor == 15).values(is_sticky=True))
    log_in(client, forum, member)

    html = read(client, f"/thread-{thread_id}-1-1.html")

    top = articles(html)[1]
    assert "置顶回复" in top
    assert "来自 15#" in top
    buffers.flush_all()
    with forum.read() as s:  # a floor of another page is not the floor one has read to
        assert s.scalar(select(ThreadRead.floor).where(ThreadRead.member_id == member)) == 10


def test_a_moderator_sees_addresses_and_bars(forum: Forum, client: FlaskClient) -> None:
    thread_id = forum.thread(forum.member(), replies=1)
    recycled = forum.thread(state=ThreadState.RECYCLED)
    guests = read(client, f"/thread-{thread_id}-1-1.html")
    log_in(client, forum, forum.moderator(FIRST_BOARD_ID))

    html = read(client, f"/thread-{thread_id}-1-1.html")

    assert "192.0.2.1" in html
    assert "192.0.2.1" not in guests
    assert f'href="/moderation/do/thread.stick?ids={thread_id}&amp;back=' in html
    assert "thread.restore" not in html
    assert "thread.close" in html
    assert "thread.open" not in html
    assert "/moderation/do/" not in guests
    deleted = read(client, f"/thread-{recycled}-1-1.html")
    assert "thread.restore" in deleted
    assert "thread.stick" not in deleted


@pytest.mark.parametrize("replies", [4, 60])
def test_a_guests_page_costs_six_statements_at_most(
    forum: Forum, client: FlaskClient, replies: int
) -> None:
    repliers = tuple(forum.member(f"会员{number}") for number in range(6))
    thread_id = forum.thread(replies=replies, repliers=repliers, comment_count=1)
    change(
        forum,
        insert(PostRating).values(
            post_id=post_ids(forum, thread_id)[1], rater_name="某人", amounts={"2": 1}, reason="",
            created_at=utc_now(),
        ),
    )  # fmt: skip
    client.get("/thread-999999-1-1.html")  # boards and settings are cached now

    with recorded_statements() as statements:
        read(client, f"/thread-{thread_id}-1-1.html")
    assert len(statements) <= 6

    log_in(client, forum, repliers[0])
    with recorded_statements() as statements:
        read(client, f"/thread-{thread_id}-1-1.html")
    assert len(statements) <= 8


def test_every_guest_gets_the_same_page(forum: Forum, app: Flask) -> None:
    thread_id = forum.thread(replies=12, at=utc_now() - timedelta(days=30))

    pages = []
    for agent in ("Firefox", "Chrome"):
        answer = app.test_client().get(
            f"/thread-{thread_id}-1-1.html", headers={"User-Agent": agent}
        )
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert "csrf" not in answer.text
        pages.append(re.sub(r"Processed in [^.]*\.\d+|GMT[^,]*, \S+ \S+", "", answer.text))

    assert pages[0] == pages[1]


def test_twenty_floors_are_small(forum: Forum, client: FlaskClient) -> None:
    setting(forum, "reading", posts_per_page=20)
    repliers = tuple(forum.member(f"会员{number}") for number in range(20))
    thread_id = forum.thread(
        replies=19, repliers=repliers, source="换了内存和固态，速度飞起。" * 40
    )

    answer = client.get(f"/thread-{thread_id}-1-1.html")

    assert len(articles(answer.text)) == 20
    assert len(gzip.compress(answer.data)) < 25_000


def test_a_bug_is_told_without_the_database(app: Flask) -> None:
    html = app.jinja_env.get_template("errors/broken.html").render()

    assert "抱歉，服务器出错了" in html
    assert "Something is broken" in html
