"""The moderators' pages: options, preview, deed, undo, log, recycle bin."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from forum.commands.moderation import ACTIONS
from forum.commands.moderation.batch_waiting import MOST_OPEN
from forum.commands.moderation.batches import MOST_AT_ONCE, run_batch, start_batch
from forum.commands.moderation.member_cleaning import CleanOptions
from forum.commands.moderation.network_bans import NetworkOptions, ban_network
from forum.commands.moderation.thread_merging import MergeOptions, SplitOptions
from forum.commands.moderation.thread_moving import MoveOptions
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.errors import Forbidden, Invalid
from forum.core.uow import unit_of_work
from forum.models import (
    BoardModerator,
    LoginSession,
    Member,
    Post,
    Setting,
    Thread,
    ThreadState,
    ThreadType,
)
from forum.policies.actor import MUTED_GROUP, Rank
from forum.web.moderation_preview import mark_of
from tests.acting import csrf_token, log_in
from tests.commands.moderation.acting import Moderator, entries, row, working
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID


def open_panel(forum):
    with unit_of_work(forum.database) as uow:
        uow.session.execute(
            update(LoginSession).values(panel_until=utc_now() + timedelta(minutes=9))
        )


def send(client, path, token_from="/settings", **fields):
    return client.post(path, data={"csrf_token": csrf_token(client, token_from), **fields})


def test_a_single_mild_action_is_done_at_once(client, forum, board_id, moderator):
    thread_id = forum.thread(forum.member(), board_id)
    page = client.get(
        f"/moderation/do/thread.close?ids={thread_id}&back=/thread-{thread_id}-1-1.html"
    )
    assert page.status_code == 200

    answer = send(
        client, "/moderation/do/thread.close", ids=thread_id, reason="灌水",
        back=f"/thread-{thread_id}-1-1.html",
    )  # fmt: skip

    assert (answer.status_code, answer.location) == (303, f"/thread-{thread_id}-1-1.html")
    assert row(forum, Thread, thread_id).is_closed
    assert entries(forum)[0].reason == "灌水"


def test_a_destructive_action_is_shown_before_it_is_done(client, forum, board_id, moderator):
    thread_id = forum.thread(forum.member(), board_id, replies=3)
    first = send(client, "/moderation/do/thread.delete", ids=thread_id)
    assert first.status_code == 200
    assert row(forum, Thread, thread_id).state is ThreadState.VISIBLE
    mark = first.text.partition('name="previewed"')[2].partition('value="')[2].partition('"')[0]

    second = send(client, "/moderation/do/thread.delete", ids=thread_id, previewed=mark)

    assert second.status_code == 303
    assert row(forum, Thread, thread_id).state is ThreadState.RECYCLED


def test_the_preview_of_a_move_belongs_to_its_options(client, forum, board_id, moderator):
    other, thread_id = forum.board("别处"), forum.thread(forum.member(), board_id)
    shown = client.get(f"/moderation/do/thread.move?ids={thread_id}")
    assert "别处" in shown.text
    first = send(client, "/moderation/do/thread.move", ids=thread_id, board_id=other)
    mark = first.text.partition('name="previewed"')[2].partition('value="')[2].partition('"')[0]
    assert mark

    changed = send(client, "/moderation/do/thread.move", ids=thread_id, board_id=FIRST_BOARD_ID, previewed=mark)  # fmt: skip
    assert changed.status_code == 200
    done = send(client, "/moderation/do/thread.move", ids=thread_id, board_id=other, previewed=mark)

    assert done.status_code == 303
    assert row(forum, Thread, thread_id).board_id == other


def test_types_are_offered_of_the_board_they_are_for(client, forum, board_id, moderator):
    other = forum.board("别处")
    with unit_of_work(forum.database) as uow:
        uow.session.add_all([
            ThreadType(board_id=board_id, name="求助"),
            ThreadType(board_id=other, name="交易"),
            ThreadType(board_id=other, name="版务", for_moderators=True),
        ])  # fmt: skip
        uow.bump(CacheName.SITE)
    thread_id = forum.thread(board_id=board_id)

    change, move = (
        client.get(f"/moderation/do/{key}?ids={thread_id}").text
        for key in ("thread.type", "thread.move")
    )

    assert ">求助</option>" in change
    assert "交易" not in change
    assert ">别处: 交易</option>" in move
    assert "版务" not in move


def test_a_form_without_a_board_is_refused(client, forum, board_id, moderator):
    answer = send(client, "/moderation/do/thread.move", ids=forum.thread(forum.member(), board_id))

    assert answer.status_code == 422


def test_a_smuggled_target_stops_all(client, forum, board_id, moderator):
    mine, theirs = forum.thread(forum.member(), board_id), forum.thread()

    page = client.get(f"/moderation/do/thread.close?ids={mine}&ids={theirs}")
    assert page.status_code == 200
    answer = send(client, "/moderation/do/thread.close", ids=[mine, theirs])

    assert answer.status_code in (200, 403)
    assert not row(forum, Thread, mine).is_closed


def test_a_batch_goes_on_without_what_is_refused(client, forum, board_id, moderator):
    author = forum.member()
    mine = [forum.thread(author, board_id, title=f"自己的 {number}") for number in (1, 2)]
    theirs = forum.thread(author, title="别处的")
    path, ids = "/moderation/do/thread.close?lang=en", [*mine, theirs]
    shown = client.get(f"{path}&ids={mine[0]}&ids={mine[1]}&ids={theirs}").text
    assert "Go on with the 2 others" in shown

    page = send(client, path, ids=ids, preview="without", reason="灌水")

    assert page.status_code == 200
    assert "别处的" not in page.text
    assert 'value="灌水"' in page.text
    assert re.findall(r'name="ids" value="(\d+)"', page.text) == [str(one) for one in mine]
    assert entries(forum) == []  # only shown so far
    # What was left out, put in again, is refused again.
    mark = page.text.partition('name="previewed"')[2].partition('value="')[2].partition('"')[0]
    assert send(client, path, ids=ids, previewed=mark).status_code in (200, 403)
    assert entries(forum) == []
    assert send(client, path, ids=mine, previewed=mark, reason="灌水").status_code == 303
    assert [row(forum, Thread, one).is_closed for one in ids] == [True, True, False]


def test_where_everything_is_refused_nothing_is_offered(client, forum, board_id, moderator):
    theirs = forum.thread(forum.member(), title="别处的")

    page = client.get(f"/moderation/do/thread.close?ids={theirs}")

    assert 'value="without"' not in page.text


def test_secret_titles_are_not_shown(client, forum, board_id, moderator):
    secret = forum.thread(board_id=forum.board("密室", viewers=(1,)), title="金丝雀")

    page = client.get(f"/moderation/do/thread.close?ids={secret}")

    assert page.status_code == 404
    assert "金丝雀" not in page.text


@pytest.mark.parametrize("who", ["guest", "member"])
def test_others_get_no_page(client, forum, who):
    thread_id = forum.thread()
    if who == "member":
        log_in(client, forum, forum.member())

    assert client.get(f"/moderation/do/thread.close?ids={thread_id}").status_code == 403
    assert client.get("/moderation/log").status_code in (303, 403)


def test_the_bulk_bar_and_the_bars_are_on_the_pages(client, forum, board_id, moderator):
    thread_id = forum.thread(forum.member(), board_id)

    assert "/moderation/do/thread.stick" in client.get(f"/forum-{board_id}-1.html").text
    assert "/moderation/do/thread.digest" in client.get(f"/thread-{thread_id}-1-1.html").text
    assert "/moderation/do/" not in client.get("/forum-2-1.html").text


def test_the_panel_asks_for_the_password(client, forum, moderator):
    answer = client.get("/moderation/log")

    assert answer.status_code == 303
    assert answer.location.startswith("/moderation/enter")


def test_the_log_offers_undo_and_undoing_works(client, forum, board_id, moderator):
    thread_id = forum.thread(forum.member(), board_id, title="旧笔记本")
    done = moderator.does("thread.close", thread_id, reason="文不对题")
    open_panel(forum)

    log = client.get("/moderation/log").text
    assert "旧笔记本" in log
    assert "文不对题" in log
    assert f"/moderation/undo/{done.entry_id}" in log
    assert client.get(f"/moderation/undo/{done.entry_id}").status_code == 200
    assert send(client, f"/moderation/undo/{done.entry_id}").status_code == 303

    assert not row(forum, Thread, thread_id).is_closed
    assert client.get(f"/moderation/undo/{done.entry_id}").status_code == 409


def test_conflicts_are_listed_with_what_to_undo_first(client, forum, board_id, moderator):
    thread_id = forum.thread(forum.member(), board_id)
    first = moderator.does("thread.close", thread_id)
    second = moderator.does("thread.open", thread_id)

    page = client.get(f"/moderation/undo/{first.entry_id}").text

    assert f"/moderation/undo/{second.entry_id}" in page
    assert send(client, f"/moderation/undo/{first.entry_id}").status_code == 409


def test_who_moved_a_thread_away_finds_the_way_back(client, forum, board_id, moderator):
    thread_id = forum.thread(forum.member(), board_id, title="旧笔记本")
    done = moderator.does("thread.move", thread_id, options=MoveOptions(FIRST_BOARD_ID))
    founder = Moderator(forum, FOUNDER_ID)
    founder.does("thread.close", thread_id)
    open_panel(forum)

    log = client.get("/moderation/log").text
    assert f"/moderation/undo/{done.entry_id}" in log
    assert log.count("旧笔记本") == 1  # what others did there is not for this moderator
    assert send(client, f"/moderation/undo/{done.entry_id}").status_code == 303
    assert row(forum, Thread, thread_id).board_id == board_id


def test_a_conflict_is_told_with_names_not_numbers(client, forum, board_id, moderator):
    author, other = forum.member(), forum.board("远处")
    moved, kept = (forum.thread(author, board_id, title=title) for title in ("走了的", "没动的"))
    first = moderator.does("thread.move", moved, kept, options=MoveOptions(FIRST_BOARD_ID))
    Moderator(forum, FOUNDER_ID).does("thread.move", moved, options=MoveOptions(other))

    page = client.get(f"/moderation/undo/{first.entry_id}").text
    conflicts = page.partition("冲突")[2].partition("操作效果")[0]

    assert "走了的" in conflicts
    assert "默认版块" in conflicts
    assert "远处" in conflicts
    assert "没动的" not in conflicts


def test_a_preview_shows_until_when_on_the_moderators_clock(client, forum, moderator):
    open_panel(forum)
    page = send(
        client, "/moderation/do/member.mute", ids=forum.member("话多"),
        expires_at=f"{utc_now() + timedelta(days=3):%Y-%m-%d}T09:30", preview="1",
    )  # fmt: skip

    assert " 09:30:00" in page.text.partition("操作效果")[2]


def test_the_log_shows_own_boards_only(client, forum, board_id, moderator):
    Moderator(forum, FOUNDER_ID).does("thread.close", forum.thread(title="金丝雀"))
    open_panel(forum)

    assert "金丝雀" not in client.get("/moderation/log").text


def test_the_recycle_bin_restores(client, forum, board_id, moderator):
    thread_id = forum.thread(forum.member(), board_id, title="旧笔记本")
    moderator.does("thread.delete", thread_id)
    open_panel(forum)

    page = client.get("/moderation/recycle-bin").text
    assert "旧笔记本" in page
    assert "/moderation/do/thread.restore" in page
    send(client, "/moderation/do/thread.restore", ids=thread_id)

    assert row(forum, Thread, thread_id).state is ThreadState.VISIBLE
    assert client.get("/moderation/").status_code == 200


def test_the_thread_tells_its_history(client, forum, board_id, moderator):
    thread_id = forum.thread(forum.member(), board_id)
    moderator.does("thread.close", thread_id)

    assert "history" in client.get(f"/thread-{thread_id}-1-1.html").text
    assert client.get(f"/thread-{thread_id}/history").status_code == 200


def test_the_history_tells_an_undone_undo_as_the_deed_it_is(client, forum, board_id, moderator):
    thread_id = forum.thread(forum.member(), board_id, replies=2)
    done = moderator.does("thread.split", thread_id, options=SplitOptions("2", "分出来的"))
    undone = moderator.undoes(done.entry_id)
    moderator.undoes(undone.entry_id)

    page = client.get(f"/thread-{thread_id}/history?lang=en").text
    told = re.findall(r"<td[^>]*>(Split|Undo the split)", page)

    assert told == ["Split", "Undo the split", "Split"]


@pytest.mark.parametrize(
    "typed", ["999999", "9007199254740993", "secret", "elsewhere", "own", "abc"]
)
def test_a_mistyped_thread_to_merge_comes_back_with_the_form(
    client, forum, board_id, moderator, typed
):
    author = forum.member()
    thread_id = forum.thread(author, board_id)
    places = {"secret": forum.board("密室", viewers=(1,)), "elsewhere": forum.board("另一版")}
    with unit_of_work(forum.database) as uow:
        uow.session.add(
            BoardModerator(
                board_id=places["elsewhere"], member_id=moderator.member_id, appointed_at=uow.now
            )
        )
        uow.bump(CacheName.SITE)
    other = forum.thread(author, places[typed], title="金丝雀") if typed in places else typed
    sent = {"ids": thread_id, "other_id": thread_id if typed == "own" else other, "reason": "重复"}
    options = MergeOptions(int(sent["other_id"])) if typed != "abc" else None
    mark = mark_of(ACTIONS["thread.merge"], [thread_id], options, None) if options else ""

    for more in ({}, {"preview": "1"}, {"previewed": mark}):
        page = send(client, "/moderation/do/thread.merge?lang=en", **sent, **more)

        assert page.status_code == 422
        assert 'id="other_id-error"' in page.text
        assert f'value="{sent["other_id"]}"' in page.text
        assert 'value="重复"' in page.text
        assert "金丝雀" not in page.text
    if typed in ("999999", "secret"):
        assert "There is no such thread, or you may not see it." in page.text
    assert entries(forum) == []


def test_a_large_action_runs_in_steps_and_is_one_entry(client, forum, board_id, moderator):
    author = forum.member()
    ids = [forum.thread(author, board_id) for _ in range(20)]
    first = send(client, "/moderation/do/thread.delete", ids=ids)
    mark = first.text.partition('name="previewed"')[2].partition('value="')[2].partition('"')[0]

    answer = send(client, "/moderation/do/thread.delete", ids=ids, previewed=mark, back="/")

    assert (answer.status_code, answer.location) == (303, "/")
    (entry,) = entries(forum)
    assert entry.target_count == 20
    undoing = send(client, f"/moderation/undo/{entry.id}")
    assert "/moderation/batches/" in undoing.location
    progress = client.get(undoing.location)
    assert (progress.status_code, progress.headers["Refresh"]) == (200, "2")


def test_more_than_a_page_is_deleted_with_the_right_to_delete_in_bulk(
    client, forum, board_id, moderator
):
    author, chief = forum.member(), Moderator(forum, forum.member("超版", group_id=2))
    ids = [forum.thread(author, board_id) for _ in range(21)]

    shown = send(client, "/moderation/do/thread.delete", ids=ids, preview="1")

    assert "批量删帖" in shown.text
    assert 'name="previewed" type="hidden" value=""' in shown.text
    with pytest.raises(Forbidden, match="too_many"), working(forum) as uow:
        start_batch(uow, moderator.actor, "thread.delete", ids)
    moderator.does("thread.delete", *ids[:20])
    moderator.undoes(entries(forum)[0].id)
    chief.does("thread.delete", *ids)
    assert {row(forum, Thread, one).state for one in ids} == {ThreadState.RECYCLED}


def test_a_banned_network_gets_one_page_and_lifting_opens_it(client, app, forum):
    log_in(client, forum, forum.member("管理", group_id=1))
    open_panel(forum)
    asked = {"network": "192.0.2.0/24", "reason": "垃圾"}
    shown = send(client, "/moderation/networks", **asked)
    assert shown.status_code == 200
    assert "256" in shown.text.partition("操作效果")[2]
    assert entries(forum) == []
    mark = shown.text.partition('name="previewed"')[2].partition('value="')[2].partition('"')[0]
    other = send(client, "/moderation/networks", network="198.51.100.0/24", previewed=mark)
    assert (other.status_code, entries(forum)) == (200, [])
    answer = send(client, "/moderation/networks", **asked, previewed=mark)
    assert answer.status_code == 303
    assert "192.0.2.0/24" in client.get("/moderation/networks").text

    stranger = app.test_client()
    where = {"REMOTE_ADDR": "192.0.2.9"}
    assert stranger.get("/login", environ_base=where).status_code == 403
    assert stranger.get("/login", environ_base={"REMOTE_ADDR": "198.51.100.1"}).status_code == 200

    send(client, "/moderation/do/network.lift", ids=1)
    assert stranger.get("/login", environ_base=where).status_code == 200


@pytest.mark.parametrize("network", ["127.0.0.0/24", "10.0.0.0/8", "not a network", "192.0.2.300"])
def test_networks_too_wide_or_one_s_own_are_refused(client, forum, network):
    log_in(client, forum, forum.member("管理", group_id=1))
    open_panel(forum)

    assert send(client, "/moderation/networks", network=network).status_code == 422


def test_the_own_network_is_known_in_either_spelling(forum):
    administrator = forum.actor(forum.member("管理", group_id=1))

    for address in ("192.0.2.7", "::ffff:192.0.2.7"):
        with unit_of_work(forum.database, address=address) as uow:
            forum.database.cache.refresh(uow.session)
            with pytest.raises(Invalid, match="network_own"):
                ban_network(uow, administrator, NetworkOptions("192.0.2.0/24"))
    with unit_of_work(forum.database, address="no address") as uow:
        forum.database.cache.refresh(uow.session)
        assert ban_network(uow, administrator, NetworkOptions("192.0.2.0/24"))


def test_the_darkroom_lists_the_punished_with_the_reason(client, forum):
    Moderator(forum, FOUNDER_ID).does("member.mute", forum.member("卖药"), reason="广告/SPAM")

    page = client.get("/darkroom").text

    assert "卖药" in page
    assert "广告/SPAM" in page


def test_the_darkroom_tells_of_the_warning_that_muted(client, forum):
    author, founder = forum.member("话多"), Moderator(forum, FOUNDER_ID)
    thread_id = forum.thread(author, replies=2)
    with forum.read() as s:
        first, second, third = sorted(s.scalars(select(Post.id).where(Post.thread_id == thread_id)))
    founder.does("post.warn", first, second, reason="前两次")
    founder.does("post.warn", third, reason="第三次", notifies=True)
    until = row(forum, Member, author).group_until.astimezone(ZoneInfo("Asia/Shanghai"))
    log_in(client, forum, author)

    pages = [client.get(path).text for path in ("/darkroom", "/my-record", "/notices")]

    assert "第三次" in pages[0]
    assert "前两次" not in pages[0]
    assert all(f"{until.year}-{until.month}-{until.day}" in page for page in pages)


def test_a_clean_up_that_spared_the_account_is_not_its_ban(client, forum):
    spammer, founder = forum.member("卖药"), Moderator(forum, FOUNDER_ID)
    founder.does("member.ban", spammer, reason="屡教不改")
    founder.does("member.clean", spammer, options=CleanOptions(bans=False), reason="顺手清理")
    darkroom = client.get("/darkroom").text
    log_in(client, forum, spammer)

    for page in (darkroom, client.get("/banned").text):
        assert "屡教不改" in page
        assert "顺手清理" not in page


def test_the_public_log_is_off_until_switched_on_and_names_nobody(client, forum):
    founder = Moderator(forum, FOUNDER_ID)
    founder.does("thread.close", forum.thread(title="公开的帖子"), reason="内部理由")
    founder.does("thread.delete", forum.thread(title="金丝雀"))
    founder.does(
        "thread.close", forum.thread(board_id=forum.board("密室", viewers=(1,)), title="秘密")
    )
    assert client.get("/moderation-log").status_code == 404
    with unit_of_work(forum.database) as uow:
        uow.session.add(Setting(section="moderation", values={"log_is_public": True}))
        uow.bump(CacheName.SITE)

    page = client.get("/moderation-log").text

    assert "公开的帖子" in page
    for hidden in ("金丝雀", "秘密", "内部理由", "founder"):
        assert hidden not in page


@pytest.mark.parametrize("group_id", [4, 10])
def test_a_member_reads_the_own_record(client, forum, group_id):
    member_id = forum.member(group_id=group_id)
    founder = Moderator(forum, FOUNDER_ID)
    founder.does("thread.close", forum.thread(member_id, title="我的帖子"), reason="文不对题")
    founder.does("thread.close", forum.thread(title="别人的帖子"))
    log_in(client, forum, member_id)

    page = client.get("/my-record").text

    assert "我的帖子" in page
    assert "文不对题" in page
    assert "别人的帖子" not in page


def test_addresses_are_for_staff_who_may_see_them(client, forum, board_id, moderator, config):
    (config.data_dir / "places.txt").write_text("192.0.2.0/24 浙江宁波\n", "utf-8")
    mine, theirs = forum.thread(forum.member(), board_id), forum.thread(forum.member("李雷"))
    posts = [row(forum, Thread, one).first_post_id for one in (mine, theirs)]

    assert "浙江宁波" in client.get(f"/post-{posts[0]}/address").text
    assert client.get(f"/post-{posts[1]}/address").status_code == 403


@pytest.mark.parametrize(("author", "status"), [("member", 200), ("founder", 403)])
def test_a_thread_leads_to_the_addresses_one_may_see(
    client, forum, board_id, moderator, author, status
):
    author_id = FOUNDER_ID if author == "founder" else forum.member()
    thread_id = forum.thread(author_id, board_id)
    address = f"/post-{row(forum, Thread, thread_id).first_post_id}/address"

    page = client.get(f"/thread-{thread_id}-1-1.html").text

    assert (f'href="{address}"' in page) == (status == 200)
    assert client.get(address).status_code == status


def test_who_outranks_is_not_named_beside_the_address_of_another(
    client, forum, board_id, moderator
):
    author, twin = forum.member("路人甲"), forum.member("路人乙")
    thread_id = forum.thread(author, board_id)
    for one in (twin, FOUNDER_ID):
        forum.thread(one, board_id)
        forum.thread(one, forum.board("密室", viewers=(1,)) if one == twin else board_id)
    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(Post).values(address="192.0.2.9"))
        uow.session.execute(update(Member).values(last_address="192.0.2.9"))

    page = client.get(f"/post-{row(forum, Thread, thread_id).first_post_id}/address").text

    shown = page.partition("<main")[2].partition("</main>")[0]
    assert "路人乙" in shown
    assert "founder" not in shown


def test_a_member_is_muted_from_the_space_page(client, forum, board_id, moderator):
    member_id = forum.member("卖药")
    page = client.get(f"/space-uid-{member_id}.html").text
    assert f"/moderation/do/member.mute?ids={member_id}" in page
    assert "/moderation/do/member.ban" not in page

    first = send(client, "/moderation/do/member.mute", ids=member_id, reason="广告/SPAM")
    mark = first.text.partition('name="previewed"')[2].partition('value="')[2].partition('"')[0]
    send(client, "/moderation/do/member.mute", ids=member_id, reason="广告/SPAM", previewed=mark)

    assert row(forum, Member, member_id).group_id == 4


@pytest.mark.parametrize("group_id", [3, 10])
@pytest.mark.parametrize("punishing", ["member.mute", "member.ban"])
def test_a_punished_moderator_moderates_nothing(client, forum, board_id, group_id, punishing):
    moderator_id = forum.moderator(board_id, group_id=group_id)
    target, thread_id = forum.member("卖药"), forum.thread(board_id=board_id)
    log_in(client, forum, moderator_id)
    open_panel(forum)
    assert client.get("/moderation/").status_code == 200
    token = csrf_token(client, "/settings")
    done = Moderator(forum, FOUNDER_ID).does(punishing, moderator_id)

    for key, ids in (("member.mute", target), ("thread.close", thread_id)):
        client.post(f"/moderation/do/{key}", data={"ids": ids, "csrf_token": token})
    assert row(forum, Member, target).group_id == 10
    assert not row(forum, Thread, thread_id).is_closed
    assert client.get("/moderation/").status_code in (303, 403)
    assert forum.actor(moderator_id).rank is Rank.MEMBER
    assert not forum.actor(moderator_id).moderated

    Moderator(forum, FOUNDER_ID).undoes(done.entry_id)
    assert forum.actor(moderator_id).moderates(board_id)


def test_a_founder_in_a_punishing_group_keeps_the_way_back(forum):
    founder = forum.member("站长", group_id=MUTED_GROUP, is_founder=True)

    assert forum.actor(founder).rank is Rank.FOUNDER
    Moderator(forum, founder).does("thread.close", forum.thread(forum.member()))


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("who", ["guest", "member", "elsewhere"])
def test_no_action_is_done_for_those_who_may_not(client, forum, who):
    board = forum.board("我的")
    thread_id = forum.thread(forum.member(), board, replies=2)
    post_id, victim = row(forum, Thread, thread_id).first_post_id, forum.member("王五")
    if who == "member":
        log_in(client, forum, forum.member("李雷"))
    if who == "elsewhere":
        log_in(client, forum, forum.moderator(forum.board("别处")))
    token = csrf_token(client, "/login" if who == "guest" else "/settings")
    targets = {"thread": thread_id, "post": post_id, "member": victim, "network": 1}
    for key, action in ACTIONS.items():
        if who == "elsewhere" and key in ("member.mute", "member.release"):
            continue  # these are no matter of boards
        sent = {"csrf_token": token, "ids": targets[action.targets], "board_id": 2, "other_id": 1,
                "floors": "2", "title": "新", "previewed": "x"}  # fmt: skip
        assert client.post(f"/moderation/do/{key}", data=sent).status_code in (
            200,
            403,
            404,
            422,
        ), key
    assert entries(forum) == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_every_action_has_its_page(client, forum, board_id):
    log_in(client, forum, forum.member("管理", group_id=1))
    thread_id = forum.thread(forum.member(), board_id, replies=1)
    targets = {
        "thread": thread_id,
        "post": row(forum, Thread, thread_id).first_post_id,
        "member": 2,
        "network": 1,
    }
    for key, action in ACTIONS.items():
        if not action.site_wide:
            for lang in ("", "&lang=en"):
                page = client.get(
                    f"/moderation/do/{key}?ids={targets[action.targets]}{lang}",
                    follow_redirects=True,
                )
                assert page.status_code in (200, 422), key
                assert action.label not in page.text or lang or action.label.isascii() is False, key


def test_marks_on_very_many_go_to_the_background(client, forum, board_id, moderator):
    author = forum.member()
    ids = [forum.thread(author, board_id) for _ in range(MOST_AT_ONCE + 1)]
    first = send(client, "/moderation/do/thread.highlight", ids=ids, color="2")
    mark = first.text.partition('name="previewed"')[2].partition('value="')[2].partition('"')[0]

    answer = send(client, "/moderation/do/thread.highlight", ids=ids, color="2", previewed=mark)

    assert "/moderation/batches/" in answer.location
    assert row(forum, Thread, ids[-1]).highlight_color == 0


FAR = ("0001-01-01T00:00", "1969-12-31T23:59:59", "2201-01-01T00:00", "9999-12-31T23:59")


@pytest.mark.parametrize("zone", ["Etc/GMT+12", "America/New_York", "UTC", "Pacific/Kiritimati"])
def test_an_end_nobody_can_mean_is_refused_in_every_zone(client, forum, board_id, zone):
    log_in(client, forum, forum.member("管理", group_id=1, time_zone=zone))
    open_panel(forum)
    thread_id = forum.thread(forum.member(), board_id)

    for path, fields in (
        ("/moderation/do/thread.close", {"ids": thread_id}),
        ("/moderation/do/thread.close", {"ids": thread_id, "preview": "1"}),
        ("/moderation/networks", {"network": "203.0.113.9"}),
        ("/moderation/networks", {"network": "203.0.113.9", "preview": "1"}),
    ):
        for far in FAR:
            answer = send(client, path, reason="留着这句", expires_at=far, **fields)
            assert answer.status_code == 422, (path, far)
            assert "日期须在 1970 年至 2200 年之间。" in answer.text
            assert "留着这句" in answer.text
    assert not row(forum, Thread, thread_id).is_closed
    assert entries(forum) == []


@pytest.mark.parametrize("far", ["1970-01-01T00:00", "2200-12-31T23:59"])
def test_an_end_outside_what_the_forum_allows_is_refused_as_before(client, forum, board_id, far):
    log_in(client, forum, forum.moderator(board_id))
    thread_id = forum.thread(forum.member(), board_id)

    answer = send(client, "/moderation/do/thread.close", ids=thread_id, expires_at=far)

    assert answer.status_code == 422
    assert not row(forum, Thread, thread_id).is_closed


def test_a_form_without_its_end_has_none(client, forum, board_id, moderator):
    thread_id = forum.thread(forum.member(), board_id)

    assert send(client, "/moderation/do/thread.close", ids=thread_id).status_code == 303
    assert entries(forum)[-1].expires_at is None


TOO_MANY = "您已有 5 项批量操作正在进行或等待，请等其中一项完成后再提交。"


def test_whoever_has_too_many_large_actions_open_is_told_and_loses_nothing(
    client, forum, board_id, moderator
):
    author = forum.member()
    many = [forum.thread(author, board_id, title=f"第 {one} 帖") for one in range(MOST_OPEN + 15)]
    with working(forum) as uow:
        closing = start_batch(uow, forum.actor(FOUNDER_ID), "thread.close", many)
    run_batch(lambda: working(forum), closing)
    entry_id = entries(forum)[-1].id
    for one in many[:MOST_OPEN]:
        with working(forum) as uow:
            start_batch(uow, moderator.actor, "thread.open", [one], is_background=True)
    path, sent = "/moderation/do/thread.open", {"ids": many[MOST_OPEN:], "reason": "留着这句"}
    mark = mark_of(ACTIONS["thread.open"], many[MOST_OPEN:], ACTIONS["thread.open"].options(), None)

    for answer in (
        send(client, path, **sent, previewed=mark),
        send(client, f"/moderation/undo/{entry_id}", reason="留着这句"),
    ):
        assert answer.status_code == 422
        assert TOO_MANY in answer.text
        assert 'value="留着这句"' in answer.text
    english = send(client, f"{path}?lang=en", **sent, previewed=mark)
    assert "5 large actions of yours are at work or wait." in english.text
    assert len(entries(forum)) == 1
