"""Fault: the search servers make the index read-only, as they do when their disk fills up."""

import pytest

from tests.faults.ground import Ground
from tests.faults.machines import Elasticsearch

pytestmark = pytest.mark.parametrize("profile", ["cluster"], indirect=True)


@pytest.mark.parametrize("block", ["read_only_allow_delete", "read_only"])
def test_a_read_only_index_is_searched_and_takes_the_backlog_when_it_can_be_written(
    ground: Ground, cluster: Elasticsearch, block: str
) -> None:
    ground.serve()
    ground.work()
    name = ground.settings.index.rpartition("/")[2]
    with ground.in_use():
        ground.written(3)
        cluster.ask("PUT", f"/{name}/_settings", {f"index.blocks.{block}": True})
        ground.written(10)
        assert ground.ask("/search?q=x")[0] == 200
        ground.until(lambda: ground.kb.index.waiting() >= 5, "changes wait")
        cluster.ask("PUT", f"/{name}/_settings", {f"index.blocks.{block}": None})
    ground.recovered()
    assert ground.verdict() == [], ground.log()
    assert {status for _, status in ground.ledger.statuses} == {200, 201}
