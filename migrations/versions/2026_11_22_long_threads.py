"""What acting on a very long thread in short steps needs.

A mark on threads that a large action has in hand, steps that are planned before they are made, and
the long threads whose search rows are to be made again.
Locks: threads, modbatches and modbatch_steps shortly, for columns that are empty or have a constant
default. Undo: downgrade; let no large action be under way.

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("threads", sa.Column("batch_id", Big, nullable=True))
    with op.batch_alter_table("modbatches") as batch_op:
        batch_op.add_column(sa.Column("told", Json, nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("in_hand", Json, nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("closing_count", Big, nullable=False, server_default="0"))
    with op.batch_alter_table("modbatches") as batch_op:
        batch_op.alter_column("told", server_default=None)
        batch_op.alter_column("in_hand", server_default=None)
        batch_op.alter_column("closing_count", server_default=None)
    with op.batch_alter_table("modbatch_steps") as batch_op:
        batch_op.add_column(
            sa.Column("is_made", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    with op.batch_alter_table("modbatch_steps") as batch_op:
        batch_op.alter_column("is_made", server_default=None)
    op.create_table(
        "search_stale_threads",
        sa.Column("thread_id", Big, primary_key=True, autoincrement=False),
        sa.Column("after_floor", Big, nullable=False),
        sa.Column("version", Big, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("search_stale_threads")
    with op.batch_alter_table("modbatch_steps") as batch_op:
        batch_op.drop_column("is_made")
    with op.batch_alter_table("modbatches") as batch_op:
        batch_op.drop_column("closing_count")
        batch_op.drop_column("in_hand")
        batch_op.drop_column("told")
    op.drop_column("threads", "batch_id")
