"""The word filter's list, why posts wait, and appeals against moderators' decisions.

Locks: none, the tables are new. Undo: downgrade drops them, and what they say.

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)


def _to(table: str, column: str, other: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{other}.id"],
        name=op.f(f"fk_{table}_{column}_{other}"),
        ondelete=ondelete,
    )


def upgrade() -> None:
    op.create_table(
        "words",
        sa.Column("id", Big, nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("action", _choice("wordaction", "refuse", "hold", "replace"), nullable=False),
        sa.Column("replacement", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("author_id", Big, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "action = 'replace' OR replacement = ''", name=op.f("ck_words_replacement_fits")
        ),
        _to("words", "author_id", "members", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_words")),
        sa.UniqueConstraint("key", name="uq_words_key"),
    )
    op.create_index("ix_words_category", "words", ["category", "id"])
    op.create_index(op.f("ix_words_author_id"), "words", ["author_id"])
    op.create_table(
        "post_holds",
        sa.Column("post_id", Big, nullable=False),
        sa.Column(
            "reason",
            _choice("holdreason", "board", "newcomer", "words", "links", "period"),
            nullable=False,
        ),
        sa.Column("words", Json, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _to("post_holds", "post_id", "posts", "CASCADE"),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_post_holds")),
    )
    op.create_table(
        "appeals",
        sa.Column("id", Big, nullable=False),
        sa.Column("entry_id", Big, nullable=False),
        sa.Column("member_id", Big, nullable=False),
        sa.Column("board_id", Big, nullable=True),
        sa.Column("state", _choice("appealstate", "open", "upheld", "granted"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("handler_id", Big, nullable=True),
        sa.Column("handler_name", sa.Text(), nullable=False),
        sa.Column("undo_entry_id", Big, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (handled_at IS NULL)", name=op.f("ck_appeals_handled_when_answered")
        ),
        _to("appeals", "entry_id", "modlog", "CASCADE"),
        _to("appeals", "member_id", "members", "CASCADE"),
        _to("appeals", "board_id", "boards", "SET NULL"),
        _to("appeals", "handler_id", "members", "SET NULL"),
        _to("appeals", "undo_entry_id", "modlog", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
        sa.UniqueConstraint("entry_id", "member_id", name="uq_appeals_entry_member"),
    )
    op.create_index("ix_appeals_queue", "appeals", ["state", "board_id", "id"])
    for column in ("member_id", "board_id", "handler_id", "undo_entry_id"):
        op.create_index(op.f(f"ix_appeals_{column}"), "appeals", [column])


def downgrade() -> None:
    op.drop_table("appeals")
    op.drop_table("post_holds")
    op.drop_table("words")
