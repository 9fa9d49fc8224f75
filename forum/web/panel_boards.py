"""编辑版块 in the moderators' panel: the description and the rules of one's own boards."""

from flask import redirect, render_template
from werkzeug.wrappers import Response

from forum.commands.boards import edit_board_texts
from forum.http.context import actor, reader, site
from forum.http.errors import say, sentence
from forum.http.forms import form_page, refusals_on
from forum.http.panel import changing
from forum.http.panel_forms import BoardTextsForm
from forum.http.templating import addresses
from forum.queries.board_texts import board_texts_page, editable_boards
from forum.web.moderation import ID
from forum.web.moderation_panel import pages


@pages.get("/boards")
def boards() -> str:
    return render_template("moderation/boards.html", boards=editable_boards(site(), actor()))


@pages.route(f"/boards/<{ID}:board_id>", methods=["GET", "POST"])
def edit_board(board_id: int) -> Response:
    page = board_texts_page(reader(), site(), actor(), board_id)
    form = BoardTextsForm(with_rules=page.can_edit_rules, obj=page)
    if form.validate_on_submit():
        with refusals_on(form):
            with changing() as uow:
                edit_board_texts(uow, actor(), board_id=board_id, **form.texts)
            say(sentence("saved", {}))
            return redirect(addresses().moderation("boards"), 303)
    return form_page("moderation/edit_board.html", form, page=page)
