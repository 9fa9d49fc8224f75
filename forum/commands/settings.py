"""Changing the site's settings: one section at a time, checked, logged."""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from forum.commands.admin_log import log_change
from forum.core.cache import CacheName
from forum.core.errors import Invalid
from forum.core.settings import encode_section
from forum.core.uow import UnitOfWork
from forum.models import GroupKind, Setting
from forum.points.formula import FormulaError, compiled
from forum.policies.actor import Actor
from forum.policies.admin import may_change_site
from forum.policies.queue import is_period
from forum.queries.site import Site, fresh_site
from forum.settings import SECTIONS, Accounts, General, Moderation, Points, Posting, Reading


def change_settings(uow: UnitOfWork, actor: Actor, *, section: str, values: Any) -> None:
    """Store a section of the settings.

    :param values: the section's dataclass, complete.
    :raises Invalid: a value that would break pages; `field` names it.
    """
    may_change_site(actor).require()
    if type(values) is not SECTIONS[section]:
        raise TypeError(f"not a section {section}")
    site = fresh_site(uow.session)
    _check(site, values)

    before = getattr(site.settings, section)
    row = uow.session.get(Setting, section, with_for_update=True)
    if row is None:
        uow.session.add(Setting(section=section, values=encode_section(values)))
    else:
        row.values = encode_section(values)

    log_change(
        uow,
        actor,
        action="settings.changed",
        target=f"settings:{section}",
        before=encode_section(before),
        after=encode_section(values),
    )
    uow.bump(CacheName.SITE)


def _check(site: Site, values: Any) -> None:
    if isinstance(values, General):
        _check_general(values)
    elif isinstance(values, Accounts):
        _check_accounts(site, values)
    elif isinstance(values, Points):
        _check_points(site, values)
    elif isinstance(values, Posting):
        if values.message_min_bytes > values.message_max_bytes:
            raise Invalid("limits_crossed", field="message_max_bytes")
        if not all(is_period(period) for period in values.approval_periods):
            raise Invalid("period_unknown", field="approval_periods")
    elif isinstance(values, Reading):
        _check_reading(site, values)
    elif isinstance(values, Moderation) and values.panel_session.total_seconds() < 60:
        raise Invalid("panel_session_short", field="panel_session")


def _check_general(values: General) -> None:
    if not values.name:
        raise Invalid("site_name_empty", field="name")
    try:
        ZoneInfo(values.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid("time_zone_unknown", field="time_zone") from error
    addresses = [values.second_address, *(link.address for link in values.footer_links)]
    if any(address and not is_web_address(address) for address in addresses):
        raise Invalid("address_not_web", field="footer_links")


def _check_accounts(site: Site, values: Accounts) -> None:
    if values.name_min_width > values.name_max_width:
        raise Invalid("limits_crossed", field="name_max_width")
    group = site.groups.get(values.new_group_id)
    if group is None or group.kind is not GroupKind.LADDER:
        raise Invalid("group_not_on_ladder", field="new_group_id")


def _check_points(site: Site, values: Points) -> None:
    try:
        names = compiled(values.formula).names
    except FormulaError as error:
        raise Invalid("formula_wrong", field="formula", at=error.at + 1) from error
    slots = {int(name[1:]) for name in names if name[0] == "p" and name[1:].isdigit()}
    if not slots <= set(site.point_kinds):
        raise Invalid(
            "formula_unknown_kind", field="formula", slot=min(slots - set(site.point_kinds))
        )
    if values.trade_kind_id not in site.point_kinds:
        raise Invalid("point_kind_unknown", field="trade_kind_id")


def _check_reading(site: Site, values: Reading) -> None:
    known = {"threads", "posts", "digests", "total"}
    known |= {f"points:{kind_id}" for kind_id in site.point_kinds}
    if not set(values.number_card) <= known:
        raise Invalid("number_card_unknown", field="number_card")
    if list(values.heat_levels) != sorted(set(values.heat_levels)):
        raise Invalid("heat_levels_order", field="heat_levels")


def is_web_address(address: str) -> bool:
    """May pages link to it? Paths of the site itself too; no other schemes."""
    if address.startswith("/"):
        return not address.startswith("//")
    return address.startswith(("http://", "https://"))
