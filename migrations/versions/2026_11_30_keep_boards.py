"""Keep in the log the board each target was in.

An entry over several boards whose threads are gone says no more for whom it is: until now for any
moderator. What was logged before stays as it is, hashes included; where its threads are gone, only
who sees every board reads it. Locks: modlog_targets shortly. Undo: downgrade (`flask modlog verify`
then finds the entries made meanwhile changed, for their hashes cover the boards).

"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("modlog_targets", sa.Column("board_id", Big, nullable=True))


def downgrade() -> None:
    op.drop_column("modlog_targets", "board_id")
