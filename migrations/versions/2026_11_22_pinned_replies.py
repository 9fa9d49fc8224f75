"""Find a thread's pinned replies without walking all its posts.

Locks: on PostgreSQL writes to posts wait while the index is built, over the few rows that are
pinned. Undo: downgrade drops it.

"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_posts_pinned",
        "posts",
        ["thread_id", "floor"],
        sqlite_where=sa.text("is_sticky = 1"),
        postgresql_where=sa.text("is_sticky"),
    )


def downgrade() -> None:
    op.drop_index("ix_posts_pinned", table_name="posts")
