"""The command line. One file per group of commands; `COMMANDS` is the list of them."""

import click

from forum.cli import (
    bench,
    counters,
    database,
    import_page,
    moderation,
    points,
    search,
    serve,
    worker,
)

COMMANDS: tuple[click.Command, ...] = (
    bench.bench,
    counters.counters,
    database.db,
    database.first_start,
    import_page.import_page_command,
    moderation.moderation,
    moderation.modlog,
    points.points,
    search.search,
    serve.serve,
    worker.worker,
)
