"""Do the pages of the panel do what they say, with forms as browsers send them?"""

import dataclasses

import pytest

from forum.admin.forms.groups import is_yes_or_no
from forum.admin.forms.settings import FIELDS, TITLES
from forum.commands.admin_log import ACTIONS
from forum.models import BoardRight, Member, MemberState
from forum.policies.permissions import PERMISSIONS, May
from forum.settings import SECTIONS
from tests.acting import csrf_token
from tests.admin.conftest import Panel, enter
from tests.commands.moderation.acting import Moderator
from tests.factories import FOUNDER_ID, FOUNDER_PASSWORD, Forum


def test_every_setting_has_a_label_and_every_section_a_title() -> None:
    assert set(FIELDS) == set(SECTIONS) == set(TITLES)
    for section, kind in SECTIONS.items():
        fields = {item.name for item in dataclasses.fields(kind)}
        assert set(FIELDS[section]) == fields, section


def test_every_permission_and_action_is_called_something_in_both_languages(app) -> None:
    from flask_babel import force_locale, gettext

    labels = {one.label for one in PERMISSIONS.values()} | set(ACTIONS.values())
    with app.test_request_context("/"), force_locale("zh_Hans_CN"):
        assert {label for label in labels if gettext(label) == label} == set()


def test_boxes_are_for_yes_and_no_alone() -> None:
    assert is_yes_or_no(May.REPLY)
    assert not is_yes_or_no(May.POSTS_PER_HOUR)
    assert not is_yes_or_no(May.EDIT_MINUTES)
    assert not is_yes_or_no(May.SEARCH)


UNTOUCHED = [
    *(f"settings/{section}" for section in SECTIONS),
    "boards/1", "boards/2", "boards/2/permissions", "boards/2/types", "boards/2/points",
    "points/kinds", "points/rules", "groups", "groups/10", "groups/3", "groups/10/permissions",
    "groups/15/permissions",
]  # fmt: skip


@pytest.mark.parametrize("path", UNTOUCHED)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_form_sent_as_it_came_changes_nothing(panel: Panel, path: str) -> None:
    before = panel.forum.site()
    rows = [("row", "10")]  # lists of rows are sent by name; see the ladder's own test
    fields = panel.fields(path)
    if "row" in fields:
        import re

        page = panel.get(path).text
        rows = re.findall(r'name="(row)" value="([^"]+)"', page)
        del fields["row"]
        data = {**fields, "csrf_token": panel.token(), "row": [mark for _, mark in rows]}
        answer = panel.client.post(f"/admin/{path}", data=data)
    else:
        answer = panel.post(path, fields)

    assert answer.status_code == 303, answer.text
    assert panel.log() == []
    after = panel.forum.site()
    assert (after.settings, after.groups, after.boards) == (
        before.settings, before.groups, before.boards,
    )  # fmt: skip


@pytest.mark.parametrize("path", ["settings/general", "boards/2", "groups/10", "members/2/group"])
def test_fields_nobody_asked_for_change_nothing(panel: Panel, path: str) -> None:
    forum = panel.forum
    forum.member("小明")
    fields = panel.fields(path)
    extra = {
        "id": "99", "kind": "category", "rank": "3", "is_founder": "1", "state": "locked",
        "points_from": "-5", "version": "99", "thread_count": "99", "posts_per_page": "1",
        "password_hash": "x", "total": "9999", "group": "1", "moderators": "1",
    }  # fmt: skip

    answer = panel.post(path, {**fields, **extra, "password": FOUNDER_PASSWORD})

    assert answer.status_code == 303, answer.text
    site = forum.site()
    assert site.settings.reading.posts_per_page == 10
    assert (site.boards[2].kind.value, site.boards[2].id) == ("board", 2)
    assert (site.groups[10].rank, site.groups[10].points_from) == (0, 0)
    with forum.read() as s:
        row = s.get(Member, 2)
        assert (row.is_founder, row.state, row.total, row.group_id) == (
            False, MemberState.ACTIVE, 0, 10,
        )  # fmt: skip


def test_a_board_is_made_edited_and_deleted_on_the_pages(panel: Panel) -> None:
    made = panel.post("boards/new", name="美食厨房", parent_id="1")
    path = made.location.removeprefix("/admin/")
    fields = panel.fields(path)
    assert fields["name"] == "美食厨房"
    edited = panel.post(path, {**fields, "rules": "[b]不许广告[/b]", "autoclose_from": "created", "autoclose_days": "30"})  # fmt: skip
    assert edited.status_code == 303
    board_id = int(path.rpartition("/")[2])
    assert panel.forum.site().boards[board_id].autoclose_days == 30
    assert "美食厨房" in panel.client.get("/").text

    wrong = panel.confirm(f"{path}/delete", password="no")
    assert wrong.status_code == 422
    assert board_id in panel.forum.site().boards
    assert panel.confirm(f"{path}/delete").status_code == 303
    assert board_id not in panel.forum.site().boards


def test_the_delete_page_says_what_is_in_the_way(panel: Panel) -> None:
    panel.forum.thread()
    panel.forum.thread(state="recycled")
    page = panel.get("boards/2/delete").text
    assert "回收站中的主题" in page
    assert 'name="password"' not in page
    assert panel.confirm("boards/2/delete").status_code == 409


def test_what_was_wrong_stands_at_its_field_and_the_rest_is_kept(panel: Panel) -> None:
    fields = panel.fields("boards/2")
    answer = panel.post("boards/2", {**fields, "name": "新名字", "columns": "77", "rules": "版规"})
    assert answer.status_code == 422
    assert 'id="columns-error"' in answer.text
    assert 'value="新名字"' in answer.text
    refused = panel.post(
        "boards/2", {**fields, "redirect_address": "javascript:x", "name": "新名字"}
    )
    assert refused.status_code == 422
    assert 'id="redirect_address-error"' in refused.text


def test_the_order_is_saved_by_numbers(panel: Panel) -> None:
    second = panel.forum.board("乙")
    answer = panel.post(
        "boards/order", {"position-2": "5", f"position-{second}": "1", "position-x": "9"}
    )
    assert answer.status_code == 303
    assert [board.id for board in panel.forum.site().children[1]] == [second, 2]
    assert panel.post("boards/order", {"position-2": "abc"}).status_code == 422


def test_permissions_are_ticked_in_a_table(panel: Panel) -> None:
    answer = panel.post("boards/2/permissions", {"view": ["1", "10"], "reply": ["10"]})
    assert answer.status_code == 303
    lists = panel.forum.site().boards[2].permissions
    assert lists == {BoardRight.VIEW: {1, 10}, BoardRight.REPLY: {10}}
    assert panel.client.get("/forum-2-1.html").status_code == 200  # a founder is in group 1 too
    panel.client.delete_cookie("louceng_session")
    assert panel.client.get("/forum-2-1.html").status_code == 404


def test_types_are_edited_in_a_table(panel: Panel) -> None:
    rows = {
        "row": ["n1", "n2"],
        "name-n1": "求助",
        "position-n1": "2",
        "name-n2": "",
        "types_listed": "on",
    }
    assert panel.post("boards/2/types", rows).status_code == 303
    (ask,) = panel.forum.site().boards[2].types
    assert ask.name == "求助"
    refused = panel.post(
        "boards/2/types", {"row": [str(ask.id), "n1"], f"name-{ask.id}": "", "name-n1": "留着"}
    )
    assert refused.status_code == 422
    assert 'value="留着"' in refused.text


def test_a_moderator_is_appointed_by_name_and_dismissed(panel: Panel) -> None:
    member_id = panel.forum.member("韩梅梅", group_id=11, total=60, post_count=60)
    assert panel.post("boards/2/moderators", name="韩梅梅", group_id="3").status_code == 303
    assert "韩梅梅" in panel.get("boards/2/moderators").text
    assert panel.post("boards/2/moderators", name="谁", group_id="3").status_code == 422
    assert panel.post(f"boards/2/moderators/{member_id}/remove").status_code == 303
    assert panel.forum.actor(member_id).group_id == 11


def test_a_closed_site_says_why_and_lets_its_staff_in(panel: Panel) -> None:
    fields = panel.fields("settings/general")
    panel.post("settings/general", {**fields, "is_closed": "y", "closed_reason": "搬家中 <b>"})
    guest, member = panel.client.application.test_client(), panel.client.application.test_client()
    enter(member, panel.forum, panel.forum.member("小明", group_id=2))

    for client in (guest, member):
        for path in ("/", "/forum-2-1.html", "/admin/", "/search", "/no-such-page"):
            answer = client.get(path)
            assert answer.status_code == 503, path
            assert "搬家中 &lt;b&gt;" in answer.text
            assert answer.headers["Retry-After"]
    assert guest.get("/login").status_code == 200
    assert panel.client.get("/").status_code == 200
    panel.post("settings/general", {**fields, "closed_reason": ""})
    assert guest.get("/").status_code == 200


def test_a_new_name_reaches_the_pages_at_once(panel: Panel) -> None:
    guest = panel.client.application.test_client()
    guest.get("/")
    fields = panel.fields("settings/general")
    panel.post(
        "settings/general",
        {
            **fields,
            "name": "红领之家",
            "hot_words": "活动\n交友\n\n",
            "footer_links": "小黑屋\n帮助 | /help",
        },
    )
    page = guest.get("/").text
    assert "红领之家" in page
    assert panel.forum.site().settings.general.hot_words == ("活动", "交友")
    assert [(one.name, one.address) for one in panel.forum.site().settings.general.footer_links] == [
        ("小黑屋", None), ("帮助", "/help"),
    ]  # fmt: skip


def test_the_footer_leads_to_what_everybody_may_see_of_moderation(panel: Panel) -> None:
    guest = panel.client.application.test_client()
    darkroom, log = 'href="/darkroom">小黑屋</a>', 'href="/moderation-log">公开管理记录</a>'
    page = guest.get("/").text
    assert darkroom in page
    assert log not in page
    fields = panel.fields("settings/moderation")
    assert "向所有人开放公开管理记录" in panel.get("settings/moderation").text

    panel.post("settings/moderation", {**fields, "log_is_public": "y"})
    assert log in guest.get("/").text
    assert guest.get("/moderation-log").status_code == 200
    fields = panel.fields("settings/general")
    panel.post("settings/general", {**fields, "footer_links": "小黑屋\n帮助 | /help"})

    page = guest.get("/").text
    assert page.count("小黑屋") == 1
    assert darkroom in page


def test_the_formula_is_tried_before_it_is_kept(panel: Panel) -> None:
    fields = {**panel.fields("settings/points"), "formula": "posts*2+p2"}
    tried = panel.post("settings/points/test", {**fields, "test-posts": "7", "test-p2": "3"})
    assert (tried.status_code, ">17<" in tried.text) == (200, True)
    assert panel.log() == []
    wrong = panel.post("settings/points/test", {**fields, "formula": "posts**2"})
    assert wrong.status_code == 422
    assert 'id="formula-error"' in wrong.text


def test_rules_and_kinds_are_set_in_their_tables(panel: Panel) -> None:
    fields = panel.fields("points/rules")
    answer = panel.post(
        "points/rules",
        {**fields, "set-thread.posted": "on", "amount-thread.posted-2": "8", "span-thread.posted": "hours", "length-thread.posted": "6", "times-thread.posted": "3"},
    )  # fmt: skip
    assert answer.status_code == 303
    setting = panel.forum.site().rule_settings["thread.posted", 0]
    assert (setting.amounts, setting.cycle, setting.times) == ({2: 8}, "hours:6", 3)
    bad = {
        **fields,
        "set-thread.posted": "on",
        "span-thread.posted": "hours",
        "length-thread.posted": "",
    }
    assert panel.post("points/rules", bad).status_code == 422

    kinds = {
        **panel.fields("points/kinds"),
        "title-4": "活动时间",
        "unit-4": "小时",
        "floor-4": "0",
    }
    assert panel.post("points/kinds", kinds).status_code == 303
    assert panel.forum.site().point_kinds[4].unit == "小时"
    assert panel.confirm("points/kinds/4/delete").status_code == 303
    assert panel.confirm("points/kinds/2/delete").status_code == 409


def test_members_are_found_by_name_number_and_address(panel: Panel) -> None:
    member_id = panel.forum.member("王小明", email="Ming@example.org")
    for query in ("q=王小", f"q={member_id}", "q=ming@EXAMPLE.org", "group=10", "state=active"):
        assert "王小明" in panel.get(f"members?{query}").text, query
    assert "王小明" not in panel.get("members?q=小明").text
    assert panel.get("members?group=x&state=y&page=99999999999").status_code == 200


def test_a_handed_over_account_shows_its_password_once(panel: Panel) -> None:
    member_id = panel.forum.member("导入用户", state="unclaimed")
    fields = {"name": "王小明", "way": "password", "email": "", "password": FOUNDER_PASSWORD}

    answer = panel.post(f"members/{member_id}/hand-over", fields)

    assert answer.status_code == 200
    one_time = answer.text.partition("<code>")[2].partition("</code>")[0]
    client = panel.client.application.test_client()
    done = client.post(
        "/login", data={"csrf_token": csrf_token(client), "name": "王小明", "password": one_time}
    )
    assert done.status_code == 303
    assert one_time not in panel.get(f"members/{member_id}").text
    assert panel.get(f"members/{member_id}/hand-over").status_code == 403


def test_a_members_page_punishes_by_the_moderators_actions(panel: Panel) -> None:
    member_id = panel.forum.member("王小明")
    page = panel.get(f"members/{member_id}").text
    for key in ("member.mute", "member.ban", "member.lock"):
        assert f"/moderation/do/{key}?ids={member_id}&amp;back=" in page
    assert panel.client.get(f"/moderation/do/member.lock?ids={member_id}").status_code == 200
    group = panel.get(f"members/{member_id}/group").text
    assert ">禁止发言<" not in group
    assert ">禁止访问<" not in group

    Moderator(panel.forum, FOUNDER_ID).does("member.mute", member_id)

    assert "/moderation/do/member.release" in panel.get(f"members/{member_id}").text


def test_an_administrator_sees_no_way_to_act_on_the_founder(
    client, founded: Forum, administrator: int
) -> None:
    enter(client, founded, administrator)
    panel = Panel(client, founded)

    page = panel.get(f"members/{FOUNDER_ID}").text
    assert "/moderation/do/member" not in page
    assert "make-founder" not in page
    assert panel.get(f"members/{FOUNDER_ID}/group").status_code == 403
    assert "创始人才能进行此操作" in panel.get("groups/1").text
    answer = panel.post("groups/1/permissions", {"mod.purge": "on"})
    assert answer.status_code == 403
    assert panel.log() == []


def test_the_log_is_read_by_action_and_target(panel: Panel) -> None:
    panel.post("boards/new", name="甲", parent_id="1")
    panel.post("links/new", name="乙", address="https://b.example", description="")

    assert "乙" in panel.get("log").text
    assert "乙" not in panel.get("log?action=board.created").text
    assert "甲" in panel.get("log?target=board:3").text
    assert panel.get("log?before=x&action=nothing").status_code == 200


def test_the_log_keeps_a_text_that_was_there_whole(panel: Panel) -> None:
    fields = panel.fields("boards/2")
    rules = "不许灌水。" * 400 + "末尾"
    panel.post("boards/2", {**fields, "rules": rules})
    panel.post("boards/2", {**fields, "rules": ""})

    assert panel.log()[-1].before == {"rules": rules}
    page = panel.get("log").text
    assert "<details><summary>" in page
    assert "末尾</details>" in page


def test_a_board_leaves_its_rules_to_its_moderators(panel: Panel) -> None:
    fields = panel.fields("boards/2")
    assert "moderators_edit_rules" not in fields
    panel.post("boards/2", {**fields, "moderators_edit_rules": "y"})

    assert panel.forum.site().boards[2].moderators_edit_rules
    assert panel.fields("boards/2")["moderators_edit_rules"] == "y"
    assert panel.log()[-1].after == {"moderators_edit_rules": True}


def test_an_announcement_ends_at_once(panel: Panel) -> None:
    fields = {**panel.fields("announcements/new"), "title": "停机维护", "body": "今晚"}
    panel.post("announcements/new", fields, starts_at="2026-01-01T08:00")
    (one,) = panel.forum.site().announcements
    assert "停机维护" in panel.client.get("/").text

    assert panel.post(f"announcements/{one.id}/end").status_code == 303

    assert "停机维护" not in panel.client.get("/").text
    assert f"announcements/{one.id}/end" not in panel.get("announcements").text
    assert list(panel.log()[-1].after) == ["ends_at"]


def test_an_announcement_keeps_its_moment_in_the_own_zone(panel: Panel) -> None:
    fields = {
        **panel.fields("announcements/new"), "title": "停机维护", "body": "今晚",
        "starts_at": "2026-11-01T08:00", "ends_at": "2026-11-02T08:00",
    }  # fmt: skip
    assert panel.post("announcements/new", fields).status_code == 303
    (one,) = panel.forum.site().announcements
    assert one.starts_at.isoformat() == "2026-11-01T00:00:00+00:00"
    shown = panel.fields(f"announcements/{one.id}")
    assert shown["starts_at"] == "2026-11-01T08:00"
    assert panel.post(f"announcements/{one.id}", shown).status_code == 303
    assert len(panel.log()) == 1
    wrong = panel.post("announcements/new", {**fields, "ends_at": "2026-10-01T08:00"})
    assert wrong.status_code == 422
    assert 'value="停机维护"' in wrong.text
