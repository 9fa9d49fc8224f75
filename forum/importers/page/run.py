"""How does a saved page come into the forum? Read, find or make, settle, verify: one unit of work, once."""

from dataclasses import dataclass

from sqlalchemy import select

from forum.core.db import conflict_insert
from forum.core.uow import UnitOfWork
from forum.importers.page.extract import Extraction, extract_page
from forum.importers.page.facts import Doubt, PageFacts, as_plain
from forum.importers.page.lines import Progress, Report
from forum.importers.page.load import board_for, count_in_board, load_thread
from forum.importers.page.map import author_key, source_of, text_digest
from forum.importers.page.members import Accounts
from forum.importers.page.settle import ensure_point_kinds, take_over_site
from forum.importers.page.verify import differences
from forum.markup.plain import visible_text
from forum.models import ImportedPage, ImportedRow, Member, MemberState
from forum.queries.site import fresh_site


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. `differences` is what verifying found; it should be empty."""

    page_id: int
    thread_id: int | None
    is_known_page: bool
    facts: PageFacts
    lines: Report
    is_new_thread: bool = False
    posts_made: int = 0
    posts_known: int = 0
    floors_differing: tuple[int, ...] = ()
    floors_moved: tuple[tuple[int, int], ...] = ()
    members_made: tuple[str, ...] = ()
    kinds_made: tuple[str, ...] = ()
    settings_changed: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    differences: tuple[str, ...] = ()


def import_page(
    uow: UnitOfWork,
    text: str,
    *,
    name: str,
    board_name: str | None = None,
    with_site: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a saved thread page; a page that was imported before changes nothing.

    :param name: the file's, kept with the page's facts.
    :param with_site: take over the site's name, ICP number, hot words and footer names too.
    :param progress: called with (done, in all) on long files.
    :raises NotAThreadPage: and nothing is written.
    :raises NotFound: "no_board".

    """
    extraction = read_page(uow, text, progress)
    facts = extraction.facts
    board = board_for(fresh_site(uow.session), board_name)
    page_id = _new_page(uow, text, name, extraction)
    changed = take_over_site(uow, facts) if with_site else ()
    if page_id is None:
        known_id, thread_id = uow.session.execute(
            select(ImportedPage.id, ImportedPage.thread_id).where(
                ImportedPage.digest == text_digest(text)
            )
        ).one()
        return ImportReport(
            known_id, thread_id, True, facts, extraction.report, settings_changed=changed
        )

    kind_ids, kinds_made, kinds_left_out = ensure_point_kinds(uow, facts)
    accounts = Accounts(
        uow,
        fresh_site(uow.session),
        source_of(facts),
        subject=f"page:{page_id}",
        thread_key=f"{facts.thread.title}\x1f{page_id}",
        as_of=facts.save.saved_at or uow.now,
    )
    loaded = load_thread(uow, facts, board=board, accounts=accounts, progress=progress)
    accounts.settle(kind_ids, loaded.member_ids)
    count_in_board(uow, loaded)
    uow.session.get_one(ImportedPage, page_id).thread_id = loaded.thread_id

    return ImportReport(
        page_id=page_id,
        thread_id=loaded.thread_id,
        is_known_page=False,
        facts=facts,
        lines=extraction.report,
        is_new_thread=loaded.is_new_thread,
        posts_made=len(loaded.made),
        posts_known=len(loaded.post_ids) - len(loaded.made),
        floors_differing=tuple(loaded.differing),
        floors_moved=tuple(loaded.moved(facts)),
        members_made=tuple(accounts.made),
        kinds_made=tuple(kinds_made),
        settings_changed=changed,
        doubts=(
            *facts.doubts,
            *(Doubt("no_free_point_kind", None, label) for label in kinds_left_out),
            *(Doubt(key, None, detail) for key, detail in accounts.doubts),
        ),
        differences=differences(uow, facts, loaded, accounts.site),
    )


def read_page(uow: UnitOfWork, text: str, progress: Progress | None = None) -> Extraction:
    """Extract a page; signatures its site's authors are known by settle what the page alone leaves open.

    :raises NotAThreadPage: the text is no thread page.

    """
    extraction = extract_page(text, progress=progress)
    if any(doubt.key == "may_end_in_signature" for doubt in extraction.facts.doubts):
        known = _known_signatures(uow, extraction.facts)
        if known:
            return extract_page(text, known_signatures=known)
    return extraction


def _known_signatures(uow: UnitOfWork, facts: PageFacts) -> dict[str, tuple[str, ...]]:
    names = {author_key(f.author, ""): f.author.name for f in facts.floors if f.author.name}
    rows = uow.session.execute(
        select(ImportedRow.source_key, Member.signature)
        .join(Member, Member.id == ImportedRow.local_id)
        .where(
            ImportedRow.source == source_of(facts),
            ImportedRow.kind == "member",
            ImportedRow.source_key.in_(names),
            Member.state == MemberState.UNCLAIMED,
            Member.signature != "",
        )
    )
    return {str(names[key]): tuple(visible_text(said).split("\n")) for key, said in rows}


def _new_page(uow: UnitOfWork, text: str, name: str, extraction: Extraction) -> int | None:
    """A row for the page with all its facts; None when there is one already."""
    plain = {"page": as_plain(extraction.facts), "lines": extraction.report.counts()}
    page_id: int | None = uow.session.scalar(
        conflict_insert(uow.session.get_bind().dialect.name, ImportedPage)
        .values(
            digest=text_digest(text),
            name=name,
            facts=plain,
            saved_at=extraction.facts.save.saved_at,
            imported_at=uow.now,
        )
        .on_conflict_do_nothing(index_elements=[ImportedPage.digest])
        .returning(ImportedPage.id)
    )
    return page_id
