"""How fast the index is built anew, and how soon after saving a text can be found, also meanwhile."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from string import ascii_lowercase

from sqlalchemy import select, update

from benchmarks import corpus
from benchmarks.common import Figure, data, percentile, timed
from indexer.analysis.analyzer import Analyzer
from kb_service.bootstrap import KnowledgeBase
from kb_service.domain.access import Actor
from kb_service.domain.article import Article
from kb_service.inputs import ArticleInput, SearchRequest
from kb_service.store import outbox
from web.cli.worker import Worker

SAVED = 40
CHANGED = 10_000
"""Articles that change at once."""
PATIENCE = 30
"""Seconds to wait for a saved text."""
LOOK = 0.005
"""Seconds between two looks for it."""


def rebuilding(kb: KnowledgeBase) -> list[Figure]:
    """Documents a second of a whole rebuild, beside the analysis of such texts alone."""
    begun = time.perf_counter()
    documents = kb.index.rebuild()
    rate = documents / (time.perf_counter() - begun)
    of = "analysis of the texts alone"
    return [Figure("rebuild", rate, "documents/s", analysed_a_second(), of, 4_000, at_least=True)]


def draining(kb: KnowledgeBase) -> list[Figure]:
    """Changed articles a second that come out of the outbox into the index."""
    with kb.database.begin() as tx:
        ids = list(tx.session.scalars(select(Article.id).order_by(Article.id).limit(CHANGED)))
        tx.session.execute(update(Article).where(Article.id.in_(ids)).values(version=Article.version + 1))
        outbox.put(tx.session, "article", ids, at=tx.now)
    rate = len(ids) / timed(kb.index.drain)
    of = "analysis of the texts alone"
    return [Figure("outbox drain", rate, "changes/s", analysed_a_second(), of, 1_000, at_least=True)]


def analysed_a_second(count: int = 5_000) -> float:
    """Texts a second that the analyzer alone makes tokens of."""
    texts = [text for _, text in islice(corpus.texts(data()), count)]
    analyzer = Analyzer()
    analyzer.tokens(texts[0])
    return count / timed(lambda: [analyzer.tokens(text) for text in texts])


def freshness(kb: KnowledgeBase) -> list[Figure]:
    """Seconds from the publishing transaction to the search that finds it, with the worker that `kb serve` has."""
    people = _people(kb)
    with _working(kb):
        quiet, saves = _published(kb, *people, "平时")
        rebuild = threading.Thread(target=kb.index.rebuild)
        rebuild.start()
        busy, _ = _published(kb, *people, "重建时")
        rebuild.join()
    of = "the publishing transaction itself"
    bare = percentile(saves, 0.95)
    return [
        Figure("save to searchable, p95", percentile(quiet, 0.95), "s", bare, of, 1),
        Figure("save to searchable during a rebuild, p95", percentile(busy, 0.95), "s", bare, of, 1),
    ]


def _people(kb: KnowledgeBase) -> tuple[Actor, Actor]:
    """An author and a reviewer."""
    names = {one.username for one in kb.people.list(kb.people.local())}
    for username, role in (("bench-author", "expert"), ("bench-reviewer", "reviewer")):
        if username not in names:
            local = kb.people.local()
            kb.people.add(local, username=username, name=username, organisation="第0省局", roles=[(role, "")])
    author, reviewer = (kb.people.actor(kb.people.find(f"bench-{name}").id) for name in ("author", "reviewer"))
    return author, reviewer


@contextmanager
def _working(kb: KnowledgeBase) -> Iterator[None]:
    worker = Worker(kb)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join()


def _published(kb: KnowledgeBase, author: Actor, reviewer: Actor, when: str) -> tuple[list[float], list[float]]:
    """Seconds until each of SAVED articles was found, and seconds each transaction took."""
    waited, saved = [], []
    for number in range(SAVED):
        word = "".join(random.choices(ascii_lowercase, k=16))  # so that nothing else is found by a part of it
        fields = {"answer": f"{when}发布的第{number}条，编号 {word}。"}
        draft = kb.candidates.create(author, ArticleInput(kind="faq", title=f"{when}的问题 {word}", fields=fields))
        sent = kb.candidates.submit(author, draft.id, seen_version=draft.version)
        begun = time.perf_counter()
        kb.reviews.accept(reviewer, sent.id, seen_version=sent.version)
        saved.append(time.perf_counter() - begun)
        _wait_for(kb, author, word)
        waited.append(time.perf_counter() - begun - saved[-1])
    return waited, saved


def _wait_for(kb: KnowledgeBase, actor: Actor, word: str) -> None:
    """Raises TimeoutError when it cannot be found in time."""
    until = time.monotonic() + PATIENCE
    while not kb.search.find(actor, SearchRequest(words=word, limit=1)).total:
        if time.monotonic() > until:
            raise TimeoutError(word)
        time.sleep(LOOK)
