"""Changing settings, points, announcements and links."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.commands.announcements import (
    AnnouncementDraft,
    create_announcement,
    delete_announcement,
    edit_announcement,
    end_announcement,
)
from forum.commands.friend_links import (
    LinkDraft,
    create_link,
    delete_link,
    edit_link,
    order_links,
)
from forum.commands.point_settings import (
    KindDraft,
    RuleDraft,
    delete_point_kind,
    set_point_kind,
    set_rule,
)
from forum.commands.points import pay_rule
from forum.commands.settings import change_settings
from forum.commands.totals import recompute_next_totals
from forum.core.clock import utc_now
from forum.core.errors import Conflict, Forbidden, Invalid, NotFound
from forum.core.uow import unit_of_work
from forum.models import Announcement, Member
from forum.settings import (
    SECTIONS,
    Accounts,
    FooterLink,
    General,
    Moderation,
    Points,
    Posting,
    Reading,
    SiteSettings,
)
from tests.commands.test_boards import do, log
from tests.factories import Forum


def test_a_section_is_stored_and_the_log_says_what_changed(forum: Forum) -> None:
    values = General(
        name="红领之家", hot_words=("活动", "交友"), footer_links=(FooterLink("小黑屋"),)
    )

    do(forum, change_settings, section="general", values=values)

    assert forum.site().settings.general == values
    entry = log(forum)[-1]
    assert (entry.action, entry.target) == ("settings.changed", "settings:general")
    assert set(entry.after) == {"name", "hot_words", "footer_links"}
    assert entry.before["name"] == "Louceng"


def test_every_section_survives_being_stored(forum: Forum) -> None:
    for section in SECTIONS:
        do(forum, change_settings, section=section, values=getattr(SiteSettings(), section))
    assert forum.site().settings == SiteSettings()
    assert log(forum) == []


@pytest.mark.parametrize(
    ("section", "values", "key"),
    [
        ("general", General(name=""), "site_name_empty"),
        ("general", General(time_zone="Mars/Olympus"), "time_zone_unknown"),
        ("general", General(time_zone="../../etc/passwd"), "time_zone_unknown"),
        ("general", General(second_address="javascript:x"), "address_not_web"),
        ("general", General(footer_links=(FooterLink("x", "data:x"),)), "address_not_web"),
        ("accounts", Accounts(new_group_id=1), "group_not_on_ladder"),
        ("accounts", Accounts(new_group_id=99), "group_not_on_ladder"),
        ("accounts", Accounts(name_min_width=9, name_max_width=8), "limits_crossed"),
        ("posting", Posting(message_min_bytes=9, message_max_bytes=8), "limits_crossed"),
        ("points", Points(formula="posts*"), "formula_wrong"),
        ("points", Points(formula="__import__('os')"), "formula_wrong"),
        ("points", Points(formula="p8"), "formula_unknown_kind"),
        ("points", Points(trade_kind_id=8), "point_kind_unknown"),
        ("reading", Reading(number_card=("threads", "points:8")), "number_card_unknown"),
        ("reading", Reading(heat_levels=(5, 3)), "heat_levels_order"),
        ("moderation", Moderation(panel_session=timedelta(0)), "panel_session_short"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_would_break_pages_is_refused(forum: Forum, section: str, values, key: str) -> None:
    with pytest.raises(Invalid, match=key):
        do(forum, change_settings, section=section, values=values)
    assert forum.site().settings == SiteSettings()


def test_a_new_formula_reaches_everybody_in_batches(forum: Forum, monkeypatch) -> None:
    monkeypatch.setattr("forum.commands.totals.BATCH", 2)
    members = [forum.member(f"甲{n}", post_count=n * 20, total=n * 20) for n in range(5)]
    do(forum, change_settings, section="points", values=Points(formula="posts*10"))

    steps = []
    while not steps or not steps[-1].is_last:
        with unit_of_work(forum.database) as uow:
            steps.append(recompute_next_totals(uow))

    with forum.read() as s:
        rows = {row.id: row for row in s.scalars(select(Member))}
    assert [rows[one].total for one in members] == [0, 200, 400, 600, 800]
    assert [rows[one].group_id for one in members] == [10, 12, 12, 13, 13]
    assert rows[1].group_id == 1
    assert (len(steps), sum(step.changed for step in steps)) == (4, 4)
    with unit_of_work(forum.database) as uow:
        assert recompute_next_totals(uow).changed == 0


def test_nothing_is_recomputed_without_a_new_formula(forum: Forum) -> None:
    forum.member(total=77)
    with unit_of_work(forum.database) as uow:
        step = recompute_next_totals(uow)
    assert (step.changed, step.is_last) == (0, True)


def test_a_kind_comes_and_goes_while_nobody_has_it(forum: Forum) -> None:
    do(forum, set_point_kind, kind_id=4, draft=KindDraft("活动时间", "小时", floor_amount=-5))
    kind = forum.site().point_kinds[4]
    assert (kind.title, kind.unit, kind.floor_amount) == ("活动时间", "小时", -5)

    do(forum, delete_point_kind, kind_id=4)
    assert 4 not in forum.site().point_kinds
    for kind_id in (1, 2, 3):  # the formula names them
        with pytest.raises(Conflict, match="point_kind_used"):
            do(forum, delete_point_kind, kind_id=kind_id)
    with pytest.raises(NotFound):
        do(forum, set_point_kind, kind_id=9, draft=KindDraft("九"))
    with pytest.raises(Invalid, match="point_kind_untitled"):
        do(forum, set_point_kind, kind_id=2, draft=KindDraft(" "))


def test_a_rule_pays_what_the_owner_set_here_or_there(forum: Forum) -> None:
    board_id = forum.board("大方")
    do(forum, set_rule, rule="post.replied", draft=RuleDraft({2: 3, 1: 0}, "day", 1))
    do(forum, set_rule, rule="post.replied", board_id=board_id, draft=RuleDraft({2: 10}, "none", 0))
    member_id = forum.member()

    def reply(key: str, board: int) -> None:
        with unit_of_work(forum.database) as uow:
            forum.database.cache.refresh(uow.session)
            pay_rule(
                uow, "post.replied", member_id=member_id, subject=key, once_key=key, board_id=board
            )

    reply("post:1", 2)
    reply("post:2", 2)  # once a day
    reply("post:3", board_id)
    with forum.read() as s:
        assert s.get(Member, member_id).total == 13
    do(forum, set_rule, rule="post.replied", board_id=board_id, draft=None)
    assert ("post.replied", board_id) not in forum.site().rule_settings
    assert log(forum)[-1].before == {"amounts": {"2": 10}, "cycle": "none", "times": 0}


@pytest.mark.parametrize(
    ("draft", "key"),
    [
        (RuleDraft({2: 1}, "hours", 1), "cycle_wrong"),
        (RuleDraft({2: 1}, "century", 1), "cycle_wrong"),
        (RuleDraft({2: 1}, "hours:9999999999", 1), "cycle_too_long"),
        (RuleDraft({2: 10**9}, "none", 0), "amount_too_large"),
        (RuleDraft({7: 1}, "none", 0), "point_kind_unknown"),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_rule_that_makes_no_sense_is_refused(forum: Forum, draft: RuleDraft, key: str) -> None:
    with pytest.raises(Invalid, match=key):
        do(forum, set_rule, rule="post.replied", draft=draft)


def test_a_rule_of_the_site_alone_has_no_board_values(forum: Forum) -> None:
    for rule, board_id in (("day.visited", 2), ("post.replied", 99), ("no.such", 0)):
        with pytest.raises(NotFound):
            do(forum, set_rule, rule=rule, board_id=board_id, draft=RuleDraft({2: 1}, "none", 0))


def test_an_announcement_is_rendered_and_cached(forum: Forum) -> None:
    draft = AnnouncementDraft("停机维护", utc_now(), body="[b]今晚[/b]")
    announcement_id = do(forum, create_announcement, draft=draft)
    assert [one.title for one in forum.site().announcements] == ["停机维护"]
    with forum.read() as s:
        assert "<b>" in s.get(Announcement, announcement_id).html.replace("strong", "b")

    linked = replace(draft, body="", link="/thread-1-1-1.html", title="新人必读")
    do(forum, edit_announcement, announcement_id=announcement_id, draft=linked)
    assert forum.site().announcements[0].link == "/thread-1-1-1.html"
    do(forum, delete_announcement, announcement_id=announcement_id)
    assert forum.site().announcements == ()
    assert [entry.action for entry in log(forum)] == [
        "announcement.created", "announcement.edited", "announcement.deleted",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"title": " "}, "announcement_untitled"),
        ({"body": ""}, "announcement_body_or_link"),
        ({"link": "https://example.org"}, "announcement_body_or_link"),
        ({"body": "", "link": "javascript:x"}, "address_not_web"),
        ({"ends_at": utc_now() - timedelta(days=9)}, "ends_before_start"),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_announcement_that_makes_no_sense_is_refused(forum: Forum, changes, key: str) -> None:
    draft = replace(AnnouncementDraft("好", utc_now(), body="好"), **changes)
    with pytest.raises(Invalid, match=key):
        do(forum, create_announcement, draft=draft)


def test_links_are_made_ordered_changed_and_deleted(forum: Forum) -> None:
    first = do(forum, create_link, draft=LinkDraft("甲", "https://a.example"))
    second = do(forum, create_link, draft=LinkDraft("乙", "http://b.example", "说明"))
    do(forum, order_links, positions={first: 2, second: 1})
    do(forum, edit_link, link_id=first, draft=LinkDraft("丙", "https://c.example"))

    assert [link.name for link in forum.site().friend_links] == ["乙", "丙"]
    do(forum, delete_link, link_id=second)
    assert [link.name for link in forum.site().friend_links] == ["丙"]
    with pytest.raises(Invalid, match="address_not_web"):
        do(forum, create_link, draft=LinkDraft("坏", "javascript:alert(1)"))


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_nobody_below_an_administrator_sets_anything(forum: Forum) -> None:
    member_id = forum.member(group_id=2)
    for command, options in (
        (change_settings, {"section": "general", "values": General(name="x")}),
        (set_point_kind, {"kind_id": 4, "draft": KindDraft("x")}),
        (delete_point_kind, {"kind_id": 3}),
        (set_rule, {"rule": "post.replied", "draft": None}),
        (create_link, {"draft": LinkDraft("x", "https://x.example")}),
        (order_links, {"positions": {}}),
        (delete_link, {"link_id": 1}),
    ):
        with pytest.raises(Forbidden):
            do(forum, command, member_id, **options)


@pytest.mark.parametrize("group_id", [3, 10, 16])
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_nobody_without_the_right_announces(forum: Forum, group_id: int) -> None:
    draft = AnnouncementDraft("x", utc_now(), body="x")
    one = do(forum, create_announcement, draft=draft)
    member_id = forum.member(group_id=group_id)
    with unit_of_work(forum.database) as uow:  # even one's own
        uow.session.get_one(Announcement, one).author_id = member_id
    for command, options in (
        (create_announcement, {"draft": draft}),
        (edit_announcement, {"announcement_id": one, "draft": draft}),
        (end_announcement, {"announcement_id": one}),
        (delete_announcement, {"announcement_id": one}),
        (delete_announcement, {"announcement_id": 999}),
    ):
        with pytest.raises(Forbidden):
            do(forum, command, member_id, **options)
