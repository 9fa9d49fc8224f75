"""Are differences between the index and the posts seen, and put right?"""

from sqlalchemy import delete, text, update

from forum.commands.search_check import Differences, compare, last_post_id, put_right
from forum.commands.search_index import begin_rebuild, end_rebuild, rebuild_step, sweep
from forum.core.uow import UnitOfWork, unit_of_work
from forum.models import Post, PostState
from forum.search.tables import ROWS
from tests.factories import Forum


def rebuild(forum: Forum, step: int = 2) -> None:
    with unit_of_work(forum.database) as uow:
        begin_rebuild(uow)
    after_id: int | None = 0
    while after_id is not None:
        with unit_of_work(forum.database) as uow:
            after_id = rebuild_step(uow, after_id=after_id, limit=step)
    with unit_of_work(forum.database) as uow:
        end_rebuild(uow)


def differences(uow: UnitOfWork) -> Differences:
    return compare(uow.session, 1, last_post_id(uow.session))


def test_a_rebuilt_index_has_no_differences(forum: Forum) -> None:
    forum.thread(replies=6)
    forum.thread(replies=1)
    rebuild(forum)
    rebuild(forum)

    with unit_of_work(forum.database) as uow:
        assert last_post_id(uow.session) == 9
        assert differences(uow) == Differences()


def test_differences_are_told_apart_and_put_right(forum: Forum) -> None:
    forum.thread(replies=6)
    rebuild(forum)
    with unit_of_work(forum.database) as uow:
        s = uow.session
        s.execute(update(Post).where(Post.floor == 2).values(source="换了说法"))
        s.execute(update(Post).where(Post.floor == 3).values(state=PostState.RECYCLED))
        s.execute(delete(Post).where(Post.floor == 4))
        s.execute(delete(ROWS).where(ROWS.c.post_id == 5))

        found = differences(uow)
        assert found == Differences(missing=(5,), outdated=(2,), left_over=(3, 4))
        put_right(uow, found)
        assert differences(uow) == Differences()
        while sweep(uow):
            pass
        assert differences(uow) == Differences()


def test_tokens_lost_by_the_index_are_noticed(forum: Forum, backend: str) -> None:
    forum.thread()
    rebuild(forum)
    with unit_of_work(forum.database) as uow:
        lost = "INSERT INTO search_index (search_index) VALUES ('delete-all')"
        if backend == "postgresql":
            lost = "UPDATE search_tokens SET tokens = ''"
        uow.session.execute(text(lost))

        assert differences(uow) == Differences(unanswered=(1,))

    rebuild(forum)
    with unit_of_work(forum.database) as uow:
        assert differences(uow) == Differences()
