"""Queries on the lexicon, and the one way it is written: an act with its edits, many at a time."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from kb_service.domain.lexicon import Edit, LexiconChange, LexiconEdit, LexiconEntry, LexiconState
from kb_service.errors import Duplicate, NotFound
from kb_service.results import LexiconChangeRow, LexiconRow, Page
from kb_service.store import outbox
from kb_service.store.unit_of_work import Tx

FEW = 500
"""Keys that are asked for one by one; beyond, all are read."""
STREAM = 5_000
IS_LIVE = LexiconEntry.key.is_not(None)


def state(session: Session) -> LexiconState:
    """The revisions the base is at."""
    return session.get_one(LexiconState, 1)


def words_wait(session: Session) -> bool:
    """Whether words changed since the live generation of the index was begun."""
    return state(session).words_revision > outbox.index_state(session).words_revision


def get(session: Session, entry_id: int, *, to_change: bool = False) -> LexiconEntry:
    """An entry, removed ones included. Raises NotFound."""
    wanted = select(LexiconEntry).where(LexiconEntry.id == entry_id)
    found = session.scalar(wanted.with_for_update() if to_change else wanted)
    if found is None:
        raise NotFound
    return found


def change(session: Session, change_id: int) -> LexiconChange:
    """One act. Raises NotFound."""
    found = session.get(LexiconChange, change_id)
    if found is None:
        raise NotFound
    return found


def live(session: Session, kind: str = "", *, without: Collection[int] = ()) -> Iterator[tuple[str, str]]:
    """Kind and text of every entry there is, of this kind or of all, but those of these ids, oldest first."""
    wanted = select(LexiconEntry.kind, LexiconEntry.text).where(IS_LIVE).order_by(LexiconEntry.id)
    if kind:
        wanted = wanted.where(LexiconEntry.kind == kind)
    if without:
        wanted = wanted.where(LexiconEntry.id.not_in(without))
    yield from session.execute(wanted.execution_options(yield_per=STREAM))


def known(session: Session, keys: Collection[str]) -> dict[str, int]:
    """Ids of the entries there are by key: of those asked for, or of all where many are."""
    wanted = select(LexiconEntry.key, LexiconEntry.id).where(IS_LIVE)
    if len(keys) <= FEW:
        wanted = wanted.where(LexiconEntry.key.in_(keys))
    return {str(key): entry_id for key, entry_id in session.execute(wanted)}


def counts(session: Session) -> dict[str, int]:
    """How many entries there are of each kind."""
    counted = select(LexiconEntry.kind, func.count()).where(IS_LIVE).group_by(LexiconEntry.kind)
    return dict(session.execute(counted).all())


def page(session: Session, *, kind: str, words: str, offset: int, limit: int) -> Page[LexiconRow]:
    """The entries of a kind, "" for all, whose text has the words in it, last changed first."""
    conditions: list[ColumnElement[bool]] = [IS_LIVE]
    if kind:
        conditions.append(LexiconEntry.kind == kind)
    if words:
        conditions.append(LexiconEntry.text.icontains(words, autoescape=True))
    wanted = select(LexiconEntry).where(*conditions)
    total = session.scalar(select(func.count()).select_from(LexiconEntry).where(*conditions)) or 0
    ordered = wanted.order_by(LexiconEntry.changed_at.desc(), LexiconEntry.id.desc())
    return Page(tuple(map(row, session.scalars(ordered.offset(offset).limit(limit)))), total, offset, limit)


def row(entry: LexiconEntry) -> LexiconRow:
    return LexiconRow(
        id=entry.id,
        kind=entry.kind,
        text=entry.text,
        author=entry.author_name,
        reason=entry.reason,
        changed_at=entry.changed_at,
        version=entry.version,
        removed=entry.key is None,
    )


def changes(session: Session, *, offset: int, limit: int) -> Page[LexiconChangeRow]:
    """The acts, newest first, each with its first edit."""
    edit = aliased(LexiconEdit)
    first = select(func.min(edit.entry_id)).where(edit.change_id == LexiconChange.id).scalar_subquery()
    wanted = _told(LexiconEdit.entry_id == first).offset(offset).limit(limit)
    total = session.scalar(select(func.count()).select_from(LexiconChange)) or 0
    return Page(tuple(_change_rows(session, wanted)), total, offset, limit)


def changes_of(session: Session, entry_id: int) -> tuple[LexiconChangeRow, ...]:
    """The acts that touched an entry, newest first, each with what it did to it."""
    return tuple(_change_rows(session, _told(LexiconEdit.entry_id == entry_id)))


def edits(session: Session, change_id: int) -> Sequence[Row[int, str, str, str]]:
    """What an act did: id and kind of each entry, and its text before and after."""
    columns = (LexiconEdit.entry_id, LexiconEntry.kind, LexiconEdit.before, LexiconEdit.after)
    joined = select(*columns).join(LexiconEntry, LexiconEntry.id == LexiconEdit.entry_id)
    return list(session.execute(joined.where(LexiconEdit.change_id == change_id)).all())


def overtaken(session: Session, change_ids: Collection[int]) -> set[int]:
    """Those of the acts after which one of their entries was changed again."""
    later = aliased(LexiconEdit)
    is_later = (later.entry_id == LexiconEdit.entry_id) & (later.change_id > LexiconEdit.change_id)
    again = select(LexiconEdit.change_id).where(
        LexiconEdit.change_id == LexiconChange.id, select(later.change_id).where(is_later).exists()
    )
    return set(session.scalars(select(LexiconChange.id).where(LexiconChange.id.in_(change_ids), again.exists())))


def write(tx: Tx, act: LexiconChange, done: Sequence[Edit]) -> list[int]:
    """Keep an act and do its edits; the ids of their entries. Raises Duplicate when one makes a second of its kind."""
    now = tx.session.get_one(LexiconState, 1, with_for_update=True)  # one act after another, so that revisions grow
    tx.add(act)
    tx.session.flush()
    demand_distinct(tx.session, done)
    fresh = (tx.session.scalar(select(func.max(LexiconEntry.id))) or 0) + 1
    ids = [edit.entry_id or fresh + at for at, edit in enumerate(done)]
    common = {"author_name": act.author_name, "reason": act.reason, "changed_at": act.at}
    rows = [
        common | {"id": entry_id, "kind": edit.kind, "text": edit.after or edit.before, "key": edit.key, "version": 1}
        for entry_id, edit in zip(ids, done, strict=True)
    ]
    _put(tx.session, rows, {edit.entry_id for edit in done if edit.entry_id})
    told = [
        {"change_id": act.id, "entry_id": entry_id, "before": edit.before, "after": edit.after}
        for entry_id, edit in zip(ids, done, strict=True)
    ]
    tx.session.execute(insert(LexiconEdit), told)
    _advance(now, act.id, words=any(edit.kind == "word" for edit in done))
    return ids


def demand_distinct(session: Session, edits: Sequence[Edit]) -> None:
    """Raises Duplicate when an edit makes a second entry that says the same."""
    there = known(session, [edit.key for edit in edits if edit.key])
    for edit in edits:
        if edit.key and there.get(edit.key, edit.entry_id) != edit.entry_id:
            raise Duplicate(f"“{edit.after}”已经在词库里，请在那一条上修改。", entry=there[edit.key])


def _put(session: Session, rows: Sequence[dict[str, Any]], known_ids: Collection[int]) -> None:
    """Insert the new entries and overwrite the known ones."""
    if created := [row for row in rows if row["id"] not in known_ids]:
        session.execute(insert(LexiconEntry), created)
    if changed := [{f"new_{name}": value for name, value in row.items()} for row in rows if row["id"] in known_ids]:
        names = ("text", "key", "author_name", "reason", "changed_at")
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
        overwriting = update(LexiconEntry).where(LexiconEntry.id == bindparam("new_id"))
        session.connection().execute(overwriting.values(**values, version=LexiconEntry.version + 1), changed)
        session.expire_all()


def _advance(now: LexiconState, revision: int, *, words: bool) -> None:
    now.revision = revision
    if words:
        now.words_revision = revision


def _told(of_edit: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Acts with an edit of each and the kind of its entry, newest first."""
    columns = (LexiconChange, LexiconEdit.before, LexiconEdit.after, LexiconEntry.kind, LexiconEntry.id)
    joined = select(*columns).join(LexiconEdit, LexiconEdit.change_id == LexiconChange.id)
    return (
        joined.join(LexiconEntry, LexiconEntry.id == LexiconEdit.entry_id)
        .where(of_edit)
        .order_by(LexiconChange.id.desc())
    )


def _change_rows(session: Session, wanted: Select[*tuple[Any, ...]]) -> Iterator[LexiconChangeRow]:
    found = session.execute(wanted).all()
    closed = overtaken(session, [act.id for act, *_ in found])
    for act, before, after, kind, entry_id in found:
        yield LexiconChangeRow(
            id=act.id,
            action=act.action,
            kind=kind,
            entry_id=entry_id,
            before=before,
            after=after,
            entries=act.entries,
            author=act.author_name,
            reason=act.reason,
            at=act.at,
            undoes=act.undoes_id,
            can_be_undone=act.id not in closed,
        )
