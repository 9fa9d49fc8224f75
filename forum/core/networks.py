"""Whom do we count when we count visitors? Addresses, or the networks one customer has to itself."""

from ipaddress import IPv4Address, IPv6Address, ip_address


def network_of(address: str) -> str:
    """Whom to count: an IPv4 address, or the /64 that one IPv6 household has."""
    parsed = _parsed(address)
    if parsed is None:
        return address
    return str(parsed) if isinstance(parsed, IPv4Address) else _household(parsed)


def neighbourhood_of(address: str) -> str:
    """The network a crawler spreads over: an IPv4 /24 or an IPv6 /64."""
    parsed = _parsed(address)
    if parsed is None:
        return address
    if isinstance(parsed, IPv4Address):
        return f"{IPv4Address(int(parsed) >> 8 << 8)}/24"
    return _household(parsed)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed


def _household(address: IPv6Address) -> str:
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"
