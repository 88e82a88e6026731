"""Related articles of an article, and the articles a text repeats, in the process: engine, comparison, loading."""

import random
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from benchmarks import corpus
from benchmarks.common import Figure, percentile
from indexer import nearness
from kb_service.bootstrap import KnowledgeBase
from kb_service.domain.access import Actor
from kb_service.errors import NotFound
from kb_service.results import ArticleView

T = TypeVar("T")

WARMING = 20
ASKED = 200
HIGHEST = 80_000
"""Numbers are drawn up to here: as many articles as the large base has."""


def measure(kb: KnowledgeBase) -> list[Figure]:
    """The 95th percentiles, beside the comparison of a text with ten others alone."""
    actor = kb.people.actor(kb.people.find(corpus.SEARCHER).id)
    articles = _articles(kb, actor)
    texts = ["\n".join((one.title, *(field.markdown for field in one.fields))) for one in articles]
    related = _taken(articles, lambda one: kb.related.of(actor, one.number))
    similar = _taken(texts, lambda text: kb.related.similar(actor, text))
    bare = _taken(texts, lambda text: _compared(text, texts[:10]))
    of = "comparing a text with ten others"
    return [
        Figure("related articles, p95", percentile(related, 0.95), "ms", percentile(bare, 0.95), of, 20),
        Figure("articles a text repeats, p95", percentile(similar, 0.95), "ms", percentile(bare, 0.95), of, 20),
    ]


def _compared(text: str, others: Sequence[str]) -> list[nearness.Shared]:
    mine = nearness.letters(text)
    return [nearness.shared(mine, other) for other in others]


def _articles(kb: KnowledgeBase, actor: Actor) -> list[ArticleView]:
    """Some that the actor sees, always the same."""
    dice, found = random.Random(1), list[ArticleView]()
    while len(found) < WARMING + ASKED:
        try:
            found.append(kb.articles.get(actor, f"KB{dice.randrange(1, HIGHEST):06d}"))
        except NotFound:
            continue
    return found


def _taken(things: Sequence[T], ask: Callable[[T], object]) -> list[float]:
    """Milliseconds of each, the first ones left out."""
    taken: list[float] = []
    for one in things:
        begun = time.perf_counter()
        ask(one)
        taken.append((time.perf_counter() - begun) * 1000)
    return taken[WARMING:]
