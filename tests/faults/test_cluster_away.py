"""Fault: the whole search cluster is down for a while."""

import os
import time

import pytest

from tests.faults.ground import Ground
from tests.faults.machines import Elasticsearch

pytestmark = [pytest.mark.kills, pytest.mark.parametrize("profile", ["cluster"], indirect=True)]

AWAY = float(os.environ.get("KB_TEST_AWAY", "10"))
"""Seconds without a search server; the long set takes 60."""
SOON = 10.0
"""Seconds within which a busy machine says that search is not available."""


def test_everything_but_search_goes_on_and_what_was_written_is_found_afterwards(
    ground: Ground, cluster: Elasticsearch
) -> None:
    ground.serve(KB_INDEX_SECONDS="4")
    ground.work()
    with ground.in_use():
        ground.written(5)
        cluster.kill(*cluster.nodes)
        ground.until(lambda: ground.ask("/search?q=x")[0] == 503, "search is away")
        ground.ledger.slowest.clear()
        before, until = len(ground.ledger.reports), time.monotonic() + AWAY
        while time.monotonic() < until:
            _is_told(ground)
        assert len(ground.ledger.reports) > before
        assert ground.kb.index.waiting() >= len(ground.ledger.reports) - before
        assert ground.ledger.slowest["search"] < SOON
        cluster.mend()
        cluster.whole()
    ground.recovered()
    assert ground.verdict() == [], ground.log()
    assert ground.ledger.count("file", 503) == ground.ledger.count("article", 503) == 0


def _is_told(ground: Ground) -> None:
    """Never "nothing found"; an article opens by its number."""
    status, page = ground.ask(f"/search?q={ground.article}")
    assert (status, "检索暂时不可用" in page, "没有找到" in page) == (503, True, False)
    assert f'href="/articles/{ground.article}"' in page
    assert ground.ask("/readyz")[0] == 503
