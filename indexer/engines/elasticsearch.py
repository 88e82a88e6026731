"""The engine on an Elasticsearch cluster, for collections and loads beyond one machine; nothing is installed there."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from logging import ERROR, getLogger
from threading import Lock
from typing import Any

from elasticsearch import Elasticsearch

from indexer.analysed import Preparation
from indexer.analysis.analyzer import Analyzer
from indexer.engine import Change, Document
from indexer.engines.breaker import Breaker, Open
from indexer.engines.cluster import Servers
from indexer.engines.elasticsearch_condition import look
from indexer.engines.elasticsearch_faults import Vanished, is_failure, refusal, told
from indexer.engines.elasticsearch_generations import Generations
from indexer.engines.elasticsearch_layout import LAYOUT, LIVE, Layout, collection, frequencies
from indexer.engines.elasticsearch_writing import Target
from indexer.engines.postings import ordered_counts
from indexer.engines.question import check, terms_of, wants_statistics
from indexer.errors import EngineUnavailable, IndexDamaged, IndexMissing
from indexer.query import Query
from indexer.results import Applied, Candidates, ClusterCondition, EngineStatus, FacetCount, Statistics
from indexer.schema import Schema

NAME = "elasticsearch"
ATTEMPTS = 2  # nodes one search may ask within its time
WORKING = 60.0  # seconds one request of a writer or a rebuild may take
COLLECTION, FREQUENCY, FOUND = "#collection", "#frequency", "#found"  # no names of fields, as those of facets are
Searches = dict[str, Mapping[str, Any]]


class Connections:
    """The client of this process: connections do not survive a fork."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._lock = Lock()
        self._opened: tuple[int, Elasticsearch] | None = None

    def searching(self) -> Elasticsearch:
        """For one search: all attempts together take no more than its time."""
        seconds = self._servers.cluster.seconds / ATTEMPTS
        return self._client().options(request_timeout=seconds, max_retries=ATTEMPTS - 1, retry_on_timeout=True)

    def working(self) -> Elasticsearch:
        """For writers, who repeat by themselves what a busy server refuses."""
        return self._client().options(request_timeout=WORKING, max_retries=len(self._servers.nodes), retry_on_status=())

    def close(self) -> None:
        with self._lock:
            if self._opened and self._opened[0] == os.getpid():
                self._opened[1].close()
            self._opened = None

    def _client(self) -> Elasticsearch:
        with self._lock:
            if self._opened is None or self._opened[0] != os.getpid():
                self._opened = os.getpid(), _client(self._servers)
            return self._opened[1]


class ElasticsearchEngine:
    """Holds nothing but connections: everything else is on the servers, the same for every process."""

    def __init__(self, schema: Schema, analyzer: Analyzer, servers: Servers) -> None:
        fingerprint = f"{LAYOUT}-{schema.fingerprint(analyzer.fingerprint)}"
        self._schema, self._fingerprint = schema, fingerprint
        self._preparation, self._layout = Preparation(schema, analyzer), Layout(schema)
        self._generations = Generations(servers.name, fingerprint, servers.cluster)
        self._connections = Connections(servers)
        self._seconds = servers.cluster.seconds
        self._breaker = Breaker(is_failure)

    def search(self, query: Query) -> Candidates:
        check(query, self._schema)
        if wants_statistics(query):
            return Candidates(statistics=self._statistics(query))
        return self._found(query)

    def apply(self, changes: Sequence[Change]) -> Applied:
        """Another writer is not waited for: the server compares versions, whoever comes first."""
        with self._named():
            self._generations.matching(self._connections.working())
            return self._target(self._generations.alias, at_once=True).apply(changes)

    @contextmanager
    def rebuild(self) -> Iterator[Target]:
        mappings = self._layout.mappings(self._fingerprint)
        with self._generations.building(self._connections.working(), mappings) as alias:
            yield self._target(alias, at_once=False)

    def ids(self) -> Iterator[tuple[str, int]]:
        with self._named():
            self._generations.matching(self._connections.working())
            yield from self._target(self._generations.alias, at_once=True).ids()

    def status(self) -> EngineStatus:
        try:
            client = self._connections.searching()
            live = self._generations.live(client)
            matches = self._generations.is_matching(live) and live.searched
            with told():
                documents = client.count(index=live.name, query=LIVE)["count"] if matches else 0
                health = client.cluster.health(index=live.name)
        except IndexMissing:
            return EngineStatus(NAME, "", 0, matches=False)
        except IndexDamaged as error:
            return EngineStatus(NAME, "", 0, matches=False, details={"damaged": str(error)})
        except EngineUnavailable as error:
            return EngineStatus(NAME, "", 0, matches=False, details={"reason": str(error)})
        details = {"health": health["status"], "nodes": health["number_of_nodes"]}
        return EngineStatus(NAME, live.name, documents, matches, details)

    def condition(self) -> ClusterCondition:
        """How the servers are, beyond the port: for whoever looks after them. Raises EngineUnavailable."""
        client = self._connections.working()
        return look(client, self._generations.live(client).name)

    def close(self) -> None:
        self._connections.close()

    def _target(self, alias: str, *, at_once: bool) -> Target:
        return Target(self._connections.working(), alias, self._prepared, at_once=at_once)

    def _prepared(self, document: Document) -> bytes:
        return self._layout.source(self._preparation.analysed(document))

    def _answers(self, searches: Searches) -> dict[str, Mapping[str, Any]]:
        """What the server answers to each of these searches, sent as one request."""
        try:
            with self._breaker.asking(), self._named(), told():
                return self._asked(searches)
        except Open as error:
            raise EngineUnavailable("搜索服务器刚才连续没有回答，暂停询问几秒，数据没有受影响。请稍后再试。") from error

    def _asked(self, searches: Searches) -> dict[str, Mapping[str, Any]]:
        header = {
            "index": self._generations.alias,
            "search_type": "dfs_query_then_fetch",  # else each shard knows its own frequencies only
            "allow_partial_search_results": False,
        }
        limit = {"timeout": f"{round(self._seconds * 1000)}ms"}
        lines = [line for body in searches.values() for line in (header, {**body, **limit})]
        answers = self._connections.searching().msearch(searches=lines)["responses"]
        for answer in answers:
            if "error" in answer:
                raise refusal(answer["status"], answer["error"])
        return dict(zip(searches, answers, strict=True))

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Tells what it means that the generation is not there."""
        try:
            yield
        except Vanished as error:
            self._generations.matching(self._connections.searching())
            raise IndexMissing(str(error)) from error

    def _statistics(self, query: Query) -> Statistics:
        terms, units = terms_of(query.tree), query.units
        searches: Searches = {COLLECTION: collection()}
        if terms or units:
            searches[FREQUENCY] = frequencies(terms, units)
        answers = self._answers(searches)
        collected = answers[COLLECTION]
        counts: list[int] = []
        if terms or units:
            buckets = answers[FREQUENCY]["aggregations"]["counts"]["buckets"]
            counts = [buckets[str(at)]["doc_count"] for at in range(len(terms) + len(units))]
        return Statistics(
            collected["hits"]["total"]["value"],
            dict(zip(terms, counts, strict=False)),
            dict(zip(units, counts[len(terms) :], strict=True)),
            float(collected["aggregations"]["length"]["value"] or 0.0),
        )

    def _found(self, query: Query) -> Candidates:
        filtered = {part.field for part in query.filters}
        facets = {field: self._layout.facet(query, field) for field in filtered.intersection(query.facets)}
        answers = self._answers({FOUND: self._layout.asked(query), **facets})
        found = answers[FOUND]
        hits = found["hits"]["hits"]
        if len({hit["_index"] for hit in hits}) > 1:
            self._generations.matching(self._connections.searching())
        candidates = tuple(self._layout.candidate(hit, scored=query.sort is None) for hit in hits)
        total = found["hits"].get("total", {"value": query.offset + len(candidates)})["value"]
        counts = {field: _counts(answers.get(field, found), field) for field in query.facets}
        return Candidates(total, candidates, counts)


def open_engine(schema: Schema, analyzer: Analyzer, servers: Servers) -> ElasticsearchEngine:
    return ElasticsearchEngine(schema, analyzer, servers)


def _client(servers: Servers) -> Elasticsearch:
    cluster = servers.cluster
    for name in ("transport", "node_pool"):
        getLogger(f"elastic_transport.{name}").setLevel(ERROR)  # they warn of each attempt, with a whole traceback
    options: dict[str, Any] = {}
    if cluster.api_key:
        options["api_key"] = cluster.api_key
    elif cluster.user:
        options["basic_auth"] = (cluster.user, cluster.password)
    if cluster.ca:
        options["ca_certs"] = cluster.ca
    try:
        return Elasticsearch(list(servers.nodes), **options)
    except (OSError, ValueError) as error:
        raise EngineUnavailable(
            f"KB_INDEX_CA 指的证书文件无法使用（{type(error).__name__}），没有连接。请检查这个文件。"
        ) from error


def _counts(answer: Mapping[str, Any], field: str) -> tuple[FacetCount, ...]:
    buckets = answer["aggregations"][field]["buckets"]
    return ordered_counts({bucket["key"]: bucket["doc_count"] for bucket in buckets})
