"""标签 on pages: the form, the line below the opening post, a tag's page, old addresses."""

from urllib.parse import quote

import pytest
from sqlalchemy import select

from forum.commands.moderation.thread_tags import TagOptions
from forum.commands.queue import decide
from forum.commands.tag_care import close_tags, merge_tags
from forum.commands.tags import follow_tags
from forum.commands.words import import_words
from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.models import Post, Tag, Thread
from tests.acting import csrf_token, log_in
from tests.admin.conftest import enter
from tests.commands.moderation.acting import Moderator
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID

TEXT = "求推荐一个近一点的地方。"
NEW = f"/forum-{FIRST_BOARD_ID}/new"


@pytest.fixture
def member_id(forum) -> int:
    return forum.member()


@pytest.fixture
def member(client, forum, member_id):
    """A client logged in; `send` posts a form with its token."""
    log_in(client, forum, member_id)

    def send(path, **fields):
        token = csrf_token(client, "/logout")
        return client.post(path, data={"csrf_token": token, "has_options": "1", **fields})

    client.send = send
    return client


@pytest.fixture
def staff(forum):
    return Moderator(forum, FOUNDER_ID)


def tagged(forum, tags="春天", **columns):
    thread_id = forum.thread(tags=tags, **columns)
    with unit_of_work(forum.database) as uow:
        follow_tags(uow, [thread_id])
    return thread_id


def path_of(name):
    return f"/tag/{quote(name)}"


def link(name):
    return f'<a class="tag-line__tag" href="{path_of(name)}" rel="tag">{name}</a>'


def read(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.text


def test_a_new_thread_shows_its_tags_below_the_opening_post(forum, member):
    assert 'name="tags"' in read(member, NEW)
    answer = member.send(NEW, title="周末去哪儿", source=TEXT, tags="春天，摄影")

    assert answer.status_code == 303
    page = read(member, answer.location)
    assert f'{link("春天")},</span> <span class="tag-line__item">{link("摄影")}</span>' in page
    assert '<meta property="article:tag" content="春天">' in page
    assert "周末去哪儿" in read(member, path_of("春天"))


def test_a_refused_form_keeps_what_was_typed_and_says_why(forum, member):
    answer = member.send(NEW, title="周末去哪儿", source=TEXT, tags="春天 <script>")

    assert answer.status_code == 422
    assert 'value="春天 &lt;script&gt;"' in answer.text
    assert "标签只能由文字和数字组成：“&lt;script&gt;”不符合。" in answer.text
    assert "<script>" not in answer.text.partition('id="tags"')[2].partition("</form>")[0]


def test_the_edit_form_shows_them_and_changes_them(forum, member, member_id):
    thread_id = tagged(forum, "春天,Python", author_id=member_id)
    with forum.read() as s:
        post_id = s.scalar(select(Post.id).where(Post.thread_id == thread_id))
    assert 'value="春天 Python"' in read(member, f"/post-{post_id}/edit")

    answer = member.send(
        f"/post-{post_id}/edit", title="旧笔记本升级记录", source=TEXT, tags="Python 夏天",
        notifies_author="y",
    )  # fmt: skip

    assert answer.status_code == 303
    page = read(member, f"/thread-{thread_id}-1-1.html")
    assert link("夏天") in page
    assert link("春天") not in page
    assert member.get(path_of("春天")).status_code == 404


def test_whoever_may_give_none_is_not_asked(forum, client):
    log_in(client, forum, forum.member("管理员", group_id=1))
    assert 'name="tags"' in read(client, NEW)
    log_in(client, forum, forum.member("无标签", group_id=8))
    answer = client.get(NEW)
    assert 'name="tags"' not in answer.text


def test_whoever_approves_a_thread_sees_its_tags(forum, client, member_id):
    with unit_of_work(forum.database) as uow:
        import_words(uow, forum.actor(FOUNDER_ID), text="代购={MOD}")
    log_in(client, forum, member_id)
    form = {"title": "周末去哪儿", "source": TEXT, "tags": "春天 代购", "has_options": "1"}
    client.post(NEW, data={**form, "csrf_token": csrf_token(client, NEW)})
    assert client.get(path_of("春天")).status_code == 404  # not even for the author

    enter(client, forum, forum.member("管理员", group_id=1))
    assert "标签: 春天, 代购" in read(client, "/moderation/queue")
    with forum.read() as s:
        post_id = s.scalar(select(Post.id).where(Post.author_id == member_id))
    with unit_of_work(forum.database) as uow:
        decide(uow, forum.actor(FOUNDER_ID), "approve", [post_id])
    assert "周末去哪儿" in read(client, path_of("代购"))


def test_guests_see_other_tags_at_once(forum, client, staff):
    thread_id = tagged(forum)
    path = f"/thread-{thread_id}-1-1.html"
    assert link("春天") in read(client, path)
    assert "旧笔记本" in read(client, path_of("春天"))

    done = staff.does("thread.tag", thread_id, options=TagOptions("only", "夏天"))
    assert link("夏天") in read(client, path)
    assert client.get(path_of("春天")).status_code == 404
    assert "旧笔记本" in read(client, path_of("夏天"))

    staff.undoes(done.entry_id)
    assert link("春天") in read(client, path)
    assert client.get(path_of("夏天")).status_code == 404


def test_guests_and_members_see_at_once_that_a_tag_was_closed_or_merged(forum, app, staff):
    thread_id = tagged(forum, "春天,夏天,秋天")
    guest, member = app.test_client(), app.test_client()
    log_in(member, forum, forum.member())
    path = f"/thread-{thread_id}-1-1.html"
    for client in (guest, member):
        assert link("春天") in read(client, path)
        read(client, path_of("春天"))

    def care(command, name, **more):
        with unit_of_work(forum.database) as uow:
            tag_id = uow.session.scalar(select(Tag.id).where(Tag.name == name))
            command(uow, staff.actor, tag_ids=[tag_id], **more)

    care(close_tags, "春天")
    care(merge_tags, "夏天", into="秋天")

    for client in (guest, member):
        page = read(client, path)
        assert [name for name in ("春天", "夏天", "秋天") if link(name) in page] == ["秋天"]
        assert client.get(path_of("春天")).status_code == 404
        answer = client.get(path_of("夏天"))
        assert (answer.status_code, answer.location) == (302, path_of("秋天"))


def test_a_thread_that_goes_leaves_its_tag_s_page_at_once(forum, client, staff):
    staying, going = tagged(forum, title="留下的"), tagged(forum, title="要走的")
    assert "要走的" in read(client, path_of("春天"))

    staff.does("thread.delete", going)
    assert "要走的" not in read(client, path_of("春天"))
    staff.does("thread.delete", staying)
    assert client.get(path_of("春天")).status_code == 404


def test_another_spelling_leads_to_the_tag(forum, client):
    tagged(forum, "Python")

    answer = client.get(f"/tag/{quote('ＰＹＴＨＯＮ')}?lang=en")

    assert (answer.status_code, answer.location) == (302, "/tag/PYTHON?lang=en")
    page = read(client, "/tag/PYTHON")
    assert "标签: PYTHON" in page
    assert 'rel="canonical" href="http://localhost/tag/python"' in page


@pytest.mark.parametrize(
    "path",
    ["/tag/%00", "/tag/" + "x" * 5000, "/tag/%25%27", "/tag/..%2f", "/tag/<script>", "/tag/%ff%fe"],
)
def test_what_is_no_tag_is_not_found(forum, client, path):
    assert client.get(path).status_code == 404


def test_tags_used_in_secret_are_told_to_nobody_else(forum, client):
    board_id = forum.board("密室", viewers=(1,))
    tagged(forum, "内部代号", board_id=board_id)
    tagged(forum, "Hidden", board_id=board_id)

    nowhere = client.get("/tag/nowhere")
    for path in (path_of("内部代号"), "/tag/HIDDEN", "/misc.php?mod=tag&id=1"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "location" not in answer.headers
        assert answer.text.count("Hidden") == nowhere.text.count("Hidden")
    log_in(client, forum, forum.member("管理员", group_id=1))
    assert client.get(path_of("内部代号")).status_code == 200


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/misc.php?mod=tag&id=1", path_of("春天")),
        ("/misc.php?mod=tag&id=1&name=whatever", path_of("春天")),
        ("/misc.php?mod=tag&name=%B4%BA%CC%EC", path_of("春天")),  # GBK
        ("/tag.php?name=%E6%98%A5%E5%A4%A9", path_of("春天")),
        ("/misc.php?mod=tag", "/search"),
    ],
)
def test_old_addresses_lead_to_the_tag(forum, client, old, new):
    tagged(forum)

    answer = client.get(old)

    assert (answer.status_code, answer.location) == (301, new)


def test_tags_cost_the_thread_page_no_statement(forum, app, client):
    plain, with_tags = forum.thread(), tagged(forum, "春天,夏天,秋天")
    log_in(client, forum, forum.member())
    client.get(f"/thread-{with_tags}-1-1.html")  # the rules are known now
    counts = []
    for thread_id in (plain, with_tags):
        forum.commit()
        with recorded_statements() as statements:
            read(client, f"/thread-{thread_id}-1-1.html?page_asked_anew=1")
        counts.append(len(statements))

    assert counts[0] == counts[1]


def test_the_text_of_a_blocked_post_takes_its_tags_along(forum, client):
    thread_id = tagged(forum)
    with unit_of_work(forum.database) as uow:
        post = uow.session.scalars(select(Post).where(Post.thread_id == thread_id)).one()
        post.is_blocked = True

    assert "tag-line" not in read(client, f"/thread-{thread_id}-1-1.html")


def test_a_page_of_a_tag_goes_on_without_numbers_of_pages(forum, client):
    ids = [forum.thread(tags="春天", title=f"第 {n} 个") for n in range(52)]
    with unit_of_work(forum.database) as uow:
        follow_tags(uow, ids)

    first = read(client, path_of("春天"))
    assert f'rel="next" href="{path_of("春天")}?before={ids[2]}"' in first
    second = read(client, f"{path_of('春天')}?before={ids[2]}")
    assert "第 1 个" in second
    assert "第 2 个<" not in second
    assert 'content="noindex, follow"' in second


def test_moderators_change_tags_by_the_form_that_is_everywhere(forum, client, staff):
    thread_id = tagged(forum)
    log_in(client, forum, forum.member("管理员", group_id=1))
    assert f"/moderation/do/thread.tag?ids={thread_id}" in read(
        client, f"/thread-{thread_id}-1-1.html"
    )
    page = read(client, f"/moderation/do/thread.tag?ids={thread_id}")
    assert "只保留这些标签" in page
    assert '<span class="faint">(春天)</span>' in page
    form = {"ids": str(thread_id), "how": "add", "tags": "夏天", "reason": "整理"}
    token = csrf_token(client, f"/moderation/do/thread.tag?ids={thread_id}")

    shown = client.post(
        "/moderation/do/thread.tag", data={**form, "csrf_token": token, "preview": "1"}
    )
    assert shown.status_code == 200
    assert "春天,夏天" in shown.text
    done = client.post("/moderation/do/thread.tag", data={**form, "csrf_token": token})
    assert done.status_code == 303
    with forum.read() as s:
        assert s.get_one(Thread, thread_id).tags == "春天,夏天"
    wrong = client.post(
        "/moderation/do/thread.tag", data={**form, "tags": "<b>", "csrf_token": token}
    )
    assert wrong.status_code == 422
    assert "&lt;b&gt;" in wrong.text
