"""`flask search ...`: make the index again, compare it with the posts, finish what is left."""

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select

from forum.commands.search_index import begin_rebuild, end_rebuild, rebuild_step
from forum.commands.search_index import sweep as sweep_step
from forum.core.uow import unit_of_work
from forum.http.context import database
from forum.models import Post


@click.group()
def search() -> None:
    """Keep the search index."""


@search.command()
@with_appcontext
def rebuild() -> None:
    """Make the whole index again from the posts. Searches find little meanwhile."""
    with database().read_session() as s:
        last_id = s.scalar(select(func.max(Post.id))) or 0
    with unit_of_work(database()) as uow:
        begin_rebuild(uow)
    after_id: int | None = 0
    with click.progressbar(length=last_id, label="Indexing") as bar:
        while after_id is not None:
            began_at = after_id
            with unit_of_work(database()) as uow:
                after_id = rebuild_step(uow, after_id=began_at)
            bar.update((after_id or last_id) - began_at)
    with unit_of_work(database()) as uow:
        end_rebuild(uow)


@search.command()
@with_appcontext
def sweep() -> None:
    """Finish what was put off: the rows of moved, recycled and restored threads."""
    count = 0
    while True:
        with unit_of_work(database()) as uow:
            done = sweep_step(uow)
        if not done:
            break
        count += done
    click.echo(f"{count} rows made again")
