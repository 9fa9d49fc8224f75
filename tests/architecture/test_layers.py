"""Do imports point down, and do the rooms stay rooms?"""

import re
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).parents[2]
FORUM = ROOT / "forum"
SOURCES = sorted(FORUM.rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "manager", "misc"}


def test_the_import_contracts_hold() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml")) == EXIT_STATUS_SUCCESS


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_has_a_name_a_first_line_and_at_most_400_lines(path: Path) -> None:
    text = path.read_text("utf-8")
    assert path.stem not in FORBIDDEN_NAMES
    assert text.startswith('"""'), "the first line says what question the module answers"
    assert len(text.splitlines()) <= 400


# Each own check stands with a line it must find and a line it must let pass.
CHECKS = {
    "no commit below the entrances": (
        r"\.commit\(",
        (
            "commands",
            "queries",
            "policies",
            "markup",
            "points",
            "modlog",
            "notices",
            "search",
            "storage",
        ),
        "uow.session.commit()",
        "uow.after_commit(nudge)",
    ),
    "no import of Flask's user below http": (
        r"current_user",
        ("commands", "queries", "policies", "jobs", "importers", "web", "admin"),
        "from flask_login import current_user",
        "actor = current_actor()",
    ),
    "time comes from outside": (
        r"datetime\.(now|utcnow)\(|date\.today\(",
        (
            "commands",
            "queries",
            "policies",
            "points",
            "modlog",
            "notices",
            "web",
            "admin",
            "http",
            "importers",
        ),
        "now = datetime.now(UTC)",
        "now = uow.now",
    ),
    "nobody loads before it has an order": (
        r"\.first\(\)",
        ("commands", "queries", "importers"),
        "s.scalars(select(Post)).first()",
        "s.scalars(select(Post).order_by(Post.id).limit(1)).one_or_none()",
    ),
    "trusted HTML is made by queries and markup": (
        r"\bMarkup\(",
        ("web", "admin", "commands", "policies", "jobs"),
        "return Markup(text)",
        "html: Markup",
    ),
}


@pytest.mark.parametrize("name", CHECKS)
def test_own_checks(name: str) -> None:
    pattern, layers, bad, good = CHECKS[name]
    assert re.search(pattern, bad)
    assert not re.search(pattern, good)

    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for layer in layers
        for path in sorted((FORUM / layer).rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if re.search(pattern, line) and not line.lstrip().startswith("#")
    ]
    assert found == []


def test_permission_keys_are_spelled_only_in_their_catalogue() -> None:
    from forum.policies.permissions import PERMISSIONS

    quoted = {f'"{key}"' for key in PERMISSIONS}
    found = [
        f"{path.relative_to(ROOT)}: {key}"
        for path in SOURCES
        if path.name != "permissions.py"
        for key in quoted
        if key in path.read_text("utf-8")
    ]
    assert found == []


def test_every_permission_is_asked_for_or_says_why_not() -> None:
    from forum.policies.permissions import PERMISSIONS, May

    code = "\n".join(path.read_text("utf-8") for path in SOURCES if path.name != "permissions.py")
    keys = {name: key for name, key in vars(May).items() if name.isupper()}
    asked = {key for name, key in keys.items() if re.search(rf"\bMay\.{name}\b", code)}

    assert asked == set(keys.values())
    assert asked == {key for key, one in PERMISSIONS.items() if not one.unasked}


def test_balances_are_written_by_the_ledger_alone() -> None:
    writers = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if re.search(
            r"(insert|update|delete)\w*\([^)]*MemberPoints\b|MemberPoints\(\s*\w+=",
            path.read_text("utf-8"),
        )
    ]
    assert set(writers) <= {"forum/points/ledger.py", "forum/importers/synthetic/load.py"}
