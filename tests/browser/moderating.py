"""A board where everything a moderator has to do is waiting, for the browser stories."""

from dataclasses import dataclass

from sqlalchemy import select

from forum.commands.appeals import appeal_decision
from forum.commands.moderation import perform
from forum.commands.moderation.batches import run_batch, start_batch
from forum.commands.moderation.network_bans import NetworkOptions, ban_network
from forum.commands.reports import report_post
from forum.commands.threads import start_thread
from forum.models import Member, Post
from tests.browser.served import Server
from tests.commands.moderation.acting import working
from tests.factories import FOUNDER_ID

LONG = "一个相当长的、在窄窄的手机屏幕上一行放不下的主题标题"


@dataclass(frozen=True)
class Desk:
    """Names and ids: `moderator` looks after both boards, `author` and `reporter` are members."""

    board: int
    other: int
    board_name: str
    other_name: str
    moderator: str
    colleague: str
    author: str
    author_id: int
    reporter: str
    thread: int
    title: str
    held_title: str
    post: int


def desk(server: Server) -> Desk:
    """A held thread, a thread of four floors with a reply that was reported, two boards."""
    names = server.name("值班版"), server.name("邻版")
    board = server.forum.board(names[0], premoderation=1)
    other = server.forum.board(names[1])
    author_id, author = server.member()
    reporter_id, reporter = server.member()
    moderator, colleague = server.moderator(board, other), server.moderator(board)
    title, held_title = server.name(LONG), server.name("等待审核的主题")
    thread = server.thread(author_id, board_id=board, title=title, replies=3, repliers=(author_id,))
    with server.forum.read() as s:
        post = s.scalars(select(Post.id).where(Post.thread_id == thread, Post.floor == 3)).one()
    with working(server.forum) as uow:
        start_thread(
            uow, server.forum.actor(author_id), board_id=board, title=held_title,
            source="这个版块的主题要先审核，所以它还在等。",
        )  # fmt: skip
    with working(server.forum) as uow:
        report_post(
            uow, server.forum.actor(reporter_id), post_id=post, reason="other", text="这一层跑题了"
        )
    return Desk(
        board, other, *names, moderator, colleague, author, author_id, reporter, thread, title, held_title, post
    )  # fmt: skip


def busy(server: Server, made: Desk) -> tuple[int, int]:
    """Actions in the log, an appeal, somebody punished: the pages are full.

    :returns: the entries of a deleted thread (appealed against) and of a closed one.
    """
    by = {name: server.forum.actor(_id(server, name)) for name in (made.moderator, made.colleague)}
    gone = server.thread(made.author_id, board_id=made.board, title=server.name("删掉的" + LONG))
    with working(server.forum) as uow:
        deleted = perform(
            uow, by[made.colleague], "thread.delete", [gone], reason="广告/SPAM", notifies=True
        )
    with working(server.forum) as uow:
        closed = perform(uow, by[made.moderator], "thread.close", [made.thread], reason="文不对题")
    muted = server.member(server.name("发广告的"))[0]
    with working(server.forum) as uow:
        perform(uow, by[made.moderator], "member.mute", [muted], reason="恶意灌水")
    with working(server.forum) as uow:
        appeal_decision(
            uow, server.forum.actor(made.author_id), entry_id=deleted.entry_id,
            text="这不是广告，是我自己整理的经验，请再看一遍。",
        )  # fmt: skip
    return deleted.entry_id, closed.entry_id


def bins(server: Server, made: Desk) -> None:
    """A deleted reply, a network that is banned."""
    moderator, founder = (
        server.forum.actor(one) for one in (_id(server, made.moderator), FOUNDER_ID)
    )
    thread = server.thread(
        made.author_id, board_id=made.board, title=server.name("有废话的" + LONG), replies=1,
        repliers=(made.author_id,),
    )  # fmt: skip
    with server.forum.read() as s:
        reply = s.scalars(select(Post.id).where(Post.thread_id == thread, Post.floor == 2)).one()
    with working(server.forum) as uow:
        perform(uow, moderator, "post.delete", [reply], reason="与主题无关的长篇大论")
    with working(server.forum) as uow:
        ban_network(uow, founder, NetworkOptions("198.51.100.0/24"), reason="爬虫")


def finished(server: Server, made: Desk) -> int:
    """The batch of a large action of the moderator's that is done."""
    threads = [server.thread(made.author_id, board_id=made.other) for _ in range(2)]
    moderator = server.forum.actor(_id(server, made.moderator))
    with working(server.forum) as uow:
        batch_id = start_batch(uow, moderator, "thread.close", threads)
    run_batch(lambda: working(server.forum), batch_id)
    return batch_id


def _id(server: Server, name: str) -> int:
    with server.forum.read() as s:
        return s.scalars(select(Member.id).where(Member.name == name)).one()
