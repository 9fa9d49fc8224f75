"""The command line. One file per group of commands; `COMMANDS` is the list of them."""

import click

from forum.cli import database, search

COMMANDS: tuple[click.Command, ...] = (database.db, database.first_start, search.search)
