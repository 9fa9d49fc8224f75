"""Where does a visitor go back to, and does a form come from our own pages?"""

import re
from urllib.parse import urlsplit

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from forum.http.context import config

LONGEST = 2000
# A path of ours: one slash, then no slash, backslash or dot segment that browsers read as a host.
_PATH = re.compile(r"/(?![/\\.])[^\\\x00-\x20\x7f-\x9f\u2000-\u200f\u2028-\u202f\ufeff]*\Z")
# Going back there would ask again for what was just done.
_NO_WAY_BACK = (
    "/login",
    "/logout",
    "/register",
    "/lost-password",
    "/reset-password",
    "/confirm-email",
)


def safe_path(wanted: str | None) -> str | None:
    """The wanted address when it is a path of this site, else None."""
    if not wanted or len(wanted) > LONGEST or not _PATH.match(wanted):
        return None
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or not parts.path.startswith("/"):
        return None
    if parts.path.startswith(_NO_WAY_BACK):
        return None
    return wanted


def way_back() -> str | None:
    """Where this page's login links lead back to: here, or from a login page where that would."""
    here = safe_path(request.full_path.rstrip("?"))
    if here is not None:
        return here
    try:
        return safe_path(request.values.get("next"))
    except RequestEntityTooLarge:  # the page that says so has login links as well
        return safe_path(request.args.get("next"))


def own_referrer() -> str | None:
    """The page of this site that the visitor came from, as a safe path."""
    referrer = urlsplit(request.referrer or "")
    if not _is_own(referrer.scheme, referrer.netloc):
        return None
    path = referrer.path or "/"
    return safe_path(f"{path}?{referrer.query}" if referrer.query else path)


def is_same_origin() -> bool:
    """Does the browser say that this request comes from a page of ours?

    Scripts cannot set either header. Nothing said is no proof.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("Origin", ""))
    return _is_own(origin.scheme, origin.netloc)


def _is_own(scheme: str, host: str) -> bool:
    if scheme not in ("http", "https") or not host:
        return False
    base_url = config().base_url
    if base_url is not None and urlsplit(base_url).netloc == host:
        return True
    return host == request.host
