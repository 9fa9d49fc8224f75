"""The settings of the site, one page a section, and the formula's test."""

from flask import redirect, request
from werkzeug.wrappers import Response

from forum.admin.forms.parts import whole
from forum.admin.forms.settings import TITLES, settings_form
from forum.admin.registry import AdminPage, Menu, admin_page
from forum.commands.settings import change_settings
from forum.core.errors import Invalid
from forum.http.background import nudge
from forum.http.context import actor, site
from forum.http.errors import say, sentence
from forum.http.forms import form_page, refusals_on
from forum.http.panel import changing
from forum.jobs.totals import RECOMPUTE_TOTALS
from forum.points.formula import NAMES, FormulaError, compiled
from forum.settings import SECTIONS

# Sections with a page of their own below; the rest are made alike.
OWN_PAGES = ("points",)


def _section_page(section: str) -> AdminPage:
    page = admin_page(
        f"settings_{section}", TITLES[section], menu=Menu.GLOBAL, path=f"settings/{section}"
    )

    @page.route()
    def edit() -> Response:
        form = settings_form(section, site())
        if form.validate_on_submit():
            with refusals_on(form):
                values = form.section(getattr(site().settings, section))
                with changing() as uow:
                    change_settings(uow, actor(), section=section, values=values)
                say(sentence("saved", {}))
                return redirect(page.url, 303)
        return form_page("admin/settings/edit.html", form, page=page)

    return page


SECTION_PAGES = {
    section: _section_page(section) for section in SECTIONS if section not in OWN_PAGES
}
POINTS = admin_page(
    "settings_points", TITLES["points"], menu=Menu.GLOBAL, path="settings/points", place=7
)


@POINTS.route()
def edit() -> Response:
    form = settings_form("points", site())
    if form.validate_on_submit():
        with refusals_on(form):
            values = form.section(site().settings.points)
            with changing() as uow:
                change_settings(uow, actor(), section="points", values=values)
                uow.after_commit(nudge(RECOMPUTE_TOTALS))
            say(sentence("saved", {}))
            return redirect(POINTS.url, 303)
    return form_page("admin/settings/points.html", form, samples=_samples(), tested=None)


@POINTS.done("/test")
def try_formula() -> Response:
    form = settings_form("points", site())
    tested = None
    with refusals_on(form):
        samples = {name: whole(value, otherwise=0) for name, value in _samples().items()}
        try:
            tested = compiled(form.formula.data or "").total(samples)
        except FormulaError as error:
            raise Invalid("formula_wrong", field="formula", at=error.at + 1) from error
    page = form_page("admin/settings/points.html", form, samples=_samples(), tested=tested)
    if tested is not None:
        page.status_code = 200  # a question, well asked
    return page


def _samples() -> dict[str, str]:
    """The numbers the formula is tried with, as typed."""
    known = [
        name for name in NAMES if not name[1:].isdigit() or int(name[1:]) in site().point_kinds
    ]
    given = {"posts": "100", "threads": "10", "digests": "1"}
    return {name: request.form.get(f"test-{name}", given.get(name, "10")) for name in known}
