"""The forms of joining, logging in and getting back in."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, PasswordField, StringField
from wtforms.validators import Email, InputRequired, Length, ValidationError

from forum.core.names import email_key, name_key
from forum.http.errors import sentence
from forum.settings import Accounts

LONGEST_PASSWORD = 200  # hashing takes as long as the password
LONGEST_EMAIL = 254
INVALID_EMAIL = "Invalid email address."  # WTForms' own sentence, translated by it


def stripped(value: str | None) -> str | None:
    return value.strip() if value else value


class PlainEmail(Email):  # type: ignore[misc]
    """An address in ASCII: mail servers on the way may not take other letters."""

    def __call__(self, form: Any, field: StringField) -> None:
        if not (field.data or "").isascii():
            raise ValidationError(field.gettext(INVALID_EMAIL))
        super().__call__(form, field)


EMAIL_RULES = (InputRequired(), Length(max=LONGEST_EMAIL), PlainEmail(allow_smtputf8=False))


class NewPassword:
    """Checks a password somebody chooses: long enough, and not what everybody can read."""

    def __init__(self, accounts: Accounts) -> None:
        self.least = accounts.password_min_length

    def check(self, password: str, *known: str) -> None:
        """:raises ValidationError: too short, or the same as something known."""
        if len(password) < self.least:
            raise ValidationError(sentence("password_short", {"least": self.least}))
        if any(text and name_key(password) == name_key(text) for text in known):
            raise ValidationError(sentence("password_is_name", {}))


class LoginForm(FlaskForm):  # type: ignore[misc]
    name = StringField(
        _l("Name, e-mail or number"), [InputRequired(), Length(max=LONGEST_EMAIL)], [stripped]
    )
    password = PasswordField(_l("Password"), [InputRequired(), Length(max=LONGEST_PASSWORD)])
    remember = BooleanField(_l("Stay logged in"))
    next = HiddenField()


class RegisterForm(FlaskForm):  # type: ignore[misc]
    name = StringField(_l("User name"), [InputRequired(), Length(max=80)])
    email = StringField(
        _l("E-mail"),
        EMAIL_RULES,
        [stripped],
    )
    password = PasswordField(_l("Password"), [InputRequired(), Length(max=LONGEST_PASSWORD)])
    password_again = PasswordField(_l("Password again"), [InputRequired()])
    agreed = BooleanField(_l("I have read and accept the terms"), [InputRequired()])
    next = HiddenField()

    def __init__(self, accounts: Accounts, **more: Any) -> None:
        super().__init__(**more)
        self.rule = NewPassword(accounts)

    def validate_password(self, field: PasswordField) -> None:
        self.rule.check(field.data, self.name.data or "", email_key(self.email.data or ""))

    def validate_password_again(self, field: PasswordField) -> None:
        if field.data != self.password.data:
            raise ValidationError(sentence("passwords_differ", {}))


class LostPasswordForm(FlaskForm):  # type: ignore[misc]
    email = StringField(
        _l("E-mail"),
        EMAIL_RULES,
        [stripped],
    )


class ChoosePasswordForm(FlaskForm):  # type: ignore[misc]
    password = PasswordField(_l("New password"), [InputRequired(), Length(max=LONGEST_PASSWORD)])
    password_again = PasswordField(_l("New password again"), [InputRequired()])

    def __init__(self, accounts: Accounts, *known: str, **more: Any) -> None:
        super().__init__(**more)
        self.rule = NewPassword(accounts)
        self.known = known

    def validate_password(self, field: PasswordField) -> None:
        self.rule.check(field.data, *self.known)

    def validate_password_again(self, field: PasswordField) -> None:
        if field.data != self.password.data:
            raise ValidationError(sentence("passwords_differ", {}))


class ButtonForm(FlaskForm):  # type: ignore[misc]
    """Nothing but the token."""
