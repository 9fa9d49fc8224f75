"""The most who were ever online at once: one row, written with the sightings.

Locks: none, the table is new. Undo: downgrade drops it; the record begins anew.

"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "online_records",
        sa.Column("id", Big, nullable=False),
        sa.Column("visitor_count", Big, nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_online_records_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_online_records")),
    )


def downgrade() -> None:
    op.drop_table("online_records")
