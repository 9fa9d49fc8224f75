"""Does the list of who is online hold those it should?"""

from datetime import timedelta

from forum.core.clock import utc_now
from forum.core.uow import unit_of_work
from forum.models import OnlineVisit
from forum.policies.actor import Rank
from forum.queries.online import online_members
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum


def sight(forum: Forum, member_id: int, *, minutes_ago: int = 0) -> None:
    with unit_of_work(forum.database) as uow:
        uow.session.add(
            OnlineVisit(
                visitor=f"m{member_id}",
                member_id=member_id,
                seen_at=utc_now() - timedelta(minutes=minutes_ago),
            )
        )


def test_staff_come_first_and_who_hides_is_only_counted(forum: Forum):
    member = forum.member("王小明")
    appointed = forum.moderator(FIRST_BOARD_ID, "金牌老张", group_id=14)
    hidden = forum.member("隐身人", is_invisible=True)
    gone = forum.member("走了的人")
    for one in (member, appointed, FOUNDER_ID, hidden):
        sight(forum, one)
    sight(forum, gone, minutes_ago=16)
    with unit_of_work(forum.database) as uow:
        uow.session.add_all(OnlineVisit(visitor=f"g{n}", seen_at=utc_now()) for n in range(3))
    site, actor = forum.site(), forum.actor(None)

    with forum.read() as s:
        online = online_members(s, site, actor, newest_seen_at=None)

    assert [(one.id, one.rank) for one in online.members] == [
        (FOUNDER_ID, Rank.FOUNDER),
        (appointed, Rank.MODERATOR),
        (member, Rank.MEMBER),
    ]
    assert (online.count, online.invisible_count) == (7, 1)
