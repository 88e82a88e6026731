"""Evaluation: how well search answers what people ask, over time, and the labelled queries it is measured on."""

from collections.abc import Sequence

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kb_service.errors import Invalid
from web import fragments, params
from web.auth import current_actor
from web.context import kb

pages = Blueprint("evaluation", __name__)

WIDTH, HEIGHT = 640, 120
"""Units of the drawing of the measures over time."""


@pages.get("/evaluation")
def show() -> Response:
    return _page()


@pages.post("/evaluation")
def run() -> AnyResponse:
    try:
        kb.evaluation.run(current_actor())
    except Invalid as error:
        return _page(error)
    return redirect(url_for("evaluation.show"), 303)


@pages.post("/evaluation/queries")
def label() -> AnyResponse:
    words, numbers = params.text(request.form, "words"), params.numbers(request.form, "answers")
    try:
        kb.labelled.add(current_actor(), words, numbers)
    except Invalid as error:
        return _page(error)
    return redirect(url_for("evaluation.show", _anchor="queries"), 303)


@pages.post("/evaluation/queries/<id:id>")
def change(id: int) -> AnyResponse:  # noqa: A002
    """`remove` takes the query out of use, else its answers are replaced."""
    actor, seen = current_actor(), params.integer(request.form, "seen_version")
    try:
        if "remove" in request.form:
            kb.labelled.remove(actor, id, seen_version=seen)
        else:
            kb.labelled.change(actor, id, params.numbers(request.form, "answers"), seen_version=seen)
    except Invalid as error:
        return _page(error)
    return redirect(url_for("evaluation.show", _anchor="queries"), 303)


def _page(error: Invalid | None = None) -> Response:
    actor = current_actor()
    words = params.text(request.args, "words")
    history = kb.evaluation.history(actor)
    page = kb.labelled.list(actor, words=words, offset=params.offset(request.args), limit=params.PAGE_SIZE)
    return fragments.render(
        "evaluation/show.html",
        status=422 if error else 200,
        error=error,
        history=history,
        points=points([one.measures.ndcg_10 for one in reversed(history)]),
        size=(WIDTH, HEIGHT),
        page=page,
        words=words,
        proposals=kb.labelled.proposals(actor),
        told={name: params.text(request.form, name) for name in ("words", "answers")},
    )


def points(values: Sequence[float]) -> tuple[tuple[int, int], ...]:
    """Where values from 0 to 1, oldest first, stand in the drawing."""
    step = WIDTH / max(1, len(values) - 1)
    return tuple((round(at * step), round(HEIGHT * (1 - value))) for at, value in enumerate(values))
