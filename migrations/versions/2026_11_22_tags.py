"""标签: tags, which threads have them, and the right to give them (thread.tags).

Threads keep their tags as written in a column of their own, so that a page needs no further
statement. The right goes to every group that starts threads: nobody could use it so far. Locks:
threads shortly, for a column with a constant default; the tables are new. Undo: downgrade drops
them with all tags, and leaves the right to the administrators, as it was.

"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("threads", sa.Column("tags", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "tags",
        sa.Column("id", Big, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("merged_into_id", Big, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("merged_into_id <> id", name=op.f("ck_tags_merged_elsewhere")),
        sa.ForeignKeyConstraint(
            ["merged_into_id"],
            ["tags.id"],
            name=op.f("fk_tags_merged_into_id_tags"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("key", name="uq_tags_key"),
    )
    op.create_index(op.f("ix_tags_merged_into_id"), "tags", ["merged_into_id"])
    op.create_index(
        "ix_tags_changed",
        "tags",
        ["id"],
        sqlite_where=sa.text("is_closed = 1 OR merged_into_id IS NOT NULL"),
        postgresql_where=sa.text("is_closed OR merged_into_id IS NOT NULL"),
    )
    op.create_table(
        "thread_tags",
        sa.Column("tag_id", Big, nullable=False),
        sa.Column("thread_id", Big, nullable=False),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tags.id"], name=op.f("fk_thread_tags_tag_id_tags"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"],
            ["threads.id"],
            name=op.f("fk_thread_tags_thread_id_threads"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tag_id", "thread_id", name=op.f("pk_thread_tags")),
    )
    op.create_index(op.f("ix_thread_tags_thread_id"), "thread_tags", ["thread_id"])
    op.execute("DELETE FROM group_permissions WHERE key = 'thread.tags'")
    op.execute(
        "INSERT INTO group_permissions (group_id, key, value) "
        "SELECT group_id, 'thread.tags', 1 FROM group_permissions "
        "WHERE key = 'thread.start' AND value > 0"
    )


def downgrade() -> None:
    op.execute("DELETE FROM group_permissions WHERE key = 'thread.tags' AND group_id <> 1")
    op.drop_table("thread_tags")
    op.drop_table("tags")
    op.drop_column("threads", "tags")
