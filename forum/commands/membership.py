"""Which group is a member in, are they a founder? Decided by administrators.

Muting, banning and locking are moderators' actions (commands/moderation/member_punishing.py), here too.
"""

from datetime import datetime

from sqlalchemy import select

from forum.commands.accounts.claiming import confirm_claimed_group, hand_over_account
from forum.commands.admin_log import log_change
from forum.commands.boards.moderators import return_to_ladder
from forum.commands.locks import lock_members
from forum.core.cache import CacheName
from forum.core.clock import FIRST_YEAR, LAST_YEAR, is_usable
from forum.core.errors import Conflict, Invalid, NotFound
from forum.core.mail import LetterWriter
from forum.core.uow import UnitOfWork
from forum.models import GroupKind, Member, MemberState
from forum.policies.actor import GUEST_GROUP, PUNISHING_GROUPS, Actor
from forum.policies.admin import may_appoint_founders, may_change_member, may_give_group
from forum.queries.actors import rank_to_mind
from forum.queries.site import Site, fresh_site


def place_in_group(
    uow: UnitOfWork, actor: Actor, *, member_id: int, group_id: int, until: datetime | None = None
) -> None:
    """Put a member into a group; a ladder group means: where the points belong.

    :param until: when they return to the group they have now; None = for good.
    :raises Forbidden: the member, or the group, is not below the actor.
    :raises Invalid: an end in the past, or a date nobody can mean; the guests' group, or one that punishes.
    :raises Conflict: the member is muted or banned.
    """
    site = fresh_site(uow.session)
    member = _changeable(uow, actor, site, member_id)
    group = site.groups.get(group_id)
    if group is None or group.id in (GUEST_GROUP, *PUNISHING_GROUPS):
        raise Invalid("group_unknown", field="group_id")
    may_give_group(actor, group).require()
    if until is not None and until <= uow.now:
        raise Invalid("ends_before_start", field="until")
    if until is not None and not is_usable(until):
        raise Invalid("date_range", field="until", first=FIRST_YEAR, last=LAST_YEAR)
    if member.group_id in PUNISHING_GROUPS:
        raise Conflict("member_punished")
    before = _group_facts(site, member)

    own_group_id = member.former_group_id or member.group_id
    if group.kind is GroupKind.LADDER:
        member.group_until = member.former_group_id = None
        return_to_ladder(uow, site, member)
    else:
        member.group_id = group_id
        member.group_until = until
        member.former_group_id = own_group_id if until is not None else None

    log_change(
        uow,
        actor,
        action="member.group",
        target=f"member:{member_id}",
        title=member.name,
        before=before,
        after=_group_facts(site, member),
    )
    uow.bump(CacheName.SITE)


def make_founder(uow: UnitOfWork, actor: Actor, *, member_id: int) -> None:
    """Give somebody all rights there are. Founders only.

    :raises Conflict: an account nobody can log in to.
    """
    may_appoint_founders(actor).require()
    member = _locked(uow, member_id)
    if member.state is not MemberState.ACTIVE or not member.password_hash:
        raise Conflict("member_not_active")
    if member.is_founder:
        return
    member.is_founder = True

    log_change(
        uow,
        actor,
        action="founder.made",
        target=f"member:{member_id}",
        title=member.name,
        after={"is_founder": True},
    )


def unmake_founder(uow: UnitOfWork, actor: Actor, *, member_id: int) -> None:
    """End somebody's being a founder; their group stays.

    :raises Conflict: "last_founder".
    """
    may_appoint_founders(actor).require()
    founders = _lock_founders(uow)
    member = _locked(uow, member_id)
    if not member.is_founder:
        return
    if founders <= {member_id}:
        raise Conflict("last_founder")
    member.is_founder = False

    log_change(
        uow,
        actor,
        action="founder.unmade",
        target=f"member:{member_id}",
        title=member.name,
        before={"is_founder": True},
        after={"is_founder": False},
    )


def hand_over(
    uow: UnitOfWork,
    actor: Actor,
    *,
    member_id: int,
    new_name: str,
    password_hash: str = "",
    email: str = "",
    letters: LetterWriter | None = None,
) -> str:
    """Give an unclaimed account to somebody (accounts/claiming.py), and log it.

    :returns: the name as kept.
    """
    before = uow.session.scalar(select(Member.name).where(Member.id == member_id))
    name = hand_over_account(
        uow,
        actor,
        member_id=member_id,
        new_name=new_name,
        password_hash=password_hash,
        email=email,
        letters=letters,
    )

    log_change(
        uow,
        actor,
        action="member.handed_over",
        target=f"member:{member_id}",
        title=name,
        before={"name": before, "way": ""},
        after={"name": name, "way": "letter" if email else "password"},
    )
    return name


def confirm_group(uow: UnitOfWork, actor: Actor, *, member_id: int) -> None:
    """Make the staff group an imported page showed a real one, and log it."""
    confirm_claimed_group(uow, actor, member_id=member_id)
    member = _locked(uow, member_id)

    log_change(
        uow,
        actor,
        action="member.claim_confirmed",
        target=f"member:{member_id}",
        title=member.name,
        after={"group": fresh_site(uow.session).groups[member.group_id].title},
    )
    uow.bump(CacheName.SITE)


def drop_claimed_group(uow: UnitOfWork, actor: Actor, *, member_id: int) -> None:
    """Forget the staff group an imported page showed; the account is an ordinary one."""
    site = fresh_site(uow.session)
    member = _changeable(uow, actor, site, member_id)
    if member.claimed_group_id is None:
        raise Invalid("no_claimed_group")
    claimed = site.groups[member.claimed_group_id].title
    member.claimed_group_id = None
    member.shown_group_title, member.shown_stars = "", None

    log_change(
        uow,
        actor,
        action="member.claim_dropped",
        target=f"member:{member_id}",
        title=member.name,
        before={"claimed_group": claimed},
        after={"claimed_group": None},
    )


def _changeable(uow: UnitOfWork, actor: Actor, site: Site, member_id: int) -> Member:
    """The member's row, locked, when the actor may act on it."""
    member = _locked(uow, member_id)
    rank = rank_to_mind(
        site, group_id=member.group_id, former_group_id=member.former_group_id,
        is_founder=member.is_founder, member_id=member_id,
    )  # fmt: skip
    may_change_member(actor, member_id=member_id, rank=rank).require()
    return member


def _locked(uow: UnitOfWork, member_id: int) -> Member:
    member = lock_members(uow, [member_id]).get(member_id)
    if member is None:
        raise NotFound("no_such_member")
    return member


def _lock_founders(uow: UnitOfWork) -> set[int]:
    """All founders, locked together and before anybody else: two of them cannot leave at once."""
    return set(
        uow.session.scalars(
            select(Member.id)
            .where(Member.is_founder, Member.state == MemberState.ACTIVE)
            .order_by(Member.id)
            .with_for_update()
        )
    )


def _group_facts(site: Site, member: Member) -> dict[str, object]:
    former = member.former_group_id
    return {
        "group": site.groups[member.group_id].title,
        "until": member.group_until,
        "former_group": site.groups[former].title if former is not None else None,
    }
