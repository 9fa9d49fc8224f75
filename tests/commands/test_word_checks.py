"""The test box says what the commands do."""

import pytest

from forum.commands.word_checks import (
    WordField,
    check_name,
    checked_line,
    checked_source,
    checked_without_queue,
    explained,
)
from forum.core.errors import Invalid
from forum.models import WordAction
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
