"""The pages of writing: forms, refusals that keep what was typed, quotes, previews, revisions."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.core.cache import CacheName
from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.models import GroupPermission, Member, Post, PostRevision, Thread
from tests.acting import csrf_token, log_in
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID

TEXT = "求推荐一个近一点的地方。"


@pytest.fixture
def member_id(forum) -> int:
    return forum.member()


@pytest.fixture
def member(client, forum, member_id):
    """A client logged in; `send` posts a form with its token."""
    log_in(client, forum, member_id)

    def send(path, **fields):
        token = csrf_token(client, "/logout")
        return client.post(path, data={"csrf_token": token, **fields})

    client.send = send
    return client


def opening_id(forum, thread_id) -> int:
    with forum.read() as s:
        return s.get_one(Thread, thread_id).first_post_id


def test_a_member_starts_a_thread_and_lands_on_it(forum, member):
    form = member.get(f"/forum-{FIRST_BOARD_ID}/new")
    assert form.status_code == 200
    answer = member.send(f"/forum-{FIRST_BOARD_ID}/new", title="周末去哪儿", source=TEXT)

    assert answer.status_code == 303
    with forum.read() as s:
        thread = s.scalars(select(Thread)).one()
    assert answer.location == f"/thread-{thread.id}-1-1.html#pid{thread.first_post_id}"
    assert thread.notifies_author
    page = member.get(answer.location)
    assert "周末去哪儿" in page.text
    assert TEXT in page.text


def test_the_full_form_s_options_are_taken(forum, member):
    member.send(
        f"/forum-{FIRST_BOARD_ID}/new", title="周末去哪儿", source=TEXT, has_options="1",
        is_newest_first="y",
    )  # fmt: skip

    with forum.read() as s:
        thread = s.scalars(select(Thread)).one()
    assert (thread.is_newest_first, thread.notifies_author) == (True, False)


def test_what_is_refused_keeps_what_was_typed(member):
    answer = member.send(
        f"/forum-{FIRST_BOARD_ID}/new", title="长" * 41, source="字<b>", submission_key="k7"
    )

    assert answer.status_code == 422
    assert "长" * 41 in answer.text
    assert "字&lt;b&gt;</textarea>" in answer.text
    assert 'value="k7"' in answer.text
    assert "标题过长" in answer.text


def test_a_reply_goes_to_its_page_and_floor(forum, member):
    thread_id = forum.thread(replies=14)
    answer = member.send(f"/thread-{thread_id}/reply", source=TEXT)

    assert answer.status_code == 303
    with forum.read() as s:
        post = s.scalars(select(Post).order_by(Post.id.desc())).first()
    assert answer.location == f"/thread-{thread_id}-2-1.html#pid{post.id}"
    assert (post.floor, post.source) == (16, TEXT)


def test_too_fast_is_said_with_the_text_kept(forum, member):
    thread_id = forum.thread()
    member.send(f"/thread-{thread_id}/reply", source=TEXT)
    answer = member.send(f"/thread-{thread_id}/reply", source="另一句不同的话。")

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) in range(1, 16)
    assert "另一句不同的话。</textarea>" in answer.text


def test_a_closed_thread_says_why(forum, member):
    answer = member.get(f"/thread-{forum.thread(is_closed=True)}/reply")

    assert answer.status_code == 403


def test_guests_are_asked_to_log_in(forum, client):
    thread_id = forum.thread()
    for path in (f"/forum-{FIRST_BOARD_ID}/new", f"/thread-{thread_id}/reply"):
        answer = client.get(path)
        assert answer.status_code == 403
        assert "Set-Cookie" not in answer.headers
        assert "/login" in answer.text


def test_the_preview_button_shows_the_text_above_the_editor(forum, member):
    answer = member.send(f"/thread-{forum.thread()}/reply", source="[b]粗[/b]<script>", preview="1")

    assert answer.status_code == 200
    assert "<strong>粗</strong>&lt;script&gt;" in answer.text
    assert "[b]粗[/b]&lt;script&gt;</textarea>" in answer.text
    with forum.read() as s:
        assert len(s.scalars(select(Post)).all()) == 1


def test_scripts_fetch_a_preview(client, member):
    answer = member.send("/preview", source="[i]斜[/i]")

    assert answer.status_code == 200
    assert "data-preview><i>斜</i></div>" in answer.text


def test_guests_get_no_preview(client):
    assert client.post("/preview", data={"source": TEXT}).status_code in (400, 403)


def test_a_quoted_floor_fills_the_editor(forum, member):
    thread_id = forum.thread(replies=1)
    post_id = opening_id(forum, thread_id)
    page = member.get(f"/thread-{thread_id}/reply?quote={post_id}")
    source = member.get(f"/post-{post_id}/quote")

    assert f"[quote][url=/post-{post_id}.html]founder 发表于 " in page.text
    assert source.mimetype == "text/plain"
    assert source.text.startswith(f"[quote][url=/post-{post_id}.html]founder 发表于 ")
    assert "换了内存和固态" in source.text


def test_what_one_may_not_read_is_not_quoted(forum, member):
    hidden = opening_id(forum, forum.thread(board_id=forum.board("密室", viewers=(1,))))
    blocked = opening_id(forum, forum.thread())
    with unit_of_work(forum.database) as uow:
        uow.session.get_one(Post, blocked).is_blocked = True
    thread_id = forum.thread()

    assert member.get(f"/post-{hidden}/quote").status_code == 404
    assert member.get(f"/post-{blocked}/quote").status_code == 403
    for post_id in (hidden, blocked, 9999):
        answer = member.get(f"/thread-{thread_id}/reply?quote={post_id}")
        assert answer.status_code in (200, 404)
        assert "换了内存" not in answer.text


def test_an_author_edits_and_the_history_shows_it(forum, member, member_id):
    thread_id = forum.thread(member_id)
    post_id = opening_id(forum, thread_id)
    form = member.get(f"/post-{post_id}/edit")
    assert "换了内存和固态，速度飞起。</textarea>" in form.text
    assert 'value="旧笔记本升级记录"' in form.text

    answer = member.send(
        f"/post-{post_id}/edit", title="新标题", source="换了内存和固态，\n速度慢了。", version="1"
    )
    assert answer.status_code == 303

    history = member.get(f"/post-{post_id}/revisions")
    assert "diff__line--removed" in history.text
    assert "<del>旧笔记本升级记录</del> <ins>新标题</ins>" in history.text
    assert member.get(f"/post-{post_id}/edit").text.count("/revisions") == 1
    page = member.get(f"/thread-{thread_id}-1-1.html")
    assert "本帖最后由 王小明 于" in page.text


def test_an_edit_over_somebody_else_s_says_so_and_keeps_the_text(forum, member, member_id):
    post_id = opening_id(forum, forum.thread(member_id))
    member.send(f"/post-{post_id}/edit", title="标题", source="先到的内容，先到先得。", version="1")
    answer = member.send(f"/post-{post_id}/edit", title="标题", source="后到的内容。", version="1")

    assert answer.status_code == 422
    assert "后到的内容。</textarea>" in answer.text
    again = member.send(f"/post-{post_id}/edit", title="标题", source="后到的内容。", version="2")
    assert again.status_code == 303


def test_the_history_is_for_the_author_and_the_moderators(forum, member, client):
    post_id = opening_id(forum, forum.thread())
    with unit_of_work(forum.database) as uow:
        uow.session.add(PostRevision(post_id=post_id, source="机密旧文", created_at=uow.now))

    assert member.get(f"/post-{post_id}/revisions").status_code == 403
    log_in(client, forum, forum.moderator(FIRST_BOARD_ID))
    assert "机密旧文" in client.get(f"/post-{post_id}/revisions").text


def test_a_waiting_post_is_said_to_wait(forum, member):
    board_id = forum.board(premoderation=2)
    answer = member.send(f"/forum-{board_id}/new", title="新人报到", source=TEXT)

    assert answer.status_code == 303
    assert "等待审核" in member.get(answer.location).text


@pytest.mark.parametrize("is_opening", [True, False])
def test_an_edit_that_brings_a_link_in_is_said_to_wait(app, forum, member, member_id, is_opening):
    with unit_of_work(forum.database) as uow:
        uow.session.merge(GroupPermission(group_id=10, key="post.links", value=1))
        uow.bump(CacheName.SITE)
    thread_id = forum.thread(
        member_id if is_opening else FOUNDER_ID,
        replies=0 if is_opening else 1,
        repliers=(member_id,),
    )
    with forum.read() as s:
        post_id = s.scalars(
            select(Post.id).where(Post.thread_id == thread_id, Post.author_id == member_id)
        ).one()
    fields = {"title": "旧标题"} if is_opening else {}

    answer = member.send(
        f"/post-{post_id}/edit", source=TEXT + " https://spam.example/", version="1", **fields
    )

    assert answer.status_code == 303
    page = member.get(answer.location).text
    assert "您的帖子需要审核" in page
    assert "spam.example" in page
    guest = app.test_client().get(f"/thread-{thread_id}-1-1.html")
    assert "spam.example" not in guest.text
    assert guest.status_code == (404 if is_opening else 200)


def test_a_form_without_its_token_changes_nothing(forum, client, member_id):
    log_in(client, forum, member_id)
    answer = client.post(f"/thread-{forum.thread()}/reply", data={"source": TEXT})

    assert answer.status_code == 400
    with forum.read() as s:
        assert s.get_one(Member, member_id).post_count == 0


@pytest.mark.parametrize("replies", [1, 25])
def test_forms_cost_a_fixed_number_of_statements(forum, member, replies):
    thread_id = forum.thread(replies=replies)
    post_id = opening_id(forum, thread_id)
    for path in (f"/thread-{thread_id}/reply?quote={post_id}", f"/forum-{FIRST_BOARD_ID}/new"):
        member.get(path)
        with recorded_statements() as statements:
            assert member.get(path).status_code == 200
        assert len(statements) <= 5, "\n".join(statements)


def test_the_form_says_when_the_day_s_clock_is_wrong(forum, member):
    """A last post from the future (a clock was wrong) does not put the next ones there too."""
    thread_id = forum.thread()
    with unit_of_work(forum.database) as uow:
        uow.session.get_one(Thread, thread_id).last_post_at = uow.now + timedelta(days=9)
    member.send(f"/thread-{thread_id}/reply", source=TEXT)

    with forum.read() as s:
        thread = s.get_one(Thread, thread_id)
        post = s.scalars(select(Post).order_by(Post.id.desc())).first()
    assert thread.last_post_at == post.created_at


def test_an_edit_without_its_version_is_no_bug(forum, member, member_id):
    post_id = opening_id(forum, forum.thread(member_id))

    answer = member.send(
        f"/post-{post_id}/edit", source="这是修改后的内容，够长了。", title="新标题"
    )

    assert answer.status_code == 303
