"""An index over the log by action: what brought threads to a board is found along it.

Locks: on PostgreSQL writes to the log wait while it is built (a second for 100,000 entries). Undo:
downgrade.

"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_modlog_action", "modlog", ["action", "id"])


def downgrade() -> None:
    op.drop_index("ix_modlog_action", table_name="modlog")
