"""Fault: somebody points the alias of the index nowhere, or deletes the index by hand."""

import pytest

from tests.faults.ground import RECOVERY, Ground
from tests.faults.machines import Elasticsearch

pytestmark = pytest.mark.parametrize("profile", ["cluster"], indirect=True)


@pytest.mark.parametrize("deed", ["alias", "index"])
def test_a_worker_makes_anew_what_somebody_removed(ground: Ground, cluster: Elasticsearch, deed: str) -> None:
    ground.serve()
    ground.work()
    name = ground.settings.index.rpartition("/")[2]
    live = next(iter(cluster.ask("GET", f"/_alias/{name}")))
    with ground.in_use():
        ground.written(5)
        cluster.ask("DELETE", f"/{live}/_alias/{name}" if deed == "alias" else f"/{live}")
        ground.written(10)
        ground.until(lambda: ground.kb.index.status().state == "ready", "a worker makes the index anew", RECOVERY)
        ground.caught_up()
    ground.recovered()
    assert ground.verdict() == [], ground.log()
    assert ground.ledger.count("file", 503) == ground.ledger.count("article", 503) == 0
