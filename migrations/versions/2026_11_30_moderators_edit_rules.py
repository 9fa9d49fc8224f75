"""Let a board leave its rules to its moderators (Discuz! alloweditrules); none does yet.

Locks: boards shortly. Undo: downgrade; the rules stay as they were written.

"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "boards",
        sa.Column("moderators_edit_rules", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    op.drop_column("boards", "moderators_edit_rules")
