"""Let end dates and granted appeals go in steps.

A large action may be the schedule's, which is nobody, and knows the entry it ends; an appeal knows the
one that takes its decision back. Locks: modbatches and appeals shortly; on SQLite they are copied, and
are small. Undo: downgrade; let no large action be under way (the schedule's are forgotten).

"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("modbatches") as batch_op:
        batch_op.alter_column("actor_id", existing_type=Big, nullable=True)
        batch_op.add_column(sa.Column("ends_id", Big, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_modbatches_ends_id_modlog"), "modlog", ["ends_id"], ["id"]
        )
    op.create_index("ix_modbatches_ends_id", "modbatches", ["ends_id"])
    with op.batch_alter_table("appeals") as batch_op:
        batch_op.add_column(sa.Column("batch_id", Big, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_appeals_batch_id_modbatches"), "modbatches", ["batch_id"], ["id"],
            ondelete="SET NULL",
        )  # fmt: skip
    op.create_index("ix_appeals_batch_id", "appeals", ["batch_id"])


def downgrade() -> None:
    op.drop_index("ix_appeals_batch_id", table_name="appeals")
    with op.batch_alter_table("appeals") as batch_op:
        batch_op.drop_constraint(op.f("fk_appeals_batch_id_modbatches"), type_="foreignkey")
        batch_op.drop_column("batch_id")
    op.execute("DELETE FROM modbatches WHERE actor_id IS NULL")
    op.drop_index("ix_modbatches_ends_id", table_name="modbatches")
    with op.batch_alter_table("modbatches") as batch_op:
        batch_op.drop_constraint(op.f("fk_modbatches_ends_id_modlog"), type_="foreignkey")
        batch_op.drop_column("ends_id")
        batch_op.alter_column("actor_id", existing_type=Big, nullable=False)
