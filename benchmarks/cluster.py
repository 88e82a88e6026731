"""Engine on servers beside bare measures: ``python -m benchmarks.cluster HOST:PORT,… [--documents N] [--home DIR]``.

Indexing beside the client's own bulk helper given the same tokens; searching the large base beside the embedded engine,
question by question. What it makes on the servers disappears afterwards.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from secrets import token_hex

from elasticsearch import Elasticsearch, helpers

from benchmarks import corpus
from benchmarks.common import DOCUMENTS, Figure, data, folder, large_base, percentile, table, timed
from benchmarks.latency import alternately
from indexer.analysed import Preparation
from indexer.analysis.analyzer import Analyzer
from indexer.engine import Document, SearchEngine, Upsert
from indexer.engines import Cluster, open_engine
from indexer.engines.elasticsearch_layout import Layout
from indexer.schema import Schema, TextField
from kb_service.bootstrap import open_base
from kb_service.inputs import SearchRequest

SCHEMA = Schema((TextField("title", titles=True), TextField("body")))
INDEXED = 20_000
BATCH = 500
SAVED = 40
WITHOUT_COPIES = Cluster(replicas=0)  # which are a matter of the network


def indexing(hosts: str) -> list[Figure]:
    """Documents a second of a whole generation, analysis included, and seconds until one save can be found."""
    texts = islice(corpus.texts(data()), INDEXED)
    documents = [Document(str(at), 1, {"title": title, "body": body}) for at, (title, body) in enumerate(texts)]
    analyzer = Analyzer()
    analyzer.tokens(documents[0].texts["body"])
    with _fresh(hosts) as name:
        bare = len(documents) / _bulk(hosts, name, documents, analyzer)
        engine = open_engine(f"elasticsearch://{hosts}/{name}", SCHEMA, analyzer, Path(), WITHOUT_COPIES)
        rate = len(documents) / timed(lambda: _build(engine, documents))
        saves = [timed(lambda one=one: engine.apply([Upsert(replace(one, version=2))])) for one in documents[:SAVED]]
        engine.close()
    of = "helpers.bulk of the same tokens"
    return [
        Figure("indexing", rate, "documents/s", bare, of, 0.6, at_least=True, relative=True),
        Figure(
            "one document until it is found, p95", percentile(saves, 0.95), "s", 1.0, "a refresh of its own accord", 1
        ),
    ]


def _build(engine: SearchEngine, documents: Sequence[Document]) -> None:
    with engine.rebuild() as generation:
        for start in range(0, len(documents), BATCH):
            generation.apply([Upsert(one) for one in documents[start : start + BATCH]])


def _bulk(hosts: str, name: str, documents: Sequence[Document], analyzer: Analyzer) -> float:
    """Seconds of the helper alone: what it is given has been analysed before."""
    layout, preparation = Layout(SCHEMA), Preparation(SCHEMA, analyzer)
    sources = [json.loads(layout.source(preparation.analysed(one))) for one in documents]
    actions = ({"_id": str(at), **source} for at, source in enumerate(sources))
    settings = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"}
    with Elasticsearch(_nodes(hosts)) as client:
        index = f"{name}-bare"
        client.indices.create(index=index, settings=settings, mappings=layout.mappings("bare"))
        begun = time.perf_counter()
        helpers.bulk(client, actions, index=index)
        client.indices.refresh(index=index)
        return time.perf_counter() - begun


def searching(hosts: str, home: Path, documents: int) -> list[Figure]:
    """A whole search in process, on servers and embedded, over the same base."""
    with large_base(home, documents) as embedded, _fresh(hosts) as name:
        settings = embedded.settings.model_copy(
            update={"index": f"elasticsearch://{hosts}/{name}", "index_seconds": 10}
        )
        distributed = open_base(settings)
        distributed.index.rebuild()
        actor = embedded.people.actor(embedded.people.find(corpus.SEARCHER).id)
        ways = [
            lambda words, kb=kb: kb.search.find(actor, SearchRequest(words=words)) for kb in (distributed, embedded)
        ]
        mine, theirs = alternately(corpus.questions(data())[:300], *ways)
        distributed.close()
    return [
        Figure(
            f"search in process over {documents:,}, p{share}",
            _at(mine, share),
            "ms",
            _at(theirs, share),
            "tantivy, the same search",
            150,
        )
        for share in (50, 95)
    ]


def _at(taken: Sequence[float], share: int) -> float:
    return percentile(taken, share / 100)


@contextmanager
def _fresh(hosts: str) -> Iterator[str]:
    """A name on the servers that nobody else has; all of its indices disappear afterwards."""
    name = f"bench-{token_hex(4)}"
    try:
        yield name
    finally:
        with Elasticsearch(_nodes(hosts)) as client:
            client.indices.delete(index=list(client.indices.get(index=f"{name}-*").body))


def _nodes(hosts: str) -> list[str]:
    return [f"http://{host}" for host in hosts.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster")
    parser.add_argument("hosts", metavar="HOST:PORT,HOST:PORT", help="nodes of a cluster without sign-in")
    parser.add_argument("--documents", type=int, default=DOCUMENTS, help=f"of the large base, by default {DOCUMENTS:,}")
    parser.add_argument("--home", type=Path, help="folder to keep the large base in")
    told = parser.parse_args()
    with folder(told.home) as place:
        print(table([*indexing(told.hosts), *searching(told.hosts, place / "base", told.documents)]))


if __name__ == "__main__":
    main()
