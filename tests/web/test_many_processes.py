"""Several processes on one base: one dies and is replaced, one finishes what it was asked, one does the work."""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from kb_service.bootstrap import KnowledgeBase
from tests.base import Clock, actor, base_at, populate
from tests.kb_service.making import told
from tests.web.cli import started, where
from web import accounts

PATIENCE = 120
"""Seconds within which a loaded machine does anything of this."""

Serve = Callable[..., tuple["subprocess.Popen[str]", str, int]]


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[KnowledgeBase]:
    with base_at(tmp_path / "home", Clock(), index="whoosh:index") as base:
        populate(base)
        accounts.upgrade(base.settings.database_url())
        yield base


@pytest.fixture
def serve(kb: KnowledgeBase) -> Iterator[Serve]:
    """Starts `kb serve` on the base; gives the process and where it answers. All must end cleanly."""
    running: list[subprocess.Popen[str]] = []

    def start(**settings: str) -> tuple["subprocess.Popen[str]", str, int]:
        process = started("serve", KB_PORT="0", PYTHONUNBUFFERED="1", **where(kb), **settings)
        running.append(process)
        assert process.stdout
        found = next(re.search(r"http://([^:]+):(\d+)", line) for line in process.stdout if "http://" in line)
        assert found
        return process, found[1], int(found[2])

    yield start
    for process in running:
        process.terminate()
        _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)


def children(process: "subprocess.Popen[str]") -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def test_a_process_that_dies_is_replaced_and_the_others_answer_meanwhile(serve: Serve) -> None:
    process, host, port = serve(KB_WORKERS="2")
    wait_until(lambda: len(children(process)) == 2)
    for _ in range(2):
        os.kill(children(process)[0], signal.SIGKILL)
        for _ in range(20):
            with urlopen(f"http://{host}:{port}/healthz", timeout=PATIENCE) as answer:
                assert answer.status == 200
    wait_until(lambda: len(children(process)) == 2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_request_that_is_still_arriving_is_answered_before_the_process_ends(
    serve: Serve, number: signal.Signals
) -> None:
    process, host, port = serve()
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    connection.request("GET", "/")
    page = connection.getresponse()
    found = re.search('name="csrf-token" content="([^"]+)"', page.read().decode())
    assert found
    body = f"csrf_token={found[1]}&q=".encode() + b"a" * 100_000
    connection.putrequest("POST", "/search")
    connection.putheader("Content-Type", "application/x-www-form-urlencoded")
    connection.putheader("Content-Length", str(len(body)))
    connection.putheader("Cookie", page.headers["Set-Cookie"].partition(";")[0])
    connection.endheaders(body[:50_000])
    time.sleep(0.5)  # it has been taken up by now; if not, it is taken up while the process ends
    process.send_signal(number)
    time.sleep(0.5)
    assert process.poll() is None
    connection.send(body[50_000:])
    answer = connection.getresponse()
    assert (answer.status, "检索结果" in answer.read().decode()) == (200, True)
    connection.close()
    process.wait(PATIENCE)


def test_without_background_work_a_server_leaves_it_to_the_workers(serve: Serve, kb: KnowledgeBase) -> None:
    _, host, port = serve(KB_BACKGROUND="false")
    kb.reports.file(actor(kb, "expert"), told(1))
    with urlopen(f"http://{host}:{port}/search?q=x", timeout=PATIENCE) as answer:
        assert answer.status == 200
    time.sleep(1)
    assert kb.index.waiting() == 1
    worker = started("worker", **where(kb))
    try:
        wait_until(lambda: kb.index.waiting() == 0)
    finally:
        worker.terminate()
        worker.communicate(timeout=PATIENCE)


def test_a_process_that_waits_in_vain_says_where_and_is_gone() -> None:
    waits = "import time; from web.cli import base; base.LONGEST_END = 0.1; base.end_in_time(); time.sleep(600)"
    ended = subprocess.run([sys.executable, "-c", waits], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.returncode == 1
    assert "most recent call first" in ended.stderr
