"""How many statements do the pages of an account take, whatever the number of rows?"""

import pytest

from forum.commands.accounts.favorites import toggle_favorite_thread
from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.models import LoginSession
from forum.queries.accounts import (
    avatar_facts,
    credentials,
    favorite_boards,
    favorite_threads,
    link_facts,
    own_profile,
    own_sessions,
    password_hash_of,
    unclaimed_accounts,
)
from tests.factories import Forum


@pytest.mark.parametrize("rows", [1, 25])
def test_the_pages_of_an_account_take_a_fixed_number_of_statements(forum: Forum, rows: int) -> None:
    member_id, now = forum.member(), utc_now()
    for number in range(rows):
        thread_id = forum.thread(title=f"主题{number}")
        with unit_of_work(forum.database) as uow:
            toggle_favorite_thread(uow, forum.actor(member_id), thread_id=thread_id)
            uow.session.add(
                LoginSession(
                    token_hash=str(number), member_id=member_id, created_at=now, last_seen_at=now,
                    expires_at=now.replace(year=now.year + 1),
                )
            )  # fmt: skip
    actor, site = forum.actor(member_id), forum.site()

    with forum.read() as s:
        for count, ask in (
            (1, lambda: credentials(s, "王小明")),
            (1, lambda: credentials(s, "nobody@example.com")),
            (1, lambda: password_hash_of(s, member_id)),
            (1, lambda: link_facts(s, "token", ("reset",), now)),
            (1, lambda: own_profile(s, member_id, now)),
            (1, lambda: own_sessions(s, actor)),
            (1, lambda: avatar_facts(s, member_id)),
            (2, lambda: favorite_threads(s, actor, 1)),
            (1, lambda: favorite_boards(s, site, actor)),
            (1, lambda: unclaimed_accounts(s)),
        ):
            with recorded_statements() as statements:
                ask()
            assert len(statements) == count, statements

        found = favorite_threads(s, actor, 2)
        assert (found.total, len(found.rows)) == (rows, 1 if rows == 1 else 5)
        assert len(own_sessions(s, actor)) == rows
