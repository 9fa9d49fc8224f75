"""`flask search ...`: make the index again, compare it with the posts, finish what is left."""

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select

from forum.commands.search_check import STEP, compare, last_post_id, put_right
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
    click.echo(f"{_sweep_all()} rows made again")


def _sweep_all() -> int:
    count = 0
    while True:
        with unit_of_work(database()) as uow:
            done = sweep_step(uow)
        if not done:
            return count
        count += done


@search.command()
@click.option("--repair", is_flag=True, help="Make the wrong rows again.")
@with_appcontext
def verify(repair: bool) -> None:
    """Compare the index with the posts; say what differs."""
    with database().read_session() as s:
        last_id = last_post_id(s)
    counts = dict.fromkeys(("missing", "outdated", "left_over", "unanswered"), 0)
    examples: list[int] = []
    with click.progressbar(range(1, last_id + 1, STEP), label="Comparing") as bar:
        for first_id in bar:
            with database().read_session() as s:
                found = compare(s, first_id, first_id + STEP - 1)
            for name in counts:
                counts[name] += len(getattr(found, name))
            examples.extend((*found.wrong_rows, *found.unanswered)[: 10 - len(examples)])
            if repair and found.wrong_rows:
                with unit_of_work(database()) as uow:
                    put_right(uow, found)
    click.echo(", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in counts.items()))
    if not any(counts.values()):
        return
    click.echo(f"for instance posts {', '.join(map(str, examples))}")
    if repair:
        click.echo(f"{_sweep_all()} rows made again")
    if counts["unanswered"]:
        click.echo("the index has lost tokens: run `flask search rebuild`")
    if counts["unanswered"] or not repair:
        raise click.exceptions.Exit(1)
