"""Granting an appeal against a large decision: taken back in steps, and said when it is."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.commands.appeals import answer_appeal, appeal_decision
from forum.commands.moderation.batch_steps import advance
from forum.commands.moderation.batch_waiting import MOST_OPEN
from forum.commands.moderation.batches import run_batch, start_batch
from forum.core.clock import utc_now
from forum.core.errors import Conflict, Forbidden
from forum.core.mail import MemoryMailer
from forum.core.uow import unit_of_work
from forum.jobs import JOBS, Tools
from forum.models import (
    Appeal,
    AppealState,
    BatchState,
    LoginSession,
    Member,
    ModBatch,
    Notice,
    Thread,
    ThreadState,
)
from forum.queries.appeals import appeals_page, own_appeal
from forum.queries.site import site_of
from forum.storage.files import LocalFiles
from tests.acting import log_in
from tests.commands.moderation.acting import (
    Moderator,
    differences,
    entries,
    replying_beside,
    row,
    working,
)

MANY = 25
ANSWER = "确实不是广告，抱歉。"


@pytest.fixture
def decider(forum):
    return Moderator(forum, forum.member("处理人", group_id=1))


@pytest.fixture
def judge(forum):
    return Moderator(forum, forum.member("评理人", group_id=1))


@pytest.fixture
def author(forum):
    return forum.member("作者")


@pytest.fixture
def worker(forum, tmp_path):
    def run(**after):
        tools = Tools(
            forum.database, MemoryMailer(), LocalFiles(tmp_path),
            clock=lambda: utc_now() + timedelta(**after),
        )  # fmt: skip
        return JOBS["run_batches"].run(tools)

    return run


def done(forum, decider, action, ids, **more):
    with working(forum) as uow:
        batch_id = start_batch(uow, decider.actor, action, ids, **more)
    run_batch(lambda: working(forum), batch_id)
    return row(forum, ModBatch, batch_id).entry_id


def appeal(forum, member_id, entry_id):
    with working(forum) as uow:
        return appeal_decision(
            uow, forum.actor(member_id), entry_id=entry_id, text="我没有发广告，请再看一遍。"
        )


def grant(forum, judge, appeal_id, answer=ANSWER):
    with working(forum) as uow:
        return answer_appeal(uow, judge.actor, appeal_id=appeal_id, grants=True, answer=answer)


def notices(forum, member_id, kind):
    with forum.read() as s:
        return [
            one.data
            for one in s.scalars(
                select(Notice)
                .where(Notice.member_id == member_id, Notice.kind == kind)
                .order_by(Notice.id)
            )
        ]


def test_the_member_is_told_once_it_is_done(forum, decider, judge, author, worker):
    mine = [forum.thread(author, title=f"我的 {number}") for number in range(MANY)]
    other = forum.member("李雷")
    others = [forum.thread(other, title=f"别人的 {number}") for number in range(5)]
    entry_id = done(forum, decider, "thread.delete", mine + others, notifies=True)
    appeal_id = appeal(forum, author, entry_id)

    batch_id = grant(forum, judge, appeal_id)

    waiting = row(forum, Appeal, appeal_id)
    assert (waiting.state, waiting.batch_id) == (AppealState.OPEN, batch_id)
    assert notices(forum, author, "appeal_answered") == []
    with forum.read() as s:
        (card,) = appeals_page(s, site_of(s), judge.actor).cards
        assert (card.is_under_way, card.answer, card.handler_name) == (True, ANSWER, "评理人")
        assert own_appeal(s, forum.actor(author), entry_id).answer == ""
    for grants in (True, False):
        with pytest.raises(Conflict, match="appeal_answered"), working(forum) as uow:
            answer_appeal(uow, judge.actor, appeal_id=appeal_id, grants=grants, answer="再答")

    assert (worker(), worker()) == (1, 0)

    granted = row(forum, Appeal, appeal_id)
    undo = entries(forum)[-1]
    assert (granted.state, granted.answer) == (AppealState.GRANTED, ANSWER)
    assert (granted.undo_entry_id, granted.handler_id) == (undo.id, judge.member_id)
    assert (undo.undoes_id, undo.target_count, undo.actor_id) == (entry_id, MANY, judge.member_id)
    (answered,) = notices(forum, author, "appeal_answered")
    assert (answered["is_granted"], answered["answer"]) == (True, ANSWER)
    told = notices(forum, author, "moderated")[-1]
    assert (told["appeal"], told["answer"], told["reason"]) == ("own", ANSWER, "")
    assert (told["is_reversal"], told["count"]) == (True, MANY)
    assert {row(forum, Thread, one).state for one in mine} == {ThreadState.VISIBLE}
    assert {row(forum, Thread, one).state for one in others} == {ThreadState.RECYCLED}
    assert differences(forum) == []


def test_a_small_one_says_the_same_at_once(forum, decider, judge, author):
    entry_id = decider.does("thread.delete", forum.thread(author), notifies=True).entry_id
    appeal_id = appeal(forum, author, entry_id)

    assert grant(forum, judge, appeal_id) is None

    assert row(forum, Appeal, appeal_id).state is AppealState.GRANTED
    told = notices(forum, author, "moderated")[-1]
    assert (told["appeal"], told["answer"], told["reason"]) == ("own", ANSWER, "")
    assert entries(forum)[-1].reason == f"#{appeal_id}"


@pytest.mark.parametrize("locale", ["", "en"])
def test_the_notice_reads_as_an_answer(forum, client, decider, judge, author, locale):
    with working(forum) as uow:
        uow.session.get_one(Member, author).locale = locale
    entry_id = decider.does("thread.delete", forum.thread(author), notifies=True).entry_id
    appeal_id = appeal(forum, author, entry_id)
    grant(forum, judge, appeal_id)
    log_in(client, forum, author)

    page = client.get("/notices").get_data(as_text=True)

    said = f"Answer: {ANSWER}" if locale else f"答复：{ANSWER}"
    assert said in page
    assert ("Your appeal was granted." if locale else "您的申诉成立。") in page
    assert f"#{appeal_id}" not in page.partition("<main")[2].partition("</main")[0]


def test_what_came_in_the_way_leaves_the_appeal_open_and_says_so(
    forum, client, decider, judge, author, worker
):
    mine = [forum.thread(author, title=f"我的 {number}") for number in range(MANY)]
    entry_id = done(forum, decider, "thread.delete", mine, notifies=True)
    appeal_id = appeal(forum, author, entry_id)
    batch_id = grant(forum, judge, appeal_id)
    with working(forum) as uow:
        advance(uow, batch_id)
    with forum.read() as s:
        still = select(Thread.id).where(Thread.state == ThreadState.RECYCLED)
        left = s.scalars(still).first()
    decider.does("thread.restore", left)  # somebody was faster with one of the rest

    worker(minutes=5)

    failed = row(forum, ModBatch, batch_id)
    assert (failed.state, failed.error) == (BatchState.FAILED, "undo_conflicts")
    assert row(forum, Appeal, appeal_id).state is AppealState.OPEN
    assert notices(forum, author, "appeal_answered") == []
    assert len(notices(forum, author, "moderated")) == 1  # of the deletion
    assert {row(forum, Thread, one).state for one in mine if one != left} == {ThreadState.RECYCLED}
    log_in(client, forum, judge.member_id)
    with working(forum) as uow:
        for one in uow.session.scalars(select(LoginSession)):
            one.panel_until = utc_now() + timedelta(minutes=30)
    page = client.get("/moderation/appeals").get_data(as_text=True)
    assert "但未能撤销处理" in page
    assert "存在冲突，无法撤销。" in page
    assert f">{ANSWER}</textarea>" in page

    with working(forum) as uow:
        answer_appeal(uow, judge.actor, appeal_id=appeal_id, grants=False, answer="那就算了吧")
    assert row(forum, Appeal, appeal_id).state is AppealState.UPHELD


def test_what_is_in_the_way_at_once_is_said_at_once(forum, decider, judge, author):
    mine = [forum.thread(author, title=f"我的 {number}") for number in range(MANY)]
    entry_id = done(forum, decider, "thread.delete", mine)
    appeal_id = appeal(forum, author, entry_id)
    decider.does("thread.restore", mine[0])

    with pytest.raises(Conflict, match="undo_conflicts"):
        grant(forum, judge, appeal_id)
    with pytest.raises(Forbidden):
        grant(forum, Moderator(forum, author), appeal_id)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_nobody_waits_long_while_a_large_clean_up_is_taken_back(
    forum, decider, judge, author, worker
):
    for number in range(60):
        forum.thread(author, title=f"广告 {number}", replies=9)
    passer_by = forum.member("路人", group_id=17)
    quiet = forum.thread(passer_by, title="别处的话")
    entry_id = done(forum, decider, "member.clean", [author], notifies=True)
    appeal_id = appeal(forum, author, entry_id)

    began = time.monotonic()
    batch_id = grant(forum, judge, appeal_id)
    answered = time.monotonic() - began
    with replying_beside(forum, passer_by, quiet) as beside:
        assert worker() == 1

    assert beside.problems == []
    batch = row(forum, ModBatch, batch_id)
    assert (batch.state, batch.step_count >= 5) == (BatchState.DONE, True)
    assert row(forum, Appeal, appeal_id).state is AppealState.GRANTED
    assert max(beside.waits) < max(1.0, beside.took / 3), (max(beside.waits), beside.took)
    assert answered < 2
    assert differences(forum) == []


def test_what_the_judge_owns_in_it_is_no_matter_of_the_appeal(forum, decider, judge, author):
    mine, theirs = forum.thread(judge.member_id), [forum.thread(author) for _ in range(MANY)]
    entry_id = done(forum, decider, "thread.stick", [mine, *theirs])

    grant(forum, judge, appeal(forum, author, entry_id))
    with forum.read() as s:
        batch_id = s.scalar(select(Appeal.batch_id))
    run_batch(lambda: working(forum), batch_id)

    assert {row(forum, Thread, one).sticky_level for one in theirs} == {0}
    assert row(forum, Thread, mine).sticky_level == 1
    assert row(forum, ModBatch, batch_id).state is BatchState.DONE


@pytest.mark.parametrize("change", ["judge dismissed", "decider above"])
def test_who_may_not_answer_any_more_grants_nothing(forum, decider, judge, author, worker, change):
    mine = [forum.thread(author, title=f"我的 {number}") for number in range(MANY)]
    appeal_id = appeal(forum, author, done(forum, decider, "thread.delete", mine))
    batch_id = grant(forum, judge, appeal_id)
    with unit_of_work(forum.database) as uow:
        if change == "judge dismissed":
            uow.session.get_one(Member, judge.member_id).group_id = 10
        else:
            uow.session.get_one(Member, decider.member_id).is_founder = True

    worker()

    assert row(forum, ModBatch, batch_id).state is BatchState.FAILED
    assert {row(forum, Thread, one).state for one in mine} == {ThreadState.RECYCLED}
    waiting = row(forum, Appeal, appeal_id)
    assert waiting.state is AppealState.OPEN
    assert notices(forum, author, "appeal_answered") == []


def test_an_appeal_is_answered_however_much_of_its_judge_s_waits(
    forum, decider, judge, author, worker
):
    mine = [forum.thread(author, title=f"我的 {number}") for number in range(MANY)]
    appeal_id = appeal(forum, author, done(forum, decider, "thread.delete", mine))
    for number in range(MOST_OPEN):
        other = forum.thread(author, title=f"别的 {number}")
        with working(forum) as uow:
            start_batch(uow, judge.actor, "thread.close", [other], is_background=True)

    grant(forum, judge, appeal_id)

    assert (worker(), worker()) == (MOST_OPEN, 1)  # a run has so many turns for each
    assert row(forum, Appeal, appeal_id).state is AppealState.GRANTED
