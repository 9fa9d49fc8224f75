"""公告 in the moderators' panel: who has it, whose announcements one may touch, what stays of a change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from forum.commands.announcements import AnnouncementDraft, create_announcement
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.core.errors import Invalid
from forum.core.passwords import hash_password
from forum.core.uow import unit_of_work
from forum.models import AdminLogEntry, Announcement, GroupPermission, LoginSession, Member
from forum.queries.announcements import announcement_row, announcement_rows
from tests.acting import log_in
from tests.admin.conftest import form_fields
from tests.commands.moderation.acting import row
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID
from tests.web.test_moderation import open_panel, send

LIST = "/moderation/announcements"
PAGES = (LIST, f"{LIST}/new", f"{LIST}/1", f"{LIST}/1/delete")
PASSWORD = "a password nobody knows"


def announced(forum, author_id=FOUNDER_ID, title="旧公告", **columns):
    with unit_of_work(forum.database) as uow:
        columns.setdefault("starts_at", uow.now - timedelta(days=1))
        made = Announcement(
            title=title, body="原文", html="原文", author_id=author_id, **columns
        )  # fmt: skip
        uow.session.add(made)
        uow.session.flush()  # made.id
        uow.bump(CacheName.SITE)
        return made.id


def log(forum):
    with forum.read() as s:
        return list(s.scalars(select(AdminLogEntry).order_by(AdminLogEntry.id)))


def titles(forum):
    return [one.title for one in forum.site().announcements]


@pytest.fixture
def announcer(client, forum):
    """A super moderator in the panel."""
    member_id = forum.member("超级小王", group_id=2, password_hash=hash_password(PASSWORD))
    log_in(client, forum, member_id)
    open_panel(forum)
    return member_id


PEOPLE = {
    "member": (lambda forum: forum.member(), 403),
    "moderator": (lambda forum: forum.moderator(FIRST_BOARD_ID), 403),
    "intern": (lambda forum: forum.moderator(FIRST_BOARD_ID, group_id=16), 403),
    "reviewer": (lambda forum: forum.member(group_id=19), 403),
    "editor": (lambda forum: forum.member(group_id=17), 200),
    "super": (lambda forum: forum.member(group_id=2), 200),
    "administrator": (lambda forum: forum.member(group_id=1), 200),
}


@pytest.mark.parametrize("who", PEOPLE)
def test_the_panel_shows_announcements_to_whoever_may_announce(client, forum, who):
    make, expected = PEOPLE[who]
    member_id = make(forum)
    own = announced(forum, member_id)
    log_in(client, forum, member_id)
    open_panel(forum)

    for path in PAGES:
        assert client.get(path.replace("/1", f"/{own}")).status_code == expected, path
    answer = send(client, f"{LIST}/{own}/end")
    assert answer.status_code == (303 if expected == 200 else 403)
    home = client.get("/moderation/")
    assert (f'href="{LIST}?lang=' in home.text or f'href="{LIST}"' in home.text) == (
        expected == 200
    )
    assert home.status_code == (403 if who == "member" else 200)


def test_whoever_may_not_is_told_why(client, forum):
    log_in(client, forum, forum.moderator(FIRST_BOARD_ID))
    open_panel(forum)

    page = client.get(LIST)

    assert page.status_code == 403
    assert "您所在的用户组（版主）" in page.text


def test_guests_are_led_to_the_login(client, forum):
    answer = client.get(LIST)

    assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/login")


def test_the_panel_asks_for_the_password_first(client, forum, announcer):
    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(LoginSession).values(panel_until=None))

    led = client.get(f"{LIST}/new")
    sent = send(client, f"{LIST}/new", title="没有密码", body="x")

    assert led.location.startswith("/moderation/enter?next=")
    assert sent.status_code == 422
    assert 'type="password"' in sent.text
    assert titles(forum) == []


def test_nothing_is_changed_without_a_token(client, app, forum, announcer):
    app.config["WTF_CSRF_ENABLED"] = True
    own = announced(forum, announcer)

    for path in (f"{LIST}/new", f"{LIST}/{own}", f"{LIST}/{own}/end", f"{LIST}/{own}/delete"):
        assert client.post(path, data={"title": "假的", "password": PASSWORD}).status_code == 400
    assert titles(forum) == ["旧公告"]
    assert row(forum, Announcement, own).ends_at is None


def test_an_announcement_is_made_changed_ended_and_deleted(client, forum, announcer):
    fields = form_fields(client.get(f"{LIST}/new").text)
    fields |= {"title": "停机维护", "body": "今晚[b]两小时[/b]", "starts_at": "2026-01-01T08:00"}
    assert send(client, f"{LIST}/new", **fields).location.startswith(LIST)
    (one,) = forum.site().announcements
    assert "停机维护" in client.get("/").text
    made = row(forum, Announcement, one.id)
    assert (made.author_id, "<script" in made.html) == (announcer, False)

    shown = form_fields(client.get(f"{LIST}/{one.id}").text)
    assert shown["body"] == "今晚[b]两小时[/b]"
    bad = send(client, f"{LIST}/{one.id}", **{**shown, "ends_at": "2025-01-01T08:00"})
    assert bad.status_code == 422
    send(client, f"{LIST}/{one.id}", **{**shown, "title": "停机推迟"})
    send(client, f"{LIST}/{one.id}/end")
    assert "停机推迟" not in client.get("/").text
    assert "停机推迟" in client.get(LIST).text
    send(client, f"{LIST}/{one.id}/end")  # over already: nothing to log
    wrong = send(client, f"{LIST}/{one.id}/delete", password="nonsense of mine")
    assert (wrong.status_code, titles(forum)) == (422, ["停机推迟"])
    send(client, f"{LIST}/{one.id}/delete", password=PASSWORD)

    assert titles(forum) == []
    created, edited, ended, deleted = log(forum)
    assert created.action == "announcement.created"
    assert (edited.before, edited.after) == ({"title": "停机维护"}, {"title": "停机推迟"})
    assert (ended.before, list(ended.after)) == ({"ends_at": None}, ["ends_at"])
    assert (deleted.action, deleted.before["body"]) == (
        "announcement.deleted",
        "今晚[b]两小时[/b]",
    )
    assert {entry.actor_id for entry in (created, edited, ended, deleted)} == {announcer}


# West, at and east of UTC, as far as it goes.
ZONES = ("Etc/GMT+12", "America/New_York", "UTC", "Asia/Shanghai", "Pacific/Kiritimati")
FAR = ("0001-01-01T00:00", "1969-12-31T23:59", "2201-01-01T00:00", "9999-12-31T23:59")
NEAR = ("1970-01-01T00:00", "2200-12-31T23:59")


def in_zone(forum, member_id, zone):
    with unit_of_work(forum.database) as uow:
        uow.session.get_one(Member, member_id).time_zone = zone


@pytest.mark.parametrize("zone", ZONES)
def test_a_date_nobody_can_mean_is_refused_in_every_zone(client, forum, announcer, zone):
    in_zone(forum, announcer, zone)
    fields = {"title": "年份", "body": "打错了", "position": "0"}

    for name, other in (("starts_at", {}), ("ends_at", {"starts_at": "2026-01-01T00:00"})):
        for typed in FAR:
            answer = send(client, f"{LIST}/new", **{**fields, **other, name: typed})
            assert answer.status_code == 422, (name, typed)
            assert "日期须在 1970 年至 2200 年之间。" in answer.text
            assert f'value="{typed}"' in answer.text
            assert "打错了" in answer.text
    english = send(client, f"{LIST}/new?lang=en", **fields, starts_at=FAR[0])
    assert "A date lies between the years 1970 and 2200." in english.text
    assert titles(forum) == []


@pytest.mark.parametrize("zone", ZONES)
def test_the_first_and_the_last_date_are_shown_in_every_zone(client, forum, announcer, zone):
    in_zone(forum, announcer, zone)
    fields = {"title": "很久", "body": "一直在", "position": "0"}
    dates = {"starts_at": NEAR[0], "ends_at": NEAR[1]}
    assert send(client, f"{LIST}/new", **fields, **dates).status_code == 303
    (one,) = forum.site().announcements

    shown = form_fields(client.get(f"{LIST}/{one.id}").text)
    assert (shown["starts_at"], shown["ends_at"]) == NEAR
    for viewer in ZONES:
        in_zone(forum, announcer, viewer)
        for path in ("/", LIST, f"{LIST}/{one.id}", f"/announcements/{one.id}"):
            assert client.get(path).status_code == 200, (viewer, path)


@pytest.mark.parametrize("zone", ZONES)
def test_a_stored_date_at_the_edge_fails_no_page(client, forum, announcer, zone):
    edges = {
        "starts_at": datetime.min.replace(tzinfo=UTC),
        "ends_at": datetime.max.replace(tzinfo=UTC, microsecond=0),
    }
    own = announced(forum, announcer, **edges)
    in_zone(forum, announcer, zone)

    for path in ("/", LIST, f"{LIST}/{own}", f"/announcements/{own}"):
        assert client.get(path).status_code == 200, path
    shown = form_fields(client.get(f"{LIST}/{own}").text)
    mended = {**shown, "starts_at": "2026-01-01T00:00", "ends_at": ""}
    assert send(client, f"{LIST}/{own}", **shown).status_code == 422
    assert send(client, f"{LIST}/{own}", **mended).status_code == 303


def test_a_form_without_its_dates_is_answered(client, forum, announcer):
    fields = {"title": "没有期限", "body": "一直在", "position": "0"}

    assert send(client, f"{LIST}/new", **fields, ends_at="").status_code == 422
    assert send(client, f"{LIST}/new", **fields).status_code == 422
    made = send(client, f"{LIST}/new", **fields, starts_at="2026-01-01T00:00")
    assert made.status_code == 303
    (one,) = forum.site().announcements
    assert send(client, f"{LIST}/{one.id}", **fields).status_code == 422
    assert row(forum, Announcement, one.id).ends_at is None


@pytest.mark.parametrize("zone", ZONES)
def test_the_command_refuses_such_a_date_itself(forum, zone):
    local = ZoneInfo(zone)
    for far in (datetime(1, 1, 1, tzinfo=local), datetime(9999, 12, 31, 23, 59, tzinfo=local)):
        for dates in ({"starts_at": far}, {"starts_at": utc_now(), "ends_at": far}):
            draft = AnnouncementDraft(title="年份", body="打错了", **dates)
            with pytest.raises(Invalid, match="date_range"), unit_of_work(forum.database) as uow:
                create_announcement(uow, forum.actor(FOUNDER_ID), draft=draft)


def test_hostile_text_becomes_harmless(client, forum, announcer):
    fields = form_fields(client.get(f"{LIST}/new").text)
    body = "<script>alert(1)</script>[url=javascript:alert(1)]x[/url]"
    send(client, f"{LIST}/new", **{**fields, "title": "<b>粗</b>", "body": body})

    (one,) = forum.site().announcements
    html = row(forum, Announcement, one.id).html
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert "<b>粗</b>" not in client.get(LIST).text


def test_another_s_announcement_is_listed_but_not_one_s_to_change(client, forum, announcer):
    mine, theirs = announced(forum, announcer, "我的"), announced(forum, title="别人的")
    page = client.get(LIST).text
    assert "别人的" in page
    assert f"{LIST}/{mine}/delete" in page
    assert f"{LIST}/{theirs}/" not in page

    assert client.get(f"{LIST}/{theirs}").status_code == 403
    assert client.get(f"{LIST}/{theirs}/delete").status_code == 403
    for sent in (
        send(client, f"{LIST}/{theirs}", title="我改的", body="x", starts_at="2026-01-01T08:00", position=0),
        send(client, f"{LIST}/{theirs}/end"),
        send(client, f"{LIST}/{theirs}/delete", password=PASSWORD),
    ):  # fmt: skip
        assert sent.status_code == 403
    assert client.get(f"{LIST}/999").status_code == 404
    assert (row(forum, Announcement, theirs).title, log(forum)) == ("别人的", [])


def test_an_administrator_changes_a_moderator_s(client, forum, announcer):
    theirs = announced(forum, announcer)
    log_in(client, forum, forum.member("管理", group_id=1))
    open_panel(forum)

    assert send(client, f"{LIST}/{theirs}/end").status_code == 303
    assert row(forum, Announcement, theirs).ends_at is not None


def test_who_loses_the_right_loses_the_own_announcements(client, forum, announcer):
    own = announced(forum, announcer)
    with unit_of_work(forum.database) as uow:
        uow.session.get_one(Member, announcer).group_id = 10
    log_in(client, forum, announcer)
    open_panel(forum)

    assert send(client, f"{LIST}/{own}/end").status_code == 403
    assert row(forum, Announcement, own).ends_at is None


def test_the_right_is_the_group_s(client, forum):
    with unit_of_work(forum.database) as uow:
        uow.session.add(GroupPermission(group_id=3, key="mod.announce", value=1))
        uow.bump(CacheName.SITE)
    log_in(client, forum, forum.moderator(FIRST_BOARD_ID))
    open_panel(forum)

    assert client.get(LIST).status_code == 200
    assert f"{LIST}" in client.get("/moderation/").text


@pytest.mark.parametrize("rows", [1, 20])
def test_the_lists_take_one_statement(forum, rows):
    for number in range(rows):
        announced(forum, title=f"公告{number}")
    actor = forum.actor(FOUNDER_ID)

    with forum.read() as s, recorded_statements() as statements:
        assert len(announcement_rows(s, actor)) == rows
        assert announcement_row(s, actor, 1).author_name
    assert len(statements) == 2
