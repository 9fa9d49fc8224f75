"""Networks nobody may come from: banned with a reason and an end, lifted again."""

from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from forum.commands.moderation.perform import checked_request, make_effects
from forum.commands.moderation.planning import Planner
from forum.commands.moderation.record import LoggedAction, record
from forum.commands.moderation.registry import action
from forum.core.errors import Invalid, Taken
from forum.core.text import clean_line
from forum.core.uow import UnitOfWork
from forum.models import NetworkBan, TargetKind
from forum.modlog.registry import Group, NoOptions, action_of
from forum.policies.actor import Actor
from forum.policies.moderation import may_use
from forum.policies.permissions import May
from forum.queries.networks import is_banned_network
from forum.queries.site import site_of

WIDEST = {4: 16, 6: 32}


@action(
    "network.ban", "Ban a network", "Undo the ban of the network",
    targets=TargetKind.NETWORK, permission=May.BAN_NETWORK, group=Group.MEMBER,
    family="network", site_wide=True, takes_expiry=True, is_destructive=True, icon="shield",
)  # fmt: skip
def _ban(planner: Planner, ban: NetworkBan, _options: NoOptions) -> None:
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


def ban_network(
    uow: UnitOfWork,
    actor: Actor,
    *,
    network: str,
    reason: str = "",
    expires_at: datetime | None = None,
) -> int:
    """Let nobody in from an address or a network.

    :param network: "192.0.2.7" or "192.0.2.0/24", at most /16 (IPv4) or /32 (IPv6) wide.
    :returns: the entry of the log.
    :raises Invalid: it is none, too wide, or the actor's own. :raises Taken: it is banned already.
    """
    s, site = uow.session, site_of(uow.session)
    entry = action_of("network.ban")
    may_use(actor, entry).require()
    request = checked_request(
        site, actor, entry.key, [1], None, reason=reason, expires_at=expires_at
    )
    wanted = network_of(network)
    if uow.address and ip_address(uow.address) in wanted:
        raise Invalid("network_own", field="network")
    if is_banned_network(s, str(wanted)):
        raise Taken("network")
    planner = Planner(s, uow.now, site, actor, is_real=True)
    ban_id = planner.create(
        NetworkBan,
        network=str(wanted),
        actor_id=actor.member_id,
        reason=request.reason,
        expires_at=expires_at,
        created_at=uow.now,
    )
    applied = make_effects(uow, planner.effects.effects, actor.member_id, {})
    what = LoggedAction(
        action=entry,
        actor_id=actor.member_id,
        actor_name=actor.name,
        target_ids=(ban_id,),
        board_id=None,
        title=str(wanted),
        options={},
        effects=[],
        reason=request.reason,
        expires_at=expires_at,
    )
    return record(uow, what.with_effects(applied.effects))


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
