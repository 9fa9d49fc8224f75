"""FTS5 joins its segments no longer by itself within whatever transaction: that is done beside them.

Locks: SQLite's, shortly. Undo: downgrade; segments are joined within transactions again.

"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _join(by_itself=0, at_most=500)


def downgrade() -> None:
    _join(by_itself=4, at_most=16)  # FTS5's own figures


def _join(*, by_itself: int, at_most: int) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for option, value in (("automerge", by_itself), ("crisismerge", at_most)):
            op.execute(
                f"INSERT INTO search_index (search_index, rank) VALUES ('{option}', {value})"  # noqa: S608
            )
