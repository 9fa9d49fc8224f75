"""May the actor search?"""

from forum.policies.actor import Actor
from forum.policies.permissions import SEARCH_FULL_TEXT, SEARCH_TITLES, May
from forum.policies.verdict import ALLOWED, Refusal, Verdict, refused


def may_search(actor: Actor) -> Verdict:
    """Search titles, and texts too: the index makes both cheap, so one bit of the mask is enough.

    Discuz! keeps full text (bit 32) from every default group, because there it scans the table.
    """
    if actor.permission(May.SEARCH) & (SEARCH_TITLES | SEARCH_FULL_TEXT):
        return ALLOWED
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    return refused(Refusal.GROUP, group=actor.group_title)
