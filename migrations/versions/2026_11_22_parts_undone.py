"""Know of each target of an entry of the log whether it was taken back.

Until now an entry that was undone in part counted as undone as a whole: what was left of it can be
undone from now on. Locks: modlog_targets shortly; then the rows of undone entries are written.
Undo: downgrade; an entry undone in part counts as undone again.

"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("modlog_targets", sa.Column("undone_by_id", Big, nullable=True))
    op.execute(
        "UPDATE modlog_targets SET undone_by_id = "
        "(SELECT undone_by_id FROM modlog WHERE modlog.id = modlog_targets.entry_id) "
        "WHERE EXISTS (SELECT 1 FROM modlog JOIN modlog_targets AS back "
        "ON back.entry_id = modlog.undone_by_id WHERE modlog.id = modlog_targets.entry_id "
        "AND back.kind = modlog_targets.kind AND back.target_id = modlog_targets.target_id)"
    )
    op.execute(
        "UPDATE modlog SET undone_by_id = NULL WHERE undone_by_id IS NOT NULL "
        "AND EXISTS (SELECT 1 FROM modlog_targets WHERE modlog_targets.entry_id = modlog.id "
        "AND modlog_targets.undone_by_id IS NULL)"
    )


def downgrade() -> None:
    op.execute(
        "UPDATE modlog SET undone_by_id = (SELECT max(undone_by_id) FROM modlog_targets "
        "WHERE modlog_targets.entry_id = modlog.id) WHERE undone_by_id IS NULL"
    )
    op.drop_column("modlog_targets", "undone_by_id")
