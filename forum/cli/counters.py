"""`flask counters ...`: do the counters say what the rows say?"""

from collections.abc import Iterable

import click
from flask.cli import with_appcontext

from forum.commands.counters import recount_boards, recount_members, recount_threads
from forum.core.uow import unit_of_work
from forum.http.context import database
from forum.queries.counters import Difference, all_differences


@click.group()
def counters() -> None:
    """Counters of threads, boards and members."""


@counters.command()
@with_appcontext
def verify() -> None:
    """Print every counter that is not what the rows say; fail if there is one."""
    with database().read_session() as session:
        found = _print(all_differences(session))
    if found:
        raise SystemExit(1)


@counters.command()
@with_appcontext
def recount() -> None:
    """Bring every counter to what the rows say, printing what was different."""
    found = 0
    for step in (recount_threads, recount_boards, recount_members):
        with unit_of_work(database()) as uow:
            database().cache.refresh(uow.session)
            for one in step(uow):
                click.echo(_line(one))
                found += 1
    click.echo(f"{found} counters brought in line" if found else "no differences")


def _print(differences: Iterable[Difference]) -> int:
    found = 0
    for one in differences:
        click.echo(_line(one))
        found += 1
    click.echo(f"{found} differences" if found else "no differences")
    return found


def _line(one: Difference) -> str:
    return f"{one.table} {one.id}: {one.column} is {one.stored}, should be {one.counted}"
