"""What a member sets about oneself: zone, language, signature, title, picture, invisibility."""

from zoneinfo import available_timezones

from forum.commands.points import pay_rule
from forum.commands.word_checks import checked_without_queue
from forum.core.errors import Invalid, NotFound
from forum.core.text import clean_line, clean_text
from forum.core.uow import UnitOfWork
from forum.markup import RenderOptions, render
from forum.models import Member
from forum.policies.accounts import (
    may_go_invisible,
    may_have_signature,
    may_have_title,
    may_use_account,
)
from forum.policies.actor import Actor
from forum.policies.permissions import May
from forum.queries.words import word_filter_of
from forum.words import WordFilter

TITLE_LENGTH = 30
LOCALES = ("", "zh", "en")


def edit_profile(
    uow: UnitOfWork,
    actor: Actor,
    *,
    time_zone: str,
    locale: str,
    signature: str | None = None,
    custom_title: str | None = None,
    is_invisible: bool | None = None,
) -> None:
    """Change what is given; None leaves a field as it is (the page did not offer it).

    :param signature: BBCode.
    :raises Forbidden: the actor's group may not have what is set.
    :raises Invalid: time_zone_unknown, signature_long, title_long or words_refused.
    """
    may_use_account(actor).require()
    if time_zone and time_zone not in available_timezones():
        raise Invalid("time_zone_unknown", field="time_zone")
    member = _own(uow, actor)

    member.time_zone = time_zone
    member.locale = locale if locale in LOCALES else ""
    if signature is not None and signature != member.signature:
        words = word_filter_of(uow.session)
        _sign(actor, member, clean_text(signature).strip(), words)
    if custom_title is not None and custom_title != member.custom_title:
        words = word_filter_of(uow.session)
        _entitle(actor, member, clean_line(custom_title), words)
    if is_invisible is not None and is_invisible != member.is_invisible:
        if is_invisible:
            may_go_invisible(actor).require()
        member.is_invisible = is_invisible


def _sign(actor: Actor, member: Member, source: str, words: WordFilter) -> None:
    if source:
        may_have_signature(actor).require()
    most = actor.permission(May.SIGNATURE_SIZE)
    _require_length(source, most, "signature_long", "signature")
    options = RenderOptions(
        allow_bbcode=bool(actor.permission(May.SIGNATURE_BBCODE)),
        allow_images=bool(actor.permission(May.SIGNATURE_IMAGES)),
    )
    source = checked_without_queue(actor, words, source, field="signature", is_source=True)
    _require_length(source, most, "signature_long", "signature")  # as what it became, too
    member.signature = source
    member.signature_html = render(source, options=options).html if source else ""


def _entitle(actor: Actor, member: Member, title: str, words: WordFilter) -> None:
    if title:
        may_have_title(actor).require()
    _require_length(title, TITLE_LENGTH, "title_long", "custom_title")
    title = checked_without_queue(actor, words, title, field="custom_title")
    _require_length(title, TITLE_LENGTH, "title_long", "custom_title")
    member.custom_title = title


def _require_length(text: str, most: int, code: str, field: str) -> None:
    if len(text) > most:
        raise Invalid(code, field=field, most=most)


def set_avatar(uow: UnitOfWork, actor: Actor, *, digest: str) -> None:
    """Show an uploaded picture. The first one is paid, once."""
    may_use_account(actor).require()
    member = _own(uow, actor)
    member.avatar = digest
    pay_rule(
        uow,
        "avatar.set",
        member_id=member.id,
        subject=f"member:{member.id}",
        once_key=f"avatar.set:{member.id}",
    )


def clear_avatar(uow: UnitOfWork, actor: Actor) -> None:
    """Go back to the drawn picture."""
    may_use_account(actor).require()
    _own(uow, actor).avatar = ""


def _own(uow: UnitOfWork, actor: Actor) -> Member:
    member = uow.session.get(Member, actor.member_id, with_for_update=True)
    if member is None:
        raise NotFound("no_such_member")
    return member
