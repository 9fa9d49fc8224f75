"""Does the sweep finish what a long thread's move began? Run twice."""

from pathlib import Path

from forum.commands.search_check import Differences, compare
from forum.commands.search_index import AT_ONCE, reindex_thread
from forum.core.mail import MemoryMailer
from forum.core.uow import unit_of_work
from forum.jobs import JOBS, Tools
from forum.storage.files import LocalFiles
from tests.factories import Forum


def test_the_sweep_leaves_nothing_to_do(forum: Forum, tmp_path: Path) -> None:
    thread_id = forum.thread(replies=AT_ONCE + 4)
    with unit_of_work(forum.database) as uow:
        reindex_thread(uow, thread_id)
    tools = Tools(forum.database, MemoryMailer(), LocalFiles(tmp_path))

    assert JOBS["sweep_search"].run(tools) == AT_ONCE + 5
    assert JOBS["sweep_search"].run(tools) == 0
    with forum.read() as s:
        assert compare(s, 1, 1000) == Differences()
