"""`flask import-page` and the seed at the first start, as one types them."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from forum.cli.database import start_forum
from forum.cli.import_page import import_seeds
from forum.core.config import Config
from forum.core.uow import unit_of_work
from forum.factory import create_app
from forum.models import ImportedPage, Thread
from tests.importers.texts import PAGES, SEED


@pytest.fixture
def run(app):
    runner = app.test_cli_runner()
    return lambda *words: runner.invoke(args=["import-page", *map(str, words)])


def threads(forum):
    with forum.read() as s:
        return s.scalar(select(func.count()).select_from(Thread))


def test_it_prints_an_account_of_every_line_and_what_was_made(run, forum):
    result = run(SEED, "--site")

    assert result.exit_code == 0, result.output
    assert "9  thread title" in result.output
    assert "35-59  floor 1 paragraph" in result.output
    assert "78 lines: fact 33, label 11, blank 34, unknown 0" in result.output
    assert "new thread 1, /thread-1-1-1.html" in result.output
    assert "point kinds made: 活动时间" in result.output
    assert "NOT AS" not in result.output
    assert threads(forum) == 1


def test_a_second_time_says_so(run, forum):
    run(SEED, "--site")

    result = run(SEED, "--site")

    assert result.exit_code == 0
    assert "imported before" in result.output
    assert threads(forum) == 1


def test_a_board_by_name(run, forum):
    forum.board("旅行摄影")

    result = run(PAGES / "thread-6-1.txt", "--board", "旅行摄影")

    assert result.exit_code == 0, result.output
    assert "posts made 6" in result.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the thread's title, a post's header line"),
        ("查看: 3|回复: 1\n".encode(), "a post's header line (发表于 ...)"),
        (b"\xff\xfe\x00", "readable text"),
        (bytes(range(128, 256)) * 3, "readable text"),
    ],
)
def test_what_is_no_page_is_one_clear_line(run, forum, tmp_path: Path, content, said):
    file = tmp_path / "other.txt"
    file.write_bytes(content)

    result = run(file)

    assert result.exit_code == 1
    assert said in result.output
    assert len(result.output.strip().splitlines()) == 1
    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(ImportedPage)) == 0


def test_an_unknown_board_is_one_clear_line(run, forum):
    result = run(SEED, "--board", "nowhere")

    assert result.exit_code == 1
    assert "there is no board 'nowhere'" in result.output
    assert threads(forum) == 0


def test_a_first_start_brings_the_seed_once(app, forum):
    with app.app_context():
        start_forum()
        start_forum()

    assert threads(forum) == 1
    assert forum.site().settings.general.hot_words != ()


def test_a_forum_with_threads_gets_no_seed(forum, database):
    forum.thread()

    with unit_of_work(database) as uow:
        assert import_seeds(uow) == []

    assert threads(forum) == 1


def test_a_seed_that_was_purged_does_not_come_back(app, forum, database):
    with app.app_context():
        start_forum()
    with unit_of_work(database) as uow:
        uow.session.delete(uow.session.get_one(Thread, 1))

    with app.app_context():
        start_forum()

    assert threads(forum) == 0


def test_a_folder_without_a_forum_is_said_in_one_line(tmp_path):
    app = create_app(
        Config(
            data_dir=tmp_path,
            database_url=f"sqlite:///{tmp_path / 'empty.db'}",
            secret_key="k" * 32,
            is_testing=True,
        )
    )

    run = app.test_cli_runner().invoke(args=["import-page", str(SEED)])
    app.extensions["database"].dispose()

    assert run.exit_code == 1
    assert run.output == "Error: there is no forum here yet; `flask first-start` makes it.\n"
