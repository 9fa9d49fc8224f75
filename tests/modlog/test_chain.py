"""The chain: whatever is done to the log behind its back is found."""

import pytest
from sqlalchemy import text

from forum.core.uow import unit_of_work
from forum.models import ModLogEntry
from forum.modlog.chain import SEALED, flaws
from forum.modlog.seal import seal_of
from tests.commands.moderation.acting import Moderator
from tests.factories import FOUNDER_ID


@pytest.fixture
def log(forum):
    """A log of five entries."""
    author = forum.member()
    founder = Moderator(forum, FOUNDER_ID)
    for number in range(5):
        founder.does("thread.close", forum.thread(author, title=f"第 {number} 帖"), reason="灌水")
    return forum


def found(forum):
    with forum.read() as s:
        return [(flaw.kind, flaw.entry_id) for flaw in flaws(s, seal_of(s))]


def tamper(forum, *statements):
    with unit_of_work(forum.database) as uow:
        for statement in statements:
            uow.session.execute(text(statement))


def test_an_honest_log_has_no_flaws(log):
    assert found(log) == []


@pytest.mark.parametrize(
    "change",
    [
        "reason = '另一个理由'",
        "actor_id = NULL",
        "options = '{\"x\": 1}'",
        "title = 'x'",
        "expires_at = created_at",
    ],
)
def test_a_changed_row_is_found(log, change):
    tamper(log, f"UPDATE modlog SET {change} WHERE id = 3")

    assert ("changed", 3) in found(log)


def test_a_changed_target_is_found(log):
    tamper(log, "UPDATE modlog_targets SET target_id = 77 WHERE entry_id = 2")

    assert ("changed", 2) in found(log)


def test_a_changed_board_of_a_target_is_found(log):
    tamper(log, "UPDATE modlog_targets SET board_id = NULL WHERE entry_id = 2")

    assert ("changed", 2) in found(log)


def test_an_entry_from_before_boards_were_kept_holds(log):
    author = log.member("话多")
    done = Moderator(log, FOUNDER_ID).does("member.mute", author)
    with log.read() as s:
        entry = s.get_one(ModLogEntry, done.entry_id)
        content = {
            **{name: getattr(entry, name) for name in SEALED},
            "created_at": entry.created_at.isoformat(),
            "targets": [author],
            "previous": entry.previous_hash,
        }

        assert seal_of(s).over(content) == entry.hash
    assert found(log) == []


def test_a_removed_row_is_found(log):
    tamper(log, "DELETE FROM modlog WHERE id = 3")

    assert ("removed", 3) in found(log)


def test_reordered_rows_are_found(log):
    tamper(
        log,
        "DELETE FROM modlog_targets WHERE entry_id IN (2, 3)",
        "UPDATE modlog SET id = 99 WHERE id = 2",
        "UPDATE modlog SET id = 2 WHERE id = 3",
        "UPDATE modlog SET id = 3 WHERE id = 99",
    )

    assert {kind for kind, _ in found(log)} >= {"changed", "reordered"}


def test_a_cut_off_end_is_found(log):
    tamper(log, "DELETE FROM modlog WHERE id >= 4")

    assert ("cut_off", 4) in found(log)


def test_a_cut_off_end_is_found_when_the_head_row_was_changed_too(log):
    tamper(
        log,
        "DELETE FROM modlog WHERE id >= 4",
        "UPDATE modlog_head SET entry_id = 3, hash = (SELECT hash FROM modlog WHERE id = 3)",
    )

    assert found(log) == [("cut_off", 4)]


def test_undoing_marks_an_entry_without_breaking_the_chain(log):
    Moderator(log, FOUNDER_ID).undoes(2)

    assert found(log) == []


def test_a_strange_head_file_is_found(log, config):
    (config.data_dir / "modlog.head").write_text("9 abc def\n")

    assert ("head_file", 5) in found(log)
