"""Imports: upload a file, say what its columns are, check it without writing, take it in, read what was refused."""

from typing import cast

from flask import Blueprint, Response, redirect, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from importers import pipeline, refused
from importers.errors import ImportFailed
from importers.pipeline import Kind
from importers.results import Preview, Settings
from kb_service.errors import Invalid
from kb_service.results import ImportView
from web import fragments, params, uploads
from web.auth import current_actor
from web.context import kb

pages = Blueprint("imports", __name__)

KINDS: tuple[Kind, ...] = ("report", "article")
OPTIONS = ("encoding", "delimiter", "audience", "scope")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pages.get("/imports")
def index() -> Response:
    page = kb.imports.list(current_actor(), offset=params.offset(request.args), limit=params.PAGE_SIZE)
    return fragments.render("imports/list.html", page=page)


@pages.get("/imports/new")
def new() -> Response:
    return fragments.render("imports/new.html", kinds=KINDS, error=None)


@pages.post("/imports/new")
def upload() -> AnyResponse:
    file, kind = request.files.get("file"), params.text(request.form, "kind")
    if file is None or not file.filename or kind not in KINDS:
        error = Invalid(problems={"file": "请选择一个文件。"})
        return fragments.render("imports/new.html", status=422, kinds=KINDS, error=error)
    name = params.clean(file.filename)
    path = uploads.take(kb.settings, file)
    digest, size = pipeline.digest(path)
    taken = kb.imports.upload(current_actor(), kind=kind, name=name, path=path, digest=digest, size=size)
    return redirect(url_for("imports.mapping", id=taken.id), 303)


@pages.get("/imports/<id:id>")
def show(id: int) -> Response:  # noqa: A002
    """Also what the progress bar asks for again and again."""
    taken = kb.imports.get(current_actor(), id)
    refusals = kb.imports.refusals(current_actor(), id)
    shown = [row for row, _ in zip(refusals, range(50), strict=False)]
    return fragments.render("imports/show.html", "imports/_progress.html", taken=taken, refusals=shown)


@pages.get("/imports/<id:id>/mapping")
def mapping(id: int) -> Response:  # noqa: A002
    taken = kb.imports.get(current_actor(), id)
    preview, failure = _preview(taken)
    return fragments.render(
        "imports/mapping.html",
        taken=taken,
        preview=preview,
        failure=failure,
        fields=pipeline.FIELDS[taken.kind],
        organisations=kb.people.organisations(current_actor()),
    )


@pages.post("/imports/<id:id>/mapping")
def map_columns(id: int) -> AnyResponse:  # noqa: A002
    kb.imports.map(
        current_actor(),
        id,
        mapping=params.mapping(request.form),
        profile=params.text(request.form, "profile"),
        options=params.options(request.form, OPTIONS),
        seen_version=params.integer(request.form, "seen_version"),
    )
    back = "imports.mapping" if "again" in request.form else "imports.show"
    return redirect(url_for(back, id=id), 303)


@pages.post("/imports/<id:id>/<any(check, run, abandon):action>")
def step(id: int, action: str) -> AnyResponse:  # noqa: A002
    act = {"check": kb.imports.check, "run": kb.imports.run, "abandon": kb.imports.abandon}[action]
    act(current_actor(), id, seen_version=params.integer(request.form, "seen_version"))
    return redirect(url_for("imports.show", id=id), 303)


@pages.get("/imports/<id:id>/refused.xlsx")
def refused_rows(id: int) -> AnyResponse:  # noqa: A002
    """The refused rows as a workbook: mend it, import it again."""
    import tempfile

    kb.imports.get(current_actor(), id)  # refusals are read late: refuse before there is a file
    file = tempfile.TemporaryFile()  # noqa: SIM115
    refused.write(kb.imports.refusals(current_actor(), id), file)
    file.seek(0)
    return send_file(file, mimetype=_XLSX, as_attachment=True, download_name=f"refused-{id}.xlsx")


def _preview(taken: ImportView) -> tuple[Preview | None, str]:
    """What the file looks like, or the sentence why it cannot be read."""
    settings = Settings(
        profile=taken.profile,
        mapping=taken.mapping,
        encoding=taken.options.get("encoding", ""),
        delimiter=taken.options.get("delimiter", ""),
    )
    try:
        path = kb.imports.path(current_actor(), taken.id)
        return pipeline.preview(path, cast(Kind, taken.kind), settings), ""
    except ImportFailed as failure:
        return None, failure.message
