"""Is this a name somebody may carry? Width, characters, reserved and look-alike names; renaming."""

import unicodedata
from fnmatch import fnmatchcase

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from forum.core.errors import Invalid, NotFound, Taken
from forum.core.names import name_key
from forum.core.text import shows_nothing, width
from forum.core.uow import UnitOfWork
from forum.models import Board, Member, PostComment, PostRating, Thread
from forum.settings import Accounts

_MARKS = frozenset("_-.·")
_MOST_MARKS = 2  # accents on one letter; more are a tower


def checked_name(accounts: Accounts, name: str) -> str:
    """The name as it will be kept: compatibility forms brought to the plain ones.

    :raises Invalid: name_width, name_characters, name_digits or name_reserved.
    """
    if any(character.isspace() or not character.isprintable() for character in name.strip(" ")):
        raise Invalid("name_characters", field="name")
    name = unicodedata.normalize("NFKC", name.strip(" "))
    has = width(name)
    if not accounts.name_min_width <= has <= accounts.name_max_width:
        raise Invalid(
            "name_width",
            field="name",
            least=accounts.name_min_width,
            most=accounts.name_max_width,
            has=has,
        )
    if not _is_made_of_letters(name):
        raise Invalid("name_characters", field="name")
    if all(unicodedata.category(character) == "Nd" for character in name):
        raise Invalid("name_digits", field="name")  # it would be taken for a member's number
    if is_reserved(accounts, name):
        raise Invalid("name_reserved", field="name")
    return name


def _is_made_of_letters(name: str) -> bool:
    marks_in_a_row = 0
    has_letter = False
    for index, character in enumerate(name):
        category = unicodedata.category(character)
        if category.startswith("M"):
            marks_in_a_row += 1
            if index == 0 or marks_in_a_row > _MOST_MARKS or shows_nothing(character):
                return False
            continue
        marks_in_a_row = 0
        if shows_nothing(character):
            return False
        if category.startswith("L") or category == "Nd":
            has_letter = True
        elif character not in _MARKS:
            return False
    return has_letter


def is_reserved(accounts: Accounts, name: str) -> bool:
    """Does the name equal, or look like, one that is kept free? `*` in a setting stands for anything."""
    key = name_key(name)
    return any(
        fnmatchcase(key, name_key(pattern).replace("[", "[[]").replace("?", "[?]"))
        for pattern in accounts.reserved_names
    )


def rename_member(uow: UnitOfWork, accounts: Accounts, *, member_id: int, new_name: str) -> str:
    """Give a member another name, also where lists keep a copy of it.

    Quotes and log rows stay as they were written.

    :returns: the name as kept.
    :raises Invalid: the name breaks a rule.
    :raises Taken: "name".
    """
    s = uow.session
    name = checked_name(accounts, new_name)
    try:
        with s.begin_nested():
            found = uow.change(
                update(Member)
                .where(Member.id == member_id)
                .values(name=name, name_key=name_key(name))
            )
    except IntegrityError as error:
        raise Taken("name") from error
    if not found:
        raise NotFound("no_such_member")

    for model, id_column, name_column in (
        (Thread, Thread.author_id, Thread.author_name),
        (Thread, Thread.last_poster_id, Thread.last_poster_name),
        (Board, Board.last_poster_id, Board.last_poster_name),
    ):
        s.execute(
            update(model)
            .where(id_column == member_id, name_column != name)
            .values({name_column: name, model.version: model.version + 1})
            .execution_options(synchronize_session=False)
        )
    s.execute(
        update(PostComment).where(PostComment.author_id == member_id).values(author_name=name)
    )
    s.execute(update(PostRating).where(PostRating.rater_id == member_id).values(rater_name=name))
    return name
