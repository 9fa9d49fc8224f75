"""Who may do what? The answers of the policies against tables people can read, in matrices/."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from forum.commands.moderation import ACTIONS
from forum.models import BoardKind, MemberState, PostState, ThreadState
from forum.policies import admin, boards, messages, moderation, posts, queue, search, threads
from forum.policies.actor import Rank
from tests.policies.people import (
    AUTHOR_ID,
    HOME,
    NOW,
    OTHER,
    SECRET,
    Question,
    matrix,
    written,
)


@dataclass(frozen=True)
class Group:
    rank: Rank


@dataclass(frozen=True)
class Board:
    id: int = HOME
    holds_threads: bool = True
    premoderation: int = 0


@dataclass(frozen=True)
class Thread:
    board_id: int = HOME
    author_id: int = AUTHOR_ID
    state: ThreadState = ThreadState.VISIBLE
    is_closed: bool = False
    read_access: int = 0
    created_at: datetime = NOW - timedelta(days=2)
    last_post_at: datetime = NOW - timedelta(days=1)
    reply_count: int = 0
    batch_id: int | None = None


@dataclass(frozen=True)
class Post:
    author_id: int = AUTHOR_ID
    state: PostState = PostState.VISIBLE
    is_blocked: bool = False
    floor: int = 2
    created_at: datetime = NOW - timedelta(days=2)


@dataclass(frozen=True)
class Report:
    board_id: int = HOME
    escalation: int = 0


@dataclass(frozen=True)
class Appeal:
    board_id: int | None = HOME
    member_id: int = AUTHOR_ID


@dataclass(frozen=True)
class Holds:
    approved_first_posts: int = 0
    approval_periods: tuple[str, ...] = ()


MODERATOR_ID = 10


def of_rank(rank: Rank, member_id: int = 99) -> Question:
    return lambda actor: admin.may_change_member(actor, member_id=member_id, rank=rank)


ADMIN: dict[str, Question] = {
    "enter the panel": admin.may_enter_panel,
    "change the site": admin.may_change_site,
    "shape a group of members": lambda a: admin.may_shape_group(a, Group(Rank.MEMBER)),
    "shape the super moderators": lambda a: admin.may_shape_group(a, Group(Rank.SUPER_MODERATOR)),
    "shape the administrators": lambda a: admin.may_shape_group(a, Group(Rank.ADMINISTRATOR)),
    "make a super moderator": lambda a: admin.may_give_group(a, Group(Rank.SUPER_MODERATOR)),
    "make an administrator": lambda a: admin.may_give_group(a, Group(Rank.ADMINISTRATOR)),
    "change a member": of_rank(Rank.MEMBER),
    "change a super moderator": of_rank(Rank.SUPER_MODERATOR),
    "change an administrator": of_rank(Rank.ADMINISTRATOR),
    "change a founder": of_rank(Rank.FOUNDER),
    "appoint founders": admin.may_appoint_founders,
}


def held(**more: object) -> Question:
    facts = {
        "local_now": NOW, "post_count": 50, "is_thread": True, "has_foreign_links": False, "has_held_words": False,
    }  # fmt: skip
    board = more.pop("board", Board())
    settings = more.pop("settings", Holds())
    facts.update(more)
    return lambda actor: queue.hold_reason(actor, board, settings, **facts)  # type: ignore[arg-type]


def answering(appeal: Appeal, decider: int | None = None, rank: Rank = Rank.MODERATOR) -> Question:
    return lambda a: queue.may_answer_appeal(a, appeal, decider_id=decider, decider_rank=rank)


def handling(report: Report, author: int = AUTHOR_ID) -> Question:
    return lambda a: queue.may_handle_report(a, report, author_id=author)


QUEUE: dict[str, Question] = {
    "work in the queue": queue.may_work_queue,
    "see reports": queue.may_handle_reports,
    "handle a report here": handling(Report()),
    "... on the moderator": handling(Report(), MODERATOR_ID),
    "... in a secret board": handling(Report(SECRET)),
    "... in another board": handling(Report(OTHER)),
    "... passed to the super mods": handling(Report(escalation=1)),
    "... passed to the admins": handling(Report(escalation=2)),
    "up to which rank (0-2)": queue.escalation_of,
    "edit the word filter": queue.may_edit_words,
    "see appeals": queue.may_see_appeals,
    "answer an appeal: schedule": answering(Appeal(), None, Rank.MEMBER),
    "... the moderator decided": answering(Appeal(), MODERATOR_ID),
    "... an administrator decided": answering(Appeal(), 99, Rank.ADMINISTRATOR),
    "... a founder decided": answering(Appeal(), 99, Rank.FOUNDER),
    "... by the moderator": answering(Appeal(member_id=MODERATOR_ID), 99),
    "answer in a secret board": answering(Appeal(SECRET), 99),
    "... of no one board": answering(Appeal(None), 99),
    "held: nothing the matter": held(),
    "held: a word": held(has_held_words=True),
    "held: links": held(has_foreign_links=True),
    "held: thread, threads read": held(board=Board(premoderation=1)),
    "held: reply, threads read": held(board=Board(premoderation=1), is_thread=False),
    "held: reply, all read": held(board=Board(premoderation=2), is_thread=False),
    "held: one of the first posts": held(settings=Holds(approved_first_posts=3), post_count=2),
    "held: after the first posts": held(settings=Holds(approved_first_posts=3), post_count=3),
    "held: at noon, noon is read": held(settings=Holds(approval_periods=("11:00-13:00",))),
    "held: at noon, nights read": held(settings=Holds(approval_periods=("23:30-08:00",))),
}

BOARDS: dict[str, Question] = {
    "read the board": lambda a: boards.may_read_board(a, Board()),
    "read a secret one": lambda a: boards.may_read_board(a, Board(SECRET)),
    "start a thread": lambda a: boards.may_start_thread(a, Board()),
    "... in a secret one": lambda a: boards.may_start_thread(a, Board(SECRET)),
    "... in a category": lambda a: boards.may_start_thread(a, Board(holds_threads=False)),
}

SEARCH: dict[str, Question] = {"search": search.may_search}


def reading(**facts: object) -> Question:
    return lambda a: threads.may_read_thread(a, Thread(**facts))  # type: ignore[arg-type]


def reading_of_others(**facts: object) -> Question:
    return lambda a: threads.may_read_of_others(a, Thread(**facts))  # type: ignore[arg-type]


def naming(**facts: object) -> Question:
    return lambda a: threads.may_see_title(a, Thread(**facts))  # type: ignore[arg-type]


def replying(days: int = 0, **facts: object) -> Question:
    return lambda a: threads.may_reply(a, Thread(**facts), autoclose_days=days)  # type: ignore[arg-type]


THREADS: dict[str, Question] = {
    "read one": reading(),
    "... in a secret board": reading(board_id=SECRET),
    "... that waits": reading(state=ThreadState.PENDING),
    "... that was ignored": reading(state=ThreadState.IGNORED),
    "... in the recycle bin": reading(state=ThreadState.RECYCLED),
    "... with reading access 50": reading(read_access=50),
    "read one like any other's": reading_of_others(),
    "... that waits, any other's": reading_of_others(state=ThreadState.PENDING),
    "... with access, any other's": reading_of_others(read_access=50),
    "... in a secret board, any's": reading_of_others(board_id=SECRET),
    "know its title": naming(),
    "know the title with access 50": naming(read_access=50),
    "know a deleted one's title": naming(state=ThreadState.RECYCLED),
    "know a secret one's title": naming(board_id=SECRET),
    "reply to one": replying(),
    "reply in a secret board": replying(board_id=SECRET),
    "... that is closed": replying(is_closed=True),
    "... closed by its age": replying(days=1),
    "... not by its last post": replying(days=-3),
    "reply to one that waits": replying(state=ThreadState.PENDING),
    "reply in the recycle bin": replying(state=ThreadState.RECYCLED),
    "give one's threads tags": threads.may_tag_threads,
}


def on_post(
    question: Callable[..., object], thread: Thread | None = None, **facts: object
) -> Question:
    post = Post(**facts)  # type: ignore[arg-type]
    return lambda a: question(a, thread or Thread(), post)


POSTS: dict[str, Question] = {
    "know of one": on_post(posts.may_read_post),
    "... that waits": on_post(posts.may_read_post, state=PostState.PENDING),
    "... that was deleted": on_post(posts.may_read_post, state=PostState.RECYCLED),
    "... in a secret board": on_post(posts.may_read_post, Thread(SECRET)),
    "... in a deleted thread": on_post(posts.may_read_post, Thread(state=ThreadState.RECYCLED)),
    "read its text": on_post(posts.may_see_text),
    "... when it is blocked": on_post(posts.may_see_text, is_blocked=True),
    "see what it said before": on_post(posts.may_see_revisions),
    "before it was blocked": on_post(posts.may_see_revisions, is_blocked=True),
    "edit one": on_post(posts.may_edit_post),
    "... in a closed thread": on_post(posts.may_edit_post, Thread(is_closed=True)),
    "... of a peer": lambda a: posts.may_edit_post(
        a, Thread(), Post(author_id=99), author_rank=Rank.MODERATOR
    ),
    "... that is blocked": on_post(posts.may_edit_post, is_blocked=True),
    "delete it oneself": on_post(posts.may_delete_own_post),
    "... in a closed one": on_post(posts.may_delete_own_post, Thread(is_closed=True)),
    "... while it waits": on_post(posts.may_delete_own_post, state=PostState.PENDING),
    "... with its thread": on_post(posts.may_delete_own_post, floor=1),
    "... answered by others": on_post(posts.may_delete_own_post, Thread(reply_count=1), floor=1),
    "pin it on one's thread": on_post(posts.may_pin_reply),
    "... another's": on_post(posts.may_pin_reply, author_id=6),
    "... the opening post": on_post(posts.may_pin_reply, floor=1),
    "... on a closed one": on_post(posts.may_pin_reply, Thread(is_closed=True)),
    "... a deleted reply": on_post(posts.may_pin_reply, state=PostState.RECYCLED),
    "see its address": on_post(posts.may_see_address),
    "... that was deleted, too": on_post(posts.may_see_address, state=PostState.RECYCLED),
    "... in another board": on_post(posts.may_see_address, Thread(OTHER)),
    "... of a moderator": lambda a: posts.may_see_address(
        a, Thread(), Post(author_id=10), author_rank=Rank.MODERATOR
    ),
    "... of a founder": lambda a: posts.may_see_address(
        a, Thread(), Post(author_id=13), author_rank=Rank.FOUNDER
    ),
    "report one": on_post(posts.may_report_post),
    "report a deleted one": on_post(posts.may_report_post, state=PostState.RECYCLED),
}


@dataclass(frozen=True)
class Recipient:
    id: int = 98
    state: MemberState = MemberState.ACTIVE
    takes_messages: bool = True
    blocks_actor: bool = False
    is_blocked: bool = False


def writing(**facts: object) -> Question:
    return lambda a: messages.may_write_to(a, Recipient(**facts))  # type: ignore[arg-type]


@dataclass(frozen=True)
class MessageReport:
    reporter_id: int = 98
    author_id: int = 97
    escalation: int = 1


def deciding(**facts: int) -> Question:
    return lambda a: messages.may_handle_reported_message(a, MessageReport(**facts))


MESSAGES: dict[str, Question] = {
    "read one's own": messages.may_use_messages,
    "write at all": messages.may_send_messages,
    "write to a member": writing(),
    "... to the author": writing(id=AUTHOR_ID),
    "... who blocks one": writing(blocks_actor=True),
    "... whom one blocks": writing(is_blocked=True),
    "... who takes none": writing(takes_messages=False),
    "... an unclaimed account": writing(state=MemberState.UNCLAIMED),
    "... a locked account": writing(state=MemberState.LOCKED),
    "block the author": lambda a: messages.may_block(a, member_id=AUTHOR_ID),
    "report one of the author's": lambda a: messages.may_report_message(a, author_id=AUTHOR_ID),
    "see what was reported": messages.may_see_reported_messages,
    "decide on it": deciding(),
    "... the super mod wrote it": deciding(author_id=11),
    "... the super mod reported it": deciding(reporter_id=11),
    "... passed to the admins": deciding(escalation=2),
}


@dataclass(frozen=True)
class Batch:
    actor_id: int


def acting(key: str, level: int = 1, rank: Rank = Rank.MEMBER, **facts: object) -> Question:
    return lambda a: moderation.may_moderate_thread(
        a,
        ACTIONS[key],
        Thread(**facts),
        level=level,
        author_rank=rank,  # type: ignore[arg-type]
    )


def acting_on_post(
    key: str, thread: Thread | None = None, *, state: PostState = PostState.VISIBLE, rank: Rank = Rank.MEMBER
) -> Question:  # fmt: skip
    return lambda a: moderation.may_moderate_post(
        a, ACTIONS[key], thread or Thread(), author_id=AUTHOR_ID, state=state, author_rank=rank
    )


def deciding_on(key: str, rank: Rank = Rank.MEMBER) -> Question:
    return acting_on_post(key, state=PostState.PENDING, rank=rank)


def many(key: str, count: int) -> Question:
    return lambda a: (
        moderation.may_use(a, ACTIONS[key])
        and moderation.may_do_to_so_many(a, ACTIONS[key], count=count, most=20)
    )


@dataclass(frozen=True)
class Target:
    id: int = 99
    group_id: int = 10
    state: MemberState = MemberState.ACTIVE


def acting_on_member(key: str, rank: Rank, member_id: int = 99, **facts: object) -> Question:
    target = Target(member_id, **facts)  # type: ignore[arg-type]
    return lambda a: moderation.may_moderate_member(a, ACTIONS[key], target, rank=rank)


def giving_back(decider_id: int | None, rank: Rank) -> Question:
    return lambda a: moderation.may_give_back_to_oneself(
        a, entry_id=1, decider_id=decider_id, decider_rank=rank
    )


@dataclass(frozen=True)
class Announcement:
    author_id: int | None


@dataclass(frozen=True)
class BoardOfTexts:
    id: int = HOME
    kind: BoardKind = BoardKind.BOARD
    moderators_edit_rules: bool = False


def describing(**facts: object) -> Question:
    return lambda a: moderation.may_edit_board_texts(a, BoardOfTexts(**facts))  # type: ignore[arg-type]


def ruling(**facts: object) -> Question:
    return lambda a: moderation.may_edit_board_rules(a, BoardOfTexts(**facts))  # type: ignore[arg-type]


def announcing(author_id: int | None) -> Question:
    return lambda a: moderation.may_change_announcement(a, Announcement(author_id))


MODERATION: dict[str, Question] = {
    "enter the panel": moderation.may_enter_moderation,
    "see the log": moderation.may_see_log,
    "follow the super mod's batch": lambda a: moderation.may_see_batch(a, Batch(actor_id=11)),
    "follow everybody's": moderation.may_see_all_batches,
    "list the punished": moderation.may_see_punished,
    "ban networks": moderation.may_ban_networks,
    "close at all": lambda a: moderation.may_use(a, ACTIONS["thread.close"]),
    "stick to level 1": lambda a: moderation.may_use(a, ACTIONS["thread.stick"], level=1),
    "stick to level 3": lambda a: moderation.may_use(a, ACTIONS["thread.stick"], level=3),
    "close a thread here": acting("thread.close"),
    "... in another board": acting("thread.close", board_id=OTHER),
    "... in a secret board": acting("thread.close", board_id=SECRET),
    "... of a peer": acting("thread.close", rank=Rank.MODERATOR),
    "stick a peer's": acting("thread.stick", rank=Rank.MODERATOR),
    "close in the recycle bin": acting("thread.close", state=ThreadState.RECYCLED),
    "delete a thread here": acting("thread.delete"),
    "delete a peer's": acting("thread.delete", rank=Rank.MODERATOR),
    "... of an administrator": acting("thread.delete", rank=Rank.ADMINISTRATOR),
    "delete 20 at once": many("thread.delete", 20),
    "... and 21": many("thread.delete", 21),
    "restore one": acting("thread.restore", state=ThreadState.RECYCLED),
    "purge one": acting("thread.purge", state=ThreadState.RECYCLED),
    "block a post": acting_on_post("post.block"),
    "block a peer's post": acting_on_post("post.block", rank=Rank.MODERATOR),
    "block in a secret board": acting_on_post("post.block", Thread(SECRET)),
    "... that was deleted": acting_on_post("post.block", state=PostState.RECYCLED),
    "warn for a post": acting_on_post("post.warn"),
    "approve a peer's post": deciding_on("post.approve", Rank.MODERATOR),
    "put aside a waiting post": deciding_on("post.ignore"),
    "... a peer's": deciding_on("post.ignore", Rank.MODERATOR),
    "delete a waiting post": deciding_on("post.delete_pending"),
    "... a peer's, unread": deciding_on("post.delete_pending", Rank.MODERATOR),
    "mute a member": acting_on_member("member.mute", Rank.MEMBER),
    "... a moderator": acting_on_member("member.mute", Rank.MODERATOR),
    "... the super moderator": acting_on_member("member.mute", Rank.SUPER_MODERATOR, 11),
    "... an administrator": acting_on_member("member.mute", Rank.ADMINISTRATOR),
    "... a founder": acting_on_member("member.mute", Rank.FOUNDER),
    "lock a member": acting_on_member("member.lock", Rank.MEMBER),
    "ban a member": acting_on_member("member.ban", Rank.MEMBER),
    "... a muted one": acting_on_member("member.ban", Rank.MEMBER, group_id=4),
    "... a banned one anew": acting_on_member("member.ban", Rank.MEMBER, group_id=5),
    "mute a muted member": acting_on_member("member.mute", Rank.MEMBER, group_id=4),
    "... a banned one": acting_on_member("member.mute", Rank.MEMBER, group_id=5),
    "... a locked one": acting_on_member("member.mute", Rank.MEMBER, state=MemberState.LOCKED),
    "release a muted member": acting_on_member("member.release", Rank.MEMBER, group_id=4),
    "... a banned member": acting_on_member("member.release", Rank.MEMBER, group_id=5),
    "undo a mod's about oneself": giving_back(99, Rank.MODERATOR),
    "... an administrator's": giving_back(99, Rank.ADMINISTRATOR),
    "... a founder's": giving_back(99, Rank.FOUNDER),
    "... the moderator's own": giving_back(MODERATOR_ID, Rank.MODERATOR),
    "... the schedule's": giving_back(None, Rank.MEMBER),
    "undo what touched a ban": moderation.may_lift_bans,
    "unlock a banned member": acting_on_member("member.lock", Rank.MEMBER, group_id=5),
    "move threads to the board": lambda a: moderation.may_bring_threads_to(a, Board()),
    "... to a secret one": lambda a: moderation.may_bring_threads_to(a, Board(SECRET)),
    "... to one read first": lambda a: moderation.may_bring_threads_to(a, Board(premoderation=1)),
    "... to a category": lambda a: moderation.may_bring_threads_to(a, Board(holds_threads=False)),
    "announce in the panel": moderation.may_announce,
    "announce at all": moderation.may_create_announcement,
    "change the super mod's": announcing(11),
    "... the moderator's": announcing(MODERATOR_ID),
    "... of nobody there": announcing(None),
    "edit boards at all": moderation.may_edit_boards,
    "describe the board": describing(),
    "... another board": describing(id=OTHER),
    "... a secret one": describing(id=SECRET),
    "... a category": describing(kind=BoardKind.CATEGORY),
    "write the board's rules": ruling(),
    "... where moderators do": ruling(moderators_edit_rules=True),
    "... another board's rules": ruling(id=OTHER, moderators_edit_rules=True),
}

TABLES: dict[str, tuple[ModuleType, Mapping[str, Question]]] = {
    "admin": (admin, ADMIN),
    "boards": (boards, BOARDS),
    "messages": (messages, MESSAGES),
    "moderation": (moderation, MODERATION),
    "posts": (posts, POSTS),
    "queue": (queue, QUEUE),
    "search": (search, SEARCH),
    "threads": (threads, THREADS),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_answers_are_those_of_the_table(name: str) -> None:
    assert written(TABLES[name][1]) == matrix(name)


@pytest.mark.parametrize("name", TABLES)
def test_every_question_of_the_policy_is_asked(name: str) -> None:
    questions = {one for one in vars(TABLES[name][0]) if one.startswith("may_")}
    own = {one for one in questions if getattr(TABLES[name][0], one).__module__.endswith(name)}
    text = Path(__file__).read_text("utf-8")

    assert [one for one in sorted(own) if f"{name}.{one}" not in text] == []
