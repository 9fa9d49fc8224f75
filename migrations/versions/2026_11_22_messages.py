"""Messages between members, whom one does not hear, and the right to send them (message.send).

The right goes to the default groups that have it in a new forum, and to every group of the owner's
that replies. Locks: members shortly, for two columns with a constant default; the tables are new.
Undo: downgrade drops them, and what they say.

"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _to(table: str, column: str, other: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"), ondelete=ondelete
    )


def upgrade() -> None:
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    # Spelled out, for SQLite adds a CHECK only together with its column.
    op.execute(
        f"ALTER TABLE members ADD COLUMN unread_message_count {kind} DEFAULT 0 NOT NULL "
        "CONSTRAINT ck_members_unread_message_count_positive CHECK (unread_message_count >= 0)"
    )
    op.add_column(
        "members",
        sa.Column("takes_messages", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    op.create_table(
        "messages",
        sa.Column("id", Big, nullable=False),
        sa.Column("author_id", Big, nullable=False),
        sa.Column("recipient_id", Big, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("renderer_version", Big, nullable=False),
        sa.Column("submission_key", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("author_id <> recipient_id", name=op.f("ck_messages_not_to_oneself")),
        _to("messages", "author_id", "members"),
        _to("messages", "recipient_id", "members"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index("ix_messages_author", "messages", ["author_id", "created_at"])
    op.create_index("ix_messages_pair", "messages", ["recipient_id", "author_id"])
    op.create_index(
        "uq_messages_submission",
        "messages",
        ["author_id", "submission_key"],
        unique=True,
        sqlite_where=sa.text("submission_key IS NOT NULL"),
        postgresql_where=sa.text("submission_key IS NOT NULL"),
    )
    op.create_table(
        "conversations",
        sa.Column("owner_id", Big, nullable=False),
        sa.Column("other_id", Big, nullable=False),
        sa.Column("last_message_id", Big, nullable=False),
        _to("conversations", "owner_id", "members"),
        _to("conversations", "other_id", "members"),
        sa.PrimaryKeyConstraint("owner_id", "other_id", name=op.f("pk_conversations")),
    )
    op.create_index("ix_conversations_list", "conversations", ["owner_id", "last_message_id"])
    op.create_index(op.f("ix_conversations_other_id"), "conversations", ["other_id"])
    op.create_table(
        "message_copies",
        sa.Column("owner_id", Big, nullable=False),
        sa.Column("other_id", Big, nullable=False),
        sa.Column("message_id", Big, nullable=False),
        sa.Column("is_read", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id", "other_id"],
            ["conversations.owner_id", "conversations.other_id"],
            name="fk_message_copies_conversation",
            ondelete="CASCADE",
        ),
        _to("message_copies", "message_id", "messages"),
        sa.PrimaryKeyConstraint(
            "owner_id", "other_id", "message_id", name=op.f("pk_message_copies")
        ),
    )
    op.create_index("ix_message_copies_message_id", "message_copies", ["message_id"])
    op.create_index(
        "ix_message_copies_unread",
        "message_copies",
        ["owner_id", "other_id"],
        sqlite_where=sa.text("is_read = 0"),
        postgresql_where=sa.text("NOT is_read"),
    )
    op.create_table(
        "message_blocks",
        sa.Column("member_id", Big, nullable=False),
        sa.Column("blocked_id", Big, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _to("message_blocks", "member_id", "members"),
        _to("message_blocks", "blocked_id", "members"),
        sa.PrimaryKeyConstraint("member_id", "blocked_id", name=op.f("pk_message_blocks")),
    )
    op.create_index(op.f("ix_message_blocks_blocked_id"), "message_blocks", ["blocked_id"])
    state = sa.Enum(
        "open",
        "upheld",
        "rejected",
        name="reportstate",
        native_enum=False,
        create_constraint=True,
        length=20,
    )
    op.create_table(
        "message_reports",
        sa.Column("id", Big, nullable=False),
        sa.Column("message_id", Big, nullable=True),
        sa.Column("reporter_id", Big, nullable=False),
        sa.Column("author_id", Big, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("handler_id", Big, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        _to("message_reports", "message_id", "messages", "SET NULL"),
        _to("message_reports", "reporter_id", "members"),
        _to("message_reports", "author_id", "members"),
        _to("message_reports", "handler_id", "members", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_reports")),
        sa.UniqueConstraint("message_id", name="uq_message_reports_message"),
    )
    op.create_index("ix_message_reports_queue", "message_reports", ["state", "id"])
    op.create_index(
        "ix_message_reports_handled",
        "message_reports",
        ["id"],
        sqlite_where=sa.text("handled_at IS NOT NULL"),
        postgresql_where=sa.text("handled_at IS NOT NULL"),
    )
    for column in ("reporter_id", "author_id", "handler_id"):
        op.create_index(op.f(f"ix_message_reports_{column}"), "message_reports", [column])
    op.execute(
        "INSERT INTO group_permissions (group_id, key, value) "
        "SELECT id, 'message.send', 1 FROM groups WHERE id = 9 OR id IN "
        "(SELECT group_id FROM group_permissions WHERE key = 'post.reply' AND value > 0)"
    )


def downgrade() -> None:
    op.execute("DELETE FROM group_permissions WHERE key = 'message.send'")
    for table in (
        "message_reports",
        "message_blocks",
        "message_copies",
        "conversations",
        "messages",
    ):
        op.drop_table(table)
    op.drop_column("members", "takes_messages")
    op.drop_column("members", "unread_message_count")
