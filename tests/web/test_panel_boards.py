"""编辑版块 in the moderators' panel: one's own boards, their texts and nothing else of them."""

import pytest
from sqlalchemy import select, update

from forum.commands.boards import edit_board_texts
from forum.core.cache import CacheName
from forum.core.db import recorded_statements
from forum.core.errors import Forbidden, NotFound
from forum.core.uow import unit_of_work
from forum.models import AdminLogEntry, Board, LoginSession
from forum.queries.board_texts import board_texts_page, editable_boards
from tests.acting import log_in
from tests.admin.conftest import form_fields
from tests.commands.moderation.acting import row
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID
from tests.web.test_moderation import open_panel, send

LIST = "/moderation/boards"


def set_board(forum, board_id, **columns):
    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(Board).where(Board.id == board_id).values(**columns))
        uow.bump(CacheName.SITE)


def log(forum):
    with forum.read() as s:
        return list(s.scalars(select(AdminLogEntry).order_by(AdminLogEntry.id)))


def enter(client, forum, member_id):
    log_in(client, forum, member_id)
    open_panel(forum)


def linked(page):
    return f'href="{LIST}"' in page or f'href="{LIST}?' in page


# Who gets into: the list, the board "我的", another board.
PEOPLE = {
    "member": (lambda forum, _: forum.member(), 403, 403, 403),
    "intern": (lambda forum, mine: forum.moderator(mine, group_id=16), 403, 403, 403),
    "reviewer": (lambda forum, mine: forum.moderator(mine, group_id=19), 403, 403, 403),
    "moderator": (lambda forum, mine: forum.moderator(mine), 200, 200, 403),
    "appointed member": (lambda forum, mine: forum.moderator(mine, group_id=10), 200, 200, 403),
    "editor": (lambda forum, _: forum.member(group_id=17), 200, 200, 200),
    "super": (lambda forum, _: forum.member(group_id=2), 200, 200, 200),
    "administrator": (lambda forum, _: forum.member(group_id=1), 200, 200, 200),
}


@pytest.mark.parametrize("who", PEOPLE)
def test_the_panel_shows_boards_to_whoever_may_edit_them(client, forum, board_id, who):
    make, listed, mine, other = PEOPLE[who]
    enter(client, forum, make(forum, board_id))

    assert client.get(LIST).status_code == listed
    assert linked(client.get("/moderation/").text) == (listed == 200)
    for number, expected in ((board_id, mine), (FIRST_BOARD_ID, other)):
        assert client.get(f"{LIST}/{number}").status_code == expected
        sent = send(client, f"{LIST}/{number}", description=f"{who}写的")
        assert sent.status_code == (303 if expected == 200 else 403)
        assert (row(forum, Board, number).description == f"{who}写的") == (expected == 200)


def test_guests_are_led_to_the_login_and_members_told_why(client, forum, board_id):
    led = client.get(f"{LIST}/{board_id}")
    assert (led.status_code, led.location.partition("?")[0]) == (303, "/login")

    enter(client, forum, forum.moderator(board_id, group_id=16))
    assert "实习版主" in client.get(LIST).text  # the group that may not


def test_a_board_one_may_not_see_is_not_there(client, forum, moderator):
    secret = forum.board("CANARY", viewers=(1,))
    open_panel(forum)

    assert "CANARY" not in client.get(LIST).text
    assert client.get(f"{LIST}/{secret}").status_code == 404
    assert client.get(f"{LIST}/999").status_code == 404
    assert send(client, f"{LIST}/{secret}", description="x").status_code == 404
    enter(client, forum, forum.member("超版", group_id=2))
    assert client.get(f"{LIST}/{secret}").status_code == 404


def test_a_category_stays_the_administrators(client, forum):
    category = forum.category("分区")
    enter(client, forum, forum.member("管理", group_id=1))

    assert "分区" not in client.get(LIST).text.partition("<main")[2].partition("<table")[2]
    assert client.get(f"{LIST}/{category}").status_code == 403


def test_the_panel_asks_for_the_password_and_for_a_token(client, app, forum, board_id, moderator):
    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(LoginSession).values(panel_until=None))
    assert client.get(f"{LIST}/{board_id}").location.startswith("/moderation/enter?next=")
    assert send(client, f"{LIST}/{board_id}", description="没有密码").status_code == 422

    open_panel(forum)
    app.config["WTF_CSRF_ENABLED"] = True
    assert client.post(f"{LIST}/{board_id}", data={"description": "没有令牌"}).status_code == 400
    assert row(forum, Board, board_id).description == ""


def test_a_description_shows_at_once_to_guests_and_is_logged(
    client, app, forum, board_id, moderator
):
    set_board(forum, board_id, description="旧简介", description_html="旧简介")
    guest = app.test_client()
    assert (
        "旧简介" in guest.get(f"/forum-{board_id}-1.html").text
    )  # and now it is in the page cache
    open_panel(forum)
    page = client.get(f"{LIST}/{board_id}").text
    assert form_fields(page)["description"] == "旧简介"
    version = row(forum, Board, board_id).version

    hostile = "[b]新简介[/b]<script>alert(1)</script>[url=javascript:alert(1)]x[/url]"
    assert send(client, f"{LIST}/{board_id}", description=hostile).location.startswith(LIST)

    board = row(forum, Board, board_id)
    assert board.description == hostile
    assert "<script" not in board.description_html
    assert 'href="javascript' not in board.description_html
    assert board.version == version + 1
    shown = guest.get(f"/forum-{board_id}-1.html").text
    assert ("旧简介" in shown, "新简介" in shown) == (False, True)
    (entry,) = log(forum)
    assert (entry.action, entry.target, entry.actor_id) == (
        "board.edited", f"board:{board_id}", moderator.member_id,
    )  # fmt: skip
    assert (entry.before, entry.after) == ({"description": "旧简介"}, {"description": hostile})


def test_rules_are_a_moderator_s_where_the_board_says_so(client, forum, board_id, moderator):
    set_board(forum, board_id, rules="原来的", rules_html="原来的", description="简介")
    open_panel(forum)
    closed = client.get(f"{LIST}/{board_id}").text
    assert "rules" not in form_fields(closed)
    assert "本版块规则由管理员编写" in closed
    send(client, f"{LIST}/{board_id}", description="简介", rules="偷偷改的")
    assert row(forum, Board, board_id).rules == "原来的"
    assert log(forum) == []

    set_board(forum, board_id, moderators_edit_rules=True)
    assert form_fields(client.get(f"{LIST}/{board_id}").text)["rules"] == "原来的"
    send(client, f"{LIST}/{board_id}", description="简介", rules="不许[i]灌水[/i]")

    board = row(forum, Board, board_id)
    assert (board.description, board.rules) == ("简介", "不许[i]灌水[/i]")
    assert "灌水" in client.get(f"/forum-{board_id}-1.html").text
    assert log(forum)[-1].before == {"rules": "原来的"}


def test_an_administrator_writes_rules_anywhere(client, forum, board_id):
    enter(client, forum, forum.member("管理", group_id=1))

    send(client, f"{LIST}/{board_id}", description="", rules="管理员写的")

    assert row(forum, Board, board_id).rules == "管理员写的"


def test_nothing_else_of_a_board_can_be_sent(client, forum, board_id, moderator):
    set_board(forum, board_id, moderators_edit_rules=True)
    open_panel(forum)

    send(
        client, f"{LIST}/{board_id}", description="d", rules="r", name="我的地盘", is_hidden="y",
        redirect_address="https://evil.example/", premoderation="2", parent_id="", color="3",
        moderators_edit_rules="", inherits_moderators="y",
    )  # fmt: skip

    board = row(forum, Board, board_id)
    assert (board.name, board.is_hidden, board.redirect_address) == ("我的", False, "")
    assert (board.premoderation, board.parent_id, board.color) == (0, 1, None)
    assert (board.moderators_edit_rules, board.inherits_moderators) == (True, False)


def test_too_much_is_said_at_the_form(client, forum, board_id, moderator):
    open_panel(forum)

    answer = send(client, f"{LIST}/{board_id}", description="长" * 5001)

    assert answer.status_code == 422
    assert "长" * 5001 in answer.text
    assert row(forum, Board, board_id).description == ""


def test_the_command_asks_again(forum, board_id):
    moderator, elsewhere = forum.moderator(board_id), forum.moderator(FIRST_BOARD_ID, "别处")
    with unit_of_work(forum.database) as uow:
        with pytest.raises(Forbidden):
            edit_board_texts(uow, forum.actor(elsewhere), board_id=board_id, description="x")
        with pytest.raises(Forbidden):
            edit_board_texts(
                uow, forum.actor(moderator), board_id=board_id, description="x", rules="y"
            )
        with pytest.raises(NotFound):
            edit_board_texts(uow, forum.actor(moderator), board_id=999, description="x")

    assert row(forum, Board, board_id).description == ""


@pytest.mark.parametrize("boards", [1, 20])
def test_the_lists_take_a_fixed_number_of_statements(forum, boards):
    for number in range(boards):
        forum.board(f"版{number}")
    actor, site = forum.actor(FOUNDER_ID), forum.site()

    with forum.read() as s, recorded_statements() as statements:
        assert len(editable_boards(site, actor)) == boards + 1
        assert board_texts_page(s, site, actor, FIRST_BOARD_ID).can_edit_rules
    assert len(statements) == 1
