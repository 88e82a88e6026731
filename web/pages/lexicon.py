"""The lexicon desk: what searches are widened and narrowed by, weighed before it is saved, undone by one press."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from kb_service.domain.lexicon import KINDS
from kb_service.errors import Duplicate, Invalid, StaleEdit, Unconfirmed
from kb_service.inputs import LexiconInput
from kb_service.results import LexiconOutlook, LexiconView
from web import fragments, params, uploads
from web.auth import current_actor
from web.context import kb

pages = Blueprint("lexicon", __name__)

SHOWN = 50
"""Bad lines of a file that are listed."""


@pages.get("/lexicon")
def index() -> Response:
    actor = current_actor()
    kind, words = params.text(request.args, "kind"), params.text(request.args, "words")
    page = kb.lexicon.list(actor, kind=kind, words=words, offset=params.offset(request.args), limit=params.PAGE_SIZE)
    return fragments.render(
        "lexicon/list.html",
        "lexicon/_rows.html",
        page=page,
        kind=kind,
        words=words,
        kinds=KINDS,
        state=kb.lexicon.status(actor),
        unanswered=kb.lexicon.unanswered(actor),
    )


@pages.get("/lexicon/status")
def status() -> Response:
    """What the desk asks for again and again while the index is rebuilt."""
    return fragments.render("lexicon/status.html", "lexicon/_status.html", state=kb.lexicon.status(current_actor()))


@pages.get("/lexicon/new")
def new() -> Response:
    """Empty, or begun with `kind` and `text`."""
    kb.lexicon.status(current_actor())  # for others there is no desk
    return _form(params.lexicon_input(request.args))


@pages.post("/lexicon/new")
def add() -> AnyResponse:
    told = params.lexicon_input(request.form)
    if "preview" in request.form:
        return _weighed(told, lambda: kb.lexicon.preview(current_actor(), told.kind, told.text))
    return _saved(told, lambda: kb.lexicon.add(current_actor(), told, confirmed="confirmed" in request.form))


@pages.get("/lexicon/<id:id>")
def show(id: int) -> Response:  # noqa: A002
    view = kb.lexicon.get(current_actor(), id)
    return _form(LexiconInput(kind=view.entry.kind, text=view.entry.text), view)


@pages.post("/lexicon/<id:id>")
def change(id: int) -> AnyResponse:  # noqa: A002
    """`remove` takes the entry out, `preview` weighs its text, else that is saved."""
    actor, told = current_actor(), params.lexicon_input(request.form)
    seen, confirmed = params.integer(request.form, "seen_version"), "confirmed" in request.form
    view = kb.lexicon.get(actor, id)
    if "preview" in request.form:
        return _weighed(told, lambda: kb.lexicon.preview_change(actor, id, told.text), view, seen)
    if "remove" in request.form:
        told = replace(told, text=view.entry.text)
        removal = partial(kb.lexicon.remove, actor, id, reason=told.reason, seen_version=seen, confirmed=confirmed)
        return _saved(told, removal, view, seen, removing=True)
    saving = partial(
        kb.lexicon.change, actor, id, told.text, reason=told.reason, seen_version=seen, confirmed=confirmed
    )
    return _saved(told, saving, view, seen)


@pages.get("/lexicon/history")
def history() -> Response:
    page = kb.lexicon.history(current_actor(), offset=params.offset(request.args), limit=params.PAGE_SIZE)
    return fragments.render("lexicon/history.html", page=page)


@pages.post("/lexicon/history/<id:id>/undo")
def undo(id: int) -> AnyResponse:  # noqa: A002
    done = kb.lexicon.undo(current_actor(), id, reason=params.text(request.form, "reason"))
    flash(gettext("已撤销，检索随即照原样进行。"))
    back = url_for("lexicon.show", id=done.entry_id) if done.entries == 1 else url_for("lexicon.history")
    return redirect(back, 303)


@pages.get("/lexicon/import")
def begin() -> Response:
    kb.lexicon.status(current_actor())
    return _import(params.lexicon_input(request.args))


@pages.post("/lexicon/import")
def take() -> AnyResponse:
    """`check` says what the lines would bring; the lines come back in the form, to be mended and taken in."""
    actor, told = current_actor(), params.lexicon_input(request.form)
    try:
        told = replace(told, text=_lines())
        if "check" in request.form:
            return _import(told, found=kb.lexicon.preview_import(actor, told.kind, told.text))
        taken = kb.lexicon.take(actor, told, confirmed="confirmed" in request.form)
    except Invalid as error:
        return _import(told, error)
    except Unconfirmed:
        return _import(told, found=kb.lexicon.preview_import(actor, told.kind, told.text), unconfirmed=True)
    flash(
        gettext("已导入 %(created)s 条，%(unchanged)s 条早已有了。", created=taken.created, unchanged=taken.unchanged)
    )
    return redirect(url_for("lexicon.index", kind=told.kind), 303)


@pages.get("/lexicon/<any(word, synonyms, stop_word):kind>.txt")
def export(kind: str) -> Response:
    """The entries of a kind in its text format, streamed."""
    lines = kb.lexicon.export(current_actor(), kind)
    response = Response((f"{line}\n" for line in lines), mimetype="text/plain")
    response.headers["Content-Disposition"] = f'attachment; filename="{kind}.txt"'
    return response


def _lines() -> str:
    """The chosen file, else what stands in the form. Raises Invalid."""
    file = request.files.get("file")
    if file and file.filename:
        return uploads.text(file.read())
    return params.mend(request.form.get("text", ""))


def _weighed(
    told: LexiconInput, weigh: Callable[[], LexiconOutlook], view: LexiconView | None = None, seen: int | None = None
) -> Response:
    """The form with the outlook beside it."""
    try:
        return _form(told, view, seen, outlook=weigh())
    except (Invalid, Duplicate) as error:
        return _form(told, view, seen, error=_at_text(error))


def _saved(
    told: LexiconInput,
    save: Callable[[], LexiconView],
    view: LexiconView | None = None,
    seen: int | None = None,
    *,
    removing: bool = False,
) -> AnyResponse:
    """On to the entry; or the form again with what is to be mended, confirmed or compared."""
    try:
        saved = save()
    except (Invalid, Duplicate) as error:
        return _form(told, view, seen, error=_at_text(error), removing=removing)
    except StaleEdit:
        return _form(told, kb.lexicon.get(current_actor(), view.entry.id) if view else None, stale=True)
    except Unconfirmed as error:
        return _form(told, view, seen, outlook=error.detail["outlook"], unconfirmed=True, removing=removing)
    flash(gettext("已移除，检索中不再起作用。") if removing else gettext("已保存，两秒内在所有检索中生效。"))
    return redirect(url_for("lexicon.show", id=saved.entry.id), 303)


def _at_text(error: Invalid | Duplicate) -> Invalid:
    """That there is one already is said at the text it is about."""
    return error if isinstance(error, Invalid) else Invalid(problems={"text": error.message})


def _form(
    told: LexiconInput,
    view: LexiconView | None = None,
    seen: int | None = None,
    *,
    error: Invalid | None = None,
    stale: bool = False,
    unconfirmed: bool = False,
    **context: Any,
) -> Response:
    """The form of one entry with its history; ``seen`` is the version that was read, the latest unless told.

    ``stale`` shows what somebody saved meanwhile beside what was written, which may then be saved over it.
    """
    return fragments.render(
        "lexicon/edit.html",
        "lexicon/_outlook_panel.html",
        status=422 if error else 409 if stale or unconfirmed else 200,
        told=told,
        view=view,
        seen=view.entry.version if view and seen is None else seen,
        kinds=KINDS,
        error=error,
        stale=stale,
        unconfirmed=unconfirmed,
        **context,
    )


def _import(told: LexiconInput, error: Invalid | None = None, *, unconfirmed: bool = False, **context: Any) -> Response:
    return fragments.render(
        "lexicon/import.html",
        status=422 if error else 409 if unconfirmed else 200,
        told=told,
        kinds=KINDS,
        error=error,
        unconfirmed=unconfirmed,
        shown=SHOWN,
        **context,
    )
