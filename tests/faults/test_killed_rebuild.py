"""Fault: a rebuild of the index is killed at any moment, while people search and write."""

import random
import time
from pathlib import Path

from benchmarks.victims import workbook
from importers import pipeline
from tests import servers
from tests.faults.ground import TIMES, Ground
from tests.faults.imports import begun

ROWS = 2_000
"""Reports in the index, so that a rebuild takes its time."""
GENERATIONS = 2
"""What a rebuild leaves: the live generation and the one before."""


def test_the_index_before_is_searched_on_and_the_next_rebuild_works(ground: Ground, tmp_path: Path) -> None:
    pipeline.run(ground.kb, begun(ground, workbook(tmp_path / "book.xlsx", "B", ROWS)).id)
    span = _rebuilt(ground)
    ground.serve()
    ground.work()
    with ground.in_use():
        for _ in range(TIMES):
            ground.written(2)
            victim = ground.start("index", "rebuild")
            time.sleep(random.uniform(0, span))
            victim.kill()
            victim.wait()
        ground.written(2)
        _rebuilt(ground)
    ground.recovered()
    assert ground.verdict() == [], ground.log()
    assert set(ground.ledger.statuses) <= {("file", 201), ("search", 200), ("secret", 200), ("article", 200)}
    assert _generations(ground) <= GENERATIONS


def _rebuilt(ground: Ground) -> float:
    """Rebuild undisturbed; how many seconds that took."""
    begun = time.monotonic()
    assert ground.start("index", "rebuild").wait(300) == 0, ground.log()
    return time.monotonic() - begun


def _generations(ground: Ground) -> int:
    if "elasticsearch" in ground.settings.index:
        return len(servers.indices(ground.settings.index))
    return sum(path.is_dir() for path in (ground.settings.home / "index").iterdir())
