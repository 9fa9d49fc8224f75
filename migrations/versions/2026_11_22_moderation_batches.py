"""What undoing, end dates and large actions of moderators need.

Locks: modlog and modlog_targets shortly, for columns with a constant default. Undo: downgrade drops
the journals of large actions; the log itself stays.

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("modlog") as batch_op:
        batch_op.add_column(
            sa.Column("is_reversal", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("modlog") as batch_op:
        batch_op.alter_column("is_reversal", server_default=None)
    with op.batch_alter_table("modlog_targets") as batch_op:
        batch_op.add_column(sa.Column("superseded_by_id", Big, nullable=True))
    op.create_table(
        "modbatches",
        sa.Column("id", Big, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "running",
                "undoing",
                "done",
                "failed",
                name="batchstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", Big, nullable=False),
        sa.Column("target_ids", Json, nullable=False),
        sa.Column("options", Json, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("notifies", sa.Boolean(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undoes_id", Big, nullable=True),
        sa.Column("is_partial", sa.Boolean(), nullable=False),
        sa.Column("step_count", Big, nullable=False),
        sa.Column("step_total", Big, nullable=False),
        sa.Column("entry_id", Big, nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["members.id"], name=op.f("fk_modbatches_actor_id_members")
        ),
        sa.ForeignKeyConstraint(
            ["undoes_id"], ["modlog.id"], name=op.f("fk_modbatches_undoes_id_modlog")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["modlog.id"], name=op.f("fk_modbatches_entry_id_modlog")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_modbatches")),
    )
    op.create_index("ix_modbatches_state", "modbatches", ["state", "touched_at"])
    op.create_index("ix_modbatches_actor_id", "modbatches", ["actor_id"])
    op.create_index("ix_modbatches_undoes_id", "modbatches", ["undoes_id"])
    op.create_index("ix_modbatches_entry_id", "modbatches", ["entry_id"])
    op.create_table(
        "modbatch_steps",
        sa.Column("batch_id", Big, nullable=False),
        sa.Column("number", Big, nullable=False),
        sa.Column("target_ids", Json, nullable=False),
        sa.Column("effects", Json, nullable=False),
        sa.Column("is_undone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["modbatches.id"],
            name=op.f("fk_modbatch_steps_batch_id_modbatches"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_modbatch_steps")),
    )


def downgrade() -> None:
    op.drop_table("modbatch_steps")
    op.drop_table("modbatches")
    with op.batch_alter_table("modlog_targets") as batch_op:
        batch_op.drop_column("superseded_by_id")
    with op.batch_alter_table("modlog") as batch_op:
        batch_op.drop_column("is_reversal")
