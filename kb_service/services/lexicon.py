"""Use cases of the lexicon desk: managers keep words, synonyms and stop words, see the effect first and can undo."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice

from sqlalchemy.orm import Session

from indexer import lexicon_formats as formats
from indexer.analysis.normalise import normalise
from indexer.lexicon_formats import Line
from kb_service.domain.access import Actor
from kb_service.domain.learned import is_fit
from kb_service.domain.lexicon import KINDS, Edit, LexiconChange, LexiconEntry, check_reason
from kb_service.errors import Conflict, Invalid, NotFound, Unavailable, Unconfirmed
from kb_service.inputs import LexiconInput
from kb_service.results import (
    LexiconChangeRow,
    LexiconImport,
    LexiconLine,
    LexiconOutlook,
    LexiconRow,
    LexiconStatus,
    LexiconView,
    Page,
    RebuildProgress,
    Unanswered,
)
from kb_service.services.in_force import InForce
from kb_service.services.scales import Scales
from kb_service.store import lexicon, searches
from kb_service.store.feed import rebuild_progress
from kb_service.store.unit_of_work import Database, Tx

LONGEST_FILE = 4_000_000
"""Characters of an imported file."""
MOST_LINES = 200_000
IN_VAIN = 500
"""Words that found nothing that are looked at, and of those"""
SHOWN = 20
"""how many are told."""
TOLD = 200
"""Characters of a bad line that are told."""


class LexiconDesk:
    """The lexicon as its managers see it: for everybody else there is none."""

    def __init__(self, database: Database, in_force: InForce, scales: Scales) -> None:
        self._database = database
        self._in_force = in_force
        self._scales = scales

    def list(
        self, actor: Actor, *, kind: str = "", words: str = "", offset: int = 0, limit: int = 20
    ) -> Page[LexiconRow]:
        """Entries of a kind, or of all, whose text has the words in it, last changed first. Raises NotFound."""
        _demand_curator(actor)
        with self._database.read() as session:
            return lexicon.page(session, kind=kind, words=words, offset=offset, limit=limit)

    def get(self, actor: Actor, entry_id: int) -> LexiconView:
        """One entry, removed ones included, with the acts that touched it. Raises NotFound."""
        _demand_curator(actor)
        with self._database.read() as session:
            return _view(session, lexicon.get(session, entry_id))

    def history(self, actor: Actor, *, offset: int = 0, limit: int = 20) -> Page[LexiconChangeRow]:
        """All acts, newest first. Raises NotFound."""
        _demand_curator(actor)
        with self._database.read() as session:
            return lexicon.changes(session, offset=offset, limit=limit)

    def status(self, actor: Actor) -> LexiconStatus:
        """What is in force, and how far the index is with it. Raises NotFound."""
        _demand_curator(actor)
        with self._database.read() as session:
            progress = rebuild_progress(session)
            return LexiconStatus(
                revision=lexicon.state(session).revision,
                counts=dict.fromkeys(KINDS, 0) | lexicon.counts(session),
                words_wait=lexicon.words_wait(session),
                progress=RebuildProgress(*progress) if progress else None,
            )

    def unanswered(self, actor: Actor) -> tuple[Unanswered, ...]:
        """Words that several people searched for in vain, and that no synonym starts from yet. Raises NotFound."""
        _demand_curator(actor)
        with self._database.read() as session:
            found = searches.unanswered(session, self._database.now(), IN_VAIN)
            known = {normalise(term) for _, text in lexicon.live(session, "synonyms") for term in _typed(text)}
        told = (one for one in found if is_fit(one[0]) and normalise(one[0]) not in known)
        return tuple(Unanswered(*one) for one in islice(told, SHOWN))

    def preview(self, actor: Actor, kind: str, text: str) -> LexiconOutlook:
        """What adding an entry would do. Raises NotFound, Invalid, Duplicate."""
        _demand_curator(actor)
        return self._scales.weigh(actor, (_new(kind, text),))

    def preview_change(self, actor: Actor, entry_id: int, text: str) -> LexiconOutlook:
        """What another text of an entry would do, or removing it, with "". Raises NotFound, Invalid, Conflict."""
        _demand_curator(actor)
        with self._database.read() as session:
            entry = lexicon.get(session, entry_id)
        return self._scales.weigh(actor, (_changed(entry, text) if text.strip() else _removed(entry),))

    def preview_import(self, actor: Actor, kind: str, file: str) -> LexiconImport:
        """What a file would bring, and do. Raises NotFound, Invalid."""
        _demand_curator(actor)
        lines = _lines(kind, file)
        with self._database.read() as session:
            edits = _fresh(session, kind, lines)
        return _import(lines, edits, self._scales.weigh(actor, edits))

    def add(self, actor: Actor, told: LexiconInput, *, confirmed: bool = False) -> LexiconView:
        """Add an entry. Raises NotFound, Invalid, Duplicate, Unconfirmed."""
        _demand_curator(actor)
        edit = _new(told.kind, told.text)
        self._weigh(actor, told.reason, (edit,), confirmed)
        with self._database.begin() as tx:
            tx.alone("lexicon")
            entry_id = _act(tx, actor, "add", told.reason, (edit,))
            view = _view(tx.session, lexicon.get(tx.session, entry_id))
        self._adopt()
        return view

    def change(
        self, actor: Actor, entry_id: int, text: str, *, reason: str, seen_version: int, confirmed: bool = False
    ) -> LexiconView:
        """Give an entry another text. Raises NotFound, Invalid, Conflict, Duplicate, StaleEdit, Unconfirmed."""
        _demand_curator(actor)
        with self._database.read() as session:
            entry = lexicon.get(session, entry_id)
        entry.guard(seen_version, yours=text)
        return self._edit(actor, "change", entry.id, _changed(entry, text), reason, seen_version, confirmed)

    def remove(
        self, actor: Actor, entry_id: int, *, reason: str, seen_version: int, confirmed: bool = False
    ) -> LexiconView:
        """Take an entry out; its history stays. Raises NotFound, Invalid, Conflict, StaleEdit, Unconfirmed."""
        _demand_curator(actor)
        with self._database.read() as session:
            entry = lexicon.get(session, entry_id)
        entry.guard(seen_version, yours="")
        return self._edit(actor, "remove", entry.id, _removed(entry), reason, seen_version, confirmed)

    def undo(self, actor: Actor, change_id: int, *, reason: str = "") -> LexiconChangeRow:
        """Undo a whole act by another one. Raises NotFound, Duplicate, and Conflict once an entry of it was changed
        again. Nothing is weighed: what was in force before may be so again at once.
        """
        _demand_curator(actor)
        with self._database.begin() as tx:
            tx.alone("lexicon")
            act = lexicon.change(tx.session, change_id)
            if lexicon.overtaken(tx.session, (change_id,)):
                raise Conflict("这次改动之后，里面的词条又改过。请先撤销后来的改动。")
            edits = list(_undone(tx.session, act.id))
            _act(tx, actor, "undo", reason or f"撤销第 {act.id} 次改动", edits, undoes_id=act.id)
            row = lexicon.changes(tx.session, offset=0, limit=1).rows[0]
        self._adopt()
        return row

    def take(self, actor: Actor, told: LexiconInput, *, confirmed: bool = False) -> LexiconImport:
        """Take in a file, its text as ``told``, in one act: new lines are added, nothing is changed or removed.

        Bad lines are told, the good ones kept. Raises NotFound, Invalid, Unconfirmed.
        """
        _demand_curator(actor)
        lines = _lines(told.kind, told.text)
        with self._database.read() as session:
            edits = _fresh(session, told.kind, lines)
        outlook = self._weigh(actor, told.reason, edits, confirmed)
        with self._database.begin() as tx:
            tx.alone("lexicon")
            edits = _fresh(tx.session, told.kind, lines)
            if edits:
                _act(tx, actor, "import", told.reason, edits)
        self._adopt()
        return _import(lines, edits, outlook)

    def export(self, actor: Actor, kind: str) -> Iterator[str]:
        """The lines of the file of a kind, without their ends. Raises NotFound."""
        _demand_curator(actor)
        if kind not in KINDS:
            raise NotFound
        return self._texts(kind)

    def _texts(self, kind: str) -> Iterator[str]:
        with self._database.read() as session:
            for _, text in lexicon.live(session, kind):
                yield text

    def _edit(
        self, actor: Actor, action: str, entry_id: int, edit: Edit, reason: str, seen_version: int, confirmed: bool
    ) -> LexiconView:
        self._weigh(actor, reason, (edit,), confirmed)
        with self._database.begin() as tx:
            tx.alone("lexicon")
            entry = lexicon.get(tx.session, entry_id, to_change=True)
            entry.guard(seen_version, yours=edit.after)
            _act(tx, actor, action, reason, (edit,))
            view = _view(tx.session, entry)
        self._adopt()
        return view

    def _weigh(self, actor: Actor, reason: str, edits: Sequence[Edit], confirmed: bool) -> LexiconOutlook:
        """The outlook. Raises Unconfirmed where it needs to be confirmed and is not, Invalid without a reason."""
        check_reason(reason)
        outlook = LexiconOutlook(None, (), ()) if confirmed else self._scales.weigh(actor, edits)
        if outlook.needs_confirmation:
            lost = [one.words for one in outlook.measured.lost] if outlook.measured else []
            raise Unconfirmed(outlook=outlook, lost=lost, emptied=[*outlook.emptied])
        return outlook

    def _adopt(self) -> None:
        """What is saved is in force here at once, in other processes by their next look."""
        with suppress(Unavailable):
            self._in_force.demand()


def _demand_curator(actor: Actor) -> None:
    if not actor.may("curate_lexicon"):
        raise NotFound


def _new(kind: str, told: str) -> Edit:
    line = _line(kind, told)
    return Edit(None, kind, "", line.text, line.key)


def _changed(entry: LexiconEntry, told: str) -> Edit:
    _demand_there(entry)
    line = _line(entry.kind, told)
    if line.text == entry.text:
        raise Invalid(problems={"text": "和现在的一样，没有改动。"})
    return Edit(entry.id, entry.kind, entry.text, line.text, line.key)


def _removed(entry: LexiconEntry) -> Edit:
    _demand_there(entry)
    return Edit(entry.id, entry.kind, entry.text, "", None)


def _undone(session: Session, change_id: int) -> Iterator[Edit]:
    """The edits that take an act back."""
    for entry_id, kind, before, after in lexicon.edits(session, change_id):
        yield Edit(entry_id, kind, after, before, formats.read_line(kind, before).key if before else None)


def _demand_there(entry: LexiconEntry) -> None:
    if entry.key is None:
        raise Conflict("这一条已经移除。要恢复，请在它的历史里撤销移除。")


def _line(kind: str, told: str) -> Line:
    """What was told as a good line. Raises Invalid."""
    _demand_kind(kind)
    if not told.strip():
        raise Invalid(problems={"text": "请填写内容。"})
    line = formats.read_line(kind, told)
    if line.problem:
        raise Invalid(problems={"text": line.problem})
    return line


def _demand_kind(kind: str) -> None:
    if kind not in KINDS:
        raise Invalid(problems={"kind": "请选择：领域词、同义词或停用词。"})


def _lines(kind: str, file: str) -> list[Line]:
    """Raises Invalid for a file that is empty, or too large to be read."""
    _demand_kind(kind)
    if len(file) > LONGEST_FILE:
        raise Invalid(problems={"file": f"超过 {LONGEST_FILE // 10_000} 万个字符，没有读。请分成几个文件。"})
    lines = list(islice(formats.read(kind, file), MOST_LINES + 1))
    if len(lines) > MOST_LINES:
        raise Invalid(problems={"file": f"超过 {MOST_LINES // 10_000} 万行，没有读。请分成几个文件。"})
    if not lines:
        raise Invalid(problems={"file": "里面没有词条：一行写一条。"})
    return lines


def _fresh(session: Session, kind: str, lines: Sequence[Line]) -> list[Edit]:
    """What the good lines add to what there is, each once."""
    first = {line.key: line.text for line in reversed(lines) if line.key}
    known = lexicon.known(session, first)
    return [Edit(None, kind, "", text, key) for key, text in reversed(first.items()) if key not in known]


def _import(lines: Sequence[Line], edits: Sequence[Edit], outlook: LexiconOutlook) -> LexiconImport:
    refused = tuple(LexiconLine(line.number, line.told[:TOLD], line.problem) for line in lines if line.problem)
    return LexiconImport(len(edits), len(lines) - len(refused) - len(edits), refused, outlook)


def _typed(text: str) -> tuple[str, ...]:
    return formats.synonyms(text).typed


def _act(tx: Tx, actor: Actor, action: str, reason: str, edits: Sequence[Edit], *, undoes_id: int | None = None) -> int:
    """Do the edits as one act; the id of the first entry."""
    act = LexiconChange.of(actor, action, reason, entries=len(edits), at=tx.now, undoes_id=undoes_id)
    ids = lexicon.write(tx, act, edits)
    tx.record(act.told(actor))
    return ids[0]


def _view(session: Session, entry: LexiconEntry) -> LexiconView:
    return LexiconView(lexicon.row(entry), lexicon.changes_of(session, entry.id))
