"""Fault: the database server is killed in the middle of transactions, stays away for a while, and comes back."""

import time
from collections.abc import Iterator

import pytest

from tests.faults.ground import TIMES, Ground
from tests.faults.machines import PostgreSQL

SOON = 5.0
"""Seconds within which a busy machine refuses what it cannot do."""

pytestmark = [pytest.mark.kills, pytest.mark.parametrize("profile", ["cluster"], indirect=True)]


@pytest.fixture
def server() -> Iterator[PostgreSQL]:
    server = PostgreSQL()
    yield server
    server.start()


def test_the_database_server_is_killed_again_and_again(ground: Ground, server: PostgreSQL) -> None:
    ground.serve()
    ground.work()
    with ground.in_use():
        for _ in range(TIMES):
            ground.written(10)
            server.kill()
            _is_told(ground)
            server.start()
        ground.written(10)
    ground.recovered()
    assert ground.verdict() == [], ground.log()


def _is_told(ground: Ground) -> None:
    """One sentence for people, a code for programs, and nothing hangs."""
    begun = time.monotonic()
    for path in ("/", f"/articles/{ground.article}", "/search?q=x", "/sign-in", "/reports"):
        status, page = ground.ask(path)
        assert (status, "数据库暂时连不上" in page) == (503, True) or path == "/sign-in", (path, status, page[:2000])
    status, told = ground.ask("/readyz")
    assert (status, "database_away" in told) == (503, True), told
    assert ground.ask("/healthz")[0] == 200
    assert time.monotonic() - begun < 7 * SOON
