"""Up to which rank a report of a message was passed.

Locks: message_reports shortly, for a column with a constant default. Undo: downgrade; reports that
were passed up are then for super moderators again.

"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("message_reports") as batch_op:
        batch_op.add_column(sa.Column("escalation", Big, nullable=False, server_default="1"))
        batch_op.create_check_constraint(
            op.f("ck_message_reports_escalation_range"), "escalation BETWEEN 1 AND 2"
        )
    with op.batch_alter_table("message_reports") as batch_op:
        batch_op.alter_column("escalation", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("message_reports") as batch_op:
        batch_op.drop_constraint(op.f("ck_message_reports_escalation_range"), type_="check")
        batch_op.drop_column("escalation")
