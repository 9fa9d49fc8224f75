"""Is a visitor's address taken from our own proxies only?"""

from ipaddress import ip_network

import pytest

from forum.http.proxies import TrustedProxies


def seen_through(*, peer: str, trusted: tuple[str, ...], **headers: str) -> tuple[str, str, str]:
    """The address, scheme and host the application sees."""
    seen = []

    def app(environ, start_response):
        seen.append((environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], environ["HTTP_HOST"]))
        return [b""]

    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_HOST": "forum.example"}
    environ |= {f"HTTP_X_FORWARDED_{name.upper()}": value for name, value in headers.items()}
    networks = tuple(ip_network(network) for network in trusted)
    TrustedProxies(app, networks)(environ, lambda *_: None)
    return seen[0]


def test_our_proxy_says_who_is_asking_and_how() -> None:
    seen = seen_through(
        peer="10.0.0.2", trusted=("10.0.0.0/8",), **{"for": "203.0.113.9", "proto": "https"}
    )

    assert seen == ("203.0.113.9", "https", "forum.example")


@pytest.mark.parametrize("peer", ["203.0.113.7", "2001:db8::1", "", "nonsense", "11.0.0.1"])
def test_nobody_else_is_believed(peer: str) -> None:
    seen = seen_through(
        peer=peer,
        trusted=("10.0.0.0/8", "fd00::/8"),
        **{"for": "127.0.0.1", "proto": "https", "host": "evil.example"},
    )

    assert seen == (peer, "http", "forum.example")


def test_what_a_visitor_wrote_in_front_is_passed_over() -> None:
    seen = seen_through(peer="10.0.0.2", trusted=("10.0.0.0/8",), **{"for": "1.1.1.1, 203.0.113.9"})

    assert seen[0] == "203.0.113.9"


def test_a_row_of_our_own_proxies_leads_to_the_visitor() -> None:
    seen = seen_through(
        peer="10.0.0.2",
        trusted=("10.0.0.0/8", "fd00::/8"),
        **{"for": "6.6.6.6, 203.0.113.9, fd00::5, 10.0.0.3"},
    )

    assert seen[0] == "203.0.113.9"


def test_the_host_is_never_taken_from_a_forwarded_header() -> None:
    seen = seen_through(
        peer="10.0.0.2", trusted=("10.0.0.0/8",), **{"for": "203.0.113.9", "host": "evil.example"}
    )

    assert seen[2] == "forum.example"


def test_an_address_written_the_ipv6_way_is_the_same_proxy() -> None:
    seen = seen_through(peer="::ffff:10.0.0.2", trusted=("10.0.0.0/8",), **{"for": "203.0.113.9"})

    assert seen[0] == "203.0.113.9"


def test_a_proxy_that_says_nothing_is_the_visitor_itself() -> None:
    assert seen_through(peer="10.0.0.2", trusted=("10.0.0.0/8",))[0] == "10.0.0.2"
