"""Does what two members write to each other stand on any page of anybody else?"""

import pytest
from flask import Flask
from sqlalchemy import text, update
from sqlalchemy.exc import StatementError

from forum.core.uow import unit_of_work
from forum.models import Message, Post
from tests.factories import Forum
from tests.walking import PERSONAS, build, rules, visitor

CANARY = "金丝雀只对你一个人唱"
BETWEEN = ("author", "member")


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_message_stands_on_no_page_of_others(app: Flask, forum: Forum) -> None:
    world = build(forum)
    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(Message).values(source=CANARY, html=CANARY))
        # The crawl is not blind: what all may read is met in the same way.
        uow.session.execute(update(Post).values(html="人人都看得见"))

    met, seen = [], set()
    for persona in PERSONAS:
        client = visitor(app, forum, world.members[persona])
        asked = [world.address(rule) for rule in rules(app)]
        for other in BETWEEN:
            asked.append(f"/messages/{world.members[other]}")
            asked.append(f"/messages/{world.members[other]}/{world.ids['message_id']}/report")
        for path in (*asked, f"/search?q={CANARY[:4]}", "/home.php?mod=space&do=pm"):
            with client.get(path, follow_redirects=True) as answer:
                assert answer.status_code < 500, path
                text = "" if answer.mimetype.startswith("image") else answer.text
            if "人人都看得见" in text:
                seen.add(persona)
            if CANARY in text:
                met.append((persona, path))

    assert [one for one in met if one[0] not in BETWEEN] == []
    assert {persona for persona, _ in met} == set(BETWEEN)
    assert seen >= set(PERSONAS) - {"banned", "muted"}


def test_no_error_tells_what_was_written(forum: Forum) -> None:
    for words in (CANARY, "金丝雀\0", 10**30):
        with pytest.raises(StatementError) as failed, unit_of_work(forum.database) as uow:
            uow.session.execute(text("SELECT :words FROM nowhere"), {"words": words})

        assert "SELECT" in str(failed.value)
        assert "金丝雀" not in str(failed.value)
        assert str(10**30) not in str(failed.value)
