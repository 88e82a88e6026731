"""Search within the process, whole: reading the words, rights, facets, ranking, loading, snippets."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import corpus
from benchmarks.common import Figure, data, percentile
from indexer.analysis.analyzer import Analyzer
from kb_service.bootstrap import KnowledgeBase
from kb_service.domain.access import Actor, tokens_of
from kb_service.inputs import SearchRequest

WARMING = 50
ASKED = 500


def measure(kb: KnowledgeBase) -> list[Figure]:
    """The 95th percentile of a search, beside that of a bare query of the engine's library."""
    actor = kb.people.actor(kb.people.find(corpus.SEARCHER).id)
    questions = corpus.questions(data())[: WARMING + ASKED]
    flat = _flat(Path(kb.settings.home) / "index", actor)
    mine, bare = alternately(questions, lambda words: kb.search.find(actor, SearchRequest(words=words)), flat)
    of = "one flat any-word query of tantivy"
    return [
        Figure("search in process, p95", percentile(mine, 0.95), "ms", percentile(bare, 0.95), of, 4, relative=True),
        Figure("search in process, p50", percentile(mine, 0.5), "ms", percentile(bare, 0.5), of, 4, relative=True),
    ]


def alternately(questions: Sequence[str], *ways: Callable[[str], Any]) -> list[list[float]]:
    """Milliseconds of each question in each way, one beside the other, so that a busy machine harms all alike."""
    taken: list[list[float]] = [[] for _ in ways]
    for words in questions:
        for times, way in zip(taken, ways, strict=True):
            begun = time.perf_counter()
            way(words)
            times.append((time.perf_counter() - begun) * 1000)
    return [times[WARMING:] for times in taken]


def _flat(folder: Path, actor: Actor) -> Callable[[str], object]:
    """Any of the same terms, within the same rights, the first ten."""
    from tantivy import Index, Occur, Query

    generation = json.loads((folder / "current").read_text("utf-8"))["generation"]
    index = Index.open(str(folder / generation))
    searcher, analyzer = index.searcher(), Analyzer()
    rights = Query.const_score_query(Query.term_set_query(index.schema, "keyword_readers", list(tokens_of(actor))), 0.0)

    def asked(words: str) -> object:
        terms = [Query.term_query(index.schema, "terms", term, "freq") for term in analyzer.question(words).searched]
        any_of = Query.boolean_query([(Occur.Should, term) for term in terms])
        return searcher.search(Query.boolean_query([(Occur.Must, any_of), (Occur.Must, rights)]), 10)

    return asked
