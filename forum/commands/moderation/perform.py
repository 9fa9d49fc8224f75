"""The only door to a moderator's action: every target is checked first, then all or nothing.

check the request · load and lock · may, for every target · plan · make · log · settle · tell
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from forum.commands.moderation.announcing import announce, audiences_of, listeners, quoted_by
from forum.commands.moderation.apply import Applied, apply_effects
from forum.commands.moderation.in_hand import NOTHING_HELD, Held, held_by_batches, require_free
from forum.commands.moderation.own_things import require_none_taken
from forum.commands.moderation.planning import Planner
from forum.commands.moderation.record import LoggedAction, checked_reason, record
from forum.commands.moderation.settle import forget_posts, posts_before, settle
from forum.commands.moderation.targets import (
    PostTarget,
    Target,
    Targets,
    load_targets,
    options_verdict,
    thread_of,
    title_of,
    verdict_on,
)
from forum.commands.moderation.telling import Told, tell_owners, told_otherwise
from forum.commands.moderation.weights import counts_following
from forum.core.errors import Invalid
from forum.core.uow import UnitOfWork
from forum.models import Thread
from forum.modlog.effects import Effect
from forum.modlog.registry import Action, Choice, action_of
from forum.policies.actor import Actor
from forum.policies.moderation import NOTICE_REQUIRED, may_do_to_so_many
from forum.policies.permissions import May
from forum.policies.verdict import Refusal, Verdict, refused
from forum.queries.site import Site, site_of


@dataclass(frozen=True)
class Request:
    """What a moderator asks for, checked for form."""

    action: Action
    target_ids: tuple[int, ...]
    options: Any
    reason: str = ""
    notifies: bool = False
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Planned:
    """What would happen."""

    request: Request
    targets: Targets
    effects: tuple[Effect, ...]
    told: dict[int, tuple[int, ...]]  # target id -> the members it belongs to

    @property
    def members_told(self) -> set[int]:
        """Those, each once."""
        return {member_id for members in self.told.values() for member_id in members}


@dataclass(frozen=True)
class Done:
    """What changed. `entry_id` is the row of the log."""

    entry_id: int
    effects: tuple[Effect, ...]
    target_ids: tuple[int, ...] = field(default=())


def perform(
    uow: UnitOfWork,
    actor: Actor,
    action: str,
    target_ids: Sequence[int],
    options: Any = None,
    *,
    reason: str = "",
    notifies: bool = False,
    expires_at: datetime | None = None,
) -> Done:
    """Do an action to all targets, or to none.

    :param options: an instance of the action's options dataclass; None = its defaults.
    :param notifies: tell the owners (通知作者).
    :param expires_at: when the schedule takes it back.
    :raises NotFound: a target does not exist, or its existence is secret from the actor.
    :raises Forbidden: the actor may not, for one of them; a batch has one in hand.
    :raises Invalid: the reason, the end date or an option breaks a rule.
    """
    site = site_of(uow.session)
    request = checked_request(
        site, actor, action, target_ids, options, reason=reason, notifies=notifies, expires_at=expires_at
    )  # fmt: skip
    return carry_out(
        uow, actor, request, quoted_by(uow.session, request.action, request.target_ids)
    )


def carry_out(
    uow: UnitOfWork, actor: Actor, request: Request, quoted: Mapping[int, tuple[int, ...]]
) -> Done:
    """Do what was asked for to all targets, or to none.

    :param quoted: what `quoted_by` said of the targets.
    :raises NotFound: a target does not exist, or its existence is secret from the actor.
    :raises Forbidden: the actor may not, for one of them.
    """
    site = site_of(uow.session)
    targets = load_for(uow.session, site, request, uow=uow)
    held = held_by_batches(uow.session)
    require_all(actor, site, request, targets, held=held)

    planned = plan(uow.session, site, actor, request, targets, now=uow.now, is_real=True, held=held)
    what, told = logged(actor, planned), told_of(planned)  # before anything goes
    shown = [(one.id, one.thread) for one in targets.found if isinstance(one, PostTarget)]
    audiences = audiences_of(uow, shown, quoted)
    applied = make(uow, planned, actor, also_lock=listeners(audiences))
    entry_id = record(uow, what.with_effects(applied.effects))

    tell_owners(uow, actor, told, action=request.action.key, reason=request.reason, entry_id=entry_id)  # fmt: skip
    if request.action.announces:
        announce(uow, request.target_ids, audiences, entry_id=entry_id)
    return Done(entry_id, tuple(applied.effects), request.target_ids)


def companions_of(request: Request) -> list[tuple[str, int]]:
    """The options that name another thread, with its number."""
    return [
        (option.name, number)
        for option in request.action.fields
        if option.choice is Choice.THREAD
        and (number := getattr(request.options, option.name, None))
    ]


def unique(ids: Sequence[int]) -> tuple[int, ...]:
    """Each id once, in order of first mention."""
    return tuple(dict.fromkeys(ids))


def checked_request(
    site: Site,
    actor: Actor,
    action: str,
    target_ids: Sequence[int],
    options: Any,
    *,
    reason: str = "",
    notifies: bool = False,
    expires_at: datetime | None = None,
) -> Request:
    """A request whose form is right.

    :raises Invalid: no_targets, too_many_targets, reason_required, reason_too_long, expiry_range.
    """
    entry = action_of(action)
    ids = unique(target_ids)
    if not ids:
        raise Invalid("no_targets", field="ids")
    if len(ids) > entry.most_targets:
        raise Invalid("too_many_targets", field="ids", most=entry.most_targets)
    demands = actor.permission(May.REASON)
    reason = checked_reason(actor, reason)
    if expires_at is not None:
        most = timedelta(days=site.settings.moderation.max_expiry_days)
        if not entry.takes_expiry or not actor.now < expires_at <= actor.now + most:
            raise Invalid("expiry_range", field="expires_at", days=most.days)
    return Request(
        entry,
        ids,
        options if options is not None else entry.options(),
        reason,
        notifies or bool(demands & NOTICE_REQUIRED),
        expires_at,
    )


def load_for(
    s: Session,
    site: Site,
    request: Request,
    uow: UnitOfWork | None = None,
    *,
    skips_gone: bool = False,
) -> Targets:
    """The targets of a request and the threads its options name.

    :param skips_gone: leave out what does not exist any more, for what follows the deed itself.
    """
    companions = [number for _, number in companions_of(request)]
    return load_targets(
        s, site, request.action, request.target_ids, companion_ids=companions, uow=uow,
        skips_gone=skips_gone,
    )  # fmt: skip


def require_all(
    actor: Actor,
    site: Site,
    request: Request,
    targets: Targets,
    *,
    held: Held,
    batch_id: int | None = None,
) -> None:
    """Go on only when the actor may do it to every target, and use the places the options name.

    :param held: what other large actions have changed.
    :param batch_id: the large action this is a step of.
    :raises NotFound: one of them is secret from the actor.
    :raises Forbidden: one of them is refused.
    :raises Invalid: so is, or there is none of, a thread the options name.
    """
    level = request.action.level_of(request.options)
    for target in targets.found:
        verdict_on(actor, request.action, target, targets.ranks, level).require()
    for name, number in companions_of(request):
        other = targets.companions.get(number)
        if other is None:
            raise Invalid("no_such_thread", field=name)
        verdict = verdict_on(actor, request.action, other, targets.ranks, level)
        if verdict.refusal is Refusal.NOT_VISIBLE:
            raise Invalid("no_such_thread", field=name)
        verdict.require()
    require_untouched(targets, held, batch_id)
    options_verdict(actor, site, request.action, request.options).require()
    verdict_on_count(actor, site, request).require()


def require_untouched(targets: Targets, held: Held, batch_id: int | None = None) -> None:
    """Go on only when no other large action has one of the targets in hand.

    :raises Forbidden: one has.
    """
    require_free(targets.threads, batch_id, held)
    if any(held.holds(target) for target in targets.found):
        refused(Refusal.IN_HAND).require()


def verdict_on_count(actor: Actor, site: Site, request: Request) -> Verdict:
    """May the actor do it to so many at once?"""
    reading = site.settings.reading
    page = max(reading.threads_per_page, reading.posts_per_page)
    return may_do_to_so_many(actor, request.action, count=len(request.target_ids), most=page)


def plan(
    s: Session,
    site: Site,
    actor: Actor,
    request: Request,
    targets: Targets,
    *,
    now: datetime,
    is_real: bool,
    held: Held = NOTHING_HELD,
) -> Planned:
    """Ask the action what it does to each target, and add how the counters follow."""
    planned = plan_without_counts(
        s, site, actor, request, targets, now=now, is_real=is_real, held=held
    )
    effects = planned.effects
    return replace(planned, effects=(*effects, *counts_following(s, effects)))


def plan_without_counts(
    s: Session,
    site: Site,
    actor: Actor,
    request: Request,
    targets: Targets,
    *,
    now: datetime,
    is_real: bool,
    held: Held = NOTHING_HELD,
) -> Planned:
    """Ask the action what it does to each target.

    :raises Forbidden: it would change what others decided on things of the actor's.
    """
    require_none_taken(s, site, actor, request.action, targets)
    planner = Planner(
        s, now, site, actor, is_real=is_real, reason=request.reason,
        companions=targets.companions, until=request.expires_at, held=held,
    )  # fmt: skip
    do: Callable[[Any, Any, Any], None] = request.action.plan
    for target in targets.found:
        planner.target_id = target.id
        do(planner, target, request.options)
    return Planned(request, targets, tuple(planner.effects.effects), planner.told)


def make(
    uow: UnitOfWork, planned: Planned, actor: Actor, *, also_lock: Collection[int] = ()
) -> Applied:
    """Apply a plan and settle what follows.

    :param also_lock: members who will be told besides the owners.
    """
    told = {*also_lock, *(planned.members_told if planned.request.notifies else ())}
    boards = {thread.id: thread.board_id for thread in planned.targets.threads}
    return make_effects(
        uow, planned.effects, actor.member_id, boards, also_lock=told,
        told=[one.id for one in planned.targets.found if isinstance(one, Thread)],
    )  # fmt: skip


def make_effects(
    uow: UnitOfWork,
    effects: Sequence[Effect],
    actor_id: int | None,
    boards_before: dict[int, int],
    *,
    also_lock: Any = (),
    told: Sequence[int] = (),
) -> Applied:
    """Apply effects and settle what follows from them.

    :param told: as `settle` takes it.
    """
    threads_of_posts = posts_before(uow.session, effects)
    forget_posts(uow, effects)
    applied = apply_effects(uow, effects, actor_id=actor_id, also_lock=also_lock)
    settle(uow, applied, threads_of_posts, boards_before, told)
    return applied


def told_of(planned: Planned) -> list[Told]:
    """Whom to tell of what."""
    if not planned.request.notifies:
        return []
    return [
        Told(member_id, target.id, title_of(target), _thread_id(target))
        for target in planned.targets.found
        for member_id in planned.told.get(target.id, ())
    ]


def _thread_id(target: Target) -> int | None:
    thread = thread_of(target)
    return thread.id if thread is not None else None


def logged(actor: Actor, planned: Planned) -> LoggedAction:
    """The log row of a plan, but for the effects once made."""
    request = planned.request
    boards = {thread.board_id for thread in planned.targets.threads}
    return LoggedAction(
        action=request.action,
        actor_id=actor.member_id,
        actor_name=actor.name,
        target_ids=request.target_ids,
        board_id=boards.pop() if len(boards) == 1 else None,
        title=title_of(planned.targets.found[0]) if planned.targets.found else "",
        options={
            **options_json(request.action, request.options),
            **(_notified(planned) if request.notifies else {}),
        },
        effects=[],
        reason=request.reason,
        expires_at=request.expires_at,
    )


def _notified(planned: Planned) -> dict[str, Any]:
    others = told_otherwise(planned.targets.found, planned.told)
    return {"notified": True, **({"told": others} if others else {})}


def options_json(action: Action, options: Any) -> dict[str, Any]:
    """Options as a log row holds them."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in vars(options).items()
        if name not in action.unlogged
    }
