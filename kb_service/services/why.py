"""Use case of explaining a hit: which words led to it, and why it does not stand higher."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from indexer import search as finder
from indexer.analysis.analyzer import Analyzer
from indexer.engine import Document, SearchEngine, Upsert
from indexer.query import Filter
from indexer.ranking import Prior
from indexer.results import Explanation, Match
from indexer.search import Gathered
from kb_service.documents import NUMBERS, SCHEMA, document_id, parse_id, worth
from kb_service.domain.access import Actor, tokens_of
from kb_service.results import WhyHit, WhyTerm, WhyView
from kb_service.services.in_force import InForce
from kb_service.services.searching import Progress, searching
from kb_service.store import articles, outbox, reports
from kb_service.store.feed import Feed
from kb_service.store.unit_of_work import Database

MOST_WORDS = 5_000
"""Characters of a question that are explained."""


class Why:
    """Why an article or report stands where it stands among the hits of an actor."""

    def __init__(
        self, database: Database, engine: SearchEngine, analyzer: Analyzer, in_force: InForce, progress: Progress
    ) -> None:
        self._database = database
        self._engine = engine
        self._analyzer = analyzer
        self._in_force = in_force
        self._progress = progress

    def of(self, actor: Actor, words: str, number: str) -> WhyView:
        """What led to it, what it lacks and, for who may evaluate, the hit in front of it explained likewise.

        Raises NotFound for what the actor does not see, SearchUnavailable, IndexBuilding.
        """
        words = words[:MOST_WORDS]
        self._in_force.keep_up()
        with self._database.read() as session:
            noun, object_id, waiting = _sought(session, actor, number)
        filters = (Filter("readers", tokens_of(actor)),)
        with searching(self._progress):
            found = finder.gather(self._engine, self._analyzer, words, filters)
        asked = _Asked(words, found, self._analyzer, worth(self._database.now()))
        own = self._explained(asked, actor, document_id(noun, object_id))
        ahead = None
        if own and own.rank != 1 and actor.may("evaluate"):
            ahead = self._ahead(asked, actor, own)
        return WhyView(words=words, number=number.upper(), own=own, ahead=ahead, reasons=_reasons(own, ahead, waiting))

    def _explained(self, asked: "_Asked", actor: Actor, name: str) -> WhyHit | None:
        """A document explained, as the actor sees it; None for what is not searchable or not seen."""
        noun, object_id = parse_id(name)
        with self._database.read() as session:
            seen = articles.found if noun == "article" else reports.found
            row = seen(session, actor, [object_id]).get(object_id)
        change = next(iter(Feed(self._database).load([name])))
        if row is None or not isinstance(change, Upsert):
            return None
        told = asked.explanation(change.document)
        return WhyHit(
            number=NUMBERS[noun](object_id),
            title=change.document.texts["title"],
            audience=row.audience if noun == "article" else "internal",
            rank=told.rank,
            score=round(told.score / (told.first or 1.0), 4),
            exact=told.exact,
            parts={name: round(value, 4) for name, value in told.parts.items()},
            terms=tuple(_terms(asked.tells(told.matches))),
            missing=tuple(_shortest(told.missing)),
        )

    def _ahead(self, asked: "_Asked", actor: Actor, own: WhyHit) -> WhyHit | None:
        """The nearest hit in front that the actor sees; for what is not among the hits, the last of them."""
        hits = asked.hits()
        before = hits[: own.rank - 1] if own.rank else hits
        explained = (self._explained(asked, actor, one) for one in reversed(before))
        return next((one for one in explained if one is not None), None)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question with what the engine chose for whoever asks."""

    words: str
    found: Gathered
    analyzer: Analyzer
    prior: Prior

    def explanation(self, document: Document) -> Explanation:
        return self.found.explained(document, self.analyzer, SCHEMA, prior=self.prior)

    def tells(self, matches: Sequence[Match]) -> Sequence[Match]:
        """The matches that mean something to a person: words and codes, and pairs and characters only without these."""
        question = self.analyzer.question(self.words)
        whole = {*question.words, *question.codes}
        return [one for one in matches if one.through or one.term in whole] if whole else matches

    def hits(self) -> Sequence[str]:
        """Ids of the documents that are ranked, best first."""
        return [hit.id for hit in self.found.scored(SCHEMA, prior=self.prior).hits]


def _sought(session: Session, actor: Actor, number: str) -> tuple[str, int, bool]:
    """Noun and id of what has this number, and whether it changed since it was indexed. Raises NotFound."""
    if number.upper().startswith(reports.NUMBER):
        noun, object_id = "report", reports.get(session, actor, number).id
    else:
        noun, object_id = "article", articles.get(session, actor, number).id
    return noun, object_id, outbox.is_waiting(session, noun, object_id)


def _terms(matches: Sequence[Match]) -> list[WhyTerm]:
    """The matches by what was matched, in their order, each with the fields it stands in."""
    grouped: dict[tuple[str, str], list[Match]] = {}
    for one in matches:
        grouped.setdefault((one.term, one.through), []).append(one)
    return [
        WhyTerm(term, through, round(found[0].share, 3), {one.field: one.times for one in found})
        for (term, through), found in grouped.items()
    ]


def _shortest(words: Sequence[str]) -> list[str]:
    """The words without those that have another one of them in them."""
    return [word for word in words if not any(other in word for other in words if other != word)]


def _reasons(own: WhyHit | None, ahead: WhyHit | None, waiting: bool) -> tuple[str, ...]:
    """Codes of what holds it back, most weighty first; nothing holds back the first hit but a change on its way."""
    if own and own.rank == 1:
        return ("waiting",) if waiting else ()
    told: Mapping[str, bool] = {
        "not_searchable": own is None,
        "waiting": waiting,
        "nothing": own is not None and not own.terms,
        "beyond": own is not None and own.rank == 0 and bool(own.terms),
        "exact": bool(own and ahead and ahead.exact and not own.exact),
        "missing": bool(own and own.missing),
        **{
            part: bool(own and ahead and own.parts[part] < ahead.parts[part])
            for part in ("relevance", "title", "prior")
        },
    }
    return tuple(code for code, holds in told.items() if holds) or ("close",)
