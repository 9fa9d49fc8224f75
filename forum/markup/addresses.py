"""Which addresses may stand in a link or a picture, and how are they written?"""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import parse_qs, quote

MAX_ADDRESS_CHARS = 2048
LINK_SCHEMES = frozenset({"http", "https", "ftp", "mailto"})
IMAGE_SCHEMES = frozenset({"http", "https"})

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]{0,30}):")
_AUTHORITY_END = re.compile(r"[/?#]")
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.\-]{0,252}[A-Za-z0-9_])?\.?")
_PORT = re.compile(r"[0-9]{1,5}")
_NAMED_HOST = re.compile(r"(?:[A-Za-z0-9\-]{1,63}\.){1,8}[A-Za-z]{2,24}(?::[0-9]{1,5})?(?:[/?#]|$)")
# Discuz writes addresses of its own pages without a leading slash.
_OWN_PAGE = re.compile(r"[A-Za-z0-9_\-]{1,64}\.(?:php|html?)(?:[?#]|$)|(?:static|data|uc_server)/")
_ENTITY = re.compile(r"&(?:#|[A-Za-z][A-Za-z0-9]{1,31};)")
_MAIL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@(?:[A-Za-z0-9\-]{1,63}\.){1,8}[A-Za-z]{2,24}")
_POST_PAGE = re.compile(r"/(?:[A-Za-z0-9_\-]+/)?post-([0-9]{1,18})\.html(?:[#?]|$)")
_FIND_POST = re.compile(r"/(?:[A-Za-z0-9_\-]+/)?forum\.php\?([^#]*)")

_FORBIDDEN = frozenset('\\"<>`[]{}')
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"})
_KEPT = "%/?#@!$&()*+,;=:~-._"


_FOREIGN_LINK = re.compile(r'<a href="([^"]*)" rel="')


def foreign_links(html: str) -> frozenset[str]:
    """Where rendered HTML links to other sites."""
    return frozenset(_FOREIGN_LINK.findall(html))


@dataclass(frozen=True, slots=True)
class Address:
    """A checked address.

    :param host: lower-case host name; empty for addresses inside the site and for mail.
    :param post_id: the post a link into the site points to.
    """

    href: str
    host: str = ""
    post_id: int | None = None


def link_address(raw: str, site_hosts: frozenset[str] = frozenset()) -> Address | None:
    """The address of a link as it may be written, or None where it may not."""
    return _address(raw, LINK_SCHEMES, site_hosts)


def image_address(raw: str, site_hosts: frozenset[str] = frozenset()) -> Address | None:
    """The address of a picture as it may be written, or None where it may not."""
    return _address(raw, IMAGE_SCHEMES, site_hosts)


def mail_address(raw: str) -> str | None:
    """A plain e-mail address, or None."""
    address = raw.strip()
    if address[:7].lower() == "mailto:":
        address = address[7:]
    return address if len(address) <= 254 and _MAIL.fullmatch(address) else None


def is_link_href(value: str) -> bool:
    """Whether a written href is one that `link_address` could have returned."""
    found = link_address(value)
    return found is not None and found.href == value


def is_image_src(value: str) -> bool:
    found = image_address(value)
    return found is not None and found.href == value


def _address(raw: str, schemes: frozenset[str], site_hosts: frozenset[str]) -> Address | None:
    text = raw.strip(" \t\n")
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    text = text.replace("&amp;", "&")  # old posts carry addresses pasted out of HTML
    if not text or len(text) > MAX_ADDRESS_CHARS or _is_odd(text):
        return None

    scheme_match = _SCHEME.match(text)
    if scheme_match and "." not in scheme_match[1]:
        scheme = scheme_match[1].lower()
        if scheme not in schemes:
            return None
        if scheme == "mailto":
            mail = mail_address(text)
            return Address("mailto:" + mail) if mail else None
        rest = text[scheme_match.end() :]
        return _absolute(scheme, rest[2:], site_hosts) if rest.startswith("//") else None
    if text.startswith("//"):
        return _absolute("https", text[2:], site_hosts)
    if text.startswith("/"):
        return _own(text)
    if _OWN_PAGE.match(text):
        return _own("/" + text)
    if _NAMED_HOST.match(text):
        return _absolute("http", text, site_hosts)
    return None


def _is_odd(text: str) -> bool:
    """Characters and entities with which filters have been fooled; none is needed in an address."""
    if not _FORBIDDEN.isdisjoint(text) or _ENTITY.search(text):
        return True
    if text.isascii():
        return any(char <= " " or char == "\x7f" for char in text)
    return any(unicodedata.category(char) in _FORBIDDEN_CATEGORIES for char in text)


def _absolute(scheme: str, rest: str, site_hosts: frozenset[str]) -> Address | None:
    end = _AUTHORITY_END.search(rest)
    authority, tail = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    host, colon, port = authority.partition(":")
    if colon and not _PORT.fullmatch(port):  # also refuses user:password@host
        return None
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    if not _HOST.fullmatch(host):  # also refuses user@host, which hides where a link leads
        return None
    host = host.lower()
    if tail and tail[0] != "/":
        tail = "/" + tail
    tail = quote(tail, safe=_KEPT)
    is_own = host in site_hosts
    return Address(
        f"{scheme}://{host}{colon}{port}{tail}",
        host="" if is_own else host,
        post_id=_post_id(tail) if is_own else None,
    )


def _own(path: str) -> Address | None:
    if path.startswith("//"):
        return None
    path = quote(path, safe=_KEPT)
    return Address(path, post_id=_post_id(path))


def _post_id(path: str) -> int | None:
    page = _POST_PAGE.match(path)
    if page:
        return int(page[1])
    found = _FIND_POST.match(path)
    if not found:
        return None
    query = parse_qs(found[1], max_num_fields=20) if found[1].count("&") < 20 else {}
    if query.get("mod") != ["redirect"] or query.get("goto") != ["findpost"]:
        return None
    post_id = query.get("pid", [""])[0]
    return int(post_id) if post_id.isascii() and post_id.isdigit() and len(post_id) <= 18 else None
