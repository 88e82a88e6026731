"""Use cases on labelled queries: managers keep the words people search with and the articles that answer them."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from indexer.analysis.analyzer import Analyzer
from kb_service.domain.access import Actor
from kb_service.domain.article import number as article_number
from kb_service.domain.labelled import NO_ANSWER, LabelledQuery, checked
from kb_service.domain.learned import agreed
from kb_service.errors import Invalid, NotFound
from kb_service.results import Answer, LabelledRow, Page, ProposedQuery
from kb_service.services.learning import meaning
from kb_service.store import articles, labelled, learned
from kb_service.store.unit_of_work import Database

AGREED = 2
"""People who must have asked alike before a manager is shown what they asked."""
PROPOSED = 20

Seen = Mapping[int, Row[*tuple[Any, ...]]]


class Labelled:
    """The labelled queries of the base. A query is shown to managers who see an answer of it, with those they see."""

    def __init__(self, database: Database, analyzer: Analyzer) -> None:
        self._database = database
        self._meaning = partial(meaning, analyzer)

    def list(self, actor: Actor, *, words: str = "", offset: int = 0, limit: int = 20) -> Page[LabelledRow]:
        """The latest first, those whose words contain ``words``. Raises NotFound for who may not evaluate."""
        demand(actor)
        with self._database.read() as session:
            told = [one for one in labelled.in_force(session) if words.casefold() in one.words.casefold()]
            seen = _seen(session, actor, told)
            places = _places(session)
        rows = [_row(one, seen, places) for one in told if not seen.keys().isdisjoint(one.answers)]
        return Page(tuple(rows[offset : offset + limit]), len(rows), offset, limit)

    def add(self, actor: Actor, words: str, numbers: Sequence[str], *, source: str = "edited") -> LabelledRow:
        """These articles answer these words, beside those that answer them already. Raises NotFound, Invalid."""
        demand(actor)
        tidy = checked(words)
        with self._database.begin() as tx:
            tx.alone("label")
            answers = _ids(tx.session, actor, numbers)
            query = labelled.by_words(tx.session, tidy)
            if query is None:
                query = labelled.label(tx, actor, tidy, answers, source)
            else:
                before = () if query.removed else query.answers
                tx.record(query.tell(actor, (*before, *answers), source, at=tx.now))
            return _row(query, _seen(tx.session, actor, [query]), {})

    def change(self, actor: Actor, query_id: int, numbers: Sequence[str], *, seen_version: int) -> LabelledRow:
        """Other articles answer it; answers the actor does not see stay. Raises NotFound, Invalid, StaleEdit."""
        demand(actor)
        with self._database.begin() as tx:
            query, seen = _get(tx.session, actor, query_id)
            query.guard(seen_version)
            unseen = [answer for answer in query.answers if answer not in seen]
            answers = _ids(tx.session, actor, numbers)
            tx.record(query.tell(actor, (*unseen, *answers), "edited", at=tx.now))
            return _row(query, _seen(tx.session, actor, [query]), {})

    def remove(self, actor: Actor, query_id: int, *, seen_version: int) -> LabelledRow:
        """It is used no longer, and never collected again. Raises NotFound, StaleEdit."""
        demand(actor)
        with self._database.begin() as tx:
            query, seen = _get(tx.session, actor, query_id)
            query.guard(seen_version)
            tx.record(query.remove(actor, at=tx.now))
            return _row(query, seen, {})

    def proposals(self, actor: Actor) -> tuple[ProposedQuery, ...]:
        """What several people asked before an article helped them and is not labelled so: adding it confirms it."""
        demand(actor)
        with self._database.read() as session:
            askings = learned.askings_of_all(session)
            seen = articles.found(session, actor, askings)
            told = [
                ProposedQuery(one.text, Answer(article_number(article), seen[article].title), one.people)
                for article in seen
                for one in agreed(askings[article], self._meaning, AGREED).values()
            ]
            known = labelled.known(session, [one.words for one in told])
        fresh = [one for one in told if one.words not in known]
        return tuple(sorted(fresh, key=lambda one: (-one.people, one.words))[:PROPOSED])


def demand(actor: Actor) -> None:
    """Raises NotFound for who may not look at how well the base is searched."""
    if not actor.may("evaluate"):
        raise NotFound


def _get(session: Session, actor: Actor, query_id: int) -> tuple[LabelledQuery, Seen]:
    query = labelled.get(session, query_id)
    seen = _seen(session, actor, [query])
    if not seen:
        raise NotFound
    return query, seen


def _ids(session: Session, actor: Actor, numbers: Sequence[str]) -> list[int]:
    """Ids of the articles of these numbers. Raises Invalid for none, and for one the actor does not see."""
    told = {number: _id(number) for number in numbers}
    seen = articles.found(session, actor, [one for one in told.values() if one])
    unknown = [number for number, one in told.items() if one not in seen]
    if unknown:
        raise Invalid(problems={"answers": f"没有 {unknown[0][:20]} 这条知识，或者您无权查看。"})
    if not told:
        raise Invalid(problems={"answers": NO_ANSWER})
    return [one for one in told.values() if one]


def _id(number: str) -> int | None:
    try:
        return articles.parse_number(number)
    except NotFound:
        return None


def _seen(session: Session, actor: Actor, queries: Collection[LabelledQuery]) -> Seen:
    """The answers of these queries that the actor sees, by id."""
    ids = {answer for one in queries for answer in one.answers}
    return articles.found(session, actor, ids) if ids else {}


def _places(session: Session) -> Mapping[str, int]:
    """The place of each query's first answer in the latest evaluation."""
    return next((run.places for run in labelled.runs(session, 1)), {})


def _row(query: LabelledQuery, seen: Seen, places: Mapping[str, int]) -> LabelledRow:
    return LabelledRow(
        id=query.id,
        words=query.words,
        answers=tuple(Answer(article_number(one), seen[one].title) for one in query.answers if one in seen),
        source=query.source,
        author=query.author,
        at=query.at,
        place=places.get(str(query.id)),
        version=query.version,
    )
