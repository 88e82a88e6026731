"""Fault: the process that brings the index up to date is killed in the middle of it."""

import random
import time

from tests.faults.ground import TIMES, Ground

TAKEN_OVER = 10.0
"""Seconds within which another worker goes on."""
SPAN = 2.0
"""Seconds within which the kill comes, once changes are there to be brought in."""


def test_another_worker_takes_over_from_one_that_was_killed(ground: Ground) -> None:
    ground.serve()
    workers = [ground.work(), ground.work()]
    with ground.in_use():
        for _ in range(TIMES):
            ground.written(20)
            time.sleep(random.uniform(0, SPAN))
            workers.pop(0).kill()
            ground.written(5)
            ground.caught_up(TAKEN_OVER)
            workers.append(ground.work())
        ground.written(5)
    ground.recovered()
    assert ground.verdict() == [], ground.log()
    assert ground.ledger.count("file", 503) == 0
