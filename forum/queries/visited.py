"""浏览过的版块: which of the boards a member has visited does a page list?"""

from collections.abc import Iterable
from itertools import islice

from forum.policies.actor import Actor
from forum.queries.site import Site

VISITED_SHOWN = 10


def visited_boards(
    site: Site, actor: Actor, board_ids: Iterable[int], *, but: int
) -> tuple[tuple[int, str], ...]:
    """(id, name) of the first of the boards that may be read. No statement.

    :param board_ids: the latest first.
    :param but: the board the page is of.
    """
    others = (one for one in board_ids if one != but and one in actor.readable)
    return tuple((one, site.boards[one].name) for one in islice(others, VISITED_SHOWN))
