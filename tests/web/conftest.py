"""A board with a moderator, who is logged in."""

import pytest

from tests.acting import log_in
from tests.commands.moderation.acting import Moderator


@pytest.fixture
def board_id(forum):
    return forum.board("我的")


@pytest.fixture
def moderator(client, forum, board_id):
    member_id = forum.moderator(board_id)
    log_in(client, forum, member_id)
    return Moderator(forum, member_id)
