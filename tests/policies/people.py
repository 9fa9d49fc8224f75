"""The people of the matrices, with the rights of the default groups, and the matrices as they are read.

Board 1 is everybody's, 2 only the administrators', 3 another one everybody reads. The board's moderator,
its intern (实习版主) and its reviewer (审核员) moderate board 1, "elsewhere" board 3. The author is the
member who wrote what is asked about.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from forum.policies.actor import Actor, BoardSets, Rank
from forum.policies.permissions import PERMISSIONS
from forum.policies.verdict import Refusal, Verdict

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOME, SECRET, OTHER = 1, 2, 3
AUTHOR_ID = 5
Question = Callable[[Actor], object]


def _rights(group_id: int) -> dict[str, int]:
    return {
        permission.key: value
        for permission in PERMISSIONS.values()
        if (value := permission.defaults.get(group_id, 0))
    }


def _actor(
    member_id: int | None,
    group_id: int,
    rank: Rank = Rank.MEMBER,
    *,
    moderates: tuple[int, ...] = (),
) -> Actor:
    boards = {HOME, OTHER} | ({SECRET} if rank >= Rank.ADMINISTRATOR else set())
    is_silent = group_id in (4, 7)
    writable = frozenset(() if is_silent else boards)
    access = {7: 1, 4: 1, 10: 10}.get(group_id, 100)
    return Actor(
        now=NOW, member_id=member_id, group_id=group_id, rank=rank, permissions=_rights(group_id), read_access=access,
        boards=BoardSets(frozenset(boards), writable, writable), moderated=frozenset(moderates or ()),
    )  # fmt: skip


ALL = (HOME, SECRET, OTHER)
PEOPLE: dict[str, Actor] = {
    "guest": _actor(None, 7),
    "banned": Actor(now=NOW, member_id=3, group_id=5, may_visit=False),
    "muted": _actor(4, 4),
    "author": _actor(AUTHOR_ID, 10),
    "member": _actor(6, 10),
    "elsewhere": _actor(7, 3, Rank.MODERATOR, moderates=(OTHER,)),
    "reviewer": _actor(8, 19, Rank.MODERATOR, moderates=(HOME,)),
    "intern": _actor(9, 16, Rank.MODERATOR, moderates=(HOME,)),
    "moderator": _actor(10, 3, Rank.MODERATOR, moderates=(HOME,)),
    "super": _actor(11, 2, Rank.SUPER_MODERATOR, moderates=(HOME, OTHER)),
    "admin": _actor(12, 1, Rank.ADMINISTRATOR, moderates=ALL),
    "founder": _actor(13, 1, Rank.FOUNDER, moderates=ALL),
}


def word(answer: object) -> str:
    """An answer as the matrices write it."""
    if isinstance(answer, Verdict):
        if answer:
            return "yes"
        return "404" if answer.refusal is Refusal.NOT_VISIBLE else "no"
    return "-" if answer is None else str(answer)


def written(questions: Mapping[str, Question]) -> str:
    """The matrix these questions give."""
    wide = max(map(len, questions)) + 2
    widths = [max(len(name), 8) + 1 for name in PEOPLE]

    def line(head: str, cells: list[str]) -> str:
        return (
            head.ljust(wide)
            + "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        )

    lines = [line("", list(PEOPLE))]
    for name, question in questions.items():
        lines.append(line(name, [word(question(actor)) for actor in PEOPLE.values()]))
    return "\n".join(lines) + "\n"


def matrix(name: str) -> str:
    """The matrix people read, without what explains it."""
    text = (Path(__file__).parent / "matrices" / f"{name}.txt").read_text("utf-8")
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))
