"""Which kinds of notice are there? The registry.

A kind is one line here, one template `templates/notices/_<key>.html` and one `notify` in the command
that causes it.
"""

import enum
from dataclasses import dataclass


class Part(enum.StrEnum):
    """Which tab of the page a notice stands on."""

    POSTS = "posts"
    SYSTEM = "system"
    STAFF = "staff"


@dataclass(frozen=True)
class Kind:
    """A kind of notice.

    :param needs_thread: tells of a thread, and only somebody who may read it sees more than that
        there was something.
    """

    key: str
    part: Part
    needs_thread: bool = False

    @property
    def template(self) -> str:
        return f"notices/_{self.key}.html"


KINDS: dict[str, Kind] = {}


def _register(*kinds: Kind) -> None:
    for kind in kinds:
        if kind.key in KINDS:
            raise ValueError(f"notice kind {kind.key} stands twice")
        KINDS[kind.key] = kind


_register(
    Kind("replied", Part.POSTS, needs_thread=True),
    Kind("quoted", Part.POSTS, needs_thread=True),
    # The author is told about the own thread or post, which may be out of sight by now.
    Kind("moderated", Part.POSTS),
    Kind("group_changed", Part.SYSTEM),
    Kind("welcome", Part.SYSTEM),
    Kind("reported", Part.STAFF, needs_thread=True),
    Kind("report_handled", Part.SYSTEM),
    Kind("message_reported", Part.STAFF),
    Kind("message_report_handled", Part.SYSTEM),
    Kind("appealed", Part.STAFF),
    Kind("appeal_answered", Part.SYSTEM),
)


def kind_of(key: str) -> Kind:
    """The kind.

    :raises KeyError: there is none; a command misspelt it.
    """
    return KINDS[key]
