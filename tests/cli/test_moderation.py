"""`flask modlog verify` and `flask moderation actions`."""

import json

from sqlalchemy import text

from forum.core.uow import unit_of_work
from tests.commands.moderation.acting import Moderator
from tests.factories import FOUNDER_ID


def test_a_whole_log_and_a_changed_one(app, forum):
    founder = Moderator(forum, FOUNDER_ID)
    founder.does("thread.close", forum.thread())
    runner = app.test_cli_runner()
    assert runner.invoke(args=["modlog", "verify"]).exit_code == 0

    with unit_of_work(forum.database) as uow:
        uow.session.execute(text("UPDATE modlog SET reason = 'x'"))

    found = runner.invoke(args=["modlog", "verify"])
    assert found.exit_code == 1
    assert "entry 1 was changed" in found.output


def test_every_action_is_listed_with_what_it_takes(app):
    listed = json.loads(
        app.test_cli_runner().invoke(args=["moderation", "actions", "--json"]).output
    )

    by_key = {one["key"]: one for one in listed}
    assert len(by_key) == len(listed) >= 28
    assert by_key["thread.purge"]["has_inverse"] is False
    assert [key for key, one in by_key.items() if not one["has_inverse"]] == ["thread.purge"]
    move = by_key["thread.move"]
    assert (move["targets"], move["permission"]) == ("thread", "mod.thread.move")
    assert [option["name"] for option in move["options"]] == [
        "board_id",
        "type_id",
        "leaves_redirect",
    ]
