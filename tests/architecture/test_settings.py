"""Is every setting read by something? One that nothing reads promises what nobody does."""

import re
from dataclasses import fields
from pathlib import Path

from forum.commands.boards.tree import BoardDraft
from forum.settings import SECTIONS

ROOT = Path(__file__).parents[2]
# Where settings are edited, stored and read as a whole.
OWN_PLACES = (
    "forum/admin/forms/", "forum/commands/boards/tree.py", "forum/commands/settings.py",
    "forum/models/", "forum/queries/site.py", "forum/settings/", "templates/admin/",
)  # fmt: skip


def _source() -> str:
    paths = [*(ROOT / "forum").rglob("*.py"), *(ROOT / "templates").rglob("*.html")]
    return "\n".join(
        path.read_text("utf-8")
        for path in paths
        if not path.relative_to(ROOT).as_posix().startswith(OWN_PLACES)
    )


def _unread(names: list[str]) -> list[str]:
    source = _source()
    # A text is read as what was rendered from it.
    return [name for name in names if not re.search(rf"\.{name}(_html)?\b", source)]


def test_every_setting_of_a_board_is_read() -> None:
    assert _unread([field.name for field in fields(BoardDraft)]) == []


def test_every_setting_of_the_site_is_read() -> None:
    names = [field.name for section in SECTIONS.values() for field in fields(section)]

    assert _unread(names) == []
