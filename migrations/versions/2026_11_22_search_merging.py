"""PostgreSQL's list of search entries that wait to be merged may be longer: it is merged in time.

Locks: an index's settings, shortly. Undo: downgrade; entries are merged within transactions again.

"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _allow(4096)


def downgrade() -> None:
    _allow(1024)


def _allow(kilobytes: int) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"ALTER INDEX ix_search_tokens_tokens SET (gin_pending_list_limit = {kilobytes})"
        )
