"""标签管理: search, close, merge, bring back."""

from flask import redirect, request
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from forum.admin.registry import Menu, admin_page
from forum.commands.tag_care import close_tags, merge_tags, restore_tags
from forum.core.errors import Invalid
from forum.http.context import actor, reader
from forum.http.errors import say, sentence
from forum.http.forms import form_page, refusals_on
from forum.http.panel import changing
from forum.http.panel_forms import ButtonForm
from forum.queries.tags import LONGEST, tag_list

TAGS = admin_page("tags", _l("Tags"), menu=Menu.OPERATION)
STATES = ("", "closed", "merged")


@TAGS.shown()
def tags() -> Response:
    return _page(ButtonForm())


@TAGS.done("/change")
def change_tags() -> Response:
    form = ButtonForm()
    ids = [int(one) for one in request.form.getlist("ids") if one.isdecimal() and len(one) <= 16]
    if form.validate_on_submit():
        with refusals_on(form):
            with changing() as uow:
                match request.form.get("do"):
                    case "close":
                        close_tags(uow, actor(), tag_ids=ids)
                    case "restore":
                        restore_tags(uow, actor(), tag_ids=ids)
                    case "merge":
                        merge_tags(uow, actor(), tag_ids=ids, into=request.form.get("into", ""))
                    case _:
                        raise Invalid("choice_unknown")
            say(sentence("saved", {}))
            return redirect(TAGS.url, 303)
    return _page(form)


def _page(form: ButtonForm) -> Response:
    search, state = request.values.get("q", "")[:LONGEST], request.values.get("state", "")
    state = state if state in STATES else ""
    before = request.args.get("before", "")
    found = tag_list(
        reader(),
        actor(),
        search=search,
        state=state,
        before=int(before) if before.isdecimal() and len(before) < 16 else None,
    )
    return form_page("admin/tags/index.html", form, found=found, search=search, state=state)
