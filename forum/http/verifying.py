"""Is this the right password? Counted, checked outside any transaction, equal for unknown accounts."""

from forum.commands.accounts.sessions import LoginTry, count_login_try, forget_login_try
from forum.core.errors import Invalid
from forum.core.passwords import verify_password
from forum.http.context import actor, reader, writing
from forum.queries.accounts import Credentials, credentials, password_hash_of


def check_login(typed: str, password: str) -> tuple[Credentials, LoginTry]:
    """Check a name, e-mail address or number with a password. Does not log in.

    :raises TooSoon: "too_many_logins", whether or not there is such an account.
    :raises Invalid: "login_wrong": the same for a wrong name and a wrong password.
    """
    found = credentials(reader(), typed)
    attempt = _counted(typed, found.member_id if found else None)
    if not verify_password(password, found.password_hash if found else "") or found is None:
        raise Invalid("login_wrong")
    return found, attempt


def check_own_password(password: str, *, field: str) -> str:
    """Ask a member for the password again.

    :param field: the form field a refusal belongs to.
    :returns: the stored hash it was checked against, for the command.
    :raises TooSoon: "too_many_logins".
    :raises Invalid: "password_wrong".
    """
    asker = actor()
    stored = password_hash_of(reader(), asker.member_id or 0)
    attempt = _counted("", asker.member_id)
    if not verify_password(password, stored):
        raise Invalid("password_wrong", field=field)
    with writing() as uow:
        forget_login_try(uow, attempt)
    return stored


def _counted(typed: str, member_id: int | None) -> LoginTry:
    with writing() as uow:
        attempt = count_login_try(uow, typed=typed, member_id=member_id)
    attempt.require()
    return attempt
