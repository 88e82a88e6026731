"""Fault: a worker, the process that runs its import, or both are killed at any moment of an import."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from benchmarks.processes import family
from benchmarks.victims import good, workbook
from tests.conftest import absent
from tests.faults.ground import TIMES, Ground
from tests.faults.imports import begun, now, taken
from tests.faults.machines import tell

ROWS = 1_200
"""Rows of a workbook: three transactions."""
SPAN = 4.0
"""Seconds within which the kill comes, from the moment somebody is at the import."""
ELSEWHERE = ("unshare", "--uts", "sh", "-c", 'hostname elsewhere && exec "$@"', "sh")
"""Before a command: it runs as if on another machine, where nobody here can see whether it lives."""
TAKEN_OVER = 10.0 + 5.0
"""Seconds for it, once another worker is there, and some for a busy machine to start a process."""


def test_another_worker_ends_the_import_and_nothing_is_there_twice(ground: Ground, tmp_path: Path) -> None:
    workers = [ground.work(), ground.work()]
    for number in range(TIMES):
        view = begun(ground, workbook(tmp_path / f"book{number}.xlsx", f"B{number}", ROWS))
        busy = _at_it(ground, [worker.pid for worker in workers])
        time.sleep(random.uniform(0, SPAN))
        _kill(random.choice((busy[:1], busy[1:], busy)), workers)
        ground.until(lambda one=view: now(ground, one).state == "done", "the import is done")
        workers = [worker if worker.poll() is None else ground.work() for worker in workers]
        counts = now(ground, view).counts
        told = (counts.created, counts.refused, taken(ground, f"B{number}"))
        assert told == (good(ROWS), ROWS - good(ROWS), good(ROWS)), ground.log()
    ground.serve()
    ground.recovered()
    assert ground.verdict() == [], ground.log()
    assert not list((ground.settings.home / "imports").glob("scratch-*"))


@pytest.mark.parametrize("profile", ["cluster"], indirect=True)
def test_a_worker_of_another_machine_takes_over_within_ten_seconds(ground: Ground, tmp_path: Path) -> None:
    if os.geteuid():
        absent("only root may give a process another name of its machine")
    lost = ground.work(before=ELSEWHERE)
    view = begun(ground, workbook(tmp_path / "book.xlsx", "B", 2 * ROWS))
    busy = _at_it(ground, [lost.pid])
    ground.until(lambda: now(ground, view).position, "some rows are in")
    _kill(busy, [lost])
    other = ground.work()
    waited = ground.until(lambda: len(family(other.pid)) > 1, "the other worker is at the import")
    assert waited < TAKEN_OVER
    ground.until(lambda: now(ground, view).state == "done", "the import is done")
    assert taken(ground, "B") == good(2 * ROWS), ground.log()


def _at_it(ground: Ground, workers: list[int]) -> list[int]:
    """The worker that took the import up, and the process it started for it."""
    ground.until(lambda: any(len(family(one)) > 1 for one in workers), "a worker is at the import")
    return max(map(family, workers), key=len)


def _kill(pids: list[int], workers: "Iterable[subprocess.Popen[bytes]]") -> None:
    """Kill them; a worker among them is gone afterwards, also for those who look whether it still runs."""
    tell(pids, signal.SIGKILL)
    for worker in workers:
        if worker.pid in pids:
            worker.wait()
