"""Which networks are banned, and is this address in one of them? Cached by version."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.core.cache import CacheName
from forum.core.db import Database
from forum.models import Member, NetworkBan
from forum.policies.actor import Actor
from forum.policies.moderation import may_ban_networks


@dataclass(frozen=True)
class BannedNetworks:
    """All bans, for asking quickly."""

    networks: tuple[tuple[IPv4Network | IPv6Network, datetime | None], ...] = ()

    def hold(self, address: str, now: datetime) -> bool:
        """Is the address in a network banned now?"""
        if not self.networks or not address:
            return False
        try:
            asked = ip_address(address)
        except ValueError:
            return False
        if isinstance(asked, IPv6Address) and asked.ipv4_mapped is not None:
            asked = asked.ipv4_mapped  # how a server that listens on both names a visitor of IPv4
        return any(
            asked in network and (until is None or until > now)
            for network, until in self.networks
            if network.version == asked.version
        )


def banned_networks(s: Session) -> BannedNetworks:
    """The bans at the version this process last learnt. One statement when they changed."""
    database: Database = s.info["database"]
    return database.cache.get(CacheName.NETWORKS, lambda: _read(s), s)


def _read(s: Session) -> BannedNetworks:
    rows = s.execute(select(NetworkBan.network, NetworkBan.expires_at).order_by(NetworkBan.id))
    return BannedNetworks(tuple((ip_network(row.network), row.expires_at) for row in rows))


def is_banned_network(s: Session, network: str) -> bool:
    """Is there a ban of exactly this network? One statement."""
    return bool(
        s.scalar(select(select(NetworkBan.id).where(NetworkBan.network == network).exists()))
    )


@dataclass(frozen=True)
class NetworkBanLine:
    """A ban as the panel lists it."""

    id: int
    network: str
    by_name: str | None
    reason: str
    created_at: datetime
    expires_at: datetime | None


def network_bans(s: Session, actor: Actor) -> tuple[NetworkBanLine, ...]:
    """All bans, newest first. One statement.

    :raises Forbidden: the actor may not ban networks.
    """
    may_ban_networks(actor).require()
    rows = s.execute(
        select(
            NetworkBan.id, NetworkBan.network, Member.name, NetworkBan.reason,
            NetworkBan.created_at, NetworkBan.expires_at,
        )
        .outerjoin(Member, Member.id == NetworkBan.actor_id)
        .order_by(NetworkBan.id.desc())
        .limit(500)
    )  # fmt: skip
    return tuple(NetworkBanLine(*row) for row in rows)
