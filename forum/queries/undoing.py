"""May the actor take entries of the log back? One answer for the log's buttons, the page and the deed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.models import ModLogEntry, ModLogTarget, Post, TargetKind, Thread
from forum.modlog.effects import Change, Effect, Purge, decode, touched
from forum.modlog.registry import ACTIONS, Action
from forum.policies.actor import BANNED_GROUP, Actor, Rank, outranks
from forum.policies.moderation import may_give_back_to_oneself, may_lift_bans, may_use
from forum.policies.threads import may_read_thread
from forum.policies.verdict import ALLOWED, Refusal, Verdict, refused
from forum.queries.actors import ranks_of
from forum.queries.own_things import (
    OwnThing,
    changes_of,
    decided_by_others,
    own_post_of,
    own_thread,
)
from forum.queries.site import Site, site_of

CHUNK = 5000
# What holds the level that an action with levels asked for.
_LEVELS = {"sticky_level", "digest_level"}


class UndoFacts(Protocol):
    """What the question needs to know of an entry: what of it was not taken back yet."""

    @property
    def id(self) -> int: ...
    @property
    def action(self) -> Action: ...
    @property
    def actor_id(self) -> int | None: ...
    @property
    def is_reversal(self) -> bool: ...
    @property
    def options(self) -> dict[str, Any]: ...
    @property
    def target_ids(self) -> tuple[int, ...]: ...
    @property
    def effects(self) -> tuple[Effect, ...]: ...


@dataclass(frozen=True)
class _Standing:
    """An entry as read for the list."""

    id: int
    action: Action
    actor_id: int | None
    is_reversal: bool
    options: dict[str, Any]
    target_ids: tuple[int, ...]
    effects: tuple[Effect, ...]


@dataclass(frozen=True)
class _Places:
    """Where the things of entries are now, and of what rank members and authors are."""

    threads: dict[int, Thread]
    posts: dict[int, tuple[int, int, datetime]]  # thread, author, since when
    ranks: dict[int, Rank]


def undoable(s: Session, actor: Actor, rows: Sequence[Any]) -> set[int]:
    """Those of the log's entries (id, action, actor_id, undone_by_id) that the actor may take back.

    At most eight statements, however many entries; more where one touches over 5,000 posts.
    """
    asked = {
        row.id: row
        for row in rows
        if row.undone_by_id is None
        and (action := ACTIONS.get(row.action)) is not None
        and not action.is_final
        and may_use(actor, action)
    }
    if not asked:
        return set()
    targets: dict[int, dict[int, bool]] = {entry_id: {} for entry_id in asked}
    for entry_id, target_id, undone_by_id in s.execute(
        select(ModLogTarget.entry_id, ModLogTarget.target_id, ModLogTarget.undone_by_id).where(
            ModLogTarget.entry_id.in_(asked)
        )
    ):
        targets[entry_id][target_id] = undone_by_id is None
    entries = [
        _Standing(
            entry_id,
            ACTIONS[asked[entry_id].action],
            asked[entry_id].actor_id,
            is_reversal,
            options,
            tuple(one for one, stands in targets[entry_id].items() if stands),
            tuple(decode(one) for one in effects if targets[entry_id].get(one["target"], True)),
        )
        for entry_id, is_reversal, options, effects in s.execute(
            select(
                ModLogEntry.id, ModLogEntry.is_reversal, ModLogEntry.options, ModLogEntry.effects
            ).where(ModLogEntry.id.in_(asked))
        )
    ]
    verdicts = _verdicts(s, actor, site_of(s), entries)
    return {entry_id for entry_id, verdict in verdicts.items() if verdict}


def undo_verdict(
    s: Session,
    actor: Actor,
    site: Site,
    entry: UndoFacts,
    *,
    only: Collection[int] | None = None,
) -> Verdict:
    """The same right as for the action, where the things are now and where they go back to.

    :param only: of the targets, those that would be taken back (an appeal: its member's); among the
        others may be something of the actor's own.
    """
    return _verdicts(s, actor, site, [entry], only=only)[entry.id]


def _verdicts(
    s: Session,
    actor: Actor,
    site: Site,
    entries: Sequence[UndoFacts],
    *,
    only: Collection[int] | None = None,
) -> dict[int, Verdict]:
    found = {one.id: _may_use(actor, one) for one in entries}
    left = [
        one for one in entries if found[one.id] and one.action.targets is not TargetKind.NETWORK
    ]
    places = _places(s, site, actor, left)
    for one in left:
        may = _on_members if one.action.targets is TargetKind.MEMBER else _in_threads
        found[one.id] = may(actor, one, places) and _not_against_oneself(actor, one, places, only)
    own = {
        one.id: things
        for one in left
        if found[one.id] and (things := _own_things(actor, one, places, only))
    }
    decided = decided_by_others(
        s, site, actor, {thing for things in own.values() for thing in things}
    )
    for one in left:
        for thing in own.get(one.id, ()):
            found[one.id] = found[one.id] and decided.on(thing, one.action)
    return found


def _may_use(actor: Actor, entry: UndoFacts) -> Verdict:
    if entry.action.is_final or any(isinstance(one, Purge) for one in entry.effects):
        return refused(Refusal.WRONG_STATE)
    level = 1
    for effect in entry.effects:
        if isinstance(effect, Change) and entry.action.level_option:
            for values in (effect.before, effect.after):
                level = max([level, *(values[name] for name in _LEVELS & set(values))])
    return may_use(actor, entry.action, level=level)


def _places(s: Session, site: Site, actor: Actor, entries: Sequence[UndoFacts]) -> _Places:
    thread_ids: set[int] = set()
    post_ids: set[int] = set()
    member_ids: set[int] = set()
    kinds = {
        TargetKind.THREAD: thread_ids, TargetKind.POST: post_ids, TargetKind.MEMBER: member_ids,
    }  # fmt: skip
    for entry in entries:
        threads, posts = touched(entry.effects)
        thread_ids |= threads
        post_ids |= posts
        kinds[entry.action.targets].update(entry.target_ids)
    of_posts: dict[int, tuple[int, int, datetime]] = {}
    for part in _parts(post_ids):
        rows = s.execute(
            select(Post.id, Post.thread_id, Post.author_id, Post.created_at).where(
                Post.id.in_(part)
            )
        )
        of_posts.update({row.id: (row.thread_id, row.author_id, row.created_at) for row in rows})
    thread_ids.update(thread_id for thread_id, _, _ in of_posts.values())
    found: dict[int, Thread] = {}
    for part in _parts(thread_ids):
        found.update({one.id: one for one in s.scalars(select(Thread).where(Thread.id.in_(part)))})
    places = _Places(found, of_posts, {})
    for entry in entries:
        if _takes(entry):
            member_ids |= _authors_of(entry, places)
        if entry.actor_id is not None and actor.member_id in _owners_of(entry, places):
            member_ids.add(entry.actor_id)
    return replace(places, ranks=ranks_of(s, site, member_ids))


def _takes(entry: UndoFacts) -> bool:
    """Would taking it back do what minds the author's rank: close again, delete again?"""
    action = entry.action
    ended = action.rests(entry.options)
    if entry.is_reversal:
        return action.minds_rank and not ended
    if action.minds_rank:
        return ended  # 解除屏蔽
    return any(one.minds_rank for one in ACTIONS.values() if one.family == action.family)


def _authors_of(entry: UndoFacts, places: _Places) -> set[int]:
    if entry.action.targets is TargetKind.THREAD:
        return {thread.author_id for thread in _threads_of(entry, places)}
    if entry.action.targets is TargetKind.POST:
        return {places.posts[one][1] for one in entry.target_ids if one in places.posts}
    return set()


def _owners_of(entry: UndoFacts, places: _Places, only: Collection[int] | None = None) -> set[int]:
    """Whom the entry was about: the members, or who wrote the threads or posts, also as it was before."""
    part = entry if only is None else _part_of(entry, only)
    if entry.action.targets is TargetKind.MEMBER:
        return set(part.target_ids)
    written = {
        values["author_id"]
        for effect in part.effects
        if isinstance(effect, Change) and effect.table == "threads"
        for values in (effect.before, effect.after)
        if "author_id" in values
    }
    return _authors_of(part, places) | written


def _part_of(entry: UndoFacts, only: Collection[int]) -> UndoFacts:
    return _Standing(
        entry.id,
        entry.action,
        entry.actor_id,
        entry.is_reversal,
        entry.options,
        tuple(one for one in entry.target_ids if one in only),
        tuple(one for one in entry.effects if one.target in only),
    )


def _not_against_oneself(
    actor: Actor, entry: UndoFacts, places: _Places, only: Collection[int] | None
) -> Verdict:
    if actor.member_id not in _owners_of(entry, places, only):
        return ALLOWED
    return may_give_back_to_oneself(
        actor,
        entry_id=entry.id,
        decider_id=entry.actor_id,
        decider_rank=places.ranks.get(entry.actor_id or 0, Rank.MEMBER),
    )


def _own_things(
    actor: Actor, entry: UndoFacts, places: _Places, only: Collection[int] | None
) -> list[OwnThing]:
    """What of the actor's it would change, on which others may have decided since."""
    if entry.action.targets is TargetKind.MEMBER or not changes_of(entry.action):
        return []
    part = entry if only is None else _part_of(entry, only)
    if entry.action.targets is TargetKind.POST:
        return [
            own_post_of(one, places.posts[one][2], places.threads[places.posts[one][0]])
            for one in part.target_ids
            if one in places.posts and places.posts[one][1] == actor.member_id
        ]
    return [
        own_thread(one) for one in _threads_of(part, places) if one.author_id == actor.member_id
    ]


def _threads_of(entry: UndoFacts, places: _Places) -> list[Thread]:
    thread_ids, post_ids = touched(entry.effects)
    if entry.action.targets is TargetKind.THREAD:
        thread_ids |= set(entry.target_ids)
    elif entry.action.targets is TargetKind.POST:
        post_ids |= set(entry.target_ids)
    thread_ids |= {places.posts[one][0] for one in post_ids if one in places.posts}
    return [places.threads[one] for one in sorted(thread_ids) if one in places.threads]


def _on_members(actor: Actor, entry: UndoFacts, places: _Places) -> Verdict:
    for member_id in entry.target_ids:
        rank = places.ranks.get(member_id, Rank.MEMBER)
        if member_id == actor.member_id:
            return refused(Refusal.AGAINST_ONESELF, entry_id=entry.id)
        if not outranks(actor.rank, rank):
            return refused(Refusal.OUTRANKED)
    if _touches_a_ban(entry):
        lifting = may_lift_bans(
            actor
        )  # or what only takes the right to mute would end one, or begin it
        if not lifting:
            return lifting
    # What a clean-up threw away lies in boards, which not everybody sees who may lift a ban.
    boards = {thread.board_id for thread in _threads_of(entry, places)}
    if boards - actor.readable:
        return refused(Refusal.MODERATORS_ONLY)
    return _may_put_back_in(actor, entry, boards) if boards else ALLOWED


def _touches_a_ban(entry: UndoFacts) -> bool:
    return any(
        isinstance(effect, Change)
        and effect.table == "members"
        and BANNED_GROUP in (effect.before.get("group_id"), effect.after.get("group_id"))
        for effect in entry.effects
    )


def _in_threads(actor: Actor, entry: UndoFacts, places: _Places) -> Verdict:
    boards = {
        values["board_id"]
        for effect in entry.effects
        if isinstance(effect, Change) and effect.table == "threads"
        for values in (effect.before, effect.after)
        if "board_id" in values
    }
    for thread in _threads_of(entry, places):
        readable = may_read_thread(actor, thread)
        if not readable:
            return readable
        boards.add(thread.board_id)
    if any(board_id not in actor.readable for board_id in boards):
        return refused(Refusal.NOT_VISIBLE)
    # Who did it may take it back whoever it concerns: things are then as that one found them.
    if _takes(entry) and actor.member_id != entry.actor_id:
        for author_id in _authors_of(entry, places) - {actor.member_id}:
            if not outranks(actor.rank, places.ranks.get(author_id, Rank.MEMBER)):
                return refused(Refusal.OUTRANKED)
    return _may_put_back_in(actor, entry, boards)


def _may_put_back_in(actor: Actor, entry: UndoFacts, boards: set[int]) -> Verdict:
    # Who may move a thread out of a board may take it back, without being its moderator there.
    own = {board_id for board_id in boards if actor.moderates(board_id)}
    if not own or (boards - own and actor.member_id != entry.actor_id):
        return refused(Refusal.MODERATORS_ONLY)
    return ALLOWED


def _parts(ids: Collection[int]) -> Iterable[Sequence[int]]:
    ordered = sorted(ids)
    for at in range(0, len(ordered), CHUNK):
        yield ordered[at : at + CHUNK]
