"""Networks nobody may come from: banned with a reason and an end, lifted again."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network

from sqlalchemy.orm import Session

from forum.commands.moderation.perform import Request, checked_request, make_effects
from forum.commands.moderation.planning import Planner
from forum.commands.moderation.record import LoggedAction, record
from forum.commands.moderation.registry import action
from forum.core.errors import Invalid, Taken
from forum.core.text import clean_line
from forum.core.uow import UnitOfWork
from forum.models import NetworkBan, TargetKind
from forum.modlog.effects import Effect
from forum.modlog.registry import Choice, Group, NoOptions, action_of, asked
from forum.policies.actor import Actor
from forum.policies.moderation import may_use
from forum.policies.permissions import May
from forum.queries.networks import BannedNetworks, is_banned_network
from forum.queries.site import Site, site_of

WIDEST = {4: 16, 6: 32}


@dataclass(frozen=True)
class NetworkOptions:
    network: str = asked("Address or network", Choice.NETWORK, is_required=True, max_length=60)


@action(
    "network.ban", "Ban a network", "Undo the ban of the network",
    targets=TargetKind.NETWORK, permission=May.BAN_NETWORK, group=Group.MEMBER,
    options=NetworkOptions, family="network", site_wide=True, takes_expiry=True, is_destructive=True, icon="shield",
)  # fmt: skip
def _ban(planner: Planner, ban: NetworkBan, _options: NetworkOptions) -> None:
    """禁止 IP: made by `ban_network`, which knows the network; there is no row to act on before."""
    raise Invalid("no_targets", field="ids")


@action(
    "network.lift", "Lift the ban of the network", "Undo lifting the ban",
    targets=TargetKind.NETWORK, permission=May.BAN_NETWORK, group=Group.MEMBER,
    family="network", site_wide=True, is_bulk=True, icon="unlock",
)  # fmt: skip
def lift(planner: Planner, ban: NetworkBan, _options: NoOptions) -> None:
    """解除禁止."""
    planner.remove(ban)


@dataclass(frozen=True)
class PlannedBan:
    """A ban that could be made."""

    network: IPv4Network | IPv6Network
    id: int
    effects: tuple[Effect, ...]


def preview_network_ban(
    s: Session,
    actor: Actor,
    site: Site,
    options: NetworkOptions,
    *,
    reason: str,
    expires_at: datetime | None,
    address: str,
    now: datetime,
) -> PlannedBan:
    """What `ban_network` would do for somebody at this address. Reads only.

    :raises Invalid, Taken: as `ban_network`.
    """
    planner = Planner(s, now, site, actor, is_real=False)
    return _planned(planner, _request(site, actor, options, reason, expires_at), address)


def ban_network(
    uow: UnitOfWork,
    actor: Actor,
    options: NetworkOptions,
    *,
    reason: str = "",
    expires_at: datetime | None = None,
) -> int:
    """Let nobody in from an address or a network.

    :param options: the network, "192.0.2.7" or "192.0.2.0/24", at most /16 (IPv4) or /32 (IPv6) wide.
    :returns: the entry of the log.
    :raises Invalid: it is none, too wide, or the actor's own. :raises Taken: it is banned already.
    """
    site = site_of(uow.session)
    request = _request(site, actor, options, reason, expires_at)
    planner = Planner(uow.session, uow.now, site, actor, is_real=True)
    planned = _planned(planner, request, uow.address)
    applied = make_effects(uow, planned.effects, actor.member_id, {})
    what = LoggedAction(
        action=request.action,
        actor_id=actor.member_id,
        actor_name=actor.name,
        target_ids=(planned.id,),
        board_id=None,
        title=str(planned.network),
        options={},
        effects=[],
        reason=request.reason,
        expires_at=expires_at,
    )
    return record(uow, what.with_effects(applied.effects))


def _request(
    site: Site, actor: Actor, options: NetworkOptions, reason: str, expires_at: datetime | None
) -> Request:
    entry = action_of("network.ban")
    may_use(actor, entry).require()
    return checked_request(
        site, actor, entry.key, [1], options, reason=reason, expires_at=expires_at
    )


def _planned(planner: Planner, request: Request, address: str) -> PlannedBan:
    wanted = network_of(request.options.network)
    if BannedNetworks(((wanted, None),)).hold(address, planner.now):
        raise Invalid("network_own", field="network")
    if is_banned_network(planner.session, str(wanted)):
        raise Taken("network")
    ban_id = planner.create(
        NetworkBan,
        network=str(wanted),
        actor_id=planner.actor.member_id,
        reason=request.reason,
        expires_at=request.expires_at,
        created_at=planner.now,
    )
    return PlannedBan(wanted, ban_id, tuple(planner.effects.effects))


def network_of(text: str) -> IPv4Network | IPv6Network:
    """The network of a text.

    :raises Invalid: it is none, or too wide.
    """
    try:
        network = ip_network(clean_line(text), strict=False)
    except ValueError:
        raise Invalid("network_unreadable", field="network") from None
    if network.prefixlen < WIDEST[network.version]:
        raise Invalid("network_too_wide", field="network")
    return network
