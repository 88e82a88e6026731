"""Queries for completion: the texts that may be suggested, what changed, what people ask, what may be shown."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, select
from sqlalchemy.orm import Session

from indexer.suggest import Entry
from kb_service.documents import searchable_articles
from kb_service.domain.access import Actor, readers_of_article, visible_articles
from kb_service.domain.article import Article, Revision
from kb_service.domain.feedback import SearchEvent
from kb_service.domain.learned import is_fit
from kb_service.domain.organisation import Organisation
from kb_service.store import learned
from kb_service.store.articles import parse_number
from kb_service.store.audit import AuditLine
from kb_service.store.feed import STREAM, chosen_readers
from kb_service.store.paging import paged
from kb_service.store.unit_of_work import Database

OVERLAP = 200
"""Audit lines looked at again: on a database with several writers a smaller number may be seen after a larger one."""
PEOPLE = 3
"""Different people who must have searched with the same words before others are offered them."""
POPULAR = 1_000


def entries(session: Session, ids: Collection[int]) -> Iterator[Entry]:
    """Titles, other askings, codes and learned words of those of these articles that are searchable."""
    yield from _entries(session, session.execute(_texts().where(Article.id.in_(ids))).all())


def everything(database: Database) -> Iterator[Entry]:
    """The same of all articles."""
    return paged(database, _texts(), Article.id, STREAM, _entries)


def mark(session: Session) -> int:
    """Where the audit trail ends now."""
    return session.scalar(select(func.max(AuditLine.id))) or 0


def written_at(session: Session, mark: int) -> datetime | None:
    """When this line of the audit trail was written, None where there is no such line."""
    return session.scalar(select(AuditLine.at).where(AuditLine.id == mark))


def changed(session: Session, since: int, limit: int) -> dict[int, int | None]:
    """The audit lines from OVERLAP before ``since`` on, at most ``limit``, each with the id of an article it is on."""
    wanted = select(AuditLine.id, AuditLine.noun, AuditLine.subject_id).where(AuditLine.id > since - OVERLAP)
    lines = session.execute(wanted.order_by(AuditLine.id).limit(limit))
    return {line: int(subject) if noun == "article" else None for line, noun, subject in lines}


def popular(session: Session, since: datetime) -> list[Entry]:
    """What PEOPLE or more searched with since then, each with the article it mostly led to."""
    led = _led(session, since)
    places: defaultdict[int, list[str]] = defaultdict(list)
    for words, articles in led.items():
        places[articles.most_common(1)[0][0]].append(words)
    readers = {one.document: one.readers for one in entries(session, list(places))}
    return [
        Entry(article, "words", words, readers[article])
        for article, told in places.items()
        if article in readers
        for words in told
    ]


def permitted(session: Session, actor: Actor, ids: Collection[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    """Title, other askings and codes of those of the articles that are found and that the actor sees, by id."""
    return {row.id: row for row in session.execute(_permitted(actor), {"ids": list(ids)})}


def said(session: Session, ids: Collection[int]) -> dict[int, tuple[list[str], str]]:
    """The learned words of articles, and all that they say, by id; for articles that ``permitted`` gave."""
    wanted = select(Article.id, Revision.texts, *_columns()).join(Revision, _is_current())
    asked = learned.texts(session, ids)
    return {
        row.id: (asked.get(row.id, []), "\n".join((row.title, *row.asked, *row.codes, *row.texts.values())))
        for row in session.execute(wanted.where(Article.id.in_(ids)))
    }


def _entries(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> Iterator[Entry]:
    limited = chosen_readers(session, [row.id for row in rows if row.audience == "restricted"])
    asked = learned.texts(session, [row.id for row in rows])
    for row in rows:
        readers = readers_of_article(row.audience, row.state, row.path, limited.get(row.id, ()))
        for kind, text in _told(row, asked.get(row.id, ())):
            yield Entry(row.id, kind, text, readers)


def _told(row: Row[*tuple[Any, ...]], learned_words: Iterable[str]) -> Iterator[tuple[str, str]]:
    yield "title", row.title
    yield from (("asked", text) for text in row.asked)
    yield from (("code", text) for text in row.codes)
    yield from (("words", text) for text in learned_words)


def _led(session: Session, since: datetime) -> dict[str, Counter[int]]:
    """What many searched with, and how often each article was opened after it or solved it."""
    told = select(SearchEvent.words).where(SearchEvent.at >= since, SearchEvent.who != "").group_by(SearchEvent.words)
    people = func.count(SearchEvent.who.distinct())
    often = told.having(people >= PEOPLE).order_by(people.desc()).limit(POPULAR)
    words = [one for one in session.scalars(often) if is_fit(one)]
    wanted = select(SearchEvent.words, SearchEvent.opened, SearchEvent.solved)
    led: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for one, opened, solved in session.execute(wanted.where(SearchEvent.at >= since, SearchEvent.words.in_(words))):
        led[one].update(parse_number(name) for name in (*opened, solved) if name.startswith("KB"))
    return {one: articles for one, articles in led.items() if articles}


def _texts() -> Select[*tuple[Any, ...]]:
    told = select(Article.id, Article.audience, Article.state, Organisation.path, *_columns())
    joined = told.join(Revision, _is_current()).join(Organisation, Organisation.id == Article.scope_id)
    return joined.where(searchable_articles())


@lru_cache(maxsize=256)
def _permitted(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Kept, because putting it together takes longer than running it."""
    wanted = select(Article.id, *_columns()).join(Revision, _is_current())
    mine = Article.id.in_(bindparam("ids", expanding=True)), searchable_articles(), visible_articles(actor)
    return wanted.where(*mine)


def _is_current() -> ColumnElement[bool]:
    return (Revision.article_id == Article.id) & (Revision.number == Article.revision_number)


def _columns() -> tuple[Any, ...]:
    return Revision.title, Revision.asked, Revision.codes
