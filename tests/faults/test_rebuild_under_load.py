"""No fault at all: the index is rebuilt while people write and search, and nobody notices."""

from tests.faults.ground import TIMES, Ground

MANY = 6
"""Readers: enough that some search at any moment of a rebuild."""


def test_nobody_notices_a_rebuild(ground: Ground) -> None:
    ground.serve()
    ground.work()
    with ground.in_use(MANY):
        for _ in range(TIMES):
            before = ground.kb.index.status().generation
            ground.written(3)
            rebuild = ground.start("index", "rebuild")
            assert rebuild.wait(120) == 0, ground.log()
            assert ground.kb.index.status().generation != before
            ground.written(3)
    ground.recovered()
    assert ground.verdict() == [], ground.log()
    assert {status for _, status in ground.ledger.statuses} == {200, 201}
