"""Whose word counts about who is asking? `X-Forwarded-For` and `-Proto`, from our own proxies only."""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

MOST_HOPS = 8
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class TrustedProxies:
    """Werkzeug's ProxyFix, for requests that come from `networks`; everybody else is who they are.

    Of several proxies in a row each appends the address it saw: those of ours are passed over from
    the right, and the first foreign one is the visitor. What stands left of it anybody may have
    written. `X-Forwarded-Host` is never believed: proxies hand a visitor's own on; pass `Host`.
    """

    def __init__(self, app: WsgiApp, networks: tuple[IPv4Network | IPv6Network, ...]) -> None:
        self._app = app
        self._networks = networks
        self._fixes = [ProxyFix(app, x_for=hops, x_proto=1) for hops in range(1, MOST_HOPS + 1)]

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if not self._trusts(environ.get("REMOTE_ADDR", "")):
            return self._app(environ, start_response)
        said = [one.strip() for one in environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        hops = 1
        while hops < min(len(said), MOST_HOPS) and self._trusts(said[-hops]):
            hops += 1
        return self._fixes[hops - 1](environ, start_response)

    def _trusts(self, written: str) -> bool:
        try:
            address = ip_address(written)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(
            address.version == network.version and address in network for network in self._networks
        )
