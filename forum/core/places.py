"""Where is an address? A name from an optional file of the owner's: `network place` on each line."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path

FILE_NAME = "places.txt"
Network = IPv4Network | IPv6Network

_read: dict[Path, tuple[float, tuple[tuple[Network, str], ...]]] = {}


def place_of(folder: Path, address: str) -> str:
    """The place of the narrowest network that holds the address; "" = not known."""
    path = folder / FILE_NAME
    try:
        changed_at = path.stat().st_mtime
        asked = ip_address(address)
    except (OSError, ValueError):
        return ""
    held = _read.get(path)
    if held is None or held[0] != changed_at:
        held = _read[path] = (changed_at, _networks(path))
    found = [
        (network.prefixlen, name)
        for network, name in held[1]
        if network.version == asked.version and asked in network
    ]
    return max(found, default=(0, ""))[1]


def _networks(path: Path) -> tuple[tuple[Network, str], ...]:
    found: list[tuple[Network, str]] = []
    for line in path.read_text("utf-8", errors="replace").splitlines():
        network, _, name = line.strip().partition(" ")
        try:
            found.append((ip_network(network, strict=False), name.strip()))
        except ValueError:  # a comment, a heading
            continue
    return tuple(found)
