"""The first tables: the whole model but for the search index.

Locks: none, everything is new. Undo: downgrade drops all of it.

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # or the key would not count up
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", Big, nullable=False),
        sa.CheckConstraint("count >= 0", name=op.f("ck_attempts_count_positive")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attempts")),
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index("ix_attempts_since", ["since"], unique=False)

    op.create_table(
        "boards",
        sa.Column("id", Big, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "category",
                "board",
                name="boardkind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("parent_id", Big, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("description_html", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("rules_html", sa.Text(), nullable=False),
        sa.Column("color", Big, nullable=True),
        sa.Column("position", Big, nullable=False),
        sa.Column("columns", Big, nullable=False),
        sa.Column("is_hidden", sa.Boolean(), nullable=False),
        sa.Column("redirect_address", sa.Text(), nullable=False),
        sa.Column("premoderation", Big, nullable=False),
        sa.Column("has_recycle_bin", sa.Boolean(), nullable=False),
        sa.Column("inherits_moderators", sa.Boolean(), nullable=False),
        sa.Column("types_required", sa.Boolean(), nullable=False),
        sa.Column("types_listed", sa.Boolean(), nullable=False),
        sa.Column("autoclose_days", Big, nullable=False),
        sa.Column("default_order", sa.Text(), nullable=False),
        sa.Column("thread_count", Big, nullable=False),
        sa.Column("post_count", Big, nullable=False),
        sa.Column("today_post_count", Big, nullable=False),
        sa.Column("yesterday_post_count", Big, nullable=False),
        sa.Column("today_on", sa.Date(), nullable=True),
        sa.Column("last_thread_id", Big, nullable=True),
        sa.Column("last_title", sa.Text(), nullable=False),
        sa.Column("last_post_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_poster_id", Big, nullable=True),
        sa.Column("last_poster_name", sa.Text(), nullable=False),
        sa.Column("favorite_count", Big, nullable=False),
        sa.Column("version", Big, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("columns BETWEEN 0 AND 6", name=op.f("ck_boards_columns_range")),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_boards_not_own_parent")),
        sa.CheckConstraint("post_count >= 0", name=op.f("ck_boards_post_count_positive")),
        sa.CheckConstraint(
            "premoderation BETWEEN 0 AND 2", name=op.f("ck_boards_premoderation_range")
        ),
        sa.CheckConstraint("thread_count >= 0", name=op.f("ck_boards_thread_count_positive")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["boards.id"], name=op.f("fk_boards_parent_id_boards")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_boards")),
    )
    with op.batch_alter_table("boards", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_boards_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "cache_versions",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", Big, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cache_versions")),
    )
    op.create_table(
        "friend_links",
        sa.Column("id", Big, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("position", Big, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_friend_links")),
    )
    op.create_table(
        "groups",
        sa.Column("id", Big, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "system",
                "ladder",
                "special",
                name="groupkind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("rank", Big, nullable=False),
        sa.Column("points_from", Big, nullable=True),
        sa.Column("points_to", Big, nullable=True),
        sa.Column("stars", Big, nullable=False),
        sa.Column("color", Big, nullable=True),
        sa.Column("read_access", Big, nullable=False),
        sa.Column("may_visit", sa.Boolean(), nullable=False),
        sa.CheckConstraint("rank BETWEEN 0 AND 3", name=op.f("ck_groups_rank_range")),
        sa.CheckConstraint(
            "read_access BETWEEN 0 AND 255", name=op.f("ck_groups_read_access_range")
        ),
        sa.CheckConstraint("stars >= 0", name=op.f("ck_groups_stars_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
    )
    op.create_table(
        "imported_rows",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("local_id", Big, nullable=False),
        sa.PrimaryKeyConstraint("source", "kind", "source_key", name=op.f("pk_imported_rows")),
    )
    op.create_table(
        "modlog",
        sa.Column("id", Big, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_id", Big, nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column(
            "target_kind",
            sa.Enum(
                "thread",
                "post",
                "member",
                "board",
                name="targetkind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("target_count", Big, nullable=False),
        sa.Column("board_id", Big, nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "options",
            Json,
            nullable=False,
        ),
        sa.Column(
            "effects",
            Json,
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undoes_id", Big, nullable=True),
        sa.Column("undone_by_id", Big, nullable=True),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["undoes_id"], ["modlog.id"], name=op.f("fk_modlog_undoes_id_modlog")
        ),
        sa.ForeignKeyConstraint(
            ["undone_by_id"], ["modlog.id"], name=op.f("fk_modlog_undone_by_id_modlog")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_modlog")),
    )
    with op.batch_alter_table("modlog", schema=None) as batch_op:
        batch_op.create_index("ix_modlog_actor", ["actor_id", "id"], unique=False)
        batch_op.create_index("ix_modlog_board", ["board_id", "id"], unique=False)
        batch_op.create_index("ix_modlog_expiry", ["expires_at", "undone_by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_modlog_undoes_id"), ["undoes_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_modlog_undone_by_id"), ["undone_by_id"], unique=False)

    op.create_table(
        "modlog_head",
        sa.Column("id", Big, nullable=False),
        sa.Column("entry_id", Big, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_modlog_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_modlog_head")),
    )
    op.create_table(
        "online_visits",
        sa.Column("visitor", sa.Text(), nullable=False),
        sa.Column("member_id", Big, nullable=True),
        sa.Column("board_id", Big, nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("visitor", name=op.f("pk_online_visits")),
    )
    with op.batch_alter_table("online_visits", schema=None) as batch_op:
        batch_op.create_index("ix_online_visits_seen", ["seen_at"], unique=False)

    op.create_table(
        "outgoing_mail",
        sa.Column("id", Big, nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempt_count", Big, nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mail")),
    )
    with op.batch_alter_table("outgoing_mail", schema=None) as batch_op:
        batch_op.create_index("ix_outgoing_mail_due", ["sent_at", "due_at"], unique=False)

    op.create_table(
        "point_kinds",
        sa.Column("id", Big, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("floor_amount", Big, nullable=False),
        sa.CheckConstraint("id BETWEEN 1 AND 8", name=op.f("ck_point_kinds_slot_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_kinds")),
    )
    op.create_table(
        "point_rule_settings",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("board_id", Big, nullable=False),
        sa.Column(
            "amounts",
            Json,
            nullable=False,
        ),
        sa.Column("cycle", sa.Text(), nullable=True),
        sa.Column("times", Big, nullable=True),
        sa.PrimaryKeyConstraint("rule", "board_id", name=op.f("pk_point_rule_settings")),
    )
    op.create_table(
        "settings",
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column(
            "values",
            Json,
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("section", name=op.f("pk_settings")),
    )
    op.create_table(
        "board_permissions",
        sa.Column("board_id", Big, nullable=False),
        sa.Column(
            "right",
            sa.Enum(
                "view",
                "post",
                "reply",
                name="boardright",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("group_id", Big, nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id"],
            ["boards.id"],
            name=op.f("fk_board_permissions_board_id_boards"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["groups.id"],
            name=op.f("fk_board_permissions_group_id_groups"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("board_id", "right", "group_id", name=op.f("pk_board_permissions")),
    )
    with op.batch_alter_table("board_permissions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_board_permissions_group_id"), ["group_id"], unique=False
        )

    op.create_table(
        "group_permissions",
        sa.Column("group_id", Big, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", Big, nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["groups.id"],
            name=op.f("fk_group_permissions_group_id_groups"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("group_id", "key", name=op.f("pk_group_permissions")),
    )
    op.create_table(
        "members",
        sa.Column("id", Big, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "active",
                "unclaimed",
                "locked",
                name="memberstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("is_founder", sa.Boolean(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("email_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("password_is_temporary", sa.Boolean(), nullable=False),
        sa.Column("group_id", Big, nullable=False),
        sa.Column("group_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("former_group_id", Big, nullable=True),
        sa.Column("claimed_group_id", Big, nullable=True),
        sa.Column("shown_group_title", sa.Text(), nullable=False),
        sa.Column("shown_stars", Big, nullable=True),
        sa.Column("total", Big, nullable=False),
        sa.Column("thread_count", Big, nullable=False),
        sa.Column("post_count", Big, nullable=False),
        sa.Column("digest_count", Big, nullable=False),
        sa.Column("opening_thread_count", Big, nullable=False),
        sa.Column("opening_post_count", Big, nullable=False),
        sa.Column("opening_digest_count", Big, nullable=False),
        sa.Column("counts_are_approximate", sa.Boolean(), nullable=False),
        sa.Column("unread_notice_count", Big, nullable=False),
        sa.Column("custom_title", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("signature_html", sa.Text(), nullable=False),
        sa.Column("avatar", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("is_invisible", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_address", sa.Text(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("previous_visit_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_post_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_address", sa.Text(), nullable=False),
        sa.CheckConstraint("post_count >= 0", name=op.f("ck_members_post_count_positive")),
        sa.CheckConstraint("thread_count >= 0", name=op.f("ck_members_thread_count_positive")),
        sa.CheckConstraint(
            "unread_notice_count >= 0", name=op.f("ck_members_unread_notice_count_positive")
        ),
        sa.ForeignKeyConstraint(
            ["claimed_group_id"], ["groups.id"], name=op.f("fk_members_claimed_group_id_groups")
        ),
        sa.ForeignKeyConstraint(
            ["former_group_id"], ["groups.id"], name=op.f("fk_members_former_group_id_groups")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_members_group_id_groups")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
    )
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.create_index("ix_members_created", ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_members_group_id"), ["group_id"], unique=False)
        batch_op.create_index(
            "uq_members_confirmed_email",
            ["email_key"],
            unique=True,
            sqlite_where=sa.text("email_confirmed_at IS NOT NULL"),
            postgresql_where=sa.text("email_confirmed_at IS NOT NULL"),
        )
        batch_op.create_index("uq_members_name_key", ["name_key"], unique=True)

    op.create_table(
        "modlog_targets",
        sa.Column("entry_id", Big, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "thread",
                "post",
                "member",
                "board",
                name="targetkind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("target_id", Big, nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["modlog.id"],
            name=op.f("fk_modlog_targets_entry_id_modlog"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entry_id", "kind", "target_id", name=op.f("pk_modlog_targets")),
    )
    with op.batch_alter_table("modlog_targets", schema=None) as batch_op:
        batch_op.create_index(
            "ix_modlog_targets_target", ["kind", "target_id", "entry_id"], unique=False
        )

    op.create_table(
        "point_transfers",
        sa.Column("id", Big, nullable=False),
        sa.Column("kind_id", Big, nullable=False),
        sa.Column("debit_account", Big, nullable=False),
        sa.Column("credit_account", Big, nullable=False),
        sa.Column("amount", Big, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("once_key", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("actor_id", Big, nullable=True),
        sa.Column("reverses_id", Big, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_point_transfers_amount_positive")),
        sa.CheckConstraint(
            "debit_account <> credit_account", name=op.f("ck_point_transfers_two_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["kind_id"], ["point_kinds.id"], name=op.f("fk_point_transfers_kind_id_point_kinds")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["point_transfers.id"],
            name=op.f("fk_point_transfers_reverses_id_point_transfers"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_transfers")),
        sa.UniqueConstraint("once_key", name="uq_point_transfers_once_key"),
    )
    with op.batch_alter_table("point_transfers", schema=None) as batch_op:
        batch_op.create_index("ix_point_transfers_credit", ["credit_account", "id"], unique=False)
        batch_op.create_index("ix_point_transfers_debit", ["debit_account", "id"], unique=False)
        batch_op.create_index("ix_point_transfers_reverses", ["reverses_id"], unique=True)
        batch_op.create_index("ix_point_transfers_subject", ["subject"], unique=False)

    op.create_table(
        "thread_types",
        sa.Column("id", Big, nullable=False),
        sa.Column("board_id", Big, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", Big, nullable=False),
        sa.Column("for_moderators", sa.Boolean(), nullable=False),
        sa.Column("is_retired", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id"],
            ["boards.id"],
            name=op.f("fk_thread_types_board_id_boards"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread_types")),
    )
    with op.batch_alter_table("thread_types", schema=None) as batch_op:
        batch_op.create_index(
            "ix_thread_types_board_position", ["board_id", "position"], unique=False
        )

    op.create_table(
        "announcements",
        sa.Column("id", Big, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("position", Big, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("author_id", Big, nullable=True),
        sa.CheckConstraint(
            "ends_at IS NULL OR ends_at > starts_at", name=op.f("ck_announcements_ends_later")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["members.id"],
            name=op.f("fk_announcements_author_id_members"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
    )
    with op.batch_alter_table("announcements", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_announcements_author_id"), ["author_id"], unique=False)

    op.create_table(
        "board_moderators",
        sa.Column("board_id", Big, nullable=False),
        sa.Column("member_id", Big, nullable=False),
        sa.Column("position", Big, nullable=False),
        sa.Column("appointed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id"],
            ["boards.id"],
            name=op.f("fk_board_moderators_board_id_boards"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.id"],
            name=op.f("fk_board_moderators_member_id_members"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("board_id", "member_id", name=op.f("pk_board_moderators")),
    )
    with op.batch_alter_table("board_moderators", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_board_moderators_member_id"), ["member_id"], unique=False
        )

    op.create_table(
        "board_visits",
        sa.Column("member_id", Big, nullable=False),
        sa.Column("board_id", Big, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id"],
            ["boards.id"],
            name=op.f("fk_board_visits_board_id_boards"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.id"],
            name=op.f("fk_board_visits_member_id_members"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("member_id", "board_id", name=op.f("pk_board_visits")),
    )
    op.create_table(
        "favorites",
        sa.Column("member_id", Big, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "thread",
                "board",
                name="favoritekind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("target_id", Big, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.id"],
            name=op.f("fk_favorites_member_id_members"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("member_id", "kind", "target_id", name=op.f("pk_favorites")),
    )
    with op.batch_alter_table("favorites", schema=None) as batch_op:
        batch_op.create_index("ix_favorites_target", ["kind", "target_id"], unique=False)

    op.create_table(
        "login_sessions",
        sa.Column("id", Big, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("member_id", Big, nullable=False),
        sa.Column("is_remembered", sa.Boolean(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("panel_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.id"],
            name=op.f("fk_login_sessions_member_id_members"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_sessions")),
    )
    with op.batch_alter_table("login_sessions", schema=None) as batch_op:
        batch_op.create_index("ix_login_sessions_expiry", ["expires_at"], unique=False)
        batch_op.create_index("ix_login_sessions_member", ["member_id", "id"], unique=False)
        batch_op.create_index("uq_login_sessions_token", ["token_hash"], unique=True)

    op.create_table(
        "mail_tokens",
        sa.Column("id", Big, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("member_id", Big, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_stamp", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.id"],
            name=op.f("fk_mail_tokens_member_id_members"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_tokens")),
    )
    with op.batch_alter_table("mail_tokens", schema=None) as batch_op:
        batch_op.create_index("ix_mail_tokens_member", ["member_id"], unique=False)
        batch_op.create_index("uq_mail_tokens_token", ["token_hash"], unique=True)

    op.create_table(
        "member_points",
        sa.Column("member_id", Big, nullable=False),
        sa.Column("kind_id", Big, nullable=False),
        sa.Column("amount", Big, nullable=False),
        sa.ForeignKeyConstraint(
            ["kind_id"], ["point_kinds.id"], name=op.f("fk_member_points_kind_id_point_kinds")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.id"],
            name=op.f("fk_member_points_member_id_members"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("member_id", "kind_id", name=op.f("pk_member_points")),
    )
    op.create_table(
        "notices",
        sa.Column("id", Big, nullable=False),
        sa.Column("member_id", Big, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor_id", Big, nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("thread_id", Big, nullable=True),
        sa.Column("post_id", Big, nullable=True),
        sa.Column(
            "data",
            Json,
            nullable=False,
        ),
        sa.Column("merge_key", sa.Text(), nullable=False),
        sa.Column("merged_count", Big, nullable=False),
        sa.Column("is_read", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("merged_count >= 1", name=op.f("ck_notices_merged_count_positive")),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.id"],
            name=op.f("fk_notices_member_id_members"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index("ix_notices_member", ["member_id", "id"], unique=False)
        batch_op.create_index("ix_notices_merge", ["member_id", "merge_key"], unique=False)

    op.create_table(
        "threads",
        sa.Column("id", Big, nullable=False),
        sa.Column("board_id", Big, nullable=False),
        sa.Column("type_id", Big, nullable=True),
        sa.Column("author_id", Big, nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "visible",
                "pending",
                "ignored",
                "recycled",
                "draft",
                "redirect",
                name="threadstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("former_state", sa.Text(), nullable=True),
        sa.Column("sticky_level", Big, nullable=False),
        sa.Column("digest_level", Big, nullable=False),
        sa.Column("highlight_color", Big, nullable=False),
        sa.Column("highlight_background", Big, nullable=False),
        sa.Column("highlight_bold", sa.Boolean(), nullable=False),
        sa.Column("highlight_italic", sa.Boolean(), nullable=False),
        sa.Column("highlight_underline", sa.Boolean(), nullable=False),
        sa.Column("stamp", sa.Text(), nullable=False),
        sa.Column("icon", sa.Text(), nullable=False),
        sa.Column("is_recommended", sa.Boolean(), nullable=False),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("is_newest_first", sa.Boolean(), nullable=False),
        sa.Column("read_access", Big, nullable=False),
        sa.Column("notifies_author", sa.Boolean(), nullable=False),
        sa.Column("moved_to_id", Big, nullable=True),
        sa.Column("first_post_id", Big, nullable=True),
        sa.Column("has_images", sa.Boolean(), nullable=False),
        sa.Column("reply_count", Big, nullable=False),
        sa.Column("comment_count", Big, nullable=False),
        sa.Column("view_count", Big, nullable=False),
        sa.Column("favorite_count", Big, nullable=False),
        sa.Column("heat", Big, nullable=False),
        sa.Column("last_floor", Big, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_post_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_poster_id", Big, nullable=True),
        sa.Column("last_poster_name", sa.Text(), nullable=False),
        sa.Column("version", Big, nullable=False),
        sa.Column("last_log_id", Big, nullable=True),
        sa.CheckConstraint(
            "(state = 'redirect') = (moved_to_id IS NOT NULL)",
            name=op.f("ck_threads_redirect_has_target"),
        ),
        sa.CheckConstraint(
            "digest_level BETWEEN 0 AND 3", name=op.f("ck_threads_digest_level_range")
        ),
        sa.CheckConstraint(
            "highlight_background BETWEEN 0 AND 8",
            name=op.f("ck_threads_highlight_background_range"),
        ),
        sa.CheckConstraint(
            "highlight_color BETWEEN 0 AND 8", name=op.f("ck_threads_highlight_color_range")
        ),
        sa.CheckConstraint("last_floor >= 0", name=op.f("ck_threads_last_floor_positive")),
        sa.CheckConstraint("reply_count >= 0", name=op.f("ck_threads_reply_count_positive")),
        sa.CheckConstraint(
            "sticky_level BETWEEN 0 AND 3", name=op.f("ck_threads_sticky_level_range")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["members.id"], name=op.f("fk_threads_author_id_members")
        ),
        sa.ForeignKeyConstraint(
            ["board_id"], ["boards.id"], name=op.f("fk_threads_board_id_boards")
        ),
        sa.ForeignKeyConstraint(
            ["moved_to_id"],
            ["threads.id"],
            name=op.f("fk_threads_moved_to_id_threads"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["type_id"],
            ["thread_types.id"],
            name=op.f("fk_threads_type_id_thread_types"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
    )
    with op.batch_alter_table("threads", schema=None) as batch_op:
        batch_op.create_index("ix_threads_author", ["author_id", "state", "id"], unique=False)
        batch_op.create_index(
            "ix_threads_board_created",
            ["board_id", "state", "sticky_level", "created_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_threads_board_digest",
            ["board_id", "state", "digest_level", "last_post_at"],
            unique=False,
        )
        batch_op.create_index(
            "ix_threads_board_heat", ["board_id", "state", "heat", "last_post_at"], unique=False
        )
        batch_op.create_index(
            "ix_threads_board_last_post",
            ["board_id", "state", "sticky_level", "last_post_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_threads_board_replies",
            ["board_id", "state", "sticky_level", "reply_count", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_threads_board_type", ["board_id", "type_id", "state", "last_post_at"], unique=False
        )
        batch_op.create_index(
            "ix_threads_board_views",
            ["board_id", "state", "sticky_level", "view_count", "id"],
            unique=False,
        )
        batch_op.create_index("ix_threads_moved_to", ["moved_to_id"], unique=False)
        batch_op.create_index(
            "ix_threads_state_last_post", ["state", "last_post_at", "id"], unique=False
        )
        batch_op.create_index("ix_threads_sticky", ["sticky_level", "state"], unique=False)

    op.create_table(
        "imported_pages",
        sa.Column("id", Big, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("thread_id", Big, nullable=True),
        sa.Column(
            "facts",
            Json,
            nullable=False,
        ),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["thread_id"],
            ["threads.id"],
            name=op.f("fk_imported_pages_thread_id_threads"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_pages")),
    )
    with op.batch_alter_table("imported_pages", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_imported_pages_thread_id"), ["thread_id"], unique=False
        )
        batch_op.create_index("uq_imported_pages_digest", ["digest"], unique=True)

    op.create_table(
        "posts",
        sa.Column("id", Big, nullable=False),
        sa.Column("thread_id", Big, nullable=False),
        sa.Column("floor", Big, nullable=False),
        sa.Column("author_id", Big, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "visible",
                "pending",
                "ignored",
                "recycled",
                name="poststate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("renderer_version", Big, nullable=False),
        sa.Column("has_images", sa.Boolean(), nullable=False),
        sa.Column("is_blocked", sa.Boolean(), nullable=False),
        sa.Column("is_warned", sa.Boolean(), nullable=False),
        sa.Column("is_sticky", sa.Boolean(), nullable=False),
        sa.Column("submission_key", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("edited_by_name", sa.Text(), nullable=False),
        sa.Column("version", Big, nullable=False),
        sa.CheckConstraint("floor >= 1", name=op.f("ck_posts_floor_from_one")),
        sa.ForeignKeyConstraint(
            ["author_id"], ["members.id"], name=op.f("fk_posts_author_id_members")
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"],
            ["threads.id"],
            name=op.f("fk_posts_thread_id_threads"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("author_id", "submission_key", name="uq_posts_submission"),
        sa.UniqueConstraint("thread_id", "floor", name="uq_posts_thread_floor"),
    )
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.create_index("ix_posts_author", ["author_id", "state", "id"], unique=False)
        batch_op.create_index("ix_posts_created", ["created_at"], unique=False)
        batch_op.create_index("ix_posts_pending", ["state", "id"], unique=False)
        batch_op.create_index(
            "ix_posts_thread_author", ["thread_id", "author_id", "floor"], unique=False
        )

    op.create_table(
        "thread_reads",
        sa.Column("member_id", Big, nullable=False),
        sa.Column("thread_id", Big, nullable=False),
        sa.Column("floor", Big, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.id"],
            name=op.f("fk_thread_reads_member_id_members"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"],
            ["threads.id"],
            name=op.f("fk_thread_reads_thread_id_threads"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("member_id", "thread_id", name=op.f("pk_thread_reads")),
    )
    with op.batch_alter_table("thread_reads", schema=None) as batch_op:
        batch_op.create_index("ix_thread_reads_thread", ["thread_id"], unique=False)

    op.create_table(
        "post_comments",
        sa.Column("id", Big, nullable=False),
        sa.Column("post_id", Big, nullable=False),
        sa.Column("author_id", Big, nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["members.id"], name=op.f("fk_post_comments_author_id_members")
        ),
        sa.ForeignKeyConstraint(
            ["post_id"],
            ["posts.id"],
            name=op.f("fk_post_comments_post_id_posts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_comments")),
    )
    with op.batch_alter_table("post_comments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_post_comments_author_id"), ["author_id"], unique=False)
        batch_op.create_index("ix_post_comments_post", ["post_id", "id"], unique=False)

    op.create_table(
        "post_ratings",
        sa.Column("id", Big, nullable=False),
        sa.Column("post_id", Big, nullable=False),
        sa.Column("rater_id", Big, nullable=True),
        sa.Column("rater_name", sa.Text(), nullable=False),
        sa.Column(
            "amounts",
            Json,
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"],
            ["posts.id"],
            name=op.f("fk_post_ratings_post_id_posts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["rater_id"], ["members.id"], name=op.f("fk_post_ratings_rater_id_members")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_ratings")),
    )
    with op.batch_alter_table("post_ratings", schema=None) as batch_op:
        batch_op.create_index("ix_post_ratings_post", ["post_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_ratings_rater_id"), ["rater_id"], unique=False)

    op.create_table(
        "post_revisions",
        sa.Column("id", Big, nullable=False),
        sa.Column("post_id", Big, nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("editor_id", Big, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["editor_id"],
            ["members.id"],
            name=op.f("fk_post_revisions_editor_id_members"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["post_id"],
            ["posts.id"],
            name=op.f("fk_post_revisions_post_id_posts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_revisions")),
    )
    with op.batch_alter_table("post_revisions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_post_revisions_editor_id"), ["editor_id"], unique=False
        )
        batch_op.create_index("ix_post_revisions_post", ["post_id", "id"], unique=False)

    op.create_table(
        "reports",
        sa.Column("id", Big, nullable=False),
        sa.Column("post_id", Big, nullable=False),
        sa.Column("board_id", Big, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "upheld",
                "rejected",
                name="reportstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("entry_count", Big, nullable=False),
        sa.Column("escalation", Big, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("handler_id", Big, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("entry_count >= 1", name=op.f("ck_reports_entry_count_positive")),
        sa.CheckConstraint("escalation BETWEEN 0 AND 2", name=op.f("ck_reports_escalation_range")),
        sa.ForeignKeyConstraint(
            ["board_id"], ["boards.id"], name=op.f("fk_reports_board_id_boards")
        ),
        sa.ForeignKeyConstraint(
            ["handler_id"],
            ["members.id"],
            name=op.f("fk_reports_handler_id_members"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_reports_post_id_posts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reports_board_id"), ["board_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reports_handler_id"), ["handler_id"], unique=False)
        batch_op.create_index("ix_reports_post", ["post_id", "state"], unique=False)
        batch_op.create_index("ix_reports_queue", ["state", "board_id", "id"], unique=False)

    op.create_table(
        "report_entries",
        sa.Column("id", Big, nullable=False),
        sa.Column("report_id", Big, nullable=False),
        sa.Column("reporter_id", Big, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["reports.id"],
            name=op.f("fk_report_entries_report_id_reports"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["reporter_id"],
            ["members.id"],
            name=op.f("fk_report_entries_reporter_id_members"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_entries")),
        sa.UniqueConstraint("report_id", "reporter_id", name="uq_report_entries_reporter"),
    )
    with op.batch_alter_table("report_entries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_report_entries_reporter_id"), ["reporter_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("report_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_report_entries_reporter_id"))

    op.drop_table("report_entries")
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.drop_index("ix_reports_queue")
        batch_op.drop_index("ix_reports_post")
        batch_op.drop_index(batch_op.f("ix_reports_handler_id"))
        batch_op.drop_index(batch_op.f("ix_reports_board_id"))

    op.drop_table("reports")
    with op.batch_alter_table("post_revisions", schema=None) as batch_op:
        batch_op.drop_index("ix_post_revisions_post")
        batch_op.drop_index(batch_op.f("ix_post_revisions_editor_id"))

    op.drop_table("post_revisions")
    with op.batch_alter_table("post_ratings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_post_ratings_rater_id"))
        batch_op.drop_index("ix_post_ratings_post")

    op.drop_table("post_ratings")
    with op.batch_alter_table("post_comments", schema=None) as batch_op:
        batch_op.drop_index("ix_post_comments_post")
        batch_op.drop_index(batch_op.f("ix_post_comments_author_id"))

    op.drop_table("post_comments")
    with op.batch_alter_table("thread_reads", schema=None) as batch_op:
        batch_op.drop_index("ix_thread_reads_thread")

    op.drop_table("thread_reads")
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.drop_index("ix_posts_thread_author")
        batch_op.drop_index("ix_posts_pending")
        batch_op.drop_index("ix_posts_created")
        batch_op.drop_index("ix_posts_author")

    op.drop_table("posts")
    with op.batch_alter_table("imported_pages", schema=None) as batch_op:
        batch_op.drop_index("uq_imported_pages_digest")
        batch_op.drop_index(batch_op.f("ix_imported_pages_thread_id"))

    op.drop_table("imported_pages")
    with op.batch_alter_table("threads", schema=None) as batch_op:
        batch_op.drop_index("ix_threads_sticky")
        batch_op.drop_index("ix_threads_state_last_post")
        batch_op.drop_index("ix_threads_moved_to")
        batch_op.drop_index("ix_threads_board_views")
        batch_op.drop_index("ix_threads_board_type")
        batch_op.drop_index("ix_threads_board_replies")
        batch_op.drop_index("ix_threads_board_last_post")
        batch_op.drop_index("ix_threads_board_heat")
        batch_op.drop_index("ix_threads_board_digest")
        batch_op.drop_index("ix_threads_board_created")
        batch_op.drop_index("ix_threads_author")

    op.drop_table("threads")
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index("ix_notices_merge")
        batch_op.drop_index("ix_notices_member")

    op.drop_table("notices")
    op.drop_table("member_points")
    with op.batch_alter_table("mail_tokens", schema=None) as batch_op:
        batch_op.drop_index("uq_mail_tokens_token")
        batch_op.drop_index("ix_mail_tokens_member")

    op.drop_table("mail_tokens")
    with op.batch_alter_table("login_sessions", schema=None) as batch_op:
        batch_op.drop_index("uq_login_sessions_token")
        batch_op.drop_index("ix_login_sessions_member")
        batch_op.drop_index("ix_login_sessions_expiry")

    op.drop_table("login_sessions")
    with op.batch_alter_table("favorites", schema=None) as batch_op:
        batch_op.drop_index("ix_favorites_target")

    op.drop_table("favorites")
    op.drop_table("board_visits")
    with op.batch_alter_table("board_moderators", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_board_moderators_member_id"))

    op.drop_table("board_moderators")
    with op.batch_alter_table("announcements", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_announcements_author_id"))

    op.drop_table("announcements")
    with op.batch_alter_table("thread_types", schema=None) as batch_op:
        batch_op.drop_index("ix_thread_types_board_position")

    op.drop_table("thread_types")
    with op.batch_alter_table("point_transfers", schema=None) as batch_op:
        batch_op.drop_index("ix_point_transfers_subject")
        batch_op.drop_index("ix_point_transfers_reverses")
        batch_op.drop_index("ix_point_transfers_debit")
        batch_op.drop_index("ix_point_transfers_credit")

    op.drop_table("point_transfers")
    with op.batch_alter_table("modlog_targets", schema=None) as batch_op:
        batch_op.drop_index("ix_modlog_targets_target")

    op.drop_table("modlog_targets")
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.drop_index("uq_members_name_key")
        batch_op.drop_index(
            "uq_members_confirmed_email",
            sqlite_where=sa.text("email_confirmed_at IS NOT NULL"),
            postgresql_where=sa.text("email_confirmed_at IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_members_group_id"))
        batch_op.drop_index("ix_members_created")

    op.drop_table("members")
    op.drop_table("group_permissions")
    with op.batch_alter_table("board_permissions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_board_permissions_group_id"))

    op.drop_table("board_permissions")
    op.drop_table("settings")
    op.drop_table("point_rule_settings")
    op.drop_table("point_kinds")
    with op.batch_alter_table("outgoing_mail", schema=None) as batch_op:
        batch_op.drop_index("ix_outgoing_mail_due")

    op.drop_table("outgoing_mail")
    with op.batch_alter_table("online_visits", schema=None) as batch_op:
        batch_op.drop_index("ix_online_visits_seen")

    op.drop_table("online_visits")
    op.drop_table("modlog_head")
    with op.batch_alter_table("modlog", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_modlog_undone_by_id"))
        batch_op.drop_index(batch_op.f("ix_modlog_undoes_id"))
        batch_op.drop_index("ix_modlog_expiry")
        batch_op.drop_index("ix_modlog_board")
        batch_op.drop_index("ix_modlog_actor")

    op.drop_table("modlog")
    op.drop_table("imported_rows")
    op.drop_table("groups")
    op.drop_table("friend_links")
    op.drop_table("cache_versions")
    with op.batch_alter_table("boards", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_boards_parent_id"))

    op.drop_table("boards")
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_index("ix_attempts_since")

    op.drop_table("attempts")
