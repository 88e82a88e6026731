"""Fault: other programs hold every connection of the database server; or slow requests hold every one of a process."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from kb_service.config import Settings
from tests.faults.ground import PATIENCE, TIMES, Ground

SOON = 5.0
"""Seconds within which a busy machine refuses what it cannot do."""
WAITED = 15.0
"""Seconds at most for a lock or a connection, one after the other, and some for a busy machine."""
STEADY, PAUSE = 4, 0.5
"""How often in a row nothing of ours may be found on a full server, and the seconds in between."""
SLOW = 20
"""Slow requests at once: more than a process has connections."""
OURS = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'kb'"

pytestmark = [pytest.mark.kills, pytest.mark.parametrize("profile", ["cluster"], indirect=True)]


def test_no_connection_is_left_on_the_server(ground: Ground) -> None:
    ground.serve()
    ground.work()
    with ground.in_use():
        for _ in range(TIMES):
            ground.written(5)
            with _nothing_left(ground.settings):
                for path in (f"/articles/{ground.article}", "/search?q=x", "/reports"):
                    begun = time.monotonic()
                    status, page = ground.ask(path)
                    assert (status, "数据库暂时连不上" in page) == (503, True), (path, status, page[:2000])
                    assert time.monotonic() - begun < SOON
                assert ground.ask("/healthz")[0] == 200
        ground.written(5)
    ground.recovered()
    assert ground.verdict() == [], ground.log()


def test_slow_requests_hold_all_connections_of_a_process(ground: Ground) -> None:
    ground.serve(KB_WORKERS="1", KB_THREADS="32")
    ground.work()
    answers: list[tuple[int, float]] = []

    def ask() -> None:
        begun = time.monotonic()
        status, _ = ground.ask("/api/v1/reports", token=True)
        answers.append((status, time.monotonic() - begun))

    with ground.in_use():
        ground.written(5)
        ground.ledger.slowest.clear()
        slow = [threading.Thread(target=ask) for _ in range(SLOW)]
        with _locked(ground.settings, "report"):
            for one in slow:
                one.start()
            assert ground.ask("/healthz")[0] == 200
            for one in slow:
                one.join()
        ground.written(5)
    ground.recovered()
    assert {status for status, _ in answers} == {503}
    assert max(seconds for _, seconds in answers) < WAITED
    assert max(ground.ledger.slowest.values()) < WAITED
    assert ground.verdict() == [], ground.log()


@contextmanager
def _nothing_left(settings: Settings) -> Iterator[None]:
    """Every connection of the server is somebody else's: those of the service are ended as long as it gets any."""
    import psycopg

    address = settings.database.replace("+psycopg", "")
    until = time.monotonic() + PATIENCE
    refused = 0
    with ExitStack() as stack:
        first = stack.enter_context(psycopg.connect(address, autocommit=True))
        while True:
            assert time.monotonic() < until
            try:
                stack.enter_context(psycopg.connect(address))
            except psycopg.OperationalError:
                if first.execute(OURS).fetchone()[0]:  # type: ignore[index]
                    refused = 0
                    continue  # at once, before the service has made itself another
                refused += 1
                if refused == STEADY:
                    break
                time.sleep(PAUSE)  # one that is just being made has no name yet
            else:
                refused = 0
        yield


@contextmanager
def _locked(settings: Settings, table: str) -> Iterator[None]:
    import psycopg

    with psycopg.connect(settings.database.replace("+psycopg", "")) as connection:
        connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")  # type: ignore[arg-type]
        yield
