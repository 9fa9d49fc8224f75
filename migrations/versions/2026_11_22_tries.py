"""How often a large action was tried since its last step.

After three tries it is given up and taken back.
Locks: modbatches shortly, for a column with a constant default. Undo: downgrade.

"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0015"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("modbatches") as batch_op:
        batch_op.add_column(sa.Column("try_count", Big, nullable=False, server_default="0"))
    with op.batch_alter_table("modbatches") as batch_op:
        batch_op.alter_column("try_count", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("modbatches") as batch_op:
        batch_op.drop_column("try_count")
