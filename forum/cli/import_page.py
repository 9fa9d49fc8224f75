"""`flask import-page`: a saved Discuz thread page becomes a thread; every line of it is accounted for."""

from collections.abc import Callable
from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from forum.commands.setup import holds_threads
from forum.core import migrations
from forum.core.errors import ForumError, NotFound
from forum.core.uow import UnitOfWork, unit_of_work
from forum.http.context import database
from forum.importers.page.facts import NotAThreadPage
from forum.importers.page.lines import decode_page
from forum.importers.page.run import ImportReport, import_page
from forum.models import ImportedPage

SEEDS = Path(__file__).parents[2] / "seeds"
MISSING = {
    "text": "readable text",
    "title": "the thread's title",
    "post_header": "a post's header line (发表于 ...)",
}


@click.command("import-page")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--board", "board_name", help="The board's name; 默认版块 when it is not given.")
@click.option("--site", "with_site", is_flag=True, help="Take name, ICP, hot words, footer too.")
@with_appcontext
def import_page_command(file: Path, board_name: str | None, with_site: bool) -> None:
    """Import FILE, the saved text of a Discuz thread page. A second time changes nothing."""
    if not migrations.is_current(database()):
        raise click.ClickException("there is no forum here yet; `flask first-start` makes it.")
    try:
        with unit_of_work(database()) as uow:
            report = import_file(uow, file, board_name=board_name, with_site=with_site, echo=_err)
    except ForumError as error:
        raise click.ClickException(f"{file}: {sentence(error)}") from error
    for line in rendered(report):
        click.echo(line)


def import_file(
    uow: UnitOfWork,
    file: Path,
    *,
    board_name: str | None = None,
    with_site: bool = False,
    echo: Callable[[str], None] = lambda line: None,
) -> ImportReport:
    """Import a file inside a unit of work that is open already.

    :param echo: gets a progress line now and then on long files.
    :raises ForumError: NotAThreadPage, or NotFound for the board.
    """
    return import_page(
        uow,
        decode_page(file.read_bytes()),
        name=file.name,
        board_name=board_name,
        with_site=with_site,
        progress=lambda done, whole: echo(f"{file.name}: {done} of {whole}"),
    )


def import_seeds(uow: UnitOfWork) -> list[ImportReport]:
    """Import the documents a forum begins with, the site's name and words included; once, into an empty one."""
    if holds_threads(uow) or uow.session.scalar(select(select(ImportedPage.id).exists())):
        return []
    return [import_file(uow, file, with_site=True) for file in sorted(SEEDS.glob("*.txt"))]


def sentence(error: ForumError) -> str:
    """What went wrong, in one line."""
    if isinstance(error, NotAThreadPage):
        missing = ", ".join(MISSING[key] for key in error.missing)
        return f"this is no saved Discuz thread page. Missing: {missing}. Nothing was written."
    if isinstance(error, NotFound):
        return f"there is no board {error.data.get('name', '')!r}. Nothing was written."
    return error.key


def rendered(report: ImportReport) -> list[str]:
    """The report, line by line: the file's lines, what is doubtful, what was made."""
    lines = [report.lines.render()]
    for doubt in report.doubts:
        where = f"line {doubt.line}: " if doubt.line else ""
        lines.append(f"doubt  {where}{doubt.key} {doubt.detail}".rstrip())
    if report.is_known_page:
        lines.append(f"This page was imported before (page {report.page_id}); nothing to do.")
    else:
        thread = "new thread" if report.is_new_thread else "thread"
        lines.append(
            f"page {report.page_id}: {thread} {report.thread_id}, /thread-{report.thread_id}-1-1.html"
        )
        lines.append(f"posts made {report.posts_made}, known {report.posts_known}")
    for label, names in (
        ("accounts made", report.members_made),
        ("point kinds made", report.kinds_made),
        ("settings changed", report.settings_changed),
        ("floors that say something else here", report.floors_differing),
        ("floors moved", tuple(f"{there}->{here}" for there, here in report.floors_moved)),
    ):
        if names:
            lines.append(f"{label}: {', '.join(map(str, names))}")
    lines += [f"NOT AS IT SHOULD BE: {difference}" for difference in report.differences]
    return lines


def _err(line: str) -> None:
    click.echo(line, err=True)
