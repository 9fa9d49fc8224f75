"""`flask db ...` and `flask first-start`: tables, and the first contents of an empty forum."""

import secrets
import sqlite3

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import DBAPIError

from forum.cli.import_page import import_seeds
from forum.commands.setup import install, is_installed
from forum.core import migrations
from forum.core.passwords import hash_password
from forum.core.uow import unit_of_work
from forum.http.context import database

FOUNDER_NAME = "founder"


@click.group()
def db() -> None:
    """Bring the tables up or down."""


@db.command()
@click.argument("revision", default="head")
@with_appcontext
def upgrade(revision: str) -> None:
    """Migrate the database to the newest tables (or to REVISION)."""
    _reach()
    migrations.upgrade(database(), revision)


@db.command()
@click.argument("revision")
@with_appcontext
def downgrade(revision: str) -> None:
    """Migrate the database back to REVISION."""
    _reach()
    migrations.downgrade(database(), revision)


@click.command("first-start")
@with_appcontext
def first_start() -> None:
    """Make an empty database a forum; do nothing to one that is. Prints the founder's password."""
    start_forum()


def start_forum() -> None:
    """Migrate; install and import the seed into an empty forum. Later starts change nothing."""
    install_forum()
    with unit_of_work(database()) as uow:
        migrations.begin_alone(uow.session)
        import_seeds(uow)


def install_forum(*, echo: bool = True) -> None:
    """Migrate; make an empty database a forum and say the founder's one-time password."""
    _reach()
    migrations.upgrade(database())
    with unit_of_work(database()) as uow:
        if is_installed(uow):
            return
    password = secrets.token_urlsafe(12)
    password_hash = hash_password(password)
    with unit_of_work(database()) as uow:
        migrations.begin_alone(uow.session)
        if is_installed(uow):  # another process was first
            return
        founder = install(uow, founder_name=FOUNDER_NAME, password_hash=password_hash)
    if echo:
        click.echo(f"Founder: {founder.name}")
        click.echo(f"One-time password: {password} (shown only now; choose your own at login)")


def _reach() -> None:
    """Say in one line that the database is not to be reached, instead of a traceback."""
    try:
        database().write_engine.connect().close()
    except (DBAPIError, sqlite3.Error) as error:
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        raise click.ClickException(f"FORUM_DATABASE_URL: {reason}") from error
