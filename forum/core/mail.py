"""How does a letter leave the house? A folder of .eml files by default, SMTP when configured."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from forum.core.config import Config

TIMEOUT_S = 20
OUTBOX = "outbox"


class MailError(Exception):
    """The letter did not get out; it may be tried again."""


@dataclass(frozen=True)
class Letter:
    """A mail in plain text, ready to be sent."""

    recipient: str
    subject: str
    body: str


class LetterWriter(Protocol):
    """Puts a letter into words. Filled by http/letters.py: templates and addresses live up there."""

    def __call__(self, kind: str, *, recipient: str, locale: str, **facts: Any) -> Letter: ...


class Mailer(Protocol):
    """Sends one letter.

    :raises MailError: it did not get out.
    """

    def send(self, letter: Letter, *, at: datetime) -> None: ...


@dataclass
class FileMailer:
    """Writes each letter into a folder, for a first look and for machines without a mail server."""

    folder: Path
    sender: str

    def send(self, letter: Letter, *, at: datetime) -> None:
        message = composed(letter, self.sender, at)
        token = message["Message-ID"].strip("<>").partition("@")[0]
        path = self.folder / f"{at:%Y%m%dT%H%M%S}-{token}.eml"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # links inside are secrets
            draft = path.with_suffix(".new")
            draft.write_bytes(message.as_bytes(policy=SMTP))
            draft.rename(path)
        except OSError as error:
            raise MailError(str(error)) from error


@dataclass
class SmtpMailer:
    """Hands letters to a mail server; encrypted where the server offers it."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = ""
    is_tls: bool = False

    def send(self, letter: Letter, *, at: datetime) -> None:
        message = composed(letter, self.sender, at)
        try:
            with self._connection() as connection:
                connection.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise MailError(f"{type(error).__name__}: {error}"[:500]) from error

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        context = ssl.create_default_context()
        if self.is_tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=TIMEOUT_S, context=context
            )
        else:
            connection = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        with connection:
            connection.ehlo()
            if not self.is_tls and connection.has_extn("starttls"):
                connection.starttls(context=context)
                connection.ehlo()
            if self.user:
                if not self.is_tls and not isinstance(connection.sock, ssl.SSLSocket):
                    raise smtplib.SMTPException("will not send a password unencrypted")
                connection.login(self.user, self.password)
            yield connection


@dataclass
class MemoryMailer:
    """Keeps letters in a list; for tests."""

    letters: list[Letter] = field(default_factory=list)

    def send(self, letter: Letter, *, at: datetime) -> None:
        self.letters.append(letter)


def composed(letter: Letter, sender: str, at: datetime) -> EmailMessage:
    """The letter as a message. Header values with line breaks are refused by the library."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = letter.recipient
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body, charset="utf-8", cte="quoted-printable")
    return message


def mailer_for(config: Config) -> Mailer:
    """The mailer FORUM_MAIL_URL asks for: file:[folder], smtp(s)://[user:password@]host[:port][?from=...]."""
    parts = urlsplit(config.mail_url)
    sender = parse_qs(parts.query).get("from", [""])[0] or f"noreply@{_own_host(config)}"
    if parts.scheme == "file":
        folder = Path(unquote(parts.path)) if parts.path else config.data_dir / OUTBOX
        return FileMailer(folder, sender)
    is_tls = parts.scheme == "smtps"
    return SmtpMailer(
        host=parts.hostname or "",
        port=parts.port or (465 if is_tls else 25),
        sender=sender,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        is_tls=is_tls,
    )


def _own_host(config: Config) -> str:
    if config.base_url:
        return urlsplit(config.base_url).hostname or "localhost"
    names = [host.lstrip(".") for host in config.trusted_hosts if not host.startswith("*")]
    return names[0].partition(":")[0] if names else "localhost"
