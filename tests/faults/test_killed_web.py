"""Fault: the processes that answer requests are killed: one of them, or the one that started them all."""

import os
import random
import signal
import subprocess

from benchmarks.kill import is_running
from benchmarks.processes import family
from tests.faults.ground import TIMES, Ground

REPLACED = 30.0
"""Seconds within which a loaded machine has another process in the place of one that died."""
NOTICED = 30.0
"""Seconds within which processes notice that the one that started them is gone, and end."""


def test_a_killed_process_is_replaced_while_the_others_answer(ground: Ground) -> None:
    parent = ground.serve(KB_WORKERS="2")
    ground.work()
    with ground.in_use():
        for _ in range(TIMES):
            ground.written(5)
            victim = random.choice(family(parent.pid)[1:])
            os.kill(victim, signal.SIGKILL)
            ground.until(lambda gone=victim: _is_replaced(parent, gone), "another process", REPLACED)
        ground.written(5)
    ground.recovered()
    assert ground.verdict() == [], ground.log()


def test_a_killed_parent_leaves_nobody_who_holds_the_port(ground: Ground) -> None:
    ground.work()
    parent = ground.serve(KB_WORKERS="2")
    with ground.in_use():
        for _ in range(TIMES):
            ground.written(5)
            orphans = family(parent.pid)[1:]
            parent.kill()
            parent.wait()
            ground.until(lambda left=orphans: not any(map(is_running, left)), "no orphan", NOTICED)
            parent = ground.serve(KB_WORKERS="2")
        ground.written(5)
    ground.recovered()
    assert ground.verdict() == [], ground.log()


def _is_replaced(parent: "subprocess.Popen[bytes]", gone: int) -> bool:
    there = family(parent.pid)[1:]
    return gone not in there and len(there) >= 2
