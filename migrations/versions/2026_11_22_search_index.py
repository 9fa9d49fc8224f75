"""The search index: what was indexed of each post, and the tokens in each database's own way.

Locks: none, everything is new. Undo: downgrade drops it; `flask search rebuild` makes it again.

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "search_rows",
        sa.Column("post_id", Big, primary_key=True, autoincrement=False),
        sa.Column("board_id", Big, nullable=False),
        sa.Column("author_id", Big, nullable=False),
        sa.Column("created_on", sa.Date(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_table(
        "search_stale", sa.Column("post_id", Big, primary_key=True, autoincrement=False)
    )
    if is_sqlite:
        # "ascii" takes what it is given: the tokens come folded, one blank between two.
        op.execute(
            "CREATE VIRTUAL TABLE search_index USING fts5("
            "tokens, content='', columnsize=0, detail='none', tokenize='ascii')"
        )
        return
    # A table of its own: GIN gives row places, and these rows must be many to a page. The vector
    # itself is never read, so it lies out of line.
    op.create_table(
        "search_tokens",
        sa.Column("post_id", Big, primary_key=True, autoincrement=False),
        sa.Column("tokens", postgresql.TSVECTOR(), nullable=False),
    )
    op.execute("ALTER TABLE search_tokens ALTER COLUMN tokens SET STORAGE EXTERNAL")
    # A search reads the whole pending list: keep it short.
    op.execute(
        "CREATE INDEX ix_search_tokens_tokens ON search_tokens USING gin (tokens) "
        "WITH (gin_pending_list_limit = 1024)"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_index")
    else:
        op.drop_table("search_tokens")
    op.drop_table("search_stale")
    op.drop_table("search_rows")
