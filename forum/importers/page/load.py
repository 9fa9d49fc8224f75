"""Which thread does a page belong to? Found again or made; thread and board count what came."""

from datetime import datetime

from sqlalchemy import select, update

from forum.commands.counters import recount_threads
from forum.core.errors import NotFound
from forum.core.uow import UnitOfWork
from forum.importers.page.facts import AuthorFacts, FloorFacts, PageFacts
from forum.importers.page.lines import Progress
from forum.importers.page.map import (
    is_exact_moment,
    joined,
    moments,
    parts_of,
    post_mark,
    source_of,
    starting_with,
)
from forum.importers.page.members import Accounts
from forum.importers.page.posts import Loaded, known_posts, make_posts, member_name
from forum.models import Board, ImportedRow, Post, Thread, ThreadState, ThreadType
from forum.queries.site import BoardInfo, Site

DEFAULT_BOARD = "默认版块"


def board_for(site: Site, name: str | None) -> BoardInfo:
    """The board an import goes to: by name, else 默认版块, else the first that holds threads.

    :raises NotFound: "no_board": there is none (of that name).
    """
    boards = [board for board in site.boards.values() if board.holds_threads]
    wanted = name if name is not None else DEFAULT_BOARD
    found = next((board for board in boards if board.name == wanted), None)
    if found is None and name is None and boards:
        found = boards[0]
    if found is None:
        raise NotFound("no_board", name=wanted)
    return found


def load_thread(
    uow: UnitOfWork,
    facts: PageFacts,
    *,
    board: BoardInfo,
    accounts: Accounts,
    progress: Progress | None = None,
) -> Loaded:
    """Make the thread (or find it) and its posts; count them. Members are settled by the caller."""
    times = moments(facts, uow.now)
    thread_id = find_thread(uow, facts)
    thread = uow.session.get(Thread, thread_id, with_for_update=True) if thread_id else None
    is_new = thread is None
    if thread is None:
        thread = _make_thread(uow, facts, board=board, accounts=accounts, times=times)
    loaded = make_posts(uow, facts, thread, accounts, times, progress)
    loaded.is_new_thread = is_new
    thread.view_count = max(thread.view_count, facts.thread.views or 0)
    if is_new or loaded.made:
        _complete_opening(uow, facts, thread)
        thread.version += 1
        uow.session.flush()  # the thread is counted in the database
        recount_threads(uow, {thread.id})
        uow.session.refresh(thread)
    return loaded


def find_thread(uow: UnitOfWork, facts: PageFacts) -> int | None:
    """The thread that an earlier page of the same thread became, if there was one.

    Same site, title and author; then the opening post decides, by its words or its exact time. A page
    without the opening post joins the thread whose posts it contradicts least.
    """
    rows = _namesakes(uow, facts)
    opening = next((f for f in facts.floors if f.number == 1), None)
    if opening is None:
        fitting = [
            (differs, -agrees, thread_id)
            for thread_id, _ in rows
            for agrees, differs in [_agreement(uow, thread_id, facts)]
        ]
        if not fitting:
            return None
        differs, disagreement, thread_id = min(fitting)
        return thread_id if not differs or disagreement < 0 else None
    for thread_id, mark in rows:
        if _is_opening(uow, thread_id, mark, opening):
            return thread_id
    return next((thread_id for thread_id, mark in rows if not mark), None)


def _namesakes(uow: UnitOfWork, facts: PageFacts) -> list[tuple[int, str]]:
    """Threads of the site with this title whose author may be the same: (id, mark of the opening post)."""
    rows = uow.session.execute(
        select(ImportedRow.local_id, ImportedRow.source_key)
        .join(Thread, Thread.id == ImportedRow.local_id)
        .where(
            ImportedRow.source == source_of(facts),
            ImportedRow.kind == "thread",
            ImportedRow.source_key.startswith(starting_with(facts.thread.title), autoescape=True),
        )
        .order_by(ImportedRow.local_id)
    )
    found: list[tuple[int, str]] = []
    for thread_id, key in rows:
        _, author, mark, _ = parts_of(key)
        if author == facts.thread.author_name or None in (author, facts.thread.author_name):
            found.append((thread_id, str(mark)))
    return found


def _is_opening(uow: UnitOfWork, thread_id: int, mark: str, opening: FloorFacts) -> bool:
    if mark == post_mark(opening):
        return True
    if not mark or not is_exact_moment(opening) or opening.when.at is None:
        return False
    at = uow.session.scalar(
        select(Post.created_at).where(Post.thread_id == thread_id, Post.floor == 1)
    )
    return at == opening.when.at


def _agreement(uow: UnitOfWork, thread_id: int, facts: PageFacts) -> tuple[int, int]:
    """On how many floors page and thread say the same, and on how many something else."""
    marks: dict[int, set[str]] = {}
    for number, mark in known_posts(uow, source_of(facts), thread_id):
        marks.setdefault(number, set()).add(mark)
    agrees = sum(1 for f in facts.floors if post_mark(f) in marks.get(f.number, ()))
    known = sum(1 for f in facts.floors if f.number in marks)
    return agrees, known - agrees


def _make_thread(
    uow: UnitOfWork,
    facts: PageFacts,
    *,
    board: BoardInfo,
    accounts: Accounts,
    times: dict[int, datetime],
) -> Thread:
    opening = next((f for f in facts.floors if f.number == 1), None)
    began = times[1] if opening is not None else min(times.values())
    author = opening.author if opening is not None else _author_of_header(facts)
    author_id = accounts.of(author, since=began)
    type_id = _type_id(uow, board, facts.thread.type_name)
    thread = Thread(
        board_id=board.id,
        type_id=type_id,
        author_id=author_id,
        author_name=member_name(uow, author_id),
        title=facts.thread.bare_title if type_id else facts.thread.title,
        is_newest_first=facts.thread.is_newest_first,
        is_closed=facts.thread.is_closed,
        created_at=began,
        last_post_at=began,
    )
    uow.session.add(thread)
    uow.session.flush()  # thread.id
    uow.session.add(_thread_row(facts, thread.id))
    return thread


def _author_of_header(facts: PageFacts) -> AuthorFacts:
    """A later page names the thread's author in its header (楼主: NAME), and nothing more of them."""
    return AuthorFacts(name=facts.thread.author_name)


def _thread_row(facts: PageFacts, thread_id: int) -> ImportedRow:
    opening = next((f for f in facts.floors if f.number == 1), None)
    mark = post_mark(opening) if opening is not None else ""
    return ImportedRow(
        source=source_of(facts),
        kind="thread",
        source_key=joined(facts.thread.title, facts.thread.author_name, mark, thread_id),
        local_id=thread_id,
    )


def _type_id(uow: UnitOfWork, board: BoardInfo, name: str | None) -> int | None:
    """The board's type of that name. None is made: the title then keeps its prefix."""
    if name is None:
        return None
    return uow.session.scalar(
        select(ThreadType.id)
        .where(ThreadType.board_id == board.id, ThreadType.name == name, ~ThreadType.is_retired)
        .order_by(ThreadType.id)
        .limit(1)
    )


def _complete_opening(uow: UnitOfWork, facts: PageFacts, thread: Thread) -> None:
    """A thread whose later page came first learns its opening post: author, time, order."""
    s = uow.session
    if thread.first_post_id is not None:
        return
    s.flush()  # the posts are looked up in the database
    opening = s.scalar(select(Post).where(Post.thread_id == thread.id, Post.floor == 1))
    if opening is None:
        return
    thread.first_post_id = opening.id
    thread.author_id, thread.created_at = opening.author_id, opening.created_at
    thread.author_name = member_name(uow, opening.author_id)
    thread.is_newest_first = facts.thread.is_newest_first
    waiting = joined(facts.thread.title, facts.thread.author_name, "", thread.id)
    row = s.get(ImportedRow, (source_of(facts), "thread", waiting))
    if row is not None:
        s.delete(row)
        s.flush()  # its key is free
        s.add(_thread_row(facts, thread.id))


def count_in_board(uow: UnitOfWork, loaded: Loaded) -> None:
    """The board counts what was made, and shows it if nothing newer is there. Last: the row is hot."""
    s = uow.session
    thread = s.get_one(Thread, loaded.thread_id)
    if thread.state is not ThreadState.VISIBLE or not (loaded.made or loaded.is_new_thread):
        return
    s.execute(
        update(Board)
        .where(Board.id == thread.board_id)
        .values(
            thread_count=Board.thread_count + int(loaded.is_new_thread),
            post_count=Board.post_count + len(loaded.made),
            version=Board.version + 1,
        )
    )
    s.execute(
        update(Board)
        .where(
            Board.id == thread.board_id,
            Board.last_post_at.is_(None) | (Board.last_post_at <= thread.last_post_at),
        )
        .values(
            last_thread_id=thread.id,
            last_title=thread.title,
            last_post_at=thread.last_post_at,
            last_poster_id=thread.last_poster_id,
            last_poster_name=thread.last_poster_name,
        )
    )
