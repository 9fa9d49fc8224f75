"""`flask bench load`: a large forum for measures."""

import click
from flask.cli import with_appcontext

from forum.cli.database import install_forum
from forum.http.context import database
from forum.importers.synthetic import Plan, load


@click.group()
def bench() -> None:
    """Make what the measures need."""


@bench.command("load")
@click.option("--posts", default=1_000_000, show_default=True)
@click.option("--threads", default=100_000, show_default=True)
@click.option("--members", default=10_000, show_default=True)
@click.option("--boards", default=20, show_default=True)
@click.option("--longest", default=20_000, show_default=True, help="Replies of the longest thread.")
@click.option("--seed", default=1, show_default=True)
@with_appcontext
def load_forum(
    posts: int, threads: int, members: int, boards: int, longest: int, seed: int
) -> None:
    """Fill an empty forum with deterministic Chinese text, everything consistent."""
    install_forum(echo=False)
    plan = Plan(posts, threads, members, boards, seed, min(longest, max(0, posts - threads)))
    try:
        with click.progressbar(length=posts, label="Posts", show_pos=True) as bar:
            load(database(), plan, bar.update)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
