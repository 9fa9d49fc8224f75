"""The pages of messages: whose they are, what they keep of a refused form, and that nobody else sees them."""

import re

import pytest
from sqlalchemy import select, update

from forum.commands.messages import block_member, send_message, take_messages
from forum.core.cache import CacheName
from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.models import (
    Member,
    Message,
    MessageCopy,
    MessageReport,
    Notice,
    Post,
    ReportState,
    Word,
    WordAction,
)
from tests.acting import csrf_token, submit
from tests.factories import FOUNDER_ID
from tests.walking import visitor

CANARY = "暗号金丝雀飞过"


@pytest.fixture
def lilei(forum) -> int:
    return forum.member("李雷")


@pytest.fixture
def han(forum) -> int:
    return forum.member("韩梅梅")


def send(forum, sender, recipient, source="你好。"):
    with unit_of_work(forum.database) as uow:
        # The pace is of no matter here.
        uow.session.execute(
            update(Message)
            .where(Message.author_id == sender)
            .values(created_at=forum.actor(sender).now.replace(year=2020))
            .execution_options(synchronize_session=False)
        )
    with unit_of_work(forum.database) as uow:
        return send_message(uow, forum.actor(sender), recipient_id=recipient, source=source)


def act(client, path, **fields):
    return client.post(path, data={"csrf_token": csrf_token(client, "/logout"), **fields})


def test_writing_reading_and_answering(app, forum, lilei, han):
    mine, hers = visitor(app, forum, lilei), visitor(app, forum, han)
    answer = submit(mine, f"/messages/{han}", source="[b]周末[/b]去爬山吗？")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/messages/{han}#newest"

    index = hers.get("/messages").text
    assert "消息(1)" in index
    assert "1 条新消息" in index
    assert "周末去爬山吗？" in index
    page = hers.get(f"/messages/{lilei}").text
    assert "<strong>周末</strong>去爬山吗？" in page
    assert "消息(1)" in hers.get(f"/messages/{lilei}").text  # looking changes nothing

    up_to = page.partition('name="up_to" value="')[2].partition('"')[0]
    assert act(hers, f"/messages/{lilei}/read", up_to=up_to).status_code == 303
    assert "消息(" not in hers.get("/messages").text
    submit(hers, f"/messages/{lilei}", source="好啊")
    assert "消息(1)" in mine.get("/").text


def test_writing_by_name(app, forum, lilei, han):
    client = visitor(app, forum, lilei)
    page = client.get("/messages/new?to=韩梅梅")
    assert 'value="韩梅梅"' in page.text

    refused = submit(client, "/messages/new", to="没有这个人", source="有人吗？")
    assert refused.status_code == 422
    assert "有人吗？" in refused.text
    sent = submit(client, "/messages/new", to="韩梅梅", source="有人吗？")
    assert sent.headers["Location"] == f"/messages/{han}#newest"


def test_nobody_shows_these_pages_from_a_cache(app, forum, lilei, han):
    client = visitor(app, forum, lilei)
    send(forum, han, lilei)

    for path in ("/messages", f"/messages/{han}", "/messages/new", "/messages/settings"):
        assert client.get(path).headers["Cache-Control"] == "private, no-store"
    guest = app.test_client()
    for path in ("/messages", f"/messages/{han}", "/messages/new"):
        answer = guest.get(path)
        assert answer.status_code == 403
        assert "/login?next=%2Fmessages" in answer.text
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_refused_message_keeps_what_was_typed(app, forum, lilei, han):
    with unit_of_work(forum.database) as uow:
        uow.session.add(Word(pattern="代开发票", key="代开发票", action=WordAction.HOLD, replacement="", category="", created_at=uow.now))  # fmt: skip
        uow.bump(CacheName.WORDS)
    client = visitor(app, forum, lilei)

    refused = submit(client, f"/messages/{han}", source="这里代开发票，很便宜")
    assert refused.status_code == 422
    assert "这里代开发票，很便宜" in refused.text
    long = submit(client, f"/messages/{han}", source="长" * 3001)
    assert long.status_code == 422
    assert "长" * 3001 in long.text
    assert submit(client, f"/messages/{han}", source="  ").status_code == 422
    submit(client, f"/messages/{han}", source="第一条")
    soon = submit(client, f"/messages/{han}", source="第二条")
    assert soon.status_code == 429
    assert "第二条" in soon.text
    assert int(soon.headers["Retry-After"]) <= 15


def test_who_does_not_take_it_is_said_with_the_reason(app, forum, lilei, han):
    client = visitor(app, forum, lilei)
    with unit_of_work(forum.database) as uow:
        block_member(uow, forum.actor(han), member_id=lilei)
    page = client.get(f"/messages/{han}").text
    assert "对方不接收您的消息。" in page
    assert 'name="source"' not in page
    refused = act(client, f"/messages/{han}", source="听我说完")
    assert refused.status_code == 422
    assert "对方不接收您的消息。" in refused.text
    assert "听我说完" in refused.text

    with unit_of_work(forum.database) as uow:
        take_messages(uow, forum.actor(FOUNDER_ID), takes_messages=False)
    assert "对方不接收任何人的消息。" in client.get(f"/messages/{FOUNDER_ID}").text
    assert "不能对自己" in client.get(f"/messages/{lilei}").text
    assert client.get("/messages/99999").status_code == 404
    muted = visitor(app, forum, forum.member("禁言者", group_id=4, former_group_id=10))
    assert 'name="source"' not in muted.get(f"/messages/{han}").text
    assert 'name="source"' not in muted.get("/messages/new").text


def test_the_block_list_and_the_closed_ear(app, forum, lilei, han):
    client = visitor(app, forum, lilei)

    assert act(client, "/messages/settings", takes="none").status_code == 303
    with forum.read() as s:
        assert not s.get_one(Member, lilei).takes_messages
    assert act(client, "/messages/settings/block", to="没有这个人").status_code == 422
    assert act(client, "/messages/settings/block", to="韩梅梅").status_code == 303
    assert "韩梅梅" in client.get("/messages/settings").text
    assert "移出黑名单" in client.get(f"/messages/{han}").text
    answer = act(client, f"/messages/{han}/unblock", back=f"/messages/{han}")
    assert answer.headers["Location"] == f"/messages/{han}"
    assert "韩梅梅" not in client.get("/messages/settings").text
    assert act(client, f"/messages/{han}/block", back="//evil.example").headers["Location"] == (
        "/messages/settings"
    )


def test_deleting_is_for_oneself(app, forum, lilei, han):
    mine, hers = visitor(app, forum, lilei), visitor(app, forum, han)
    first, second = send(forum, lilei, han, "第一句"), send(forum, lilei, han, "第二句")

    answer = act(hers, f"/messages/{lilei}/{first}/delete")
    assert answer.headers["Location"] == f"/messages/{lilei}"
    assert "第一句" not in hers.get(f"/messages/{lilei}").text
    assert "第一句" in mine.get(f"/messages/{han}").text
    assert act(hers, f"/messages/{lilei}/{second}/delete").headers["Location"] == "/messages"
    assert act(mine, f"/messages/{han}/delete").status_code == 303
    with forum.read() as s:
        assert set(s.scalars(select(Message.source))) == {""}


def test_what_is_of_others_is_not_there(app, forum, lilei, han):
    message_id = send(forum, lilei, han, CANARY)
    third = visitor(app, forum, forum.member("第三者"))

    for other in (lilei, han):
        assert CANARY not in third.get(f"/messages/{other}").text
        assert third.get(f"/messages/{other}/{message_id}/report").status_code == 404
        for action in ("delete", f"{message_id}/delete", f"{message_id}/report"):
            path = f"/messages/{other}/{action}"
            assert act(third, path, reason="spam").status_code == 404, path
        act(third, f"/messages/{other}/read", up_to=message_id)
    with forum.read() as s:
        assert s.scalars(select(MessageCopy.is_read).order_by(MessageCopy.is_read)).all() == [False, True]  # fmt: skip
        assert s.scalars(select(MessageReport.id)).all() == []


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "[url=javascript:alert(1)]x[/url]",
        "[img]javascript:alert(1)[/img]",
        '[color=red" onmouseover="alert(1)]x[/color]',
        "'; DROP TABLE messages; --",
    ],
)
def test_a_message_is_no_markup_of_the_page(app, forum, lilei, han, source):
    send(forum, lilei, han, source)
    client = visitor(app, forum, han)

    for path in ("/messages", f"/messages/{lilei}"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "javascript:alert" not in page.replace("[url=javascript:alert(1)]", "").replace(
            "[img]javascript:alert(1)[/img]", ""
        )
        assert not re.search(r"<[^<>]*onmouseover", page)


@pytest.mark.parametrize("path", ["", "/delete", "/read", "/block", "/unblock", "/{id}/delete"])
def test_every_change_asks_for_the_token(app, forum, lilei, han, path):
    app.config["WTF_CSRF_ENABLED"] = True
    message_id = send(forum, lilei, han)
    client = visitor(app, forum, lilei)

    answer = client.post(f"/messages/{han}{path.format(id=message_id)}", data={"source": "嗨"})

    assert answer.status_code in (400, 422)
    with forum.read() as s:
        assert len(s.scalars(select(MessageCopy.message_id)).all()) == 2


def test_the_one_reported_message_is_what_the_higher_staff_sees(app, forum, lilei, han):
    send(forum, lilei, han, "之前的悄悄话")
    message_id = send(forum, lilei, han, "[b]加我微信[/b]领红包")
    hers = visitor(app, forum, han)
    form = f"/messages/{lilei}/{message_id}/report"
    assert "领红包" in hers.get(form).text
    assert act(hers, form, reason="nonsense").status_code == 422
    assert act(hers, form, reason="spam", text="骗子").status_code == 303
    assert act(hers, form, reason="illegal").status_code == 303  # a second time changes nothing
    act(hers, f"/messages/{lilei}/delete")

    moderator = visitor(app, forum, forum.moderator(2, "版主甲"))
    assert moderator.get("/moderation/message-reports").status_code == 403
    chief = forum.member("超版", group_id=2)
    staff = visitor(app, forum, chief)
    assert "被举报的消息 (1)" in staff.get("/moderation/").text
    page = staff.get("/moderation/message-reports").text
    assert "<strong>加我微信</strong>领红包" in page
    assert "骗子" in page
    assert "之前的悄悄话" not in page
    with forum.read() as s:
        report_id = s.scalar(select(MessageReport.id))
        told = s.scalars(select(Notice.member_id).where(Notice.kind == "message_reported")).all()
        assert told == [FOUNDER_ID]  # the other one was made later

    path = f"/moderation/message-reports/{report_id}"
    assert act(moderator, path, outcome="upheld").status_code == 403
    assert act(staff, path, outcome="upheld", note="已处理").status_code == 303
    assert act(staff, path, outcome="rejected").status_code == 409
    assert "加我微信" in staff.get("/moderation/message-reports?state=handled").text
    assert "已处理" in hers.get("/notices").text
    with forum.read() as s:
        assert s.get_one(MessageReport, report_id).state is ReportState.UPHELD


def test_a_report_of_a_message_is_passed_to_the_administrators(app, forum, lilei, han):
    chief = forum.member("超版", group_id=2)
    message_id = send(forum, lilei, han, "[b]加我微信[/b]领红包")
    act(visitor(app, forum, han), f"/messages/{lilei}/{message_id}/report", reason="spam")
    office = forum.member("管理员", group_id=1)
    staff, admin = visitor(app, forum, chief), visitor(app, forum, office)
    with forum.read() as s:
        report_id = s.scalar(select(MessageReport.id))
    page = staff.get("/moderation/message-reports").text
    assert "共有 1 条举报。" in page
    assert "最早 <time" in page
    path = f"/moderation/message-reports/{report_id}"
    assert f'formaction="{path}/escalate"' in page

    assert act(staff, f"{path}/escalate", note="请定夺").status_code == 303

    assert "领红包" not in staff.get("/moderation/message-reports").text
    assert act(staff, path, outcome="rejected").status_code == 404
    page = admin.get("/moderation/message-reports").text
    assert "领红包" in page
    assert "转交上级：超版: 请定夺" in page
    assert "交管理员" in page
    assert f'formaction="{path}/escalate"' not in page
    assert act(admin, f"{path}/escalate").status_code == 409
    with forum.read() as s:
        told = select(Notice.actor_id).where(
            Notice.kind == "message_reported", Notice.member_id == office
        )
        assert set(s.scalars(told)) == {chief}


def test_who_reports_or_is_reported_does_not_decide(app, forum, han):
    chief = forum.member("超版", group_id=2)
    message_id = send(forum, chief, han)
    hers = visitor(app, forum, han)
    act(hers, f"/messages/{chief}/{message_id}/report", reason="spam")
    staff = visitor(app, forum, chief)

    assert "领红包" not in staff.get("/moderation/message-reports").text
    with forum.read() as s:
        report_id = s.scalar(select(MessageReport.id))
    path = f"/moderation/message-reports/{report_id}"
    assert act(staff, path, outcome="rejected").status_code == 404
    mine = act(staff, f"/messages/{han}/{message_id}/report", reason="spam")
    assert mine.status_code == 403


@pytest.mark.parametrize("count", [1, 20])
def test_the_pages_take_so_many_statements(app, forum, lilei, count, backend):
    for index in range(count):
        send(forum, forum.member(f"会员{index}"), lilei)
        send(forum, FOUNDER_ID, lilei)
    client = visitor(app, forum, lilei)
    client.get("/messages")

    for path, most in (("/messages", 2), (f"/messages/{FOUNDER_ID}", 3), ("/messages/new", 1)):
        with recorded_statements() as statements:
            assert client.get(path).status_code == 200
        # SQLite tells that nobody has committed since: who asks need not be read again.
        assert len(statements) == most - (backend == "sqlite"), "\n".join(statements)


def test_the_link_stands_beside_every_author_but_oneself(app, forum, lilei, han):
    thread = forum.thread(lilei, replies=1, repliers=(han,))
    path = f"/thread-{thread}-1-1.html"

    guest = app.test_client().get(path).text
    assert f'href="/login?next=%2Fmessages%2F{lilei}" rel="nofollow">发消息' in guest
    mine = visitor(app, forum, lilei).get(path).text
    assert f'href="/messages/{lilei}"' not in mine
    assert f'href="/messages/{han}" rel="nofollow">发消息' in mine
    assert f'href="/messages/{han}"' in visitor(app, forum, lilei).get(f"/space-uid-{han}.html").text  # fmt: skip
    assert f'href="/messages/{han}"' not in visitor(app, forum, han).get(f"/space-uid-{han}.html").text  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/home.php?mod=space&do=pm", "/messages"),
        ("/home.php?mod=space&do=pm&subop=view&touid=7", "/messages/7"),
        ("/home.php?mod=spacecp&ac=pm&op=showmsg&touid=7", "/messages/7"),
        ("/home.php?mod=spacecp&ac=pm", "/messages"),
        ("/pm.php?action=send&uid=7", "/messages/7"),
    ],
)
def test_old_addresses_lead_there(client, old, new):
    answer = client.get(old)

    assert answer.status_code == 301
    assert answer.headers["Location"] == new


def test_a_message_is_nowhere_else(app, forum, caplog, lilei, han):
    """Not in search, feeds, notices, the log of the server, or a page of anybody else, staff or not."""
    caplog.set_level("DEBUG")
    mine = visitor(app, forum, lilei)
    submit(mine, f"/messages/{han}", source=CANARY)
    with forum.read() as s:
        assert CANARY in s.scalar(select(Message.source))
        assert s.scalar(select(Post.id).where(Post.source.contains(CANARY))) is None

    others = [
        app.test_client(),
        visitor(app, forum, forum.member("第三者")),
        visitor(app, forum, forum.moderator(2, "版主甲")),
        visitor(app, forum, FOUNDER_ID),
    ]
    pages = (
        "/", "/forum-2-1.html", f"/space-uid-{lilei}.html", f"/space-uid-{han}.html", f"/search?q={CANARY}",
        f"/search?q={CANARY}&kind=posts", "/index.rss", "/sitemap.xml", "/notices", "/messages", f"/messages/{lilei}",
        f"/messages/{han}", "/moderation/", "/moderation/log", "/moderation/queue", "/moderation/reports",
        "/moderation/message-reports", "/admin/", "/admin/log", "/admin/members", f"/admin/members/{lilei}",
    )  # fmt: skip
    for client in others:
        for path in pages:
            answer = client.get(path)
            assert answer.status_code < 500
            # The search page repeats the words asked for.
            assert CANARY not in answer.text or path.startswith("/search"), path
    assert CANARY not in caplog.text
