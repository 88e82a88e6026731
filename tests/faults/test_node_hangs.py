"""Fault: one node of the search cluster hangs: it takes connections and never answers."""

import time

import pytest

from tests.faults.ground import Ground
from tests.faults.machines import Elasticsearch

pytestmark = [pytest.mark.kills, pytest.mark.parametrize("profile", ["cluster"], indirect=True)]

SECONDS = 4
"""Time of one search."""
SOON = 10.0
"""Seconds within which a busy machine opens an article, beside the two searches that are waited for meanwhile."""


def test_nobody_waits_for_a_node_that_hangs(ground: Ground, cluster: Elasticsearch) -> None:
    ground.serve(KB_INDEX_SECONDS=str(SECONDS))
    ground.work()
    with ground.in_use():
        ground.written(5)
        ground.ledger.slowest.clear()
        cluster.pause(3)
        begun = time.monotonic()
        ground.written(10)
        ground.until(lambda: ground.ask("/search?q=x")[0] == 200, "searches are answered by the other nodes")
        found = time.monotonic() - begun
        cluster.mend()
        ground.written(5)
    cluster.whole()
    ground.recovered()
    assert ground.verdict() == [], ground.log()
    assert ground.ledger.count("file", 503) == ground.ledger.count("article", 503) == 0
    assert ground.ledger.slowest["article"] < 2 * SECONDS + SOON
    assert ground.ledger.slowest["search"] < 2 * SOON, found
