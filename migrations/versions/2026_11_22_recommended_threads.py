"""Find a board's recommended threads without walking its list.

Locks: on PostgreSQL writes to threads wait while the index is built, over the few that are
recommended. Undo: downgrade drops it.

"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_threads_recommended",
        "threads",
        ["board_id", "id"],
        sqlite_where=sa.text("is_recommended = 1"),
        postgresql_where=sa.text("is_recommended"),
    )


def downgrade() -> None:
    op.drop_index("ix_threads_recommended", table_name="threads")
