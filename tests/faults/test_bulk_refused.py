"""Fault: the search servers are too busy to take changes and answer 429 for a while."""

import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.faults.ground import Ground

pytestmark = pytest.mark.parametrize("profile", ["cluster"], indirect=True)


class Gate(ThreadingHTTPServer):
    """Passes requests on to a node, but refuses bulks while it is busy."""

    daemon_threads = True

    def __init__(self, node: str) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        self.node = node
        self.is_busy = False
        self.refused = 0


class Passing(BaseHTTPRequestHandler):
    server: Gate
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.server.is_busy and "_bulk" in self.path:
            self.server.refused += 1
            self.give(429, b'{"error":{"type":"es_rejected_execution_exception"},"status":429}', "application/json")
            return
        node = HTTPConnection(self.server.node, timeout=60)
        node.request(self.command, self.path, body, dict(self.headers))
        told = node.getresponse()
        self.give(told.status, told.read(), told.headers.get("Content-Type", "application/json"))
        node.close()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815 - names of the library

    def give(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def gate(elasticsearch_hosts: str) -> Iterator[Gate]:
    with Gate(elasticsearch_hosts.split(",", maxsplit=1)[0]) as gate:
        threading.Thread(target=gate.serve_forever, daemon=True).start()
        yield gate
        gate.shutdown()


def test_changes_wait_until_the_servers_take_them(ground: Ground, gate: Gate) -> None:
    name = ground.settings.index.rpartition("/")[2]
    behind = {"KB_INDEX": f"elasticsearch://127.0.0.1:{gate.server_port}/{name}"}
    ground.serve(**behind)
    ground.work(**behind)
    with ground.in_use():
        ground.written(3)
        gate.is_busy = True
        ground.written(10)
        ground.until(lambda: gate.refused >= 3, "bulks are refused")
        assert ground.kb.index.waiting() >= 5
        gate.is_busy = False
    ground.recovered()
    assert ground.verdict() == [], ground.log()
    assert {status for _, status in ground.ledger.statuses} == {200, 201}
