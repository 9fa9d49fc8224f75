"""Joining, logging in, changing and handing over accounts: the rules, below any page."""

import ast
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from forum.commands.accounts.claiming import confirm_claimed_group, hand_over_account
from forum.commands.accounts.emails import change_email, confirm_email
from forum.commands.accounts.favorites import (
    recount_favorites,
    toggle_favorite_board,
    toggle_favorite_thread,
)
from forum.commands.accounts.passwords import change_password, request_reset, reset_password
from forum.commands.accounts.profile import edit_profile, set_avatar
from forum.commands.accounts.registration import register_member
from forum.commands.accounts.sessions import (
    begin_day,
    count_login_try,
    end_session,
    log_in,
    open_session,
)
from forum.commands.accounts.tries import count_try
from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.core.errors import Forbidden, Invalid, NotFound, Taken, TooSoon
from forum.core.mail import Letter
from forum.core.names import email_key
from forum.core.networks import network_of
from forum.core.uow import UnitOfWork, unit_of_work
from forum.models import (
    Attempt,
    Board,
    LoginSession,
    MailToken,
    Member,
    MemberPoints,
    MemberState,
    OutgoingMail,
    PointTransfer,
    Thread,
    ThreadState,
)
from forum.queries.accounts import credentials
from forum.queries.actors import token_hash
from tests.acting import actor_of_token
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum

MONEY = 2


def written(kind: str, *, recipient: str, locale: str, **facts: object) -> Letter:
    """A letter whose body is its token, so that tests can open the link."""
    return Letter(recipient, kind, str(facts.get("token", "")))


@contextmanager
def changing(forum: Forum, **more: Any) -> Iterator[UnitOfWork]:
    with unit_of_work(forum.database, **more) as uow:
        forum.database.cache.refresh(uow.session)
        yield uow


def join(
    forum: Forum, name: str = "李小红", email: str = "li@example.com", address: str = ""
) -> int:
    with changing(forum, address=address) as uow:
        return register_member(
            uow, forum.actor(None), name=name, email=email, password_hash="hash", letters=written
        )


def row(forum: Forum, member_id: int) -> Member:
    with forum.read() as s:
        return s.get_one(Member, member_id)


def letters(forum: Forum) -> list[OutgoingMail]:
    with forum.read() as s:
        return list(s.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def money(forum: Forum, member_id: int) -> int:
    with forum.read() as s:
        return s.scalar(
            select(MemberPoints.amount).where(
                MemberPoints.member_id == member_id, MemberPoints.kind_id == MONEY
            )
        ) or 0  # fmt: skip


def confirmed(forum: Forum, name: str, email: str) -> int:
    return forum.member(
        name, email=email, email_confirmed_at=utc_now(), password_hash="the old hash"
    )


def test_a_new_member_starts_as_a_newcomer(forum: Forum) -> None:
    member_id = join(forum, address="192.0.2.7")

    member = row(forum, member_id)
    assert (member.name, member.group_id, member.created_address) == ("李小红", 10, "192.0.2.7")
    assert member.email_confirmed_at is None


def test_names_that_look_alike_are_one_name(forum: Forum) -> None:
    join(forum, "Alice")

    for name in ("alice", "ALICE", "Аlice", "Ａｌｉｃｅ", "A1ice"):
        with pytest.raises(Taken):
            join(forum, name)


def test_several_accounts_may_carry_the_same_unconfirmed_address(forum: Forum) -> None:
    assert join(forum, "李小红") != join(forum, "张大力")


def test_from_one_network_only_so_many_join_in_a_day(forum: Forum) -> None:
    for number in range(10):
        join(forum, f"成员甲{number}", address="2001:db8::1")

    with pytest.raises(TooSoon):
        join(forum, "成员乙", address="2001:db8::ffff:1")
    join(forum, "成员丙", address="2001:db8:1::1")


def test_the_count_of_tries_survives_and_starts_over_after_its_window(forum: Forum) -> None:
    window = timedelta(minutes=15)
    for number in range(1, 8):
        with unit_of_work(forum.database) as uow:
            tries = count_try(uow, "login:member:5", limit=5, window=window)
        assert tries.count == number
        assert tries.are_too_many == (number > 5)

    with unit_of_work(forum.database, now=utc_now() + window) as uow:
        assert count_try(uow, "login:member:5", limit=5, window=window).count == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
    ],
)
def test_whom_a_try_is_counted_against(address: str, network: str) -> None:
    assert network_of(address) == network


def attempt_of(forum: Forum, member_id: int):
    with changing(forum) as uow:
        return count_login_try(uow, typed="", member_id=member_id)


def logged_in(forum: Forum, member_id: int, verified_hash: str = "hash") -> str:
    attempt = attempt_of(forum, member_id)
    with changing(forum) as uow:
        return log_in(
            uow,
            forum.actor(None),
            member_id=member_id,
            verified_hash=verified_hash,
            attempt=attempt,
            is_remembered=True,
        )


def test_logging_in_makes_a_session_of_thirty_days_and_pays_the_day_once(forum: Forum) -> None:
    member_id = forum.member(password_hash="hash")

    token = logged_in(forum, member_id)
    logged_in(forum, member_id)

    with forum.read() as s:
        session = s.scalars(
            select(LoginSession).where(LoginSession.token_hash == token_hash(token))
        ).one()
        assert timedelta(days=29) < session.expires_at - utc_now() <= timedelta(days=30)
        assert token not in (session.token_hash, session.agent)
        assert (
            s.scalars(select(Attempt).where(Attempt.key == f"login:member:{member_id}")).all() == []
        )
    assert money(forum, member_id) == 2


def test_a_day_is_paid_once_however_many_devices(forum: Forum) -> None:
    member_id = forum.member(password_hash="hash")
    actors = []
    for _ in range(2):
        token = logged_in(forum, member_id)
        with forum.read() as s:
            actors.append(actor_of_token(forum, s, token))
    assert money(forum, member_id) == 2

    for actor in actors:
        with changing(forum, now=utc_now() + timedelta(days=1)) as uow:
            begin_day(uow, actor)

    assert money(forum, member_id) == 4


def test_a_password_changed_between_check_and_login_does_not_let_in(forum: Forum) -> None:
    member_id = forum.member(password_hash="new")

    with pytest.raises(Invalid, match="login_wrong"):
        logged_in(forum, member_id, verified_hash="old")


def test_who_may_not_log_in_is_told_why(forum: Forum) -> None:
    member_id = forum.member(password_hash="hash", state=MemberState.UNCLAIMED)

    with pytest.raises(Forbidden, match="unclaimed"):
        logged_in(forum, member_id)


@pytest.mark.parametrize("columns", [{"group_id": 5}, {"state": MemberState.LOCKED}])
def test_the_banned_come_in_to_read_why_and_are_paid_nothing(forum: Forum, columns: dict) -> None:
    member_id = forum.member(password_hash="hash", **columns)

    assert logged_in(forum, member_id)

    with forum.read() as s:
        assert not s.scalars(select(PointTransfer)).all()
        assert not forum.actor(member_id).may_visit


def test_an_account_without_a_password_lets_nobody_in(forum: Forum) -> None:
    member_id = forum.member(password_hash="")

    with pytest.raises(Invalid, match="login_wrong"):
        logged_in(forum, member_id, verified_hash="")


def test_nobody_ends_the_sessions_of_others(forum: Forum) -> None:
    mine, other = forum.member("王小明"), forum.member("李小红")
    with changing(forum) as uow:
        token = open_session(uow, member_id=other, is_remembered=False)
    with forum.read() as s:
        session_id = actor_of_token(forum, s, token).session_id

    with unit_of_work(forum.database) as uow:
        assert not end_session(uow, forum.actor(mine), session_id=session_id)


def test_only_one_function_makes_sessions() -> None:
    makers = []
    for path in (Path(__file__).parents[2] / "forum").rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef):
                makers += [
                    function.name
                    for call in ast.walk(function)
                    if isinstance(call, ast.Call)
                    and any(
                        isinstance(name, ast.Name) and name.id == "LoginSession"
                        for name in (call.func, *(call.args if _is_insert(call) else ()))
                    )
                ]

    assert makers == ["open_session"]


def _is_insert(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "insert"


def test_whom_a_typed_name_stands_for(forum: Forum) -> None:
    member_id = confirmed(forum, "王小明", "wang@example.com")
    forum.member("张大力", email="zhang@example.com")
    digits = forum.member("1024")

    with forum.read() as s:
        assert credentials(s, " 王小明 ").member_id == member_id
        assert credentials(s, "WANG@example.com").member_id == member_id
        assert credentials(s, str(member_id)).member_id == member_id
        assert credentials(s, "1024").member_id == digits
        assert credentials(s, "zhang@example.com") is None
        assert credentials(s, "9" * 30) is None
        assert credentials(s, "٣") is None


def link_from(forum: Forum) -> str:
    return letters(forum)[-1].body


def ask_reset(forum: Forum, email: str, address: str = "192.0.2.1", **more) -> None:
    with changing(forum, address=address, **more) as uow:
        request_reset(uow, email=email, letters=written)


def test_a_reset_link_works_once_and_ends_all_sessions(forum: Forum) -> None:
    member_id = confirmed(forum, "王小明", "wang@example.com")
    token = logged_in(forum, member_id, "the old hash")
    ask_reset(forum, "Wang@Example.com")
    link = link_from(forum)

    with unit_of_work(forum.database) as uow:
        assert reset_password(uow, token=link, password_hash="new") == member_id

    assert row(forum, member_id).password_hash == "new"
    with forum.read() as s:
        assert actor_of_token(forum, s, token) is None
        assert link not in s.scalars(select(MailToken.token_hash)).all()
    with pytest.raises(Invalid, match="link_dead"), unit_of_work(forum.database) as uow:
        reset_password(uow, token=link, password_hash="third")


def test_a_reset_link_dies_of_age_of_a_newer_one_and_of_a_changed_password(forum: Forum) -> None:
    member_id = confirmed(forum, "王小明", "wang@example.com")
    ask_reset(forum, "wang@example.com")
    first = link_from(forum)
    ask_reset(forum, "wang@example.com")
    second = link_from(forum)

    with (
        pytest.raises(Invalid, match="link_dead"),
        unit_of_work(forum.database, now=utc_now() + timedelta(minutes=31)) as uow,
    ):
        reset_password(uow, token=second, password_hash="new")
    with pytest.raises(Invalid, match="link_dead"), unit_of_work(forum.database) as uow:
        reset_password(uow, token=first, password_hash="new")
    with unit_of_work(forum.database) as uow:
        uow.session.get_one(Member, member_id).password_hash = "changed by the panel"
    with pytest.raises(Invalid, match="link_dead"), unit_of_work(forum.database) as uow:
        reset_password(uow, token=second, password_hash="new")


@pytest.mark.parametrize(
    "email", ["nobody@example.com", "unconfirmed@example.com", "locked@example.com"]
)
def test_without_a_confirmed_address_no_letter_goes_out(forum: Forum, email: str) -> None:
    forum.member("张大力", email="unconfirmed@example.com")
    forum.member(
        "李小红", email="locked@example.com", email_confirmed_at=utc_now(), state=MemberState.LOCKED
    )

    ask_reset(forum, email)

    assert {(mail.recipient, mail.body) for mail in letters(forum)} == {("", "")}
    assert all(mail.sent_at is not None for mail in letters(forum))


def test_an_unknown_address_costs_as_many_statements_as_a_known_one(forum: Forum) -> None:
    confirmed(forum, "王小明", "wang@example.com")
    forum.site()  # cached from here on
    counts = []
    for address in ("wang@example.com", "none@example.com"):
        with changing(forum, address="192.0.2.1") as uow, recorded_statements() as statements:
            request_reset(uow, email=address, letters=written)
            uow.session.flush()  # the letter
        counts.append(len(statements))

    assert counts[0] == counts[1]


def test_mail_floods_are_stopped_per_recipient_and_per_network(forum: Forum) -> None:
    confirmed(forum, "王小明", "wang@example.com")
    for number in range(5):
        ask_reset(forum, "wang@example.com", address=f"192.0.2.{number}")

    assert sum(mail.recipient != "" for mail in letters(forum)) == 3
    for _ in range(4):
        ask_reset(forum, "other@example.com", address="192.0.2.1")
    with pytest.raises(TooSoon):
        ask_reset(forum, "other@example.com", address="192.0.2.1")


def test_a_new_password_ends_every_session_but_the_new_one(forum: Forum) -> None:
    member_id = forum.member(password_hash="hash", password_is_temporary=True)
    here, there = logged_in(forum, member_id), logged_in(forum, member_id)
    with forum.read() as s:
        actor = actor_of_token(forum, s, here)

    with changing(forum) as uow:
        opened = change_password(uow, actor, verified_hash="hash", password_hash="new")

    assert opened.token not in (here, there)
    assert opened.is_remembered
    with forum.read() as s:
        alive = [actor_of_token(forum, s, token) for token in (here, there)]
        assert alive == [None, None]
        again = actor_of_token(forum, s, opened.token)
        assert again is not None
        assert not again.must_choose_password


def test_confirming_an_address_is_paid_once_and_takes_it_for_one_account(forum: Forum) -> None:
    first, second = join(forum, "李小红"), join(forum, "张大力")
    one, other = (mail.body for mail in letters(forum))

    with changing(forum) as uow:
        assert confirm_email(uow, token=one) == first

    assert row(forum, first).email_confirmed_at is not None
    assert money(forum, first) == 10
    with pytest.raises(Taken), unit_of_work(forum.database) as uow:
        confirm_email(uow, token=other)
    assert row(forum, second).email_confirmed_at is None


def test_a_confirmed_address_stays_until_the_next_one_is_confirmed(forum: Forum) -> None:
    member_id = confirmed(forum, "王小明", "old@example.com")
    there = logged_in(forum, member_id, "the old hash")

    with changing(forum) as uow:
        change_email(
            uow, forum.actor(member_id), verified_hash="the old hash", email="new@example.com",
            letters=written,
        )  # fmt: skip

    assert [mail.recipient for mail in letters(forum)] == ["old@example.com", "new@example.com"]
    assert row(forum, member_id).email == "old@example.com"
    with forum.read() as s:
        assert actor_of_token(forum, s, there) is None
    with changing(forum) as uow:
        confirm_email(uow, token=link_from(forum))
    assert row(forum, member_id).email_key == email_key("new@example.com")


def test_a_locked_account_keeps_its_address(forum: Forum) -> None:
    """Whoever stole it may have asked for another one before."""
    member_id = confirmed(forum, "王小明", "old@example.com")
    with changing(forum) as uow:
        change_email(
            uow, forum.actor(member_id), verified_hash="the old hash", email="thief@example.com",
            letters=written,
        )  # fmt: skip
    with changing(forum) as uow:
        uow.session.get_one(Member, member_id).state = MemberState.LOCKED

    with pytest.raises(Invalid, match="link_dead"), unit_of_work(forum.database) as uow:
        confirm_email(uow, token=link_from(forum))

    assert row(forum, member_id).email == "old@example.com"


def test_a_link_for_one_thing_does_not_do_another(forum: Forum) -> None:
    join(forum)
    link = link_from(forum)

    with pytest.raises(Invalid, match="link_dead"), unit_of_work(forum.database) as uow:
        reset_password(uow, token=link, password_hash="new")


def test_an_avatar_is_paid_once(forum: Forum) -> None:
    member_id = forum.member()

    for digest in ("a" * 32, "b" * 32):
        with changing(forum) as uow:
            set_avatar(uow, forum.actor(member_id), digest=digest)

    assert (row(forum, member_id).avatar, money(forum, member_id)) == ("b" * 32, 5)


def edit(forum: Forum, member_id: int, **fields) -> None:
    with unit_of_work(forum.database) as uow:
        edit_profile(uow, forum.actor(member_id), **{"time_zone": "", "locale": "", **fields})


def test_a_signature_is_rendered_and_bounded_by_the_group(forum: Forum) -> None:
    member_id = forum.member(group_id=11)

    edit(forum, member_id, signature="[b]加油[/b]<script>", time_zone="Europe/Berlin", locale="en")

    member = row(forum, member_id)
    assert "<script" not in member.signature_html
    assert "加油" in member.signature_html
    assert (member.time_zone, member.locale) == ("Europe/Berlin", "en")
    with pytest.raises(Invalid, match="signature_long"):
        edit(forum, member_id, signature="长" * 101)
    with pytest.raises(Invalid, match="time_zone_unknown"):
        edit(forum, member_id, time_zone="../etc/passwd")


def test_what_the_group_may_not_have_is_refused(forum: Forum) -> None:
    member_id = forum.member(group_id=9)

    with pytest.raises(Forbidden):
        edit(forum, member_id, signature="hi")
    with pytest.raises(Forbidden):
        edit(forum, member_id, custom_title="大王")
    with pytest.raises(Forbidden):
        edit(forum, member_id, is_invisible=True)


def toggle(forum: Forum, member_id: int, thread_id: int) -> bool:
    with unit_of_work(forum.database) as uow:
        return toggle_favorite_thread(uow, forum.actor(member_id), thread_id=thread_id)


def test_keeping_a_thread_counts_and_letting_go_counts_back(forum: Forum) -> None:
    member_id, thread_id = forum.member(), forum.thread()

    assert toggle(forum, member_id, thread_id)
    with forum.read() as s:
        assert s.get_one(Thread, thread_id).favorite_count == 1
    assert not toggle(forum, member_id, thread_id)

    with forum.read() as s:
        assert s.get_one(Thread, thread_id).favorite_count == 0
    with unit_of_work(forum.database) as uow:
        assert recount_favorites(uow) == 0


def test_a_board_is_kept_the_same_way(forum: Forum) -> None:
    member_id = forum.member()

    with changing(forum) as uow:
        assert toggle_favorite_board(uow, forum.actor(member_id), board_id=FIRST_BOARD_ID)

    with forum.read() as s:
        assert s.get_one(Board, FIRST_BOARD_ID).favorite_count == 1


def test_what_cannot_be_seen_cannot_be_kept(forum: Forum) -> None:
    member_id = forum.member()
    hidden = forum.board("内部", viewers=(1,))
    unseen = forum.thread(board_id=hidden)
    recycled = forum.thread(state=ThreadState.RECYCLED)

    for thread_id in (unseen, recycled, 99):
        with pytest.raises(NotFound):
            toggle(forum, member_id, thread_id)
    with pytest.raises(NotFound), changing(forum) as uow:
        toggle_favorite_board(uow, forum.actor(member_id), board_id=hidden)


def unclaimed(forum: Forum) -> int:
    return forum.member("未认领1", state=MemberState.UNCLAIMED, claimed_group_id=3)


def test_the_founder_hands_an_account_over_by_a_one_time_password(forum: Forum) -> None:
    member_id = unclaimed(forum)
    thread_id = forum.thread(author_id=member_id)

    with changing(forum) as uow:
        name = hand_over_account(
            uow,
            forum.actor(FOUNDER_ID),
            member_id=member_id,
            new_name="赵站长",
            password_hash="once",
        )

    member = row(forum, member_id)
    assert (name, member.name, member.state) == ("赵站长", "赵站长", MemberState.ACTIVE)
    assert member.password_is_temporary
    with forum.read() as s:
        assert s.get_one(Thread, thread_id).author_name == "赵站长"
    assert logged_in(forum, member_id, "once")


def test_the_founder_hands_an_account_over_by_mail(forum: Forum) -> None:
    member_id = unclaimed(forum)
    with changing(forum) as uow:
        hand_over_account(
            uow, forum.actor(FOUNDER_ID), member_id=member_id, new_name="赵站长",
            email="zhao@example.com", letters=written,
        )  # fmt: skip
    assert row(forum, member_id).state is MemberState.UNCLAIMED

    with changing(forum) as uow:
        reset_password(uow, token=link_from(forum), password_hash="new")

    member = row(forum, member_id)
    assert (member.state, member.email) == (MemberState.ACTIVE, "zhao@example.com")
    assert member.email_confirmed_at is not None
    assert not member.password_is_temporary


def test_nobody_else_hands_accounts_over_and_nobody_hands_over_a_claimed_one(forum: Forum) -> None:
    member_id, administrator = unclaimed(forum), forum.member("管家婆", group_id=1)
    claimed = forum.member("有主的")

    for asker, target, refusal in (
        (administrator, member_id, "founder_only"),
        (FOUNDER_ID, claimed, "already_claimed"),
    ):
        with pytest.raises(Forbidden, match=refusal), changing(forum) as uow:
            hand_over_account(
                uow, forum.actor(asker), member_id=target, new_name="新名字", password_hash="x"
            )


def test_a_claimed_group_gives_no_right_until_the_founder_confirms_it(forum: Forum) -> None:
    member_id = unclaimed(forum)
    assert not forum.actor(member_id).is_staff

    with pytest.raises(Forbidden), unit_of_work(forum.database) as uow:
        confirm_claimed_group(uow, forum.actor(member_id), member_id=member_id)
    with unit_of_work(forum.database) as uow:
        assert confirm_claimed_group(uow, forum.actor(FOUNDER_ID), member_id=member_id) == 3

    assert forum.actor(member_id).is_staff
    with pytest.raises(Invalid, match="no_claimed_group"), unit_of_work(forum.database) as uow:
        confirm_claimed_group(uow, forum.actor(FOUNDER_ID), member_id=member_id)


def test_letters_and_links_are_counted(forum: Forum) -> None:
    join(forum)

    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(MailToken)) == 1


def test_of_many_who_want_one_name_at_once_one_gets_it(forum: Forum) -> None:
    def try_it(number: int) -> int:
        try:
            return join(forum, "抢名字的人", f"a{number}@example.com", f"192.0.2.{number}")
        except Taken:
            return 0

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(try_it, range(8)))

    assert sum(1 for member_id in made if member_id) == 1


def test_guesses_at_once_are_all_counted(forum: Forum) -> None:
    member_id = forum.member()

    with ThreadPoolExecutor(8) as pool:
        attempts = list(pool.map(lambda _: attempt_of(forum, member_id), range(20)))

    assert sorted(attempt.account.count for attempt in attempts) == list(range(1, 21))
