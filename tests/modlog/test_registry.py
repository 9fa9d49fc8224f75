"""Is every entry of the registry whole?"""

import dataclasses

import pytest

from forum.commands.moderation import ACTIONS
from forum.modlog.registry import register
from forum.policies.permissions import PERMISSIONS


@pytest.mark.parametrize("action", ACTIONS.values(), ids=list(ACTIONS))
def test_an_action_is_whole(action):
    assert action.permission in PERMISSIONS
    assert action.label
    assert bool(action.undo_label) is not action.is_final
    # What only a form of its own sends is what the log does not keep.
    assert {field.name for field in dataclasses.fields(action.options)} - {
        option.name for option in action.fields
    } <= action.unlogged
    assert all(option.label for option in action.fields)
    # A move always changes something: its end takes that back.
    if action.takes_expiry and not action.site_wide and action.key != "thread.move":
        assert action.has_rest, "an end date needs a resting state"
    assert not action.ends_by or action.ends_by in ACTIONS


def test_an_action_does_not_stand_twice():
    with pytest.raises(ValueError, match="twice"):
        register(ACTIONS["thread.close"])
