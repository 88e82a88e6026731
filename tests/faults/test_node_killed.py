"""Fault: one node of the search cluster is killed while changes are taken in and people search."""

import pytest

from tests.faults.ground import Ground
from tests.faults.machines import Elasticsearch

pytestmark = [pytest.mark.kills, pytest.mark.parametrize("profile", ["cluster"], indirect=True)]


def test_the_cluster_goes_on_without_one_node(ground: Ground, cluster: Elasticsearch) -> None:
    ground.serve()
    ground.work()
    with ground.in_use():
        ground.written(10)
        cluster.kill(2)
        ground.written(10)
        ground.until(lambda: _answers(ground, 10), "searches are answered by the other nodes")
        ground.caught_up()
        cluster.mend()
        ground.written(5)
    cluster.whole()
    ground.recovered()
    assert ground.verdict() == [], ground.log()
    assert ground.ledger.count("file", 503) == ground.ledger.count("article", 503) == 0


def _answers(ground: Ground, times: int) -> bool:
    return all(ground.ask("/search?q=x")[0] == 200 for _ in range(times))
