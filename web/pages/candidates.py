"""Candidates: writing, previewing and submitting what is to become an article, and deciding on it."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kb_service.domain.article import AUDIENCES, KINDS
from kb_service.domain.workflow import REASONS
from kb_service.errors import Invalid, StaleEdit
from kb_service.inputs import ArticleInput
from kb_service.results import SimilarArticle
from web import fragments, params
from web.auth import current_actor
from web.context import kb
from web.pages import similar

pages = Blueprint("candidates", __name__)


@pages.get("/candidates")
def index() -> Response:
    state = params.text(request.args, "state")
    page = kb.candidates.list(current_actor(), state=state, offset=params.offset(request.args), limit=params.PAGE_SIZE)
    return fragments.render("candidates/list.html", page=page, state=state)


@pages.get("/candidates/new")
def new() -> Response:
    """Empty, or filled from the reports named in `reports`."""
    numbers = params.numbers(request.args, "reports")
    if not numbers:
        return _form(params.article_input(request.args))
    told, _ = kb.candidates.from_reports(current_actor(), numbers)
    return _form(told, reports=numbers)


@pages.post("/candidates/new")
def create() -> AnyResponse:
    told = params.article_input(request.form, request.files)
    reports = params.numbers(request.form, "reports")
    if "save" not in request.form:
        return _form(told, reports=reports)
    try:
        candidate = kb.candidates.create(current_actor(), told, reports=reports)
    except Invalid as error:
        return _form(told, error, reports=reports)
    return redirect(url_for("candidates.show", id=candidate.id), 303)


@pages.get("/candidates/<id:id>")
def show(id: int) -> Response:  # noqa: A002
    candidate = kb.candidates.get(current_actor(), id)
    words = _words(candidate.title, candidate.codes, [field.markdown for field in candidate.fields])
    nearest = _nearest(words, without=candidate.target or candidate.article)
    return fragments.render("candidates/show.html", candidate=candidate, nearest=nearest, reasons=REASONS)


@pages.get("/candidates/<id:id>/edit")
def edit(id: int) -> Response:  # noqa: A002
    candidate = kb.candidates.get(current_actor(), id)
    return _form(kb.candidates.input_of(current_actor(), id), candidate=candidate)


@pages.post("/candidates/<id:id>/edit")
def save(id: int) -> AnyResponse:  # noqa: A002
    told = params.article_input(request.form, request.files)
    seen = params.integer(request.form, "seen_version")
    if "save" not in request.form:
        return _form(told, candidate=kb.candidates.get(current_actor(), id), seen=seen)
    try:
        kb.candidates.edit(current_actor(), id, told, seen_version=seen)
    except Invalid as error:
        return _form(told, error, candidate=kb.candidates.get(current_actor(), id), seen=seen)
    except StaleEdit:
        return _form(told, candidate=kb.candidates.get(current_actor(), id), stale=True)
    return redirect(url_for("candidates.show", id=id), 303)


@pages.post("/candidates/preview")
def preview() -> Response:
    told = params.article_input(request.form)
    return fragments.render("candidates/_preview.html", fields=kb.candidates.preview(told.kind, told.fields))


@pages.post("/candidates/nearest")
def nearest() -> Response:
    """Asked while somebody writes; `without` is the number of the article that is being revised."""
    told = params.article_input(request.form)
    words = _words(told.title, told.codes, told.fields.values())
    nearest = _nearest(words, without=params.text(request.args, "without"))
    return fragments.render("candidates/_nearest.html", nearest=nearest)


@pages.post("/candidates/<id:id>/<any(submit, withdraw):action>")
def step(id: int, action: str) -> AnyResponse:  # noqa: A002
    act = {"submit": kb.candidates.submit, "withdraw": kb.candidates.withdraw}[action]
    act(current_actor(), id, seen_version=params.integer(request.form, "seen_version"))
    return redirect(url_for("candidates.show", id=id), 303)


def _words(title: str, codes: Iterable[str], texts: Iterable[str]) -> str:
    """All that is written, to be compared with what there is."""
    return "\n".join((title, *codes, *texts))


def _nearest(text: str, *, without: str = "") -> tuple[SimilarArticle, ...] | None:
    return similar.found(lambda: kb.related.similar(current_actor(), text, without=without))


def _form(
    told: ArticleInput,
    error: Invalid | None = None,
    *,
    candidate: Any = None,
    reports: tuple[str, ...] = (),
    seen: int | None = None,
    stale: bool = False,
) -> Response:
    """The editor; without script its preview and its nearest articles come with the page.

    ``stale`` shows what somebody saved meanwhile beside the text of the writer, who may then save over it.
    """
    actor = current_actor()
    target = candidate.target if candidate else ""
    return fragments.render(
        "candidates/edit.html",
        status=409 if stale else 422 if error else 200,
        stale=stale,
        told=told,
        error=error,
        candidate=candidate,
        seen=seen if seen is not None or candidate is None else candidate.version,
        reports=reports,
        kinds=KINDS,
        audiences=AUDIENCES,
        organisations=kb.people.organisations(actor),
        systems=kb.people.systems(),
        preview=kb.candidates.preview(told.kind, told.fields) if "preview" in request.form else (),
        nearest=_nearest(_words(told.title, told.codes, told.fields.values()), without=target),
    )
