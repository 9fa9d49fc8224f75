"""收藏: keeping threads and boards, counted in SQL."""

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from forum.core.errors import NotFound
from forum.core.uow import UnitOfWork
from forum.models import Board, Favorite, FavoriteKind, Thread
from forum.policies.accounts import may_use_account
from forum.policies.actor import Actor
from forum.policies.boards import may_read_board
from forum.policies.threads import may_read_thread
from forum.queries.site import site_of


def toggle_favorite_thread(uow: UnitOfWork, actor: Actor, *, thread_id: int) -> bool:
    """Keep a thread, or no longer. One that can no longer be read can still be let go.

    :returns: is it kept now?
    :raises NotFound: no such thread, or the actor may not see it.
    """
    may_use_account(actor).require()
    if _let_go(uow, actor, FavoriteKind.THREAD, thread_id):
        return False
    thread = uow.session.get(Thread, thread_id)
    if thread is None:
        raise NotFound("thread_not_found")
    may_read_thread(actor, thread).require()
    _keep(uow, actor, FavoriteKind.THREAD, thread_id)
    return True


def toggle_favorite_board(uow: UnitOfWork, actor: Actor, *, board_id: int) -> bool:
    """Keep a board, or no longer.

    :returns: is it kept now?
    :raises NotFound: no such board, or the actor may not see it.
    """
    may_use_account(actor).require()
    if _let_go(uow, actor, FavoriteKind.BOARD, board_id):
        return False
    board = site_of(uow.session).boards.get(board_id)
    if board is None:
        raise NotFound("not_found")
    may_read_board(actor, board).require()
    _keep(uow, actor, FavoriteKind.BOARD, board_id)
    return True


def _let_go(uow: UnitOfWork, actor: Actor, kind: FavoriteKind, target_id: int) -> bool:
    gone = uow.change(
        delete(Favorite).where(
            Favorite.member_id == actor.member_id,
            Favorite.kind == kind,
            Favorite.target_id == target_id,
        )
    )
    if not gone:
        return False
    _count(uow, kind, target_id, -1)
    return True


def _keep(uow: UnitOfWork, actor: Actor, kind: FavoriteKind, target_id: int) -> None:
    try:
        with uow.session.begin_nested():
            uow.session.add(
                Favorite(
                    member_id=actor.member_id, kind=kind, target_id=target_id, created_at=uow.now
                )
            )
    except IntegrityError:  # a double click; it is kept already
        return
    _count(uow, kind, target_id, 1)


def _count(uow: UnitOfWork, kind: FavoriteKind, target_id: int, change: int) -> None:
    model = Thread if kind is FavoriteKind.THREAD else Board
    uow.session.execute(
        update(model)
        .where(model.id == target_id)
        .values(favorite_count=model.favorite_count + change)
    )


def recount_favorites(uow: UnitOfWork) -> int:
    """Count all favorites anew from the rows; returns how many counters were wrong."""
    wrong = 0
    for kind, model in ((FavoriteKind.THREAD, Thread), (FavoriteKind.BOARD, Board)):
        count = (
            select(func.count())
            .select_from(Favorite)
            .where(Favorite.kind == kind, Favorite.target_id == model.id)
            .scalar_subquery()
        )
        wrong += uow.change(
            update(model).where(model.favorite_count != count).values(favorite_count=count)
        )
    return wrong
