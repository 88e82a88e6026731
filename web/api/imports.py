"""Imports for programs: upload a file, say what its columns are, check, run, read what was refused."""

from itertools import islice

from werkzeug.wrappers import Response

from importers import pipeline
from kb_service.results import ImportView, Page, RefusalView
from web import params, uploads
from web.api.operations import MB, MULTIPART, XLSX, Operation
from web.api.schemas import Comment, Decided, Mapped, Reason, Seen, Stretch, Upload
from web.auth import current_actor
from web.context import kb
from web.pages.imports import refused_rows as workbook


def index(query: Stretch) -> Page[ImportView]:
    """Imports, newest first."""
    return kb.imports.list(current_actor(), offset=query.offset, limit=query.limit)


def upload(body: Upload) -> ImportView:
    """Takes a file in; nothing is read from it yet."""
    name = params.clean(body.file.filename or "")
    path = uploads.take(kb.settings, body.file)
    digest, size = pipeline.digest(path)
    return kb.imports.upload(
        current_actor(),
        kind=body.kind,
        name=name,
        path=path,
        digest=digest,
        size=size,
        profile=body.profile,
        options=body.chosen(),
    )


def show(id: int) -> ImportView:  # noqa: A002
    """One import and how far it is."""
    return kb.imports.get(current_actor(), id)


def map_columns(id: int, body: Mapped) -> ImportView:  # noqa: A002
    """Says what the columns of the file are."""
    return kb.imports.map(
        current_actor(),
        id,
        mapping=body.mapping,
        profile=body.profile,
        options=body.options.chosen(),
        seen_version=body.seen_version,
    )


def check(id: int, body: Seen) -> ImportView:  # noqa: A002
    """Has the file read without writing anything."""
    return kb.imports.check(current_actor(), id, seen_version=body.seen_version)


def run(id: int, body: Seen) -> ImportView:  # noqa: A002
    """Has the file taken in."""
    return kb.imports.run(current_actor(), id, seen_version=body.seen_version)


def abandon(id: int, body: Seen) -> ImportView:  # noqa: A002
    """Gives an import up; what was taken in already stays."""
    return kb.imports.abandon(current_actor(), id, seen_version=body.seen_version)


def accept(id: int, body: Comment) -> Decided:  # noqa: A002
    """Accepts all candidates of an import in one act."""
    return Decided(kb.reviews.accept_import(current_actor(), id, comment=body.comment))


def send_back(id: int, body: Reason) -> Decided:  # noqa: A002
    """Sends all candidates of an import back in one act."""
    return Decided(kb.reviews.send_back_import(current_actor(), id, reason=body.reason))


def refusals(id: int, query: Stretch) -> Page[RefusalView]:  # noqa: A002
    """The rows that were refused, in the order of the file, each with the reason."""
    total = kb.imports.get(current_actor(), id).counts.refused
    rows = islice(kb.imports.refusals(current_actor(), id), query.offset, query.offset + query.limit)
    return Page(tuple(rows), total, query.offset, query.limit)


def refused_rows(id: int) -> Response:  # noqa: A002
    """The refused rows as a workbook: mend it, import it again."""
    return workbook(id)


OPERATIONS = (
    Operation("GET", "/imports", index),
    Operation("POST", "/imports", upload, status=201, media=(MULTIPART,), limit=101 * MB),
    Operation("GET", "/imports/<id:id>", show),
    Operation("PUT", "/imports/<id:id>/mapping", map_columns),
    Operation("POST", "/imports/<id:id>/check", check),
    Operation("POST", "/imports/<id:id>/run", run),
    Operation("POST", "/imports/<id:id>/abandon", abandon),
    Operation("POST", "/imports/<id:id>/accept", accept),
    Operation("POST", "/imports/<id:id>/send_back", send_back),
    Operation("GET", "/imports/<id:id>/refusals", refusals),
    Operation("GET", "/imports/<id:id>/refused.xlsx", refused_rows, file=XLSX),
)
