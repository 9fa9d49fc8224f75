"""A member's stories, with scripts and without: joining, writing, points, notices, settings."""

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.served import PASSWORD, Server
from tests.browser.visitor import Visitor

Visit = Callable[..., Visitor]


@pytest.fixture(autouse=True)
def quick(server: Server) -> None:
    """Stories type faster than people: no waiting between posts."""
    server.setting("posting", flood_interval=0)


def picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (400, 300), "#2b6cb0").save(file, "PNG")
    return file.getvalue()


def test_joining_leads_back_to_the_page_and_the_reply_box(server: Server, window: Visitor) -> None:
    thread_id = server.thread(title=server.name("欢迎"))
    name = server.name("新人")
    page = window.goes(f"/thread-{thread_id}-1-1.html")

    window.follows("立即注册", "#reply")
    window.fills(
        name=name,
        password=PASSWORD,
        password_again=PASSWORD,
        email=f"{len(name)}@example.org",
    )
    page.get_by_label("我已阅读并同意").check()
    window.presses("提交注册")

    assert window.at == f"/thread-{thread_id}-1-1.html"
    window.reads(name)
    window.reads("欢迎您！注册成功。")
    page.fill("#reply textarea", f"我是{name}，第一次来，大家好。")
    window.presses("发表回复")
    assert re.fullmatch(rf"/thread-{thread_id}-1-1\.html#pid\d+", window.at)
    window.reads("第一次来，大家好。")
    window.presses("退出", "header")
    window.reads("您需要登录后才可以回帖")


def test_ctrl_enter_sends_and_a_draft_survives(server: Server, visit: Visit) -> None:
    member = visit()
    thread_id = server.thread(title=server.name("快捷键"))
    _, name = server.member()
    member.logs_in(name)

    page = member.goes(f"/thread-{thread_id}-1-1.html")
    member.settles()
    page.fill("#reply textarea", "写到一半就离开了这个页面")
    member.waits_until("Object.keys(localStorage).some(name => name.startsWith('draft:'))")
    member.goes("/")
    member.goes(f"/thread-{thread_id}-1-1.html")
    page.get_by_text("已恢复上次未发送的草稿").wait_for()
    assert page.input_value("#reply textarea") == "写到一半就离开了这个页面"
    member.settles()
    page.focus("#reply textarea")
    page.keyboard.press("Control+Enter")

    page.wait_for_url("**#pid*")
    member.reads("写到一半就离开了这个页面")
    assert page.input_value("#reply textarea") == ""


def test_quoting_tells_the_author_and_editing_leaves_a_mark(
    server: Server, window: Visitor, visit: Visit
) -> None:
    author_id, author = server.member()
    thread_id = server.thread(
        author_id, title=server.name("引用"), replies=1, repliers=(author_id,)
    )
    _, name = server.member()
    window.logs_in(name)
    page = window.goes(f"/thread-{thread_id}-1-1.html")

    page.locator("article").nth(1).get_by_role("link", name="回复", exact=True).click()
    box = page.locator("#content textarea[name=source]").first
    expect(box).to_have_value(re.compile(r"\[quote"))
    box.fill(box.input_value() + "\n说得对，我也这样想。")
    window.presses("发表回复")
    reply = page.locator("article").last
    assert "第 2 楼，路过看看。" in reply.locator("blockquote").inner_text()
    with page.expect_navigation():
        reply.get_by_role("link", name="编辑").click()
    window.fills(source="说得对，我改了主意。")
    window.presses("预览", ".form__actions")
    assert "我改了主意" in page.locator("[aria-labelledby=preview-title]").inner_text()
    window.presses("保存")

    window.reads("说得对，我改了主意。")
    told = visit()
    told.logs_in(author)
    told.goes("/notices")
    told.reads(name)
    told.follows("引用", "main", exact=False)
    assert "#pid" in told.at


def test_a_thread_is_previewed_posted_and_paid(server: Server, window: Visitor) -> None:
    _, name = server.member()
    window.logs_in(name)
    page = window.goes("/forum-2-1.html")
    title = server.name("新主题")

    window.follows("发新帖")
    window.fills(
        title=title,
        source="[b]粗体[/b]，[color=Red]红字[/color]，还有 https://example.org/ 的链接。",
    )
    window.presses("预览", ".form__actions")
    preview = page.locator("[aria-labelledby=preview-title]")
    assert preview.locator("strong, b").inner_text() == "粗体"
    assert page.input_value("[name=title]") == title
    window.presses("发表帖子")

    assert re.match(r"/thread-\d+-1-1\.html", window.at)
    assert page.locator("article a[href='https://example.org/']").count() == 1
    window.follows("积分", "header", exact=False)
    assert window.at == "/points"
    assert page.get_by_role("row").filter(has_text=title).filter(has_text="+2").count() == 1


def test_what_is_refused_keeps_what_was_typed(server: Server, window: Visitor) -> None:
    _, name = server.member()
    window.logs_in(name)
    page = window.goes("/forum-2/new")

    window.fills(title="标题" * 45, source="正文正文正文")
    window.presses("发表帖子")

    assert page.input_value("[name=title]") == "标题" * 45
    assert page.input_value("[name=source]") == "正文正文正文"
    assert page.locator("[name=title][aria-invalid=true]").count() == 1


def test_settings_avatar_favourites_and_sessions(server: Server, window: Visitor) -> None:
    member_id, name = server.member()
    window.logs_in(name)
    page = window.goes("/thread-1-1-1.html")

    with page.expect_navigation():
        page.locator("article").first.get_by_role("button", name=re.compile("收藏")).click()
    window.goes("/favorites")
    window.reads("北仑推进产改工作行稳致远")
    window.goes("/settings/avatar")
    page.set_input_files(
        "input[type=file]", {"name": "我.png", "mimeType": "image/png", "buffer": picture()}
    )
    window.presses("上传")
    for size in ("big", "middle", "small"):
        source = page.locator(f"main img[src$='{size}']").get_attribute("src")
        assert "drawn" not in str(source)
    window.goes("/settings")
    page.select_option("[name=locale]", "en")
    window.presses("保存")
    window.reads("设置已保存")
    window.follows("Where I am logged in")
    window.reads("this one")
    window.presses("Log out", "header")
    window.logs_in(str(member_id))

    window.goes("/thread-1-1-1.html")
    window.reads("Only this author")


def test_the_quick_login_box_logs_in_from_any_page(server: Server, window: Visitor) -> None:
    _, name = server.member()
    page = window.goes("/thread-1-1-1.html")

    page.fill("header [name=name]", name)
    page.fill("header [name=password]", PASSWORD)
    window.presses("登录", "header")

    assert window.at == "/thread-1-1-1.html"
    window.reads("用户组: 新手上路")


def test_a_wrong_password_is_told_without_saying_why(server: Server, window: Visitor) -> None:
    _, name = server.member()

    window.logs_in(name, "not the right one")

    window.reads("登录失败")
    assert window.page.input_value("#content [name=name]") == name


def test_the_toolbar_writes_bbcode_and_shows_the_servers_preview(
    server: Server, visit: Visit
) -> None:
    member = visit()
    _, name = server.member()
    member.logs_in(name)
    page = member.goes("/forum-2/new")

    page.fill("[name=source]", "看这里")
    page.keyboard.press("Control+A")
    page.get_by_role("button", name="粗体").click()
    assert page.input_value("[name=source]") == "[b]看这里[/b]"
    page.locator("[data-preview-button]").click()

    page.locator("[data-preview-area] :text('看这里')").wait_for()
