"""What would an action do, and who or what stands in its way? The plan of `perform`, made for looking at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from forum.commands.moderation.in_hand import Held, held_by_batches, is_in_hand
from forum.commands.moderation.own_things import taken_by_others
from forum.commands.moderation.perform import (
    Planned,
    Request,
    companions_of,
    load_for,
    plan,
    unique,
    verdict_on_count,
)
from forum.commands.moderation.targets import (
    Target,
    Targets,
    options_verdict,
    thread_of,
    verdict_on,
)
from forum.core.errors import Invalid
from forum.modlog.registry import Action, action_of
from forum.policies.actor import Actor
from forum.policies.verdict import ALLOWED, Refusal, Verdict, refused
from forum.queries.site import Site


@dataclass(frozen=True)
class Preview:
    """A plan that was made for looking at, and who stands in its way.

    :param refused_option: the option that names the place or the thread refused.
    """

    planned: Planned
    refused: tuple[tuple[Target, Verdict], ...] = ()
    options_refused: Verdict | None = None
    refused_option: str = ""


def preview(
    s: Session,
    actor: Actor,
    site: Site,
    action: str,
    target_ids: Sequence[int],
    options: Any = None,
    *,
    now: datetime,
    expires_at: datetime | None = None,
) -> Preview:
    """What an action would do to the targets it may be done to. Reads only; locks nothing.

    :param options: None where a required one was not chosen yet: only the targets are looked at.
    :param expires_at: when the schedule would take it back; not checked.
    :raises NotFound: a target does not exist, or is secret from the actor.
    :raises Invalid: an option breaks a rule, or names a thread there is none of for the actor.
    """
    entry = action_of(action)
    ids = unique(target_ids)
    if len(ids) > entry.most_targets:
        raise Invalid("too_many_targets", field="ids", most=entry.most_targets)
    request = Request(entry, ids, options, expires_at=expires_at)
    targets = load_for(s, site, request)
    level = entry.level_of(options) if options is not None else 1
    held = held_by_batches(s)
    own = taken_by_others(s, site, actor, entry, targets)
    verdicts = [
        (one, _verdict_now(actor, entry, one, targets, level, held) and own.get(one.id, ALLOWED))
        for one in targets.found
    ]
    refusals = tuple((target, verdict) for target, verdict in verdicts if not verdict)
    for _, verdict in refusals:
        if verdict.refusal is Refusal.NOT_VISIBLE:
            verdict.require()
    if options is None:
        return Preview(Planned(request, targets, (), {}), refusals)
    place, option = verdict_on_count(actor, site, request), ""
    if place:
        place = options_verdict(actor, site, entry, options)
    if place:
        place, option = _verdict_on_companions(actor, request, targets, level, held, own)
    if not place:
        return Preview(Planned(request, targets, (), {}), refusals, place, option)
    refused_ids = {target.id for target, _ in refusals}
    allowed = [target for target in targets.found if target.id not in refused_ids]
    shown = Targets(allowed, targets.companions, targets.ranks)
    planned = plan(s, site, actor, request, shown, now=now, is_real=False)
    return Preview(Planned(request, targets, planned.effects, planned.told), refusals)


def _verdict_now(
    actor: Actor, action: Action, target: Target, targets: Targets, level: int, held: Held
) -> Verdict:
    verdict = verdict_on(actor, action, target, targets.ranks, level)
    thread = thread_of(target)
    if verdict and (held.holds(target) or (thread is not None and is_in_hand(thread))):
        return refused(Refusal.IN_HAND)
    return verdict


def _verdict_on_companions(
    actor: Actor,
    request: Request,
    targets: Targets,
    level: int,
    held: Held,
    own: Mapping[int, Verdict],
) -> tuple[Verdict, str]:
    """May it be done with the other threads the options name? Their effects would tell of them.

    :returns: the verdict, and the option that names the thread it refuses.
    :raises Invalid: "no_such_thread" for the actor: one that is secret looks like one that is missing.
    """
    for name, number in companions_of(request):
        one = targets.companions.get(number)
        if one is None:
            raise Invalid("no_such_thread", field=name)
        verdict = _verdict_now(actor, request.action, one, targets, level, held)
        if verdict.refusal is Refusal.NOT_VISIBLE:
            raise Invalid("no_such_thread", field=name)
        verdict = verdict and own.get(number, ALLOWED)
        if not verdict:
            return verdict, name
    return ALLOWED, ""
