"""How are letters worded, and which address do their links start with?"""

from ipaddress import ip_address
from typing import Any

from flask import render_template, request

from forum.core.mail import Letter, LetterWriter
from forum.core.text import clean_line
from forum.http import context
from forum.http.addresses import Addresses
from forum.http.language import DEFAULT, LOCALES, current_locale, speaking


def site_root() -> str | None:
    """What a link in a letter starts with; None while nothing trustworthy says it.

    FORUM_BASE_URL, if set. Else the host asked for, but only where a forged one cannot lead a
    letter's reader elsewhere: it is one of FORUM_TRUSTED_HOSTS (checked before any view runs), or
    this very machine. Any other Host header is whatever the sender of the request liked.
    """
    config = context.config()
    if config.base_url:
        return config.base_url
    if config.trusted_hosts or _is_this_machine(request.host):
        return request.host_url.rstrip("/")
    return None


def _is_this_machine(host: str) -> bool:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    if name == "localhost":
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def defused(text: str) -> str:
    """A name as it may stand in a letter: mail programs make links of anything with a dot."""
    return clean_line(text).replace("://", "[://]").replace(".", "[.]")


def letter_writer() -> LetterWriter | None:
    """What commands word their letters with; None while links cannot be made."""
    root = site_root()
    if root is None:
        return None

    def write(kind: str, *, recipient: str, locale: str, **facts: Any) -> Letter:
        shown_in = LOCALES.get(locale) or (DEFAULT if locale else current_locale())
        lang = "en" if shown_in == "en" else None
        with speaking(shown_in):
            text = render_template(
                f"mail/{kind}.txt", root=root, at=Addresses(lang), defused=defused, **facts
            )
        subject, _, body = text.strip().partition("\n")
        return Letter(recipient, clean_line(subject), body.strip() + "\n")

    return write
