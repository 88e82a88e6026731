"""The lexicon for programs that act for its managers: words, synonyms, stop words, their effect and history."""

from werkzeug.wrappers import Response

from kb_service.results import (
    LexiconChangeRow,
    LexiconImport,
    LexiconOutlook,
    LexiconRow,
    LexiconStatus,
    LexiconView,
    Page,
    Unanswered,
)
from web.api.operations import FORM, JSON, MB, MULTIPART, TEXT, Operation
from web.api.schemas import (
    ChangedEntry,
    LexiconList,
    Lines,
    NewEntry,
    ProposedEntry,
    ProposedText,
    RemovedEntry,
    Stretch,
    Undo,
)
from web.auth import current_actor
from web.context import kb
from web.pages.lexicon import export as file


def index(query: LexiconList) -> Page[LexiconRow]:
    """Entries, last changed first."""
    return kb.lexicon.list(current_actor(), kind=query.kind, words=query.words, offset=query.offset, limit=query.limit)


def add(body: NewEntry) -> LexiconView:
    """Adds an entry."""
    return kb.lexicon.add(current_actor(), body.value(), confirmed=body.confirmed)


def preview(body: ProposedEntry) -> LexiconOutlook:
    """What a new entry would do to the labelled queries; adds nothing."""
    return kb.lexicon.preview(current_actor(), body.kind, body.text)


def take(body: Lines) -> LexiconImport:
    """Takes in a whole file, or says what it would bring."""
    if body.dry_run:
        return kb.lexicon.preview_import(current_actor(), body.kind, body.text)
    return kb.lexicon.take(current_actor(), body.value(), confirmed=body.confirmed)


def export(kind: str) -> Response:
    """The entries of a kind in its text format."""
    return file(kind)


def status() -> LexiconStatus:
    """What is in force, and how far the index is with it."""
    return kb.lexicon.status(current_actor())


def unanswered() -> tuple[Unanswered, ...]:
    """Words that several people searched for in vain."""
    return kb.lexicon.unanswered(current_actor())


def changes(query: Stretch) -> Page[LexiconChangeRow]:
    """The acts on the lexicon, newest first."""
    return kb.lexicon.history(current_actor(), offset=query.offset, limit=query.limit)


def undo(id: int, body: Undo) -> LexiconChangeRow:  # noqa: A002
    """Undoes one act, the whole of it."""
    return kb.lexicon.undo(current_actor(), id, reason=body.reason)


def show(id: int) -> LexiconView:  # noqa: A002
    """One entry and the acts that touched it."""
    return kb.lexicon.get(current_actor(), id)


def preview_change(id: int, body: ProposedText) -> LexiconOutlook:  # noqa: A002
    """What another text of an entry would do, or removing it; changes nothing."""
    return kb.lexicon.preview_change(current_actor(), id, body.text)


def change(id: int, body: ChangedEntry) -> LexiconView:  # noqa: A002
    """Gives an entry another text."""
    return kb.lexicon.change(current_actor(), id, **body.model_dump())


def remove(id: int, body: RemovedEntry) -> LexiconView:  # noqa: A002
    """Takes an entry out; its history stays."""
    return kb.lexicon.remove(current_actor(), id, **body.model_dump())


OPERATIONS = (
    Operation("GET", "/lexicon", index),
    Operation("POST", "/lexicon", add, status=201),
    Operation("POST", "/lexicon/preview", preview),
    Operation("POST", "/lexicon/import", take, media=(JSON, FORM, MULTIPART), limit=17 * MB),
    Operation("GET", "/lexicon/<any(word, synonyms, stop_word):kind>.txt", export, file=TEXT),
    Operation("GET", "/lexicon/status", status),
    Operation("GET", "/lexicon/unanswered", unanswered),
    Operation("GET", "/lexicon/changes", changes),
    Operation("POST", "/lexicon/changes/<id:id>/undo", undo),
    Operation("GET", "/lexicon/<id:id>", show),
    Operation("POST", "/lexicon/<id:id>/preview", preview_change),
    Operation("PUT", "/lexicon/<id:id>", change),
    Operation("POST", "/lexicon/<id:id>/remove", remove),
)
