"""Would the actor change on their own thread or post what somebody of equal or higher rank decided?
Restoring it is the undo of its deletion by another button, and is for an appeal as that is."""

from sqlalchemy.orm import Session

from forum.commands.moderation.targets import PostTarget, Targets, author_of
from forum.models import Thread
from forum.modlog.registry import Action
from forum.policies.actor import Actor
from forum.policies.verdict import Verdict
from forum.queries.own_things import changes_of, decided_by_others, own_post, own_thread
from forum.queries.site import Site


def taken_by_others(
    s: Session, site: Site, actor: Actor, action: Action, targets: Targets
) -> dict[int, Verdict]:
    """The refusals by target, or by the thread the options name. No statement where nothing is the
    actor's own, or the action neither takes nor gives back; else two at most."""
    if actor.member_id is None or not changes_of(action):
        return {}
    own = []
    for one in (*targets.found, *targets.companions.values()):
        if author_of(one) != actor.member_id:
            continue
        if isinstance(one, PostTarget):
            own.append(own_post(one.post, one.thread))
        elif isinstance(one, Thread):
            own.append(own_thread(one))
    decided = decided_by_others(s, site, actor, own)
    verdicts = {thing.id: decided.on(thing, action) for thing in own}
    return {target_id: verdict for target_id, verdict in verdicts.items() if not verdict}


def require_none_taken(
    s: Session, site: Site, actor: Actor, action: Action, targets: Targets
) -> None:
    """Go on only where `taken_by_others` finds none.

    :raises Forbidden: "against_oneself".
    """
    for verdict in taken_by_others(s, site, actor, action, targets).values():
        verdict.require()
