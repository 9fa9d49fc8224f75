"""`flask points ...`: do the books agree?"""

import click
from flask.cli import with_appcontext

from forum.http.context import database
from forum.queries.points import book_differences
from forum.queries.site import site_of


@click.group()
def points() -> None:
    """Points and their books."""


@points.command()
@with_appcontext
def verify() -> None:
    """Print every balance, total and group that the transfers do not bear out; fail if there is one."""
    found = 0
    with database().read_session() as session:
        database().cache.refresh(session)
        for one in book_differences(session, site_of(session)):
            kind = f" kind {one.kind_id}" if one.kind_id is not None else ""
            click.echo(
                f"member {one.member_id}{kind}: {one.what} is {one.stored}, should be {one.counted}"
            )
            found += 1
    click.echo(f"{found} differences" if found else "no differences")
    if found:
        raise SystemExit(1)
