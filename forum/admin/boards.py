"""The board tree: listing, ordering, making, editing and deleting boards."""

from flask import redirect, request
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from forum.admin.forms.boards import BoardForm, CategoryForm, NewBoardForm
from forum.admin.forms.parts import number_or_none, numbers_by_id
from forum.admin.registry import Menu, admin_page
from forum.commands.boards import create_board, delete_board, edit_board, order_boards
from forum.core.errors import NotFound
from forum.http.context import actor, reader, site
from forum.http.errors import say, sentence
from forum.http.forms import form_page, refusals_on
from forum.http.panel import changing, give_password
from forum.http.panel_forms import ButtonForm, ConfirmForm
from forum.queries.admin.boards import board_counts, board_obstacles, board_texts
from forum.queries.site import BoardInfo

BOARDS = admin_page("boards", _l("Board management"), menu=Menu.BOARDS)
ID = "/<int(max=9007199254740991):board_id>"


def board_of(board_id: int) -> BoardInfo:
    """The board of an address.

    :raises NotFound: there is none.
    """
    board = site().boards.get(board_id)
    if board is None:
        raise NotFound("not_found")
    return board


@BOARDS.shown()
def index() -> Response:
    return form_page("admin/boards/index.html", ButtonForm(), counts=board_counts(reader()))


@BOARDS.done("/order")
def order() -> Response:
    positions = numbers_by_id("position")
    with changing() as uow:
        order_boards(uow, actor(), positions=positions)
    say(sentence("order_saved", {}))
    return redirect(BOARDS.url, 303)


@BOARDS.route("/new")
def new() -> Response:
    form = NewBoardForm(site(), parent_id=number_or_none(request.args.get("below")))
    if form.validate_on_submit():
        with refusals_on(form):
            with changing() as uow:
                board_id = create_board(
                    uow,
                    actor(),
                    kind=form.kind,
                    name=form.name.data,
                    parent_id=form.parent_id.data,
                )
            say(sentence("board_created", {}))
            return redirect(BOARDS.below(str(board_id)), 303)
    return form_page("admin/boards/new.html", form)


@BOARDS.route(ID)
def edit(board_id: int) -> Response:
    board = board_of(board_id)
    texts = board_texts(reader(), board_id)
    form = (
        CategoryForm(obj=board, description=texts.description)
        if board.is_category
        else BoardForm(site(), board, texts)
    )
    if form.validate_on_submit():
        with refusals_on(form):
            with changing() as uow:
                edit_board(uow, actor(), board_id=board_id, draft=form.draft())
            say(sentence("saved", {}))
            return redirect(BOARDS.below(str(board_id)), 303)
    return form_page("admin/boards/edit.html", form, board=board)


@BOARDS.route(f"{ID}/delete")
def delete(board_id: int) -> Response:
    board = board_of(board_id)
    form = ConfirmForm()
    if form.validate_on_submit():
        with refusals_on(form):
            give_password(form.password.data, field="password")
            with changing() as uow:
                delete_board(uow, actor(), board_id=board_id)
            say(sentence("board_deleted", {}))
            return redirect(BOARDS.url, 303)
    obstacles = board_obstacles(reader(), board_id)
    return form_page("admin/boards/delete.html", form, board=board, obstacles=obstacles)
