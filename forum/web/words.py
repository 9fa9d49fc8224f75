"""词语过滤 in the moderators' panel: the list, typed in bulk or changed word by word, and its test."""

from flask import redirect, render_template, request
from flask_babel import ngettext
from werkzeug.wrappers import Response

from forum.commands.word_checks import explained
from forum.commands.words import change_words, delete_words, import_words
from forum.core.errors import Invalid
from forum.http.context import actor, reader
from forum.http.errors import say, sentence
from forum.http.forms import form_page, refusals_on
from forum.http.panel import changing
from forum.http.templating import addresses
from forum.models import WordAction
from forum.policies.queue import may_edit_words
from forum.queries.words import word_filter_of, words_as_lines, words_page
from forum.web.forms.words import TestForm, WordsForm
from forum.web.moderation_panel import number, pages


@pages.route("/words", methods=["GET", "POST"])
def words() -> Response:
    may_edit_words(actor()).require()
    form = WordsForm()
    if form.validate_on_submit():
        with refusals_on(form):
            with changing() as uow:
                done = import_words(
                    uow,
                    actor(),
                    text=form.text.data or "",
                    category=form.category.data or "",
                    mode=form.mode.data,
                )
            number_ = done.added + done.changed
            say(ngettext("%(num)d word was taken up.", "%(num)d words were taken up.", number_))
            return redirect(addresses().moderation("words"), 303)
    action = request.args.get("action")
    page = words_page(
        reader(),
        category=request.args.get("category"),
        action=WordAction(action) if action in list(WordAction) else None,
        search=request.args.get("search", "")[:100],
        before=number("before"),
    )
    return form_page("words/words.html", form, page=page)


@pages.post("/words/change")
def change_list() -> Response:
    ids = [int(one) for one in request.form.getlist("ids") if one.isdecimal() and len(one) <= 16]
    action = request.form.get("action", "")
    with changing() as uow:
        if "delete" in request.form:
            delete_words(uow, actor(), word_ids=ids)
        elif action in list(WordAction):
            change_words(
                uow,
                actor(),
                word_ids=ids,
                action=WordAction(action),
                replacement=request.form.get("replacement", ""),
                category=request.form.get("category", ""),
            )
        else:
            raise Invalid("word_action")
    say(sentence("saved", {}))
    return redirect(addresses().moderation("words"), 303)


@pages.get("/words/export")
def export_words() -> Response:
    may_edit_words(actor()).require()
    lines = words_as_lines(reader(), category=request.args.get("category"))
    return Response(lines, mimetype="text/plain")


@pages.route("/words/test", methods=["GET", "POST"])
def test_words() -> str:
    may_edit_words(actor()).require()
    form = TestForm()
    found = None
    if form.validate_on_submit():
        found = explained(word_filter_of(reader()), form.text.data or "")
    return render_template("words/test.html", form=form, found=found)
