"""标签管理: search, close, merge, bring back; each with its line in the log."""

import pytest
from sqlalchemy import select

from forum.commands.tags import follow_tags
from forum.core.uow import unit_of_work
from forum.models import Tag
from tests.admin.conftest import Panel


@pytest.fixture
def tags(forum) -> dict[str, int]:
    """Three tags of two threads, by their ids."""
    ids = [forum.thread(tags="春天,pyhton"), forum.thread(tags="Python")]
    with unit_of_work(forum.database) as uow:
        follow_tags(uow, ids)
    with forum.read() as s:
        return {row.name: row.id for row in s.execute(select(Tag.name, Tag.id))}


def test_the_list_is_searched(panel: Panel, tags) -> None:
    assert 'href="/tag/Python">' in panel.get("tags").text
    found = panel.get("tags?q=PY").text
    assert "pyhton" in found
    assert "春天" not in found
    for nothing in ("%25", "x%00y", "%f0%9f"):
        assert "没有符合条件的标签" in panel.get(f"tags?q={nothing}").text


def test_tags_are_closed_and_brought_back(panel: Panel, tags) -> None:
    assert panel.post("tags/change", do="close", ids=str(tags["春天"])).status_code == 303
    assert "春天" in panel.get("tags?state=closed").text
    assert panel.client.get("/tag/春天").status_code == 404

    assert panel.post("tags/change", do="restore", ids=str(tags["春天"])).status_code == 303
    assert panel.client.get("/tag/春天").status_code == 200
    assert [entry.action for entry in panel.log()] == ["tags.closed", "tags.restored"]


def test_tags_are_merged(panel: Panel, tags) -> None:
    done = panel.post("tags/change", do="merge", ids=str(tags["pyhton"]), into="python")

    assert done.status_code == 303
    assert "已合并到 python" in panel.get("tags?state=merged").text
    (entry,) = panel.log()
    assert entry.after == {"tags": ["pyhton"], "into": "python"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"do": "close"}, "没有选择"),
        ({"do": "nothing", "ids": "1"}, "请"),
        ({"do": "merge", "ids": "1", "into": ""}, "没有这个标签"),
        ({"do": "merge", "ids": "1", "into": "a b"}, "没有这个标签"),
        ({"do": "merge", "ids": "1", "into": "<b>"}, "不符合"),
        ({"do": "merge", "ids": "1", "into": "春天"}, "标签不能与自身合并"),
    ],
)
def test_what_cannot_be_done_is_said(panel: Panel, tags, fields, words) -> None:
    answer = panel.post("tags/change", {**fields, **({"ids": str(tags["春天"])} if "ids" in fields else {})})  # fmt: skip

    assert answer.status_code == 422
    assert words in answer.text
    assert panel.log() == []
