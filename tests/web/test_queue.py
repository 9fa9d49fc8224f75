"""The moderators' queues through HTTP: who sees what, what is done, what it costs."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.commands.appeals import answer_appeal, appeal_decision
from forum.commands.moderation import perform, undo
from forum.commands.moderation.batch_steps import STEP_TARGETS
from forum.commands.moderation.thread_merging import MergeOptions
from forum.commands.queue import decide
from forum.commands.report_handling import escalate_report
from forum.commands.reports import report_post
from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.core.errors import Conflict, Forbidden, NotFound, Taken
from forum.models import (
    Appeal,
    AppealState,
    Board,
    LoginSession,
    ModLogEntry,
    Notice,
    Post,
    PostState,
    Report,
    ReportState,
    Thread,
    ThreadState,
    Word,
)
from forum.modlog.registry import ACTIONS, NoOptions
from forum.queries.appeals import appeals_page
from forum.queries.queue import DECISIONS, Waiting, queue_counts, queue_page
from forum.queries.reports import reports_page
from forum.web.moderation_preview import mark_of as preview_mark
from tests.acting import log_in, submit
from tests.commands.test_queue import TEXT, posting, replies, row, run, starts
from tests.factories import FOUNDER_ID
from tests.web.test_moderation import send
from tests.web.test_moderation_undo import mark_of

CANARY = "金丝雀唱给自己听的歌"


@pytest.fixture
def world(forum):
    """A board that is read first, its moderator, and a room only administrators know, with canaries."""
    posting(forum)
    board_id = forum.board(premoderation=2)
    secret = forum.board("密室", viewers=(1,), premoderation=2)
    moderator_id = forum.moderator(board_id)
    insider = forum.member("知情者", group_id=1)
    forum_ids = {
        "board": board_id, "moderator": moderator_id, "member": forum.member(), "insider": insider,
        "secret": secret, "outsider": forum.moderator(forum.board("别处"), "李雷"),
    }  # fmt: skip
    hidden = forum.thread(insider, secret, title=CANARY, source=CANARY, state=ThreadState.PENDING)
    with forum.database.write_session() as s, s.begin():
        for post in s.scalars(select(Post).where(Post.thread_id == hidden)):
            post.state = PostState.PENDING
            forum_ids["hidden_post"] = post.id
    return forum_ids


def enters(client, forum, member_id):
    """Logged in, with the panel open."""
    token = log_in(client, forum, member_id)
    with forum.database.write_session() as s, s.begin():
        for one in s.scalars(select(LoginSession).where(LoginSession.member_id == member_id)):
            one.panel_until = utc_now() + timedelta(minutes=30)
    return token


def test_the_queue_shows_ones_own_boards_and_approves(client, forum, world):
    ref = starts(forum, world["member"], world["board"], title="等待的主题")
    enters(client, forum, world["moderator"])

    page = client.get("/moderation/queue").text
    assert "等待的主题" in page
    assert TEXT in page
    assert CANARY not in page
    answer = submit(
        client,
        "/moderation/queue",
        decision="approve",
        ids=[ref.post_id],
        reason="好",
        notifies="1",
    )

    assert answer.status_code == 303
    assert row(forum, Thread, ref.thread_id).state is ThreadState.VISIBLE
    assert "等待的主题" not in client.get("/moderation/queue").text
    assert "等待的主题" in client.get("/moderation/log").text


@pytest.mark.parametrize(("decision", "state"), [
    ("approve", PostState.VISIBLE), ("ignore", PostState.IGNORED), ("delete", PostState.RECYCLED),
])  # fmt: skip
def test_many_are_shown_before_they_are_decided_on(client, forum, world, decision, state):
    thread_id = forum.thread(world["member"], world["board"])
    refs = [replies(forum, world["member"], thread_id, source=f"{TEXT}{n}") for n in range(3)]
    ids = [ref.post_id for ref in refs]
    enters(client, forum, world["moderator"])
    asked = {"decision": decision, "reason": "一并处理"}

    shown = submit(client, "/moderation/queue", **asked, ids=ids)
    assert shown.status_code == 200
    assert "操作效果" in shown.text
    assert {row(forum, Post, one).state for one in ids} == {PostState.PENDING}
    run(forum, decide, forum.actor(FOUNDER_ID), "ignore", ids[:1])
    done = submit(client, "/moderation/queue", **asked, ids=ids, previewed=mark_of(shown))

    assert done.status_code == 303
    assert {row(forum, Post, one).state for one in ids[1:]} == {state}
    with forum.read() as s:
        newest = s.scalars(select(ModLogEntry).order_by(ModLogEntry.id.desc()).limit(1)).one()
        assert (newest.actor_id, newest.reason) == (world["moderator"], "一并处理")


def test_one_deletion_in_the_queue_is_shown_first_as_everywhere(client, forum, world):
    ref = starts(forum, world["member"], world["board"])
    enters(client, forum, world["moderator"])
    asked = {"decision": "delete", "ids": [ref.post_id]}

    shown = submit(client, "/moderation/queue", **asked)
    assert shown.status_code == 200
    assert row(forum, Post, ref.post_id).state is PostState.PENDING
    assert submit(client, "/moderation/queue", **asked, previewed=mark_of(shown)).status_code == 303

    assert row(forum, Thread, ref.thread_id).state is ThreadState.RECYCLED


NOBODYS = 999_999
# A token of its own each time, and what building the page took.
OF_EACH = re.compile(r'(?<=name="csrf_token" value=")[^"]+|<footer.*', re.DOTALL)


def shown_before(decision, ids):
    """What the page of a decision that was shown first carries."""
    action = ACTIONS[DECISIONS[decision]]
    return preview_mark(action, [int(one) for one in ids], NoOptions(), None)


@pytest.mark.parametrize("which", ["hidden", "none"])
def test_a_smuggled_post_of_a_hidden_board_is_as_if_there_were_none(client, forum, world, which):
    ref = starts(forum, world["member"], world["board"])
    one = world["hidden_post"] if which == "hidden" else NOBODYS
    enters(client, forum, world["moderator"])

    answers = [
        submit(client, "/moderation/queue", decision=decision, ids=ids, **seen)
        for decision in ("approve", "ignore", "delete")
        for ids in ([one], [ref.post_id, one])
        for seen in ({}, {"preview": "1"}, {"previewed": shown_before(decision, ids)})
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({OF_EACH.sub("", answer.text) for answer in answers}) == 1
    assert row(forum, Post, ref.post_id).state is PostState.PENDING
    assert row(forum, Post, world["hidden_post"]).state is PostState.PENDING


def test_of_a_post_of_a_hidden_board_no_more_is_said_than_of_none(client, forum, world):
    enters(client, forum, world["moderator"])
    answers = [
        submit(client, "/moderation/queue", decision="approve", ids=[one])
        for one in (world["hidden_post"], NOBODYS)
    ]

    assert [one.status_code for one in answers] == [404, 404]
    assert len({OF_EACH.sub("", one.text) for one in answers}) == 1


@pytest.fixture
def of_all_ranks(forum, world):
    """Replies that wait in the moderator's board: of a member, a moderator of it, an administrator."""
    peer = forum.moderator(world["board"], "同级版主")
    thread_id = forum.thread(
        world["member"],
        world["board"],
        replies=3,
        repliers=(world["insider"], world["member"], peer),
    )
    with forum.database.write_session() as s, s.begin():
        wanted = select(Post).where(Post.thread_id == thread_id, Post.floor > 1)
        waiting = s.scalars(wanted.order_by(Post.floor)).all()
        for post in waiting:
            post.state = PostState.PENDING
        return dict(zip(("member", "peer", "chief"), [post.id for post in waiting], strict=True))


def card_of(page, post_id):
    return page.partition(f'id="post-{post_id}"')[2].partition("</article>")[0]


def test_the_queue_offers_no_more_than_the_author_s_rank_allows(client, forum, world, of_all_ranks):
    enters(client, forum, world["moderator"])
    page = client.get("/moderation/queue").text

    assert "3 个帖子" in page
    for name, post_id in of_all_ranks.items():
        card = card_of(page, post_id)
        assert 'name="ids"' in card
        assert ("忽略、删除: 抱歉，您无法对同级或更高级别的会员进行此操作" in card) is (
            name != "member"
        )
    assert page.count('name="decision"') == 3

    run(forum, decide, forum.actor(FOUNDER_ID), "approve", [of_all_ranks["member"]])
    page = client.get("/moderation/queue").text
    assert page.count('name="decision"') == 1
    assert 'value="approve"' in page


@pytest.mark.parametrize("decision", ["ignore", "delete"])
@pytest.mark.parametrize("smuggled", ["peer", "chief"])
def test_a_smuggled_post_of_a_peer_stops_the_whole_decision(
    client, forum, world, of_all_ranks, decision, smuggled
):
    enters(client, forum, world["moderator"])
    ids = [of_all_ranks["member"], of_all_ranks[smuggled]]
    asked = {"decision": decision, "ids": ids, "reason": "一并处理"}

    shown = submit(client, "/moderation/queue", **asked)
    assert shown.status_code == 200
    assert shown.text.count("抱歉，您无法对同级或更高级别的会员进行此操作") == 1
    assert re.findall(r'name="preview" value="(\w+)"', shown.text) == ["without"]
    others = submit(client, "/moderation/queue", **asked, preview="without")
    assert others.status_code == 200
    assert "抱歉，您无法对同级或更高级别的会员进行此操作" not in others.text
    done = submit(client, "/moderation/queue", **asked, previewed=shown_before(decision, ids))

    assert done.status_code == 403
    alone = submit(client, "/moderation/queue", decision=decision, ids=ids[1:],
                   previewed=shown_before(decision, ids[1:]))  # fmt: skip
    assert alone.status_code == 403
    assert {row(forum, Post, one).state for one in of_all_ranks.values()} == {PostState.PENDING}
    with forum.read() as s:
        assert s.scalars(select(ModLogEntry)).all() == []


def test_posts_of_every_rank_are_approved(client, forum, world, of_all_ranks):
    enters(client, forum, world["moderator"])
    ids = list(of_all_ranks.values())
    asked = {"decision": "approve", "ids": ids, "previewed": shown_before("approve", ids)}

    assert submit(client, "/moderation/queue", **asked).status_code == 303

    assert {row(forum, Post, one).state for one in ids} == {PostState.VISIBLE}


@pytest.mark.parametrize("number", [1, STEP_TARGETS + 1])
def test_a_hand_typed_approval_tells_as_the_queue_does(client, forum, world, number):
    """Whom the replies answer, whom they quote; today's number; once, whatever comes after."""
    author, quoted = forum.member("楼主"), forum.member("层主")
    thread_id = forum.thread(author, world["board"], replies=1, repliers=(quoted,))
    with forum.read() as s:
        wanted = select(Post.id).where(Post.thread_id == thread_id, Post.floor == 2)
        said = s.scalars(wanted).one()
    quote = f"[quote][url=/post-{said}.html]层主 发表于 昨天[/url]\n话[/quote]\n"
    ids = [
        replies(forum, world["member"], thread_id, source=f"{quote}{TEXT}{index}").post_id
        for index in range(number)
    ]
    enters(client, forum, world["moderator"])
    path = "/moderation/do/post.approve"

    def told():
        with forum.read() as s:
            wanted = select(Notice).where(Notice.kind.in_(("replied", "quoted")))
            return {one.member_id: (one.kind, one.merged_count) for one in s.scalars(wanted)}

    def today():
        return row(forum, Board, world["board"]).today_post_count

    before = today()
    answer = submit(client, path, ids=ids, previewed=shown_before("approve", ids))
    assert answer.status_code == 303

    assert {row(forum, Post, one).state for one in ids} == {PostState.VISIBLE}
    assert told() == {author: ("replied", number), quoted: ("quoted", number)}
    assert today() == before + number
    with forum.read() as s:
        (entry_id,) = s.scalars(select(ModLogEntry.id))
    run(forum, undo, forum.actor(FOUNDER_ID), entry_id)
    run(forum, decide, forum.actor(FOUNDER_ID), "approve", ids)
    assert told() == {author: ("replied", number), quoted: ("quoted", number)}
    assert today() == before + number


@pytest.mark.parametrize("part", ["queue", "reports", "appeals", "words"])
def test_who_has_no_business_there_is_kept_out(client, forum, world, part):
    assert client.get(f"/moderation/{part}").status_code == 303  # to the login
    enters(client, forum, world["member"])
    assert client.get(f"/moderation/{part}").status_code == 403
    enters(client, forum, world["outsider"])
    page = client.get(f"/moderation/{part}")
    assert page.status_code == (403 if part == "words" else 200)
    assert CANARY not in page.text


@pytest.mark.parametrize("number", [1, 25])
def test_the_queue_costs_the_same_whatever_waits(forum, world, number):
    for index in range(number):
        starts(forum, world["member"], world["board"], title=f"第 {index}", source=f"{TEXT}{index}")
    actor = forum.actor(world["moderator"])
    with forum.read() as s, recorded_statements() as statements:
        page = queue_page(s, actor)
        counts = queue_counts(s, actor)

    assert len(statements) == 4
    assert page.total == number
    assert counts.posts == Waiting(number, page.oldest_at)
    with forum.read() as s:
        rest = queue_page(s, actor, after=page.next_after) if page.next_after else None
    shown = [one.post_id for one in (*page.items, *(rest.items if rest else ()))]
    assert shown == sorted(shown)
    assert len(shown) == number


def reported(forum, world, *reporters, author=None):
    """A reported post: (report id, post id)."""
    thread_id = forum.thread(author or world["member"], world["board"], title="被举报的主题")
    post_id = row(forum, Thread, thread_id).first_post_id
    for name in reporters:
        actor = forum.actor(forum.member(name))
        run(forum, report_post, actor, post_id=post_id, reason="spam", text=f"{name}说")
    with forum.read() as s:
        return s.scalars(select(Report.id).where(Report.post_id == post_id)).one(), post_id


def test_reports_of_one_post_are_one_and_are_answered(client, forum, world):
    report_id, _ = reported(forum, world, "张三", "李四")
    enters(client, forum, world["moderator"])
    page = client.get("/moderation/reports").text
    assert page.count("被举报的主题") == 1
    assert "张三说" in page
    assert "李四说" in page

    answer = submit(
        client,
        f"/moderation/reports/{report_id}",
        page="/moderation/reports",
        outcome="upheld",
        note="谢谢",
    )

    assert answer.status_code == 303
    assert row(forum, Report, report_id).state is ReportState.UPHELD
    with forum.read() as s:
        told = s.scalars(select(Notice).where(Notice.kind == "report_handled")).all()
    assert [one.data for one in told] == [{"outcome": "upheld", "message": "谢谢"}] * 2
    again = submit(client, f"/moderation/reports/{report_id}", page="/moderation/reports?state=handled", outcome="rejected")  # fmt: skip
    assert again.status_code in (200, 409)
    assert row(forum, Report, report_id).state is ReportState.UPHELD


def test_a_report_that_was_passed_on_is_seen_from_that_rank_up(forum, world):
    report_id, _ = reported(forum, world, "张三")
    super_id = forum.member("超级", group_id=2)

    def seen():
        with forum.read() as s:
            return [
                bool(reports_page(s, forum.actor(one)).cards)
                for one in (world["outsider"], world["moderator"], super_id, FOUNDER_ID)
            ]

    def told_by(actor_id):
        with forum.read() as s:
            return set(s.scalars(select(Notice.member_id).where(Notice.actor_id == actor_id)))

    assert seen() == [False, True, True, True]
    run(forum, escalate_report, forum.actor(world["moderator"]), report_id=report_id)
    assert seen() == [False, False, True, True]
    with pytest.raises(NotFound):
        run(forum, escalate_report, forum.actor(world["moderator"]), report_id=report_id)
    assert told_by(world["moderator"]) == {super_id, world["insider"], FOUNDER_ID}
    run(forum, escalate_report, forum.actor(super_id), report_id=report_id)
    assert seen() == [False, False, False, True]
    assert told_by(super_id) == {world["insider"], FOUNDER_ID}


def test_what_is_typed_when_a_report_is_passed_on_is_for_the_next_rank(client, app, forum, world):
    report_id, _ = reported(forum, world, "张三")
    enters(client, forum, world["moderator"])
    path = f"/moderation/reports/{report_id}"
    assert f'formaction="{path}/escalate"' in client.get("/moderation/reports").text

    answer = send(client, f"{path}/escalate", note="我认识 <他>，请另一位看")
    assert answer.status_code == 303

    chief = app.test_client()
    enters(chief, forum, forum.member("超版", group_id=2))
    page = chief.get("/moderation/reports?lang=en").text
    assert (
        f"Passed on by {forum.actor(world['moderator']).name}: 我认识 &lt;他&gt;，请另一位看"
        in page
    )
    assert send(chief, f"{path}/escalate", note="x" * 201).status_code == 422
    assert send(chief, path, outcome="rejected", note="没有违规").status_code == 303
    with forum.read() as s:
        assert s.get_one(Report, report_id).outcome == "没有违规"
        told = s.scalars(select(Notice.data).where(Notice.kind == "report_handled"))
        assert "我认识" not in str(list(told))


def test_nobody_sees_a_report_about_oneself(forum, world):
    report_id, _ = reported(forum, world, "张三", author=world["moderator"])
    with forum.read() as s:
        assert not reports_page(s, forum.actor(world["moderator"])).cards
    with pytest.raises(NotFound):
        run(forum, escalate_report, forum.actor(world["moderator"]), report_id=report_id)


def test_the_overview_says_how_much_waits_and_since_when(client, forum, world):
    enters(client, forum, world["moderator"])
    assert "最早 <time" not in client.get("/moderation/").text

    starts(forum, world["member"], world["board"], title="等待审核", source=TEXT)
    reported(forum, world, "甲乙")
    page = client.get("/moderation/").text

    for part, label in (("queue", "审核"), ("reports", "举报")):
        item = page.partition(f'stats-line__link" href="/moderation/{part}">')[2].split("</li>")[0]
        assert label in item
        assert '<span class="stats-line__number">1</span>' in item
        assert "最早 <time" in item


def decided(forum, world):
    """The moderator has deleted a member's thread: (entry id, thread id)."""
    thread_id = forum.thread(world["member"], world["board"], title="被删的主题")
    actor = forum.actor(world["moderator"])
    done = run(forum, perform, actor, "thread.delete", [thread_id], reason="广告", notifies=True)
    return done.entry_id, thread_id


def test_an_appeal_is_answered_by_another_moderator_and_undoes(client, forum, world):
    entry_id, thread_id = decided(forum, world)
    other = forum.moderator(world["board"], "赵六")
    log_in(client, forum, world["member"])
    assert f"/appeals/{entry_id}/new" in client.get("/notices").text
    sent = submit(client, f"/appeals/{entry_id}/new", text="这不是广告，请再看一遍。")
    assert sent.status_code == 303
    with forum.read() as s:
        appeal = s.scalars(select(Appeal)).one()
        told = s.scalars(select(Notice.member_id).where(Notice.kind == "appealed")).all()
    assert told == [other]

    decider = forum.actor(world["moderator"])
    with pytest.raises(Forbidden) as refusal:
        run(forum, answer_appeal, decider, appeal_id=appeal.id, grants=False, answer="不行")
    assert refusal.value.key == "own_decision"
    enters(client, forum, world["moderator"])
    assert 'name="outcome"' not in client.get("/moderation/appeals").text
    enters(client, forum, other)
    answer = submit(
        client,
        f"/moderation/appeals/{appeal.id}",
        page="/moderation/appeals",
        outcome="grant",
        answer="确实不是",
    )

    assert answer.status_code == 303
    assert row(forum, Thread, thread_id).state is ThreadState.VISIBLE
    granted = row(forum, Appeal, appeal.id)
    assert (granted.state, granted.handler_id) == (AppealState.GRANTED, other)
    assert row(forum, ModLogEntry, entry_id).undone_by_id == granted.undo_entry_id
    log_in(client, forum, world["member"])
    assert "确实不是" in client.get("/notices").text
    assert "确实不是" in client.get(f"/appeals/{entry_id}/new").text


def test_two_appeals_against_one_batch_are_both_answered(client, forum, world):
    other = forum.member("别的作者")
    mine = forum.thread(world["member"], world["board"], title="被删的主题")
    theirs = forum.thread(other, world["board"], title="也被删的主题")
    decider = forum.actor(world["moderator"])
    done = run(forum, perform, decider, "thread.delete", [mine, theirs], reason="广告")
    words = "这不是广告，请再看一遍。"
    founder = forum.actor(FOUNDER_ID)
    first = run(forum, appeal_decision, forum.actor(world["member"]), entry_id=done.entry_id, text=words)  # fmt: skip
    run(forum, answer_appeal, founder, appeal_id=first, grants=True, answer="确实不是")
    assert row(forum, Thread, mine).state is ThreadState.VISIBLE
    assert row(forum, Thread, theirs).state is ThreadState.RECYCLED
    enters(client, forum, world["moderator"])
    assert "已撤销 1 / 2" in client.get("/moderation/log").text
    log_in(client, forum, world["member"])
    assert "textarea" not in client.get(f"/appeals/{done.entry_id}/new").text
    log_in(client, forum, other)
    assert "textarea" in client.get(f"/appeals/{done.entry_id}/new").text

    second = submit(client, f"/appeals/{done.entry_id}/new", text=words)

    assert second.status_code == 303
    with forum.read() as s:
        appeal_id = s.scalars(select(Appeal.id).where(Appeal.member_id == other)).one()
    run(forum, answer_appeal, founder, appeal_id=appeal_id, grants=True, answer="也不是")
    assert row(forum, Thread, theirs).state is ThreadState.VISIBLE
    entry = row(forum, ModLogEntry, done.entry_id)
    assert entry.undone_by_id == row(forum, Appeal, appeal_id).undo_entry_id
    assert row(forum, Appeal, first).undo_entry_id != entry.undone_by_id


def test_a_decision_is_for_whom_it_concerns_not_for_whom_any_does(client, forum, world):
    entry_id, _ = decided(forum, world)
    other = forum.member("别的作者")
    theirs = forum.thread(other, world["board"], title="也被处理过")
    moderator = forum.actor(world["moderator"])
    own = run(forum, perform, moderator, "thread.close", [theirs], reason="跑题")
    log_in(client, forum, other)

    assert client.get(f"/appeals/{own.entry_id}/new").status_code == 200
    assert client.get(f"/appeals/{entry_id}/new").status_code == 404


def test_both_authors_of_a_merge_may_appeal_against_it(client, forum, world):
    other = forum.member("别的作者")
    kept = forum.thread(world["member"], world["board"], title="留下的主题")
    merged = forum.thread(other, world["board"], title="并走的主题")
    moderator = forum.actor(world["moderator"])
    done = run(
        forum, perform, moderator, "thread.merge", [kept], MergeOptions(merged), notifies=True
    )
    people = {world["member"]: kept, other: merged}
    for member_id in people:
        log_in(client, forum, member_id)
        page = client.get("/notices").text
        assert f"/appeals/{done.entry_id}/new" in page
        answer = submit(client, f"/appeals/{done.entry_id}/new", text="这两个主题并不是一回事。")
        assert answer.status_code == 303
    log_in(client, forum, world["outsider"])
    assert client.get(f"/appeals/{done.entry_id}/new").status_code == 404

    with forum.read() as s:
        appeal_id = s.scalars(select(Appeal.id).where(Appeal.member_id == other)).one()
    founder = forum.actor(FOUNDER_ID)
    run(forum, answer_appeal, founder, appeal_id=appeal_id, grants=True, answer="确实不是")

    assert row(forum, Thread, merged).state is ThreadState.VISIBLE
    assert {row(forum, Thread, one).author_id for one in people.values()} == set(people)


def test_one_appeal_each_and_only_about_oneself(forum, world):
    entry_id, _ = decided(forum, world)
    words = "这不是广告，请再看一遍。"
    member = forum.actor(world["member"])
    with pytest.raises(NotFound):
        run(forum, appeal_decision, forum.actor(world["outsider"]), entry_id=entry_id, text=words)
    run(forum, appeal_decision, member, entry_id=entry_id, text=words)

    with pytest.raises(Taken):
        run(forum, appeal_decision, member, entry_id=entry_id, text=words)

    appeal_id = 1
    with pytest.raises(NotFound):
        run(forum, answer_appeal, forum.actor(world["outsider"]), appeal_id=appeal_id, grants=True, answer="好")  # fmt: skip
    run(
        forum,
        answer_appeal,
        forum.actor(FOUNDER_ID),
        appeal_id=appeal_id,
        grants=False,
        answer="是广告",
    )
    with pytest.raises(Conflict):
        run(
            forum,
            answer_appeal,
            forum.actor(FOUNDER_ID),
            appeal_id=appeal_id,
            grants=True,
            answer="好",
        )


def test_where_nobody_else_moderates_the_higher_staff_is_told(forum, world):
    entry_id, _ = decided(forum, world)
    super_id = forum.member("超级", group_id=2)

    run(
        forum,
        appeal_decision,
        forum.actor(world["member"]),
        entry_id=entry_id,
        text="请再看一遍这个主题",
    )

    with forum.read() as s:
        told = set(s.scalars(select(Notice.member_id).where(Notice.kind == "appealed")))
        assert told == {super_id, FOUNDER_ID, world["insider"]}
        with recorded_statements() as statements:
            assert len(appeals_page(s, forum.site(), forum.actor(super_id)).cards) == 1
    assert len([one for one in statements if "appeals" in one]) == 2


def test_an_administrators_decision_is_not_for_moderators_to_overrule(forum, world):
    thread_id = forum.thread(world["member"], world["board"])
    done = run(forum, perform, forum.actor(FOUNDER_ID), "thread.close", [thread_id])
    run(
        forum,
        appeal_decision,
        forum.actor(world["member"]),
        entry_id=done.entry_id,
        text="请再看一遍这个主题",
    )

    with pytest.raises(Forbidden):
        run(
            forum,
            answer_appeal,
            forum.actor(world["moderator"]),
            appeal_id=1,
            grants=True,
            answer="好",
        )


def test_words_are_typed_in_bulk_tried_and_enforced_at_once(client, forum, world):
    enters(client, forum, world["insider"])
    lines = "赌博={BANNED}\n代{2}购={mod}\n笨蛋=**\n呆子"
    assert submit(client, "/moderation/words", text=lines, category="常用").status_code == 303

    page = client.get("/moderation/words").text
    assert all(one in page for one in ("赌博", "代{2}购", "笨蛋", "常用"))
    assert client.get("/moderation/words/export").text == (
        "赌博={BANNED}\n代{2}购={MOD}\n笨蛋=**\n呆子=**"
    )
    tried = submit(client, "/moderation/words/test", text="你这笨蛋，还代人[b]购[/b]物").text
    assert "你这**，" in tried
    assert "代{2}购" in tried
    with forum.read() as s:
        word_id = s.scalars(select(Word.id).where(Word.pattern == "赌博")).one()

    thread_id = forum.thread(FOUNDER_ID, forum.board("随便"))
    log_in(client, forum, world["member"])
    refused = submit(client, f"/thread-{thread_id}/reply", source="一起来赌博吧，朋友们")
    assert refused.status_code == 422
    assert "赌博" in re.sub("<textarea.*?</textarea>", "", refused.text, flags=re.DOTALL)
    kept = replies(forum, world["member"], thread_id, "你这笨蛋真是个呆子啊")
    assert row(forum, Post, kept.post_id).source == "你这**真是个**啊"

    enters(client, forum, world["insider"])
    submit(client, "/moderation/words/change", page="/moderation/words", ids=[word_id], delete="1")
    assert "赌博=" not in client.get("/moderation/words/export").text


TRIED = {
    # typed: the outcome as title, text, tag, message, signature, title of one's own, user name
    "赌博": "禁止 禁止 禁止 禁止 禁止 禁止 禁止",
    "代人购": "审核 审核 审核 禁止 禁止 禁止 禁止",
    "笨蛋": "替换 替换 替换 替换 替换 替换 禁止",
    "赌[b]博[/b]": "不含过滤词语 禁止 不含过滤词语 禁止 禁止 不含过滤词语 不含过滤词语",
    "你好": " ".join(["不含过滤词语"] * 7),
}


@pytest.mark.parametrize("typed", TRIED)
def test_a_text_is_tried_for_every_kind_of_field(client, forum, world, typed):
    enters(client, forum, world["insider"])
    submit(client, "/moderation/words", text="赌博={BANNED}\n代{2}购={MOD}\n笨蛋=**")

    page = submit(client, "/moderation/words/test", text=typed).text

    assert (
        re.findall(r'<th scope="row">[^<]+</th><td[^>]*>([^<]+)</td>', page) == TRIED[typed].split()
    )


@pytest.mark.parametrize(
    ("text", "line"), [("好={BANNED}\n{3}={BANNED}", 2), ("/a+/=**", 1), ("a=[b]", 1)]
)
def test_a_line_that_cannot_be_used_is_named(client, forum, world, text, line):
    enters(client, forum, world["insider"])

    answer = submit(client, "/moderation/words?lang=en", text=text)

    assert answer.status_code == 422
    assert str(line) in answer.text


def test_names_signatures_and_titles_are_filtered_too(client, forum, world):
    enters(client, forum, world["insider"])
    submit(client, "/moderation/words", text="坏人={MOD}")
    client.post("/logout", data={"csrf_token": "x"})
    fresh = client.application.test_client()

    answer = submit(
        fresh, "/register", name="坏人甲", email="a@example.org", password="long enough 1",
        password_again="long enough 1", agreed="1",
    )  # fmt: skip

    assert answer.status_code == 422
    assert "坏人" in answer.text
