"""What does a page change on the site as a whole? Point kinds it names; with --site its name, ICP, words, footer."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from forum.commands.setup import advance_sequences
from forum.core.cache import CacheName
from forum.core.settings import encode_section
from forum.core.uow import UnitOfWork
from forum.importers.page.facts import PageFacts
from forum.importers.page.map import card_layout, counts_opening_posts, is_point_cell
from forum.models import PointKind, Setting
from forum.queries.site import fresh_site
from forum.settings import FooterLink, General, Reading, SiteSettings

SLOTS = range(1, 9)


def ensure_point_kinds(
    uow: UnitOfWork, facts: PageFacts
) -> tuple[dict[str, int], list[str], list[str]]:
    """The kinds that the number cards name, by label; new ones take the free slots.

    A new kind is shown in the number card as the page shows it, if the owner has not laid the card out otherwise.

    :returns: kind ids by label, the labels made, the labels for which no slot was left.
    """
    s = uow.session
    titles = {title: kind_id for kind_id, title in s.execute(select(PointKind.id, PointKind.title))}
    wanted = list(
        dict.fromkeys(
            cell.label
            for floor in facts.floors
            for cell in floor.author.cells
            if is_point_cell(cell)
        )
    )
    made: list[str] = []
    left_out: list[str] = []
    for label in wanted:
        if label in titles:
            continue
        slot = next((number for number in SLOTS if number not in titles.values()), None)
        if slot is None:
            left_out.append(label)
            continue
        s.add(PointKind(id=slot, title=label))
        titles[label] = slot
        made.append(label)
    if made:
        s.flush()  # the kinds, before balances point to them
        advance_sequences(uow)  # their ids were given by hand
        uow.bump(CacheName.SITE)
        _show_in_card(uow, facts, titles, made)
    return {label: titles[label] for label in wanted if label in titles}, made, left_out


def _show_in_card(
    uow: UnitOfWork, facts: PageFacts, kind_ids: dict[str, int], made: list[str]
) -> None:
    layout = card_layout(facts, kind_ids)
    reading = fresh_site(uow.session).settings.reading
    is_new_shown = any(f"points:{kind_ids[label]}" in layout for label in made)
    if is_new_shown and reading.number_card == Reading().number_card:
        store_section(uow, "reading", replace(reading, number_card=layout))


def take_over_site(uow: UnitOfWork, facts: PageFacts) -> tuple[str, ...]:
    """Take name, ICP number, hot words and footer names from the page; what it does not say stays.

    :returns: the names of the settings that changed.
    """
    settings: SiteSettings = fresh_site(uow.session).settings
    site = facts.site
    links = tuple(FooterLink(name) for name in site.footer_names)
    general = replace(
        settings.general,
        name=site.name or settings.general.name,
        second_name=site.second_name or settings.general.second_name,
        icp=site.icp or settings.general.icp,
        hot_words=site.hot_words or settings.general.hot_words,
        footer_links=links or settings.general.footer_links,
    )
    counts_all = counts_opening_posts(facts)
    reading = settings.reading
    if counts_all is not None:
        reading = replace(reading, card_counts_opening_posts=counts_all)
    changed = _differing(settings.general, general) + _differing(settings.reading, reading)
    if general != settings.general:
        store_section(uow, "general", general)
    if reading != settings.reading:
        store_section(uow, "reading", reading)
    return changed


def _differing(before: General | Reading, after: General | Reading) -> tuple[str, ...]:
    old, new = encode_section(before), encode_section(after)
    return tuple(name for name in new if old[name] != new[name])


def store_section(uow: UnitOfWork, name: str, section: Any) -> None:
    """Write a section of the settings; every process learns of it at commit."""
    row = uow.session.get(Setting, name)
    if row is None:
        uow.session.add(Setting(section=name, values=encode_section(section)))
    else:
        row.values = encode_section(section)
    uow.session.flush()  # the snapshot is read from the database
    uow.bump(CacheName.SITE)
