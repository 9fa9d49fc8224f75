"""Whatever moderators do, undone in reverse order, leaves the tables as they were."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import select

from forum.commands.moderation import ACTIONS, perform, preview, undo
from forum.commands.moderation.member_cleaning import CleanOptions
from forum.commands.moderation.post_editing import EditOptions
from forum.commands.moderation.post_states import BlockOptions, PinOptions
from forum.commands.moderation.post_warnings import WarnOptions
from forum.commands.moderation.thread_marks import (
    DigestOptions,
    HighlightOptions,
    IconOptions,
    RecommendOptions,
    StampOptions,
    StickOptions,
)
from forum.commands.moderation.thread_merging import MergeOptions, SplitOptions
from forum.commands.moderation.thread_moving import MoveOptions
from forum.commands.moderation.thread_places import CopyOptions, TypeOptions
from forum.commands.moderation.thread_tags import TagOptions
from forum.commands.points import pay_rule
from forum.commands.posts import reply_to_thread
from forum.commands.tags import follow_tags
from forum.core.clock import utc_now
from forum.core.errors import ForumError
from forum.core.uow import unit_of_work
from forum.markup import RENDERER_VERSION, render
from forum.models import (
    Board,
    Member,
    MemberPoints,
    ModLogEntry,
    ModLogTarget,
    Post,
    PostWarning,
    TargetKind,
    Thread,
    ThreadTag,
)
from forum.modlog.effects import MovePosts, Pay, ReverseTransfers, Rewrite
from forum.queries.counters import all_differences
from forum.queries.site import site_of
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID

# What counts changes and is not taken back; ledger rows are compared by their balances.
NOT_COMPARED = {"version", "last_log_id", "unread_notice_count"}


class Abandoned(Exception):
    """Rolls the example's work back."""


def tables(s):
    """Every row that moderators' actions touch, without what only counts changes."""
    found = {}
    for model in (Thread, ThreadTag, Post, Member, Board, PostWarning):
        columns = [c for c in model.__table__.columns if c.key not in NOT_COMPARED]
        found[model.__tablename__] = sorted(tuple(row) for row in s.execute(select(*columns)))
    balances = s.execute(select(MemberPoints.member_id, MemberPoints.kind_id, MemberPoints.amount))
    found["points"] = sorted(tuple(row) for row in balances if row.amount)
    return found


@pytest.fixture
def small_world(forum):
    """Two boards, three members, six threads with paid posts of all of them."""
    other = forum.board("别处")
    people = [forum.member(name) for name in ("王小明", "李雷", "韩梅梅")]
    for number in range(6):
        author = people[number % 3]
        forum.thread(
            author, FIRST_BOARD_ID if number % 2 else other, title=f"第 {number} 帖", replies=number,
            repliers=tuple(people[number % 3 :]), at=utc_now() - timedelta(hours=9 - number),
        )  # fmt: skip
    with unit_of_work(forum.database) as uow:
        forum.database.cache.refresh(uow.session)
        for thread in uow.session.scalars(select(Thread).where(Thread.id % 2 == 0)):
            thread.tags = "春天,摄影" if thread.id % 4 else "春天,旧物,Python,三月"
        follow_tags(uow, range(1, 9))
        for post in uow.session.scalars(select(Post)):
            rule = "thread.posted" if post.floor == 1 else "post.replied"
            post.html, post.renderer_version = render(post.source).html, RENDERER_VERSION
            pay_rule(uow, rule, member_id=post.author_id, subject=f"post:{post.id}", once_key=f"{rule}:{post.id}")  # fmt: skip
    return [FIRST_BOARD_ID, other], people


def options_for(draw, boards):
    """(action, options) as a moderator might choose them."""
    flag = st.booleans()
    level = st.integers(0, 3)
    color = st.integers(0, 8)
    choices = {
        "thread.stick": st.builds(StickOptions, level),
        "thread.digest": st.builds(DigestOptions, level),
        "thread.highlight": st.builds(HighlightOptions, color, color, flag, flag, flag),
        "thread.stamp": st.builds(StampOptions, st.sampled_from(["", "hot", "digest"])),
        "thread.icon": st.builds(IconOptions, st.sampled_from(["", "hot", "new"])),
        "thread.tag": st.builds(
            TagOptions,
            st.sampled_from(["add", "take", "only"]),
            st.sampled_from(["", "春天", "摄影，PYTHON", "旧物 a1 b2 c3 d4"]),
        ),
        "thread.recommend": st.builds(RecommendOptions, flag),
        "thread.move": st.builds(MoveOptions, st.sampled_from(boards), st.none(), flag),
        "thread.copy": st.builds(CopyOptions, st.sampled_from(boards)),
        "thread.type": st.builds(TypeOptions),
        "thread.merge": st.builds(MergeOptions, st.integers(1, 7)),
        "thread.split": st.builds(
            SplitOptions, st.sampled_from(["2", "2-3", "3,5", "4-9"]), st.just("分出来的")
        ),
        "post.edit": st.builds(
            EditOptions,
            st.sampled_from(
                ["改成这样", "[b]改成那样[/b]", "[img]https://img.example/a.png[/img]"]
            ),
            st.sampled_from(["", "换个标题"]),
        ),
        "post.block": st.builds(BlockOptions, flag),
        "post.pin": st.builds(PinOptions, flag),
        "post.warn": st.builds(WarnOptions, flag),
        "member.clean": st.builds(CleanOptions, flag, flag, flag),
    }
    keys = sorted(
        key for key, action in ACTIONS.items() if not action.is_final and not action.site_wide
    )
    key = draw(st.sampled_from(keys))
    return key, draw(choices.get(key, st.none()))


def drawn_action(draw, boards, people, *, threads=8, at_least=1):
    """(action, targets, options); the fewer threads, the more often actions meet."""
    key, options = options_for(draw, boards)
    most = ACTIONS[key].most_targets
    ids = {
        TargetKind.THREAD: st.lists(
            st.integers(1, threads), min_size=min(at_least, most), max_size=3, unique=True
        ),
        TargetKind.POST: st.lists(
            st.integers(1, 21 * threads // 8),
            min_size=min(at_least, most),
            max_size=min(4, most),
            unique=True,
        ),
        TargetKind.MEMBER: st.lists(st.sampled_from(people), min_size=1, max_size=2, unique=True),
    }[ACTIONS[key].targets]
    return key, draw(ids), options or ACTIONS[key].options()


def tried(uow, actor, site, action):
    """What a preview shows and what is done then; (None, None) where it is refused."""
    key, targets, options = action
    try:
        with uow.session.begin_nested():
            shown = preview(uow.session, actor, site, key, targets, options, now=uow.now)
            return shown, perform(uow, actor, key, targets, options)
    except ForumError:
        uow.session.expire_all()
        return None, None


def undone_in_part(uow, actor, entry_id, only=None):
    """What of an entry can be taken back now is; None where nothing can."""
    uow.now += timedelta(seconds=1)
    try:
        with uow.session.begin_nested():
            return undo(uow, actor, entry_id, partial=True, only=only)
    except ForumError:
        uow.session.expire_all()
        return None


def replied(uow, actor, thread_id):
    """Somebody replies meanwhile, where one may."""
    try:
        with uow.session.begin_nested():
            ref = reply_to_thread(uow, actor, thread_id=thread_id, source=f"又来一楼 {uow.now}")
    except ForumError as error:
        ref = error
    uow.session.flush()
    uow.session.expire_all()
    return ref


def standing(s):
    """Entries of which something is not taken back, newest first; reversals are none."""
    return s.scalars(
        select(ModLogEntry.id)
        .where(
            ModLogEntry.is_reversal.is_(False),
            select(ModLogTarget.entry_id)
            .where(ModLogTarget.entry_id == ModLogEntry.id, ModLogTarget.undone_by_id.is_(None))
            .exists(),
        )
        .order_by(ModLogEntry.id.desc())
    ).all()


# Shrinking and explaining trace every line, which takes minutes here: the steps are printed instead.
RANDOM = settings(
    max_examples=25,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@RANDOM
@given(data=st.data())
def test_undone_in_reverse_order_everything_is_as_before(forum, small_world, data):
    boards, people = small_world
    founder = forum.actor(FOUNDER_ID)
    done = []
    with suppress(Abandoned), unit_of_work(forum.database) as uow:
        forum.database.cache.refresh(uow.session)
        site = site_of(uow.session)
        before = [tables(uow.session)]
        for _ in range(data.draw(st.integers(1, 6))):
            uow.now += timedelta(seconds=1)
            action = drawn_action(data.draw, boards, people)
            shown, made = tried(uow, founder, site, action)
            if made is None:
                continue
            assert comparable(shown.planned.effects) == comparable(made.effects)
            note(f"{made.entry_id}: {action}")
            done.append(made.entry_id)
            uow.session.flush()
            uow.session.expire_all()
            before.append(tables(uow.session))
        for entry_id in reversed(done):
            expected = before[done.index(entry_id)]
            undo(uow, founder, entry_id)
            uow.session.flush()
            uow.session.expire_all()
            found = tables(uow.session)
            for name in expected:
                assert found[name] == expected[name], (name, entry_id)
        assert stale_counters(uow.session) == []
        raise Abandoned


@RANDOM
@given(data=st.data())
def test_undone_in_parts_and_any_order_nothing_else_is_touched(forum, small_world, data):
    boards, people = small_world
    founder = forum.actor(FOUNDER_ID)
    with suppress(Abandoned), unit_of_work(forum.database) as uow:
        s = uow.session
        forum.database.cache.refresh(s)
        site = site_of(s)
        start = tables(s)
        entries = []
        replies = data.draw(st.booleans())  # later replies are no conflict, but they stay
        for _ in range(data.draw(st.integers(6, 14))):
            uow.now += timedelta(seconds=1)
            if replies and not data.draw(st.integers(0, 3)):
                note(replied(uow, founder, data.draw(st.integers(1, 5))))
                assert stale_counters(s) == []
                continue
            if not entries or data.draw(st.integers(0, 2)):
                action = drawn_action(data.draw, boards, people, threads=5, at_least=2)
                _, made = tried(uow, founder, site, action)
                before = None
            else:
                action = data.draw(st.sampled_from(entries)), data.draw(some_ids(people))
                before = tables(s)
                made = undone_in_part(uow, founder, *action)
            if made is None:
                continue
            note(f"{made.entry_id}: {action}")
            entries.append(made.entry_id)
            s.flush()
            s.expire_all()
            assert stale_counters(s) == [], made.entry_id
            if before is not None:
                assert touched(before, tables(s)) <= named(made.effects), made.entry_id

        while any(undone_in_part(uow, founder, one) for one in standing(s)):
            s.flush()
            s.expire_all()
            assert stale_counters(s) == []

        if not standing(s) and not replies:
            assert differences(start, tables(s)) == {}
        raise Abandoned


def some_ids(people):
    """Targets of an undo: all of them, or those among these."""
    return st.none() | st.lists(st.sampled_from([*range(1, 22), *people]), min_size=8, unique=True)


def stale_counters(s):
    return [one for one in all_differences(s) if one.column != "unread_notice_count"]


def differences(before, after):
    """By table, the rows that are there only before, and only after."""
    return {
        name: (
            sorted(set(before[name]) - set(after[name])),
            sorted(set(after[name]) - set(before[name])),
        )
        for name in before
        if before[name] != after[name]
    }


def touched(before, after):
    """(table, id) of the rows that differ, but for what follows: boards' last posts, totals."""
    return {
        (name, row[0])
        for name in ("threads", "posts", "post_warnings")
        for row in set(before[name]) ^ set(after[name])
    }


def named(effects):
    """(table, id) of the rows effects speak of."""
    found = {(one.table, one.id) for one in effects if hasattr(one, "table")}
    for one in effects:
        if isinstance(one, MovePosts):
            found |= {("threads", one.from_thread), ("threads", one.to_thread)}
            found |= {("posts", post_id) for post_id, _, _ in one.moves}
    return found


def comparable(effects):
    """Effects without what is known only once they are made: new ids, transfers made."""
    return sorted(map(_comparable, effects))


def _comparable(effect):
    if isinstance(effect, ReverseTransfers):
        return repr(("reverse", effect.ids))
    if isinstance(effect, Pay):
        return repr(("pay", effect.rule, effect.member_id, effect.times))
    if isinstance(effect, Rewrite):
        return repr(("rewrite", effect.id, effect.before, effect.after))
    values = {
        name: value
        for name, value in vars(effect).items()
        if name not in ("id", "to_thread", "moves")
    }
    text = repr((type(effect).__name__, values))
    return (
        text if "thread_id" not in text and "first_post_id" not in text else type(effect).__name__
    )
