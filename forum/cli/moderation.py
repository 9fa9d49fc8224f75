"""`flask modlog` and `flask moderation`: is the log whole, and which actions are there?"""

import json
from typing import Any

import click
from flask.cli import with_appcontext

from forum.commands.moderation import ACTIONS
from forum.http.context import database
from forum.modlog.chain import flaws
from forum.modlog.registry import Action
from forum.modlog.seal import seal_of

SAID = {
    "changed": "was changed",
    "removed": "is missing",
    "reordered": "does not follow the one before it",
    "cut_off": "and all after it were cut off",
    "head": "is not what the head of the chain says",
    "head_file": "is not what the head file beside the database says (or there is no file)",
}


@click.group()
def modlog() -> None:
    """The log of moderation."""


@modlog.command()
@with_appcontext
def verify() -> None:
    """Check the chain: no entry changed, removed, reordered or cut off. Exit 1 when one was."""
    with database().read_session() as s:
        found = list(flaws(s, seal_of(s)))
    for flaw in found:
        click.echo(f"entry {flaw.entry_id} {SAID[flaw.kind]}")
    if found:
        raise SystemExit(1)
    click.echo("The log is whole.")


@click.group()
def moderation() -> None:
    """What moderators can do."""


@moderation.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@with_appcontext
def actions(as_json: bool) -> None:
    """List every registered action."""
    listed = [described(action) for action in ACTIONS.values()]
    if as_json:
        click.echo(json.dumps(listed, ensure_ascii=False, indent=2))
        return
    for one in listed:
        click.echo(f"{one['key']:<18} {one['targets']:<7} {one['permission']:<22} {one['label']}")


def described(action: Action) -> dict[str, Any]:
    """An entry of the registry as JSON."""
    return {
        "key": action.key,
        "label": action.label,
        "targets": action.targets.value,
        "permission": action.permission,
        "options": [
            {
                "name": option.name,
                "label": option.label,
                "kind": option.choice.value,
                "is_required": option.is_required,
                "values": [value for value, _ in option.values],
            }
            for option in action.fields
        ],
        "group": action.group.value,
        "is_bulk": action.is_bulk,
        "is_destructive": action.is_destructive,
        "takes_expiry": action.takes_expiry,
        "has_inverse": not action.is_final,
    }
