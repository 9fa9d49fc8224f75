"""Merged threads keep their address; warnings; banned networks; who is banned from which network.

Locks: threads, modlog and modlog_targets while their CHECK constraints are exchanged. Undo: downgrade
makes merged threads redirects, which is what they are to readers.

"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STATES = ("visible", "pending", "ignored", "recycled", "draft", "redirect")
KINDS = ("thread", "post", "member", "board")


def _among(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _exchange(states: tuple[str, ...], pointers: str, kinds: tuple[str, ...]) -> None:
    with op.batch_alter_table("threads") as batch_op:
        batch_op.drop_constraint(op.f("ck_threads_threadstate"), type_="check")
        batch_op.create_check_constraint(op.f("ck_threads_threadstate"), _among("state", states))
        batch_op.drop_constraint(op.f("ck_threads_redirect_has_target"), type_="check")
        batch_op.create_check_constraint(op.f("ck_threads_redirect_has_target"), pointers)
    with op.batch_alter_table("modlog") as batch_op:
        batch_op.drop_constraint(op.f("ck_modlog_targetkind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_modlog_targetkind"), _among("target_kind", kinds))
    with op.batch_alter_table("modlog_targets") as batch_op:
        batch_op.drop_constraint(op.f("ck_modlog_targets_targetkind"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_modlog_targets_targetkind"), _among("kind", kinds)
        )


def upgrade() -> None:
    _exchange(
        (*STATES, "merged"),
        "(state IN ('redirect', 'merged')) = (moved_to_id IS NOT NULL)",
        (*KINDS, "network"),
    )
    op.create_table(
        "post_warnings",
        sa.Column("id", Big, nullable=False),
        sa.Column("post_id", Big, nullable=False),
        sa.Column("member_id", Big, nullable=False),
        sa.Column("actor_id", Big, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_post_warnings_post_id_posts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_post_warnings_member_id_members"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["members.id"], name=op.f("fk_post_warnings_actor_id_members"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_warnings")),
    )  # fmt: skip
    op.create_index("ix_post_warnings_post_id", "post_warnings", ["post_id"])
    op.create_index("ix_post_warnings_actor_id", "post_warnings", ["actor_id"])
    op.create_index("ix_post_warnings_member", "post_warnings", ["member_id", "created_at"])
    op.create_table(
        "network_bans",
        sa.Column("id", Big, nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("actor_id", Big, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["members.id"], name=op.f("fk_network_bans_actor_id_members"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_bans")),
        sa.UniqueConstraint("network", name="uq_network_bans_network"),
    )  # fmt: skip
    op.create_index("ix_network_bans_actor_id", "network_bans", ["actor_id"])


def downgrade() -> None:
    op.drop_table("network_bans")
    op.drop_table("post_warnings")
    op.execute("UPDATE threads SET state = 'redirect' WHERE state = 'merged'")
    op.execute("DELETE FROM modlog_targets WHERE kind = 'network'")
    op.execute("UPDATE modlog SET target_kind = 'board' WHERE target_kind = 'network'")
    _exchange(STATES, "(state = 'redirect') = (moved_to_id IS NOT NULL)", KINDS)
