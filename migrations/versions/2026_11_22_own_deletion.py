"""Let the groups that reply delete what they wrote themselves (post.delete_own), as a new forum does.

Locks: none that anybody notices, a row for each group. Undo: downgrade takes the right away.

"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "INSERT INTO group_permissions (group_id, key, value) "
        "SELECT group_id, 'post.delete_own', 1 FROM group_permissions "
        "WHERE key = 'post.reply' AND value > 0"
    )


def downgrade() -> None:
    op.execute("DELETE FROM group_permissions WHERE key = 'post.delete_own'")
