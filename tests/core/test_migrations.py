"""Do the migrations run both ways, and do they make what the models say?"""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, inspect

import forum.models  # noqa: F401
from forum.core import migrations
from forum.core.db import Base, Database
from forum.core.uow import unit_of_work
from forum.models import Group, GroupPermission
from tests.factories import Forum


def test_a_forum_migrates_down_to_nothing_and_up_again(database: Database) -> None:
    migrations.downgrade(database, "base")
    assert set(inspect(database.write_engine).get_table_names()) <= {"alembic_version"}

    migrations.upgrade(database)
    assert migrations.is_current(database)


def test_the_migrated_tables_are_the_models(database: Database) -> None:
    with database.write_engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_name": lambda name, kind, _: (
                    not (kind == "table" and name.startswith("search_"))
                )
            },
        )
        assert compare_metadata(context, Base.metadata) == []


def test_the_migrated_checks_are_the_models(database: Database) -> None:
    # Autogenerate does not see CHECK constraints.
    inspector = inspect(database.write_engine)
    for table in Base.metadata.sorted_tables:
        declared = {
            str(constraint.name)
            for constraint in table.constraints
            if isinstance(constraint, CheckConstraint)
        }
        made = {constraint["name"] for constraint in inspector.get_check_constraints(table.name)}
        assert made == {database_name(table.name, name) for name in declared}, table.name


@pytest.mark.parametrize(("was", "becomes"), [(0, (1, 19)), (30, (30, 0))])
def test_the_muted_read_unless_somebody_said_what(
    forum: Forum, was: int, becomes: tuple[int, int]
) -> None:
    migrations.downgrade(forum.database, "0023")
    with unit_of_work(forum.database) as uow:
        assert uow.session.get_one(Group, 4).read_access == 0
        uow.session.get_one(Group, 4).read_access = was

    migrations.upgrade(forum.database)

    with forum.read() as s:
        right = s.get(GroupPermission, (4, "search.kinds"))
        assert (s.get_one(Group, 4).read_access, right.value if right else 0) == becomes


def database_name(table: str, name: str) -> str:
    return name if name.startswith("ck_") else f"ck_{table}_{name}"
