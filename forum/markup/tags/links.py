"""How do addresses render: url email, and bare addresses in the text."""

from forum.markup.addresses import Address, is_link_href, link_address, mail_address
from forum.markup.escaping import masked_text
from forum.markup.options import RenderOptions
from forum.markup.registry import Body, Call, Emit, Piece, Shape, bbcode, element, one_of

FOREIGN_REL = "nofollow ugc noopener"
# Discuz shows longer addresses as their first and last characters.
LONGEST_SHOWN = 65
_HEAD, _TAIL = 32, 19

LINK = Emit("a", {"href": is_link_href, "rel": one_of(FOREIGN_REL)})
MAIL = Emit("a", {"href": is_link_href})


@bbcode("url", emits=[LINK], shape=Shape.PAIR, body=Body.VERBATIM_WITHOUT_ARGUMENT, is_link=True)
def url(call: Call) -> Piece | None:
    if call.argument is None:
        return linked(call.body, call.options)
    address = link_address(call.argument, call.options.site_hosts)
    if address is None:
        return None
    if address.host and not call.options.allow_links:
        return Piece("")
    return Piece(_start(address), "</a>", link=address)


@bbcode("email", emits=[MAIL], shape=Shape.PAIR, body=Body.VERBATIM_WITHOUT_ARGUMENT, is_link=True)
def email(call: Call) -> Piece | None:
    mail = mail_address(call.body if call.argument is None else call.argument)
    if mail is None:
        return None
    start = element("a", {"href": "mailto:" + mail})
    return Piece(f"{start}{mail}</a>", text=mail) if call.argument is None else Piece(start, "</a>")


def linked(typed: str, options: RenderOptions) -> Piece | None:
    """An address that is its own label; None where it may not be a link at all."""
    address = link_address(typed, options.site_hosts)
    if address is None:
        return None
    typed = typed.strip()
    shown = masked_text(_shortened(typed))
    if address.host and not options.allow_links:
        return Piece(masked_text(typed), text=typed)
    return Piece(f"{_start(address)}{shown}</a>", link=address, text=typed)


def _start(address: Address) -> str:
    return element("a", {"href": address.href, "rel": FOREIGN_REL if address.host else ""})


def _shortened(typed: str) -> str:
    if len(typed.encode()) <= LONGEST_SHOWN:
        return typed
    return f"{typed[:_HEAD]} ... {typed[-_TAIL:]}"
