"""The founder's stories: the one-time password, the control panel, a board, the imported account."""

from collections.abc import Callable

from tests.browser.served import PASSWORD, Server
from tests.browser.visitor import Visitor

Visit = Callable[..., Visitor]
NEW_PASSWORD = "my own words at last"


def enters_the_panel(window: Visitor, password: str) -> None:
    window.goes("/admin/")
    window.fills(panel_password=password)
    window.presses("继续")


def test_the_founder_starts_with_a_one_time_password(server: Server, visit: Visit) -> None:
    window = visit()
    window.logs_in("founder", server.founder_password)

    window.goes("/forum-2-1.html")  # nothing else before an own password
    assert window.at.startswith("/settings/password")
    window.fills(
        old_password=server.founder_password, password=NEW_PASSWORD, password_again=NEW_PASSWORD
    )
    window.presses("保存密码")
    assert window.at == "/forum-2-1.html"  # where one came from
    enters_the_panel(window, NEW_PASSWORD)

    assert window.at == "/admin/"
    window.reads("管理中心")
    window.presses("退出", "header")
    window.logs_in("founder", server.founder_password)
    window.reads("登录失败")


def test_a_board_is_made_and_settings_change_the_pages(server: Server, window: Visitor) -> None:
    _, name = server.member(server.name("站长"), group_id=1)
    board = server.name("新版")
    window.logs_in(name)

    window.goes("/admin/boards/new")
    window.fills(panel_password="not this one")
    window.presses("继续")
    window.reads("密码错误")
    window.fills(panel_password=PASSWORD)
    window.presses("继续")
    assert window.at == "/admin/boards/new"
    window.fills(name=board)
    window.page.select_option("[name=parent_id]", "1")
    window.presses("添加")
    window.fills(description="这里谈[b]新事[/b]。")
    window.presses("保存")
    window.goes("/")
    window.reads(board)
    window.reads("这里谈新事。")
    window.goes("/admin/settings/general")
    before = window.page.input_value("#content [name=name]")
    window.fills(name="换了名字的论坛")
    window.presses("保存")
    window.goes("/thread-1-1-1.html")
    window.reads("换了名字的论坛")
    window.goes("/admin/settings/general")
    window.fills(name=before)
    window.presses("保存")
    window.goes("/")
    window.follows(board, "main")
    window.reads("尚无主题")


def test_an_imported_account_is_handed_over_and_its_owner_comes_in(
    server: Server, window: Visitor, visit: Visit
) -> None:
    unclaimed = server.unclaimed()
    founder = server.founder()
    owner_name = server.name("原主")
    window.logs_in(founder)
    enters_the_panel(window, PASSWORD)

    window.goes("/admin/members/unclaimed")
    with window.page.expect_navigation():
        window.page.locator(f"a[href='/admin/members/{unclaimed}/hand-over']").click()
    window.fills(name=owner_name, password=PASSWORD)
    window.presses("移交")
    one_time = window.page.inner_text("main code")

    owner = visit()
    owner.logs_in(owner_name, one_time)
    owner.goes("/settings/password")
    owner.fills(old_password=one_time, password=NEW_PASSWORD, password_again=NEW_PASSWORD)
    owner.presses("保存密码")
    owner.goes(f"/space-uid-{unclaimed}.html")
    owner.reads(owner_name)


def test_others_find_no_panel(server: Server, visit: Visit) -> None:
    _, name = server.member()
    window = visit(scripts=False)

    window.goes("/admin/")
    assert window.at.startswith("/login?next=")
    window.fills(name=name, password=PASSWORD)
    window.presses("登录")

    assert window.page.locator("[name=panel_password]").count() == 0
    assert window.page.get_by_role("link", name="管理中心").count() == 0
