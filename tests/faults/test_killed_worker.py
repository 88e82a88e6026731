"""Fault: the process that brings the index up to date is killed in the middle of it."""

from tests.faults.ground import Ground

TAKEN_OVER = 10.0
"""Seconds within which another worker goes on."""


def test_another_worker_takes_over_from_one_that_was_killed(ground: Ground) -> None:
    ground.serve()
    first, _ = ground.work(), ground.start("worker")
    with ground.in_use():
        ground.written(20)
        first.kill()
        ground.written(5)
        ground.caught_up(TAKEN_OVER)
        ground.written(5)
    ground.recovered()
    assert ground.verdict() == [], ground.log()
    assert ground.ledger.count("file", 503) == 0
