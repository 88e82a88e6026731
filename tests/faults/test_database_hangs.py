"""Fault: the database server hangs: connections are taken, nothing is answered; then it goes on."""

import time

import pytest

from tests.faults.ground import TIMES, Ground
from tests.faults.machines import PostgreSQL

SOON = 15.0
"""Seconds for noticing that a connection says nothing, for another try, and some for a busy machine."""
SENTENCE = "数据库暂时连不上"

pytestmark = [pytest.mark.kills, pytest.mark.parametrize("profile", ["cluster"], indirect=True)]


def test_the_database_server_hangs_and_goes_on(ground: Ground) -> None:
    server = PostgreSQL()
    ground.serve()
    ground.work()
    with ground.in_use():
        for _ in range(TIMES):
            ground.written(10)
            with server.hanging():
                for path in ("/", f"/articles/{ground.article}", "/search?q=x", "/reports", "/readyz"):
                    begun = time.monotonic()
                    status, page = ground.ask(path)
                    assert (status, SENTENCE in page or "database_away" in page) == (503, True), (path, status, page)
                    assert time.monotonic() - begun < SOON
                assert ground.ask("/healthz")[0] == 200
        ground.written(10)
    ground.recovered()
    assert ground.verdict() == [], ground.log()
