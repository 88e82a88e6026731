"""Use cases of evaluating search on the base's own labelled queries: now, over time, and with another lexicon."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from indexer import search as finder
from indexer.analysis.analyzer import Analyzer
from indexer.engine import SearchEngine
from indexer.engines import open_engine
from indexer.evaluation import Judgements, Measures, measures, ndcg
from indexer.lexicon import Lexicon
from indexer.query import Filter
from kb_service.documents import SCHEMA, document_id, parse_id, worth
from kb_service.domain.access import EVERYTHING, Actor
from kb_service.domain.article import KINDS
from kb_service.domain.events import Event
from kb_service.domain.labelled import EvaluationRun
from kb_service.errors import Invalid
from kb_service.results import EvaluationView, MovedQuery, Preview
from kb_service.services.in_force import InForce
from kb_service.services.labelled import demand
from kb_service.services.searching import Progress, searching
from kb_service.store import articles, labelled, lexicon
from kb_service.store.feed import Feed
from kb_service.store.unit_of_work import Database

BOUND = 0.02
"""The part of nDCG@10 that may be lost before a change is called a drop."""
DEPTH = 100
"""Hits looked at for each query."""
PREVIEWED = 200
"""Labelled queries of a preview: somebody waits for it."""
REANALYSED = 20
"""Hits of each query that are analysed anew when words change."""
READER = (Filter("readers", frozenset({EVERYTHING})), Filter("kind", frozenset(KINDS)))
"""Whoever may read every article. Reports answer too, but nobody has judged them."""

Rankings = Mapping[str, Sequence[str]]
Judged = Mapping[str, Judgements]


class Evaluation:
    """How well the labelled queries are answered. Queries are known by their ids, written as texts."""

    def __init__(
        self, database: Database, engine: SearchEngine, analyzer: Analyzer, in_force: InForce, progress: Progress
    ) -> None:
        self._database = database
        self._engine = engine
        self._analyzer = analyzer
        self._in_force = in_force
        self._progress = progress

    def run(self, actor: Actor) -> EvaluationView:
        """Ask every labelled query and keep how well it was answered.

        Raises NotFound for who may not evaluate, Invalid without labelled queries, SearchUnavailable, IndexBuilding.
        """
        demand(actor)
        words, judged = self._labelled(labelled.ASKED)
        if not judged:
            raise Invalid("还没有可用的标注检索词，没有评测。请先添加几个检索词和能解答它们的知识。")
        with searching(self._progress):
            found = self._rankings(self._engine, self._analyzer, words)
        with self._database.begin() as tx:
            run = EvaluationRun(
                at=tx.now,
                author_id=actor.person_id,
                author=actor.name,
                lexicon=lexicon.state(tx.session).revision,
                queries=len(judged),
                measures=asdict(measures(found, judged)),
                places={query: _place(found[query], judged[query]) for query in judged},
            )
            tx.add(run)
            tx.record(Event(actor, "evaluate", run, {"queries": run.queries}))
            return _views(labelled.runs(tx.session, 2))[0]

    def history(self, actor: Actor, limit: int = 20) -> tuple[EvaluationView, ...]:
        """The latest evaluations, latest first, each beside the one before it. Raises NotFound."""
        demand(actor)
        with self._database.read() as session:
            return _views(labelled.runs(session, limit + 1))[:limit]

    def preview(self, actor: Actor, proposed: Lexicon) -> Preview:
        """What the labelled queries would gain and lose with the proposed lexicon in place of the one in force.

        Synonyms and stop words change questions alone, so the live index is asked. Words also change documents: then
        the judged articles and the first hits of either way are analysed anew into an index in memory for each
        lexicon, and compared there. Raises NotFound, SearchUnavailable, IndexBuilding.
        """
        demand(actor)
        words, judged = self._labelled(PREVIEWED)
        other = Analyzer(lexicon=proposed)
        with searching(self._progress):
            before = self._rankings(self._engine, self._analyzer, words)
            after = self._rankings(self._engine, other, words)
            if set(proposed.words) != set(self._analyzer.lexicon.words):
                ids = _looked_at(before, after, judged)
                before = self._rankings(self._in_memory(self._analyzer, ids), self._analyzer, words)
                after = self._rankings(self._in_memory(other, ids), other, words)
        seen = self._seen(actor, judged)
        moved = [_moved(words[one], before[one], after[one], judged[one]) for one in seen]
        return _preview(measures(before, judged), measures(after, judged), len(judged), moved)

    def _labelled(self, limit: int) -> tuple[Mapping[str, str], Judged]:
        """Words and answers of the latest queries of which an answer can be found, with the latest lexicon in force."""
        self._in_force.demand()
        with self._database.read() as session:
            queries = labelled.in_force(session, limit)
            answers = labelled.answerable(session, queries)
        judged = {str(query): {document_id("article", one): 1 for one in told} for query, told in answers.items()}
        return {str(one.id): one.words for one in queries if one.id in answers}, judged

    def _rankings(self, engine: SearchEngine, analyzer: Analyzer, words: Mapping[str, str]) -> Rankings:
        """Ids of the hits of each query, by the id of the query."""
        prior = worth(self._database.now())
        asked = {
            query: finder.find(engine, analyzer, SCHEMA, text, filters=READER, limit=DEPTH, prior=prior)
            for query, text in words.items()
        }
        return {query: tuple(hit.id for hit in found.hits) for query, found in asked.items()}

    def _in_memory(self, analyzer: Analyzer, ids: Sequence[str]) -> SearchEngine:
        """An index of these documents alone."""
        engine = open_engine("memory:", SCHEMA, analyzer, Path())
        with engine.rebuild() as generation:
            generation.apply(Feed(self._database).load(ids))
        return engine

    def _seen(self, actor: Actor, judged: Judged) -> list[str]:
        """The queries of which the actor sees an answer."""
        ids = {parse_id(one)[1] for answers in judged.values() for one in answers}
        with self._database.read() as session:
            seen = {document_id("article", one) for one in articles.found(session, actor, ids)}
        return [query for query, answers in judged.items() if not seen.isdisjoint(answers)]


def _looked_at(before: Rankings, after: Rankings, judged: Judged) -> list[str]:
    """Ids of the documents that decide how either lexicon ranks."""
    hits = (one for rankings in (before, after) for found in rankings.values() for one in found[:REANALYSED])
    return sorted({*hits, *(answer for answers in judged.values() for answer in answers)})


def _place(hits: Sequence[str], answers: Judgements) -> int:
    """Place of the first answer, 0 where there is none."""
    return next((place for place, one in enumerate(hits, 1) if one in answers), 0)


def _moved(words: str, before: Sequence[str], after: Sequence[str], answers: Judgements) -> MovedQuery:
    difference = ndcg(after, answers) - ndcg(before, answers)
    return MovedQuery(words, _place(before, answers), _place(after, answers), round(difference, 4))


def _preview(before: Measures, after: Measures, queries: int, moved: Sequence[MovedQuery]) -> Preview:
    ordered = sorted(moved, key=lambda one: (-abs(one.difference), one.words))
    return Preview(
        queries=queries,
        before=before,
        after=after,
        gained=tuple(one for one in ordered if one.difference > 0),
        lost=tuple(one for one in ordered if one.difference < 0),
        drop=is_drop(before, after),
    )


def is_drop(before: Measures, after: Measures) -> bool:
    """Whether more is lost than BOUND allows."""
    return after.ndcg_10 < before.ndcg_10 * (1 - BOUND)


def _views(runs: Sequence[EvaluationRun]) -> tuple[EvaluationView, ...]:
    """Runs, latest first, each with whether it dropped against the one before it."""
    told = [Measures(**run.measures) for run in runs]
    earlier = (*told[1:], None)[: len(told)]
    return tuple(
        EvaluationView(
            id=run.id,
            at=run.at,
            author=run.author,
            lexicon=run.lexicon,
            queries=run.queries,
            measures=now,
            drop=before is not None and is_drop(before, now),
        )
        for run, now, before in zip(runs, told, earlier, strict=True)
    )
