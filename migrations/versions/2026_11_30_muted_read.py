"""Let the muted read what guests read: reading access 1, and the guests' search.

Discuz! gives them neither, so that logging out showed more than being logged in. Changed only where
both are as they were installed. Locks: the row of the group, shortly. Undo: downgrade, which takes
both back where they are still so.

"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

MUTED = 4
SEARCH, GUESTS_SEARCH = "search.kinds", 19
groups = sa.table("groups", sa.column("id"), sa.column("read_access"))
rights = sa.table("group_permissions", sa.column("group_id"), sa.column("key"), sa.column("value"))
of_muted = (rights.c.group_id == MUTED) & (rights.c.key == SEARCH)
versions = sa.table("cache_versions", sa.column("name"), sa.column("value"))


def upgrade() -> None:
    changed = op.get_bind().execute(
        groups.update().where(groups.c.id == MUTED, groups.c.read_access == 0).values(read_access=1)
    )
    if not changed.rowcount:
        return  # an administrator decided otherwise
    op.execute(rights.delete().where(of_muted, rights.c.value == 0))
    op.execute(
        rights.insert().from_select(
            ["group_id", "key", "value"],
            sa.select(sa.literal(MUTED), sa.literal(SEARCH), sa.literal(GUESTS_SEARCH)).where(
                ~sa.exists().where(of_muted)
            ),
        )
    )
    _notice()


def downgrade() -> None:
    op.execute(
        groups.update().where(groups.c.id == MUTED, groups.c.read_access == 1).values(read_access=0)
    )
    op.execute(rights.delete().where(of_muted, rights.c.value == GUESTS_SEARCH))
    _notice()


def _notice() -> None:
    op.execute(
        versions.update().where(versions.c.name == "site").values(value=versions.c.value + 1)
    )
