"""Elasticsearch when something is wrong: each fault has its sentence, harms nothing, and a rebuild or time heals it."""

import json
import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from indexer.analysis.analyzer import Analyzer
from indexer.engine import Broken, Change, Delete, Document, SearchEngine, Upsert
from indexer.engines import Cluster, open_engine
from indexer.engines.breaker import Breaker
from indexer.engines.elasticsearch_faults import ANSWERS, FAILURES
from indexer.errors import EngineUnavailable, IndexDamaged, IndexerError, IndexMissing, SchemaMismatch
from indexer.query import Everything, Phrase, Query
from indexer.results import Applied
from indexer.schema import KeywordField, NumberField, Schema, TextField
from tests.servers import TWO_SHARDS, client, fresh_index, indices

SCHEMA = Schema((TextField("title"),), (KeywordField("system"),), (NumberField("updated"),))
EVERYTHING = Query(Everything())


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer()


@pytest.fixture
def address(elasticsearch_hosts: str) -> Iterator[str]:
    with fresh_index(elasticsearch_hosts) as fresh:
        yield fresh


def opened(address: str, analyzer: Analyzer, cluster: Cluster = TWO_SHARDS) -> SearchEngine:
    return open_engine(address, SCHEMA, analyzer, Path(), cluster)


@pytest.fixture
def engine(address: str, analyzer: Analyzer) -> Iterator[SearchEngine]:
    with closing(opened(address, analyzer)) as engine:
        fill(engine)
        yield engine


def fill(engine: SearchEngine) -> None:
    with engine.rebuild() as generation:
        generation.apply([told(key) for key in "abc"])


def told(key: str, version: int = 1, title: str = "税务") -> Change:
    return Upsert(Document(key, version, {"title": title}))


def found(engine: SearchEngine) -> set[str]:
    return {one.id for one in engine.search(EVERYTHING).candidates}


def name_of(address: str) -> str:
    return address.rpartition("/")[2]


# what is there is not as it should be


def test_an_index_deleted_by_hand_is_missing_until_a_rebuild(engine: SearchEngine, address: str) -> None:
    client(address).indices.delete(index=engine.status().generation)
    for call in (lambda: engine.search(EVERYTHING), lambda: engine.apply([told("d")]), lambda: list(engine.ids())):
        with pytest.raises(IndexMissing, match="kb index rebuild"):
            call()
    assert engine.status().generation == ""
    fill(engine)
    assert found(engine) == set("abc")


@pytest.mark.parametrize("pattern", ["{name}", "{name}.*"])
def test_an_alias_that_is_gone_is_missing_until_a_rebuild(engine: SearchEngine, address: str, pattern: str) -> None:
    alias = pattern.format(name=name_of(address))
    client(address).indices.delete_alias(index="*", name=alias)
    with pytest.raises(IndexMissing):
        engine.apply([told("d")])
    assert engine.status().matches is False
    fill(engine)
    assert engine.status().matches is True
    assert engine.apply([told("d")]) == Applied(1)


def test_an_alias_of_two_indices_is_told_and_healed(engine: SearchEngine, address: str) -> None:
    [alias] = (one for one in client(address).indices.get_alias(name=f"{name_of(address)}.*").body.values())
    before = engine.status().generation
    fill(engine)
    client(address).indices.put_alias(index=before, name=next(iter(alias["aliases"])))
    for call in (lambda: engine.search(EVERYTHING), lambda: engine.apply([told("d")]), lambda: list(engine.ids())):
        with pytest.raises(IndexDamaged, match="不止一个索引"):
            call()
    assert "不止一个索引" in engine.status().details["damaged"]
    fill(engine)
    assert found(engine) == set("abc")


def test_an_index_of_ours_in_the_place_of_the_alias_is_replaced(address: str, analyzer: Analyzer) -> None:
    mappings = {"_meta": {"fingerprint": "of an older program"}}
    client(address).indices.create(index=name_of(address), mappings=mappings)
    with closing(opened(address, analyzer)) as engine:
        with pytest.raises(IndexDamaged, match="应当是别名"):
            engine.search(EVERYTHING)
        fill(engine)
        assert found(engine) == set("abc")


def test_an_index_of_others_in_the_place_of_the_alias_is_left_alone(address: str, analyzer: Analyzer) -> None:
    client(address).index(index=name_of(address), document={"theirs": True}, refresh=True)
    with closing(opened(address, analyzer)) as engine, pytest.raises(EngineUnavailable, match="不是本程序"):
        fill(engine)
    assert client(address).count(index=name_of(address))["count"] == 1


def test_the_indices_of_a_longer_name_are_not_swept(engine: SearchEngine, address: str) -> None:
    with fresh_index(address.split("/")[2]) as other:
        beside = f"{name_of(address)}-{name_of(other)}-20260101t000000-00000000"
        client(address).indices.create(index=beside)
        fill(engine)
        assert beside in indices(address)


def test_a_read_only_index_takes_nothing_and_loses_nothing(engine: SearchEngine, address: str) -> None:
    live = engine.status().generation
    for block, sentence in (("read_only", "只读"), ("read_only_allow_delete", "磁盘将满")):
        client(address).indices.put_settings(index=live, settings={f"index.blocks.{block}": True})
        with pytest.raises(EngineUnavailable, match=sentence):
            engine.apply([told("d")])
        assert found(engine) == set("abc")
        client(address).indices.put_settings(index=live, settings={f"index.blocks.{block}": None})
    assert engine.apply([told("d")]) == Applied(1)


def test_a_closed_index_is_unavailable(engine: SearchEngine, address: str) -> None:
    client(address).indices.close(index=engine.status().generation)
    for call in (lambda: engine.search(EVERYTHING), lambda: engine.apply([told("d")])):
        with pytest.raises(EngineUnavailable, match="被关闭"):
            call()
    fill(engine)
    assert found(engine) == set("abc")


def test_another_version_of_the_program_is_a_mismatch(engine: SearchEngine, address: str, analyzer: Analyzer) -> None:
    other = open_engine(address, Schema((TextField("other"),)), analyzer, Path(), TWO_SHARDS)
    with closing(other), other.rebuild() as generation:
        generation.apply([Upsert(Document("x", 1, {"other": "税务"}))])
    for call in (lambda: engine.search(EVERYTHING), lambda: engine.apply([told("d")])):
        with pytest.raises(SchemaMismatch):
            call()


# documents that no server takes


def test_one_poisonous_document_does_not_hold_up_the_others(engine: SearchEngine) -> None:
    bad = [told("x" * 513), told(""), told("low", -1), told("high", 2**62), Delete("x" * 513, 1), Delete("\ud800", 1)]
    applied = engine.apply([*bad, told("d"), Broken("e", 1, "坏了。")])
    assert (applied.taken, applied.ignored) == (1, 1)
    assert set(applied.failed) == {"x" * 513, "", "low", "high", "\ud800", "e"}
    assert all(reason.endswith("。") for reason in applied.failed.values())
    assert found(engine) == set("abcd")


def test_what_the_server_refuses_is_told_without_its_text(address: str, analyzer: Analyzer) -> None:
    strict = [{"index": {"status": 400, "error": {"type": "document_parsing_exception", "reason": "field 'secret'"}}}]
    refusing = beyond(analyzer, address, when="_bulk", answer=(200, {"items": strict}))
    with refusing as (engine, _), engine.rebuild() as generation:
        applied = generation.apply([told("a")])
    assert (applied.taken, set(applied.failed)) == (0, {"a"})
    assert "secret" not in applied.failed["a"]


def test_a_late_change_of_another_writer_loses_on_the_server_too(
    engine: SearchEngine, address: str, analyzer: Analyzer
) -> None:
    """The other writer comes between the look at the versions and the bulk."""
    nothing = {"docs": [{"_id": "a", "found": False}]}
    with beyond(analyzer, address, when="_mget", answer=(200, nothing)) as (late, _):
        assert engine.apply([told("a", 5, "新的")]) == Applied(1)
        assert late.apply([told("a", 4, "旧的")]) == Applied(0, 1)
    assert [one.id for one in engine.search(Query(Phrase(tuple("新的")))).candidates] == ["a"]


# rebuilds


@pytest.mark.parametrize("late", [[], [told("y")]])
def test_the_later_of_two_rebuilds_wins_and_the_other_harms_nothing(engine: SearchEngine, late: list[Change]) -> None:
    def overtaken() -> None:
        with engine.rebuild() as earlier:
            earlier.apply([told("x")])
            fill(engine)
            earlier.apply(late)

    with pytest.raises(EngineUnavailable, match="另一个进程"):
        overtaken()
    assert found(engine) == set("abc")


def test_a_rebuild_asks_for_copies_where_there_are_nodes(address: str, analyzer: Analyzer) -> None:
    with closing(opened(address, analyzer, Cluster(shards=1, replicas=1, seconds=10))) as engine:
        fill(engine)
        nodes, details = client(address).cluster.health()["number_of_data_nodes"], engine.status().details
        [settings] = client(address).indices.get_settings(index=engine.status().generation).body.values()
    assert settings["settings"]["index"]["number_of_replicas"] == str(min(1, nodes - 1))
    assert details == {"health": "green", "nodes": nodes}


# the network

Answer = tuple[int, Any]
PRODUCT = {"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/vnd.elasticsearch+json;compatible-with=8"}


class Edge(ThreadingHTTPServer):
    """A server at the edge of the network: answers as it is told, or passes on to a real one."""

    daemon_threads = True
    when, answer, times, upstream, headers = "", (200, {}), 10**9, "", PRODUCT
    hanging = None

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked = 0

    def is_for(self, path: str) -> bool:
        if self.when not in path or self.times <= 0:
            return False
        self.times -= 1
        return True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Edge

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked += 1
        if self.server.hanging:
            self.server.hanging.wait()
            self.close_connection = True
        elif self.server.is_for(self.path):
            status, told = self.server.answer
            self.give(status, told if isinstance(told, bytes) else json.dumps(told).encode(), self.server.headers)
        else:
            connection = HTTPConnection(self.server.upstream, timeout=30)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            self.give(answer.status, answer.read(), {**PRODUCT})
            connection.close()

    do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815

    def give(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def edge(upstream: str = "", **told: Any) -> Iterator[tuple[str, Edge]]:
    """An address whose server answers ``answer`` to the requests whose path holds ``when``, as many ``times``."""
    with Edge() as server:
        vars(server).update(told, upstream=upstream.split("/")[2].split(",", maxsplit=1)[0] if upstream else "")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"elasticsearch://127.0.0.1:{server.server_port}/{name_of(upstream) or 'kb'}", server
        finally:
            if server.hanging:
                server.hanging.set()
            server.shutdown()
            thread.join()


@contextmanager
def beyond(
    analyzer: Analyzer, upstream: str = "", cluster: Cluster = TWO_SHARDS, **told: Any
) -> Iterator[tuple[SearchEngine, Edge]]:
    """An engine whose server is an ``edge``."""
    with edge(upstream, **told) as (address, server), closing(opened(address, analyzer, cluster)) as engine:
        yield engine, server


def of(status: int, kind: str, reason: str = "") -> Answer:
    return status, {"error": {"type": kind, "reason": reason}, "status": status}


REFUSALS = {
    "用户名、密码": of(401, "security_exception"),
    "授予": of(403, "security_exception"),
    "繁忙": of(429, "es_rejected_execution_exception"),
    "磁盘将满": of(429, "cluster_block_exception", "disk usage exceeded ... read-only-allow-delete block"),
    "暂时禁止": of(503, "cluster_block_exception", "SERVICE_UNAVAILABLE/1/state not recovered"),
    "主节点": of(503, "master_not_discovered_exception"),
    "分片不可用": of(503, "search_phase_execution_exception", "all shards failed"),
    "版本不受支持": of(400, "media_type_header_exception"),
    "不接受请求": of(400, "parsing_exception"),
    "太大": of(413, "too_large"),
    "规定时间": of(504, "gateway_timeout"),
    "出错": of(500, "null_pointer_exception"),
    "无法识别": (200, b"<html>hello"),
}


@pytest.mark.parametrize("words", REFUSALS)
def test_every_refusal_has_its_sentence(analyzer: Analyzer, words: str) -> None:
    with beyond(analyzer, answer=REFUSALS[words]) as (engine, _):
        with pytest.raises(EngineUnavailable, match=words):
            engine.search(EVERYTHING)
        with pytest.raises(EngineUnavailable, match=words), engine.rebuild():
            pass
        assert words in engine.status().details["reason"]


def test_what_is_no_elasticsearch_is_told(analyzer: Analyzer) -> None:
    other = beyond(analyzer, answer=(200, {}), headers={"Content-Type": "application/json"})
    with other as (engine, _), pytest.raises(EngineUnavailable, match="受支持"):
        engine.search(EVERYTHING)


def test_a_server_that_is_down_is_told(analyzer: Analyzer) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}/kb"
        for scheme in ("elasticsearch", "elasticsearch+https"):
            engine = opened(f"{scheme}://{address}", analyzer)
            with closing(engine), pytest.raises(EngineUnavailable, match="无法连接"):
                engine.search(EVERYTHING)


def test_encryption_that_cannot_be_trusted_is_told(analyzer: Analyzer, tmp_path: Path) -> None:
    with edge() as (address, _):
        secure = address.replace("elasticsearch:", "elasticsearch+https:")
        for cluster in (TWO_SHARDS, Cluster(ca=str(tmp_path / "no-such-file"))):
            engine = opened(secure, analyzer, cluster)
            with closing(engine), pytest.raises(EngineUnavailable, match="KB_INDEX_CA"):
                engine.search(EVERYTHING)


def test_a_hanging_server_costs_the_time_of_one_search_and_then_nothing(
    analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Breaker.__init__, "__defaults__", (3, 600.0, time.monotonic))
    with beyond(analyzer, cluster=Cluster(seconds=0.1), hanging=threading.Event()) as (engine, server):
        for _ in range(3):
            with pytest.raises(EngineUnavailable, match="规定时间"):
                engine.search(EVERYTHING)
        time.sleep(1)  # what was given up may only be arriving
        asked = server.asked
        with pytest.raises(EngineUnavailable, match="暂停询问"):
            engine.search(EVERYTHING)
        assert server.asked == asked


@pytest.mark.usefixtures("engine")
def test_the_second_node_is_asked_within_the_same_search(address: str, analyzer: Analyzer) -> None:
    with edge(hanging=threading.Event()) as (hanging, _):
        both = hanging.replace("/kb", f",{address.split('/')[2]}/{name_of(address)}")
        with closing(opened(both, analyzer, Cluster(seconds=6))) as divided:
            assert [found(divided) for _ in range(4)] == [set("abc")] * 4


def test_a_busy_server_is_asked_again_until_it_takes_everything(address: str, analyzer: Analyzer) -> None:
    with beyond(analyzer, address, when="_bulk", answer=REFUSALS["繁忙"], times=2) as (engine, _):
        fill(engine)
        assert found(engine) == set("abc")


def test_a_server_that_stays_busy_is_given_up(
    engine: SearchEngine, address: str, analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [{"index": {"status": 201}}, {"index": REFUSALS["繁忙"][1]}]
    with beyond(analyzer, address, when="_bulk", answer=(200, {"items": items}), times=1) as (busy, server):
        assert busy.apply([told("d"), told("e")]) == Applied(2)
        assert found(engine) == set("abce")  # what the server had no room for was sent again
        server.times, server.answer = 10**9, REFUSALS["繁忙"]
        monkeypatch.setattr("indexer.engines.elasticsearch_writing.PATIENCE", 0.5)
        with pytest.raises(EngineUnavailable, match="繁忙"):
            busy.apply([told("f")])


# what is told, and what is not


def test_every_sentence_is_whole_and_names_a_cure() -> None:
    for sentence in (*(one.sentence for one in ANSWERS), *(sentence for _, sentence in FAILURES)):
        assert sentence.endswith("。")
        assert "请" in sentence


@pytest.mark.parametrize(
    "address",
    [
        "elasticsearch:",
        "elasticsearch://",
        "elasticsearch://host",
        "elasticsearch://host/",
        "elasticsearch://host:x/kb",
        "elasticsearch://host,/kb",
        "elasticsearch://host/KB",
        "elasticsearch://host/_kb",
        "elasticsearch://host/kb/more",
        "elasticsearch://somebody:geheim@host/kb",
        "elastic://somebody:geheim@host/kb",
    ],
)
def test_an_address_that_is_not_understood_is_not_repeated(analyzer: Analyzer, address: str) -> None:
    with pytest.raises(IndexerError) as raised:
        opened(address, analyzer)
    assert "elasticsearch" in str(raised.value)
    assert "geheim" not in str(raised.value)


def test_passwords_are_in_no_repr_and_no_log(analyzer: Analyzer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    cluster = Cluster(user="somebody", password="geheim", api_key="", seconds=0.1)
    refusing = beyond(analyzer, cluster=cluster, answer=REFUSALS["用户名、密码"])
    with refusing as (engine, _), pytest.raises(EngineUnavailable):
        engine.search(EVERYTHING)
    assert "geheim" not in repr(cluster) + caplog.text
    assert "c29tZWJvZHk6Z2VoZWlt" not in caplog.text
    assert "geheim" not in repr(Cluster(api_key="geheim"))


def test_a_forked_process_has_connections_of_its_own(engine: SearchEngine) -> None:
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    children = [context.Process(target=_search, args=(engine, queue)) for _ in range(2)]
    for child in children:
        child.start()
    assert found(engine) == set("abc")
    assert [queue.get(timeout=30) for _ in children] == [set("abc")] * 2
    for child in children:
        child.join()


def _search(engine: SearchEngine, queue: Any) -> None:
    queue.put(found(engine))
