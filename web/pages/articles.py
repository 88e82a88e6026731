"""Articles: reading one, its history, what readers say of it, and the steps of its workflow."""

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kb_service.domain.article import KINDS
from kb_service.results import ArticleView
from web import fragments, params
from web.auth import current_actor, visitor_key
from web.context import kb
from web.pages import similar

pages = Blueprint("articles", __name__)


@pages.get("/articles")
def index() -> Response:
    state = params.text(request.args, "state")
    page = kb.articles.list(current_actor(), offset=params.offset(request.args), limit=params.PAGE_SIZE, state=state)
    return fragments.render("articles/list.html", page=page, state=state)


@pages.get("/articles/<number:number>")
def show(number: str) -> Response:
    """`event` names the search that led here."""
    article = kb.articles.get(current_actor(), number)
    event = params.text(request.args, "event")
    if event:
        kb.search.opened(event, number)
    related = similar.found(lambda: kb.related.of(current_actor(), number))
    return _reading(article, event=event, related=related)


@pages.post("/articles/<number:number>/feedback")
def feedback(number: str) -> Response:
    solved = request.form.get("solved") == "yes"
    counts = kb.feedback.answer(
        current_actor(),
        number,
        solved=solved,
        reason=params.text(request.form, "reason"),
        who=visitor_key(),
        event=params.text(request.form, "event"),
    )
    return fragments.render(
        "articles/thanks.html", "articles/_thanks.html", number=number, solved=solved, counts=counts
    )


@pages.post("/articles/<number:number>/learned/<id:learned>/remove")
def forget(number: str, learned: int) -> AnyResponse:
    kb.learning.forget(current_actor(), number, learned)
    return redirect(url_for("articles.show", number=number), 303)


@pages.get("/articles/<number:number>/revisions")
def revisions(number: str) -> Response:
    article = kb.articles.get(current_actor(), number)
    rows = kb.articles.revisions(current_actor(), number)
    return fragments.render("articles/revisions.html", article=article, revisions=rows)


@pages.get("/articles/<number:number>/revisions/<id:revision>")
def revision(number: str, revision: int) -> Response:
    article = kb.articles.revision(current_actor(), number, revision)
    return _reading(article, past=True)


@pages.get("/articles/<number:number>/diff")
def diff(number: str) -> Response:
    before, after = (params.integer(request.args, name, default=1, low=1) for name in ("before", "after"))
    fields = kb.articles.diff(current_actor(), number, before, after)
    return fragments.render("articles/diff.html", number=number, before=before, after=after, fields=fields)


@pages.post("/articles/<number:number>/revise")
def revise(number: str) -> AnyResponse:
    candidate = kb.candidates.revise(current_actor(), number)
    return redirect(url_for("candidates.edit", id=candidate.id), 303)


@pages.post(
    "/articles/<number:number>/<any(propose_retire, confirm_retire, propose_restore, confirm_restore, cancel):action>"
)
def step(number: str, action: str) -> AnyResponse:
    seen, reason = params.integer(request.form, "seen_version"), params.text(request.form, "reason")
    kb.articles.step(current_actor(), number, action, seen_version=seen, reason=reason)
    return redirect(url_for("articles.show", number=number), 303)


def _reading(article: ArticleView, **context: Any) -> Response:
    steps = {field.name for field in KINDS[article.kind].fields if field.steps}
    return fragments.render("articles/show.html", article=article, steps=steps, **context)
