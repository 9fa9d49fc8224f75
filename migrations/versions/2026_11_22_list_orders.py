"""Indexes for lists that sorted whole tables, and for questions that walked them.

A board by heat, by type, its 精华; the newest threads of the site, the recycle bin; queues of
reports and appeals; members by address, by state, by claimed group. `tests/architecture/test_plans.py`
found them. Locks: on PostgreSQL writes to the tables wait while their indexes are built (some
seconds for 100,000 threads). Undo: downgrade brings the former ones back.

"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

DIGEST = sa.text("digest_level > 0")
CLAIMED = sa.text("claimed_group_id IS NOT NULL")

NEW: tuple[tuple[str, str, list[str], sa.TextClause | None], ...] = (
    ("ix_threads_board_heat", "threads", ["board_id", "state", "sticky_level", "heat", "id"], None),
    (
        "ix_threads_board_type",
        "threads",
        ["board_id", "type_id", "state", "sticky_level", "last_post_at", "id"],
        None,
    ),
    (
        "ix_threads_board_digest",
        "threads",
        ["board_id", "state", "sticky_level", "last_post_at", "id"],
        DIGEST,
    ),
    ("ix_threads_state", "threads", ["state", "id"], None),
    ("ix_members_state", "members", ["state", "id"], None),
    ("ix_members_address", "members", ["last_address"], None),
    ("ix_members_claimed_group", "members", ["claimed_group_id"], CLAIMED),
    ("ix_appeals_queue", "appeals", ["state", "id"], None),
    ("ix_reports_queue", "reports", ["state", "id"], None),
)
FORMER: tuple[tuple[str, str, list[str]], ...] = (
    ("ix_threads_board_heat", "threads", ["board_id", "state", "heat", "last_post_at"]),
    ("ix_threads_board_type", "threads", ["board_id", "type_id", "state", "last_post_at"]),
    ("ix_threads_board_digest", "threads", ["board_id", "state", "digest_level", "last_post_at"]),
    ("ix_appeals_queue", "appeals", ["state", "board_id", "id"]),
    ("ix_reports_queue", "reports", ["state", "board_id", "id"]),
)


def upgrade() -> None:
    for name, table, _columns in FORMER:
        op.drop_index(name, table_name=table)
    for name, table, columns, where in NEW:
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, table, _columns, _where in NEW:
        op.drop_index(name, table_name=table)
    for name, table, columns in FORMER:
        op.create_index(name, table, columns)
