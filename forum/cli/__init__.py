"""The command line. One file per group of commands; `COMMANDS` is the list of them."""

import click

from forum.cli import bench, database, import_page, search, serve, worker

COMMANDS: tuple[click.Command, ...] = (
    bench.bench,
    database.db,
    database.first_start,
    import_page.import_page_command,
    search.search,
    serve.serve,
    worker.worker,
)
