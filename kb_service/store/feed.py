"""The collection as the index sees it: changes taken from the outbox, documents loaded as they are now."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select
from sqlalchemy.orm import Session

from indexer.engine import Broken, Change, Delete, Document, Upsert
from indexer.sync import Batch
from kb_service import documents
from kb_service.domain.article import Article, ArticleReader, Revision
from kb_service.domain.organisation import Organisation
from kb_service.domain.report import Report, ReportVersion
from kb_service.store import articles, learned, leases, outbox
from kb_service.store.outbox import OutboxRow, RebuildChange
from kb_service.store.paging import paged
from kb_service.store.unit_of_work import Database, Tx

DRAIN, REBUILD = "drain", "rebuild"
STREAM = 500
"""Documents loaded at a time."""
LISTED = 10_000
"""Versions read at a time."""
GONE = 2**62
"""Version of the deletion of what is no longer in the database; numbers are never given twice."""


class Feed:
    """``indexer.sync.ChangeFeed`` over the outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def draining(self, wait: float = 0) -> AbstractContextManager[None]:
        return leases.held(self._database, DRAIN, wait)

    @contextmanager
    def rebuilding(self) -> Iterator[None]:
        with leases.held(self._database, REBUILD):
            with self._database.begin() as tx:
                tx.session.execute(delete(RebuildChange))
                outbox.try_again(tx.session)
            yield

    def take(self, limit: int) -> Batch:
        with self._database.read() as session:
            due = (
                select(OutboxRow.id, OutboxRow.noun, OutboxRow.object_id)
                .where(outbox.due(self._database.now()))
                .order_by(OutboxRow.id)
                .limit(limit)
            )
            rows = session.execute(due).all()
        receipt: dict[str, list[int]] = defaultdict(list)
        for row, noun, object_id in rows:
            receipt[documents.document_id(noun, object_id)].append(row)
        return Batch(tuple(receipt), dict(receipt))

    def finish(self, batch: Batch, failed: Mapping[str, str]) -> None:
        done = [row for name, rows in batch.receipt.items() if name not in failed for row in rows]
        with self._database.begin() as tx:
            tx.session.execute(delete(OutboxRow).where(OutboxRow.id.in_(done)))
            for name, reason in failed.items():
                _put_off(tx, batch.receipt[name], reason)
            if leases.is_held(tx.session, REBUILD):
                _keep(tx.session, batch.ids)

    def kept(self, limit: int) -> Sequence[str]:
        with self._database.begin() as tx:
            ids = tx.session.scalars(select(RebuildChange.document_id).limit(limit)).all()
            tx.session.execute(delete(RebuildChange).where(RebuildChange.document_id.in_(ids)))
        return ids

    def load(self, ids: Sequence[str]) -> Sequence[Change]:
        nouns: dict[str, list[int]] = {"article": [], "report": []}
        for name in ids:
            noun, object_id = documents.parse_id(name)
            nouns[noun].append(object_id)
        with self._database.read() as session:
            found = dict(_article_changes(session, nouns["article"])) | dict(_report_changes(session, nouns["report"]))
        return [found.get(name) or Delete(name, GONE) for name in ids]

    def searchable(self) -> Iterator[Document]:
        yield from _made(paged(self._database, _articles(), Article.id, STREAM, _article_upserts))
        yield from _made(paged(self._database, _reports(), Report.id, STREAM, _report_upserts))

    def versions(self) -> Iterator[tuple[str, int]]:
        articles = select(Article.id, Article.version).where(documents.searchable_articles())
        for object_id, version in paged(self._database, articles, Article.id, LISTED, _as_they_are):
            yield documents.document_id("article", object_id), version
        reports = select(Report.id, Report.version)
        for object_id, version in paged(self._database, reports, Report.id, LISTED, _as_they_are):
            yield documents.document_id("report", object_id), version

    def size(self) -> int:
        """How many documents are searchable."""
        articles = select(func.count()).select_from(Article).where(documents.searchable_articles())
        with self._database.read() as session:
            return session.scalar(articles) + session.scalar(select(func.count()).select_from(Report))  # type: ignore[operator]


def rebuild_progress(session: Session) -> tuple[int, int] | None:
    """Documents done and to do of the rebuild that runs in any process, None where none does."""
    if not leases.is_held(session, REBUILD):
        return None
    state = outbox.index_state(session)
    return state.done, state.total


def _put_off(tx: Tx, rows: Sequence[int], reason: str) -> None:
    mine = select(OutboxRow).where(OutboxRow.id.in_(rows)).with_for_update(skip_locked=True)
    for row in tx.session.scalars(mine):
        row.attempts += 1
        row.error = reason
        row.parked = row.attempts >= outbox.TRIES
        row.due_at = tx.now + timedelta(seconds=2**row.attempts)


def _keep(session: Session, ids: Sequence[str]) -> None:
    known = set(session.scalars(select(RebuildChange.document_id).where(RebuildChange.document_id.in_(ids))))
    fresh = [{"document_id": name} for name in ids if name not in known]
    if fresh:
        session.execute(insert(RebuildChange), fresh)


def _article_changes(session: Session, ids: Sequence[int]) -> Iterator[tuple[str, Change]]:
    gone = select(Article.id, Article.version).where(Article.id.in_(ids), ~documents.searchable_articles())
    for object_id, version in session.execute(gone):
        name = documents.document_id("article", object_id)
        yield name, Delete(name, version)
    yield from _article_upserts(session, session.execute(_articles().where(Article.id.in_(ids))).all())


def _report_changes(session: Session, ids: Sequence[int]) -> Iterator[tuple[str, Change]]:
    yield from _report_upserts(session, session.execute(_reports().where(Report.id.in_(ids))))


def _as_they_are(_: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> Sequence[Row[*tuple[Any, ...]]]:
    return rows


def _made(changes: Iterable[tuple[str, Change]]) -> Iterator[Document]:
    return (change.document for _, change in changes if isinstance(change, Upsert))


def _report_upserts(_: Session, rows: Iterable[Row[*tuple[Any, ...]]]) -> Iterator[tuple[str, Change]]:
    for row in rows:
        one = documents.ReportFacts._make(row)
        yield _upsert(documents.document_id("report", one.id), one.version, partial(documents.report_document, one))


def _article_upserts(session: Session, rows: Iterable[Row[*tuple[Any, ...]]]) -> Iterator[tuple[str, Change]]:
    told = [documents.ArticleFacts._make(row) for row in rows]
    chosen = chosen_readers(session, [one.id for one in told if one.audience == "restricted"])
    asked = learned.texts(session, [one.id for one in told])
    helped = articles.people_helped(session, [one.id for one in told])
    for one in told:
        make = partial(
            documents.article_document, one, chosen.get(one.id, ()), asked.get(one.id, ()), helped.get(one.id, 0)
        )
        yield _upsert(documents.document_id("article", one.id), one.version, make)


def _upsert(name: str, version: int, make: Callable[[], Document]) -> tuple[str, Change]:
    try:
        return name, Upsert(make())
    except Exception as error:  # one damaged row must not hold up the others
        return name, Broken(name, version, f"数据库中的内容已损坏（{type(error).__name__}：{error}），索引保留旧版本。")


def chosen_readers(session: Session, ids: Collection[int]) -> dict[int, list[int]]:
    """The organisations chosen to read each of these articles."""
    chosen: dict[int, list[int]] = defaultdict(list)
    wanted = select(ArticleReader.article_id, ArticleReader.organisation_id).where(ArticleReader.article_id.in_(ids))
    for article, organisation in session.execute(wanted) if ids else ():
        chosen[article].append(organisation)
    return chosen


def _articles() -> Select[*tuple[Any, ...]]:
    """Searchable articles as ``ArticleFacts``: entities would take most of the time of a rebuild."""
    is_current = (Revision.article_id == Article.id) & (Revision.number == Article.revision_number)
    state = (Article.id, Article.version, Article.kind, Article.audience, Article.state)
    text = (Revision.title, Revision.texts, Revision.asked, Revision.codes, Revision.system, Revision.module)
    trust = (Revision.published_at, Article.confidence, Revision.valid_to)
    wanted = select(*state, Article.scope_id, Organisation.path, *text, *trust)
    joined = wanted.join(Revision, is_current).join(Organisation, Organisation.id == Article.scope_id)
    return joined.where(documents.searchable_articles())


def _reports() -> Select[*tuple[Any, ...]]:
    """Reports as ``ReportFacts``."""
    told = ReportVersion
    is_current = (told.report_id == Report.id) & (told.version == Report.current)
    state = (Report.id, Report.version, Report.key, Report.system, Report.module)
    text = (told.phenomenon, told.environment, told.cause, told.resolution, told.codes, told.occurred)
    wanted = select(*state, Report.organisation_id, Organisation.path, *text, told.filed_at)
    return wanted.join(told, is_current).join(Organisation, Organisation.id == Report.organisation_id)
