"""What do the words in an old address stand for?"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.core.errors import NotFound
from forum.core.names import name_key
from forum.models import Member


def member_named(s: Session, name: str) -> int:
    """The member of this name. Names are public. One statement.

    :raises NotFound: nobody has it.
    """
    found = s.scalar(select(Member.id).where(Member.name_key == name_key(name)))
    if found is None:
        raise NotFound("no_such_member")
    return found
