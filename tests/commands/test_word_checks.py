"""The test box says what the commands do."""

import pytest

from forum.commands.accounts.profile import _entitle, _sign
from forum.commands.messages import _text
from forum.commands.post_texts import post_text, thread_title
from forum.commands.tags import checked_tags
from forum.commands.word_checks import (
    WordField,
    check_name,
    checked_line,
    checked_source,
    checked_without_queue,
    explained,
)
from forum.core.cache import CacheName
from forum.core.errors import Invalid
from forum.core.uow import unit_of_work
from forum.models import Member, Word, WordAction
from forum.settings import Messages, Posting
from forum.words import WordFilter, WordRule

WORDS = WordFilter(
    [
        WordRule(1, "赌博", WordAction.REFUSE),
        WordRule(2, "代{2}购", WordAction.HOLD),
        WordRule(3, "笨蛋", WordAction.REPLACE, "**"),
    ]
)


def _without_queue(actor, typed, *, is_source):
    return checked_without_queue(actor, WORDS, typed, field="x", is_source=is_source), ()


def _line(actor, typed):
    checked = checked_line(actor, WORDS, typed, field="x")
    return checked.text, checked.held_by


def _source(actor, typed):
    checked = checked_source(actor, WORDS, typed, field="x")
    return checked.text, checked.held_by


def _name(_actor, typed):
    check_name(WORDS, typed)
    return typed, ()


COMMANDS = {
    WordField.SUBJECT: _line,
    WordField.TEXT: _source,
    WordField.TAG: _line,
    WordField.MESSAGE: lambda actor, typed: _without_queue(actor, typed, is_source=True),
    WordField.SIGNATURE: lambda actor, typed: _without_queue(actor, typed, is_source=True),
    WordField.OWN_TITLE: lambda actor, typed: _without_queue(actor, typed, is_source=False),
    WordField.NAME: _name,
}


@pytest.mark.parametrize(
    "typed", ["赌博", "代人购", "笨蛋", "赌[b]博[/b]", "代人购 赌博 笨蛋", "你好"]
)
@pytest.mark.parametrize("field", WordField)
def test_it_says_what_becomes_of_a_text(forum, field, typed):
    actor = forum.actor(forum.member())
    said = next(one for one in explained(WORDS, typed) if one.field is field)

    if said.refused:
        with pytest.raises(Invalid, match="words_refused"):
            COMMANDS[field](actor, typed)
        assert not said.held
    else:
        text, held = COMMANDS[field](actor, typed)
        assert (said.text, tuple(rule.find for rule in said.held)) == (text, held)


GROWING = WordFilter([WordRule(1, "a", WordAction.REPLACE, "长" * 100)])


def _post_text(actor, _uow):
    post_text(actor, "a" * 200, Posting(), GROWING)


def _largest_post_text(actor, _uow):
    post_text(actor, "a" * 9_990, Posting(message_max_bytes=10_000_000), GROWING)


def _title(actor, _uow):
    thread_title(actor, "a", Posting(), GROWING)


def _message(actor, _uow):
    _text(actor, "a" * 40, Messages(), GROWING)


def _signature(actor, uow):
    _sign(actor, uow.session.get_one(Member, actor.member_id), "a" * 90, GROWING)


def _own_title(actor, uow):
    _entitle(actor, uow.session.get_one(Member, actor.member_id), "a", GROWING)


@pytest.mark.parametrize(
    ("keeps", "key", "field"),
    [
        (_post_text, "message_too_long", "source"),
        (_largest_post_text, "message_too_long", "source"),
        (_title, "subject_too_long", "title"),
        (_message, "private_long", "source"),
        (_signature, "signature_long", "signature"),
        (_own_title, "title_long", "custom_title"),
    ],
)
def test_what_a_text_becomes_is_measured_too(forum, keeps, key, field):
    actor = forum.actor(forum.member(group_id=15))
    with pytest.raises(Invalid) as refused, unit_of_work(forum.database) as uow:
        keeps(actor, uow)

    assert (refused.value.key, refused.value.field) == (key, field)


def test_a_tag_that_becomes_too_wide_is_left_out(forum):
    actor = forum.actor(forum.member())
    with unit_of_work(forum.database) as uow:
        uow.session.add(
            Word(pattern="春天", key="春天", action=WordAction.REPLACE, replacement="长" * 100, created_at=uow.now)
        )  # fmt: skip
        uow.bump(CacheName.WORDS)
    with unit_of_work(forum.database) as uow:
        forum.database.cache.refresh(uow.session)
        assert checked_tags(uow.session, actor, "春天 摄影", most=5).names == ("摄影",)
