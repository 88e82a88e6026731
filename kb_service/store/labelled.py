"""Queries on labelled queries and on the history of their evaluation."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb_service.domain.access import Actor
from kb_service.domain.article import Article
from kb_service.domain.labelled import MOST, EvaluationRun, LabelledQuery
from kb_service.domain.workflow import FINDABLE
from kb_service.errors import NotFound
from kb_service.store.unit_of_work import Tx

ASKED = 500
"""Labelled queries of one evaluation: the latest ones."""


def in_force(session: Session, limit: int = ASKED) -> list[LabelledQuery]:
    """What is not removed, the latest first."""
    wanted = select(LabelledQuery).where(~LabelledQuery.removed)
    return list(session.scalars(wanted.order_by(LabelledQuery.at.desc(), LabelledQuery.id.desc()).limit(limit)))


def answerable(session: Session, queries: Sequence[LabelledQuery]) -> dict[int, list[int]]:
    """Ids of the answers that can be found at all, by the id of the query; without queries that have none."""
    ids = {answer for one in queries for answer in one.answers}
    found = set(session.scalars(select(Article.id).where(Article.id.in_(ids), Article.state.in_(FINDABLE))))
    kept = {one.id: [answer for answer in one.answers if answer in found] for one in queries}
    return {query: answers for query, answers in kept.items() if answers}


def get(session: Session, query_id: int) -> LabelledQuery:
    """One that is in force, seen or not: what may be shown of it is the caller's to decide. Raises NotFound."""
    found = session.get(LabelledQuery, query_id)
    if found is None or found.removed:
        raise NotFound
    return found


def by_words(session: Session, words: str) -> LabelledQuery | None:
    """The one of these words, removed or not."""
    return session.scalar(select(LabelledQuery).where(LabelledQuery.words == words))


def known(session: Session, words: Collection[str]) -> set[str]:
    """Those of the words that are labelled, or were and are removed."""
    return set(session.scalars(select(LabelledQuery.words).where(LabelledQuery.words.in_(words))))


def collect(tx: Tx, actor: Actor, found: Mapping[str, int]) -> None:
    """Label words with the article that people agree on, beside what answers them already, unless they were removed."""
    wanted = select(LabelledQuery).where(LabelledQuery.words.in_(found))
    known = {one.words: one for one in tx.session.scalars(wanted)}
    for words, answer in found.items():
        query = known.get(words)
        if query is None:
            label(tx, actor, words, (answer,), "solved")
        elif not query.removed and answer not in query.answers and len(query.answers) < MOST:
            tx.record(query.tell(actor, (*query.answers, answer), query.source, at=tx.now))


def label(tx: Tx, actor: Actor, words: str, answers: Sequence[int], source: str) -> LabelledQuery:
    """A new labelled query."""
    query = LabelledQuery(words=words, answers=[], version=1)
    told = query.tell(actor, answers, source, at=tx.now)
    tx.add(query)
    tx.record(told)
    return query


def runs(session: Session, limit: int) -> list[EvaluationRun]:
    """The latest evaluations, latest first."""
    return list(session.scalars(select(EvaluationRun).order_by(EvaluationRun.id.desc()).limit(limit)))
