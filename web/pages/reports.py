"""Reports: the list with its filters, one report with its nearest, and telling a new one."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kb_service.domain.report import KINDS
from kb_service.errors import Invalid
from kb_service.inputs import ReportInput
from web import fragments, params
from web.auth import current_actor
from web.context import kb
from web.pages import similar

pages = Blueprint("reports", __name__)


@pages.get("/reports")
def index() -> Response:
    asked = {name: params.text(request.args, name) for name in ("words", "system", "organisation")}
    page = kb.reports.list(
        current_actor(),
        **asked,
        import_id=params.integer(request.args, "import") or None,
        offset=params.offset(request.args),
        limit=params.PAGE_SIZE,
    )
    return fragments.render(
        "reports/list.html", "reports/_rows.html", page=page, asked=asked, systems=kb.people.systems()
    )


@pages.get("/reports/<number:number>")
def show(number: str) -> Response:
    report = kb.reports.get(current_actor(), number)
    nearest = similar.found(lambda: kb.reports.nearest(current_actor(), number))
    return fragments.render("reports/show.html", report=report, nearest=nearest)


@pages.get("/reports/new")
def new() -> Response:
    return _form(ReportInput(phenomenon=params.text(request.args, "phenomenon")))


@pages.post("/reports/new")
def file() -> AnyResponse:
    told = params.report_input(request.form, request.files)
    try:
        report = kb.reports.file(current_actor(), told)
    except Invalid as error:
        return _form(told, error)
    return redirect(url_for("reports.show", number=report.number), 303)


def _form(told: ReportInput, error: Invalid | None = None) -> Response:
    return fragments.render(
        "reports/new.html",
        status=422 if error else 200,
        told=told,
        error=error,
        kinds=KINDS,
        systems=kb.people.systems(),
    )
