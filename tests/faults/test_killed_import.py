"""Fault: a worker, the process that runs its import, or both are killed at any moment of an import."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from benchmarks.processes import family
from benchmarks.victims import good, workbook
from tests.faults.ground import TIMES, Ground
from tests.faults.imports import begun, now, taken

ROWS = 1_200
"""Rows of a workbook: three transactions."""
SPAN = 4.0
"""Seconds within which the kill comes, from the moment somebody is at the import."""


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


def _at_it(ground: Ground, workers: list[int]) -> list[int]:
    """The worker that took the import up, and the process it started for it."""
    ground.until(lambda: any(len(family(one)) > 1 for one in workers), "a worker is at the import")
    return max(map(family, workers), key=len)


def _kill(pids: list[int], workers: "Iterable[subprocess.Popen[bytes]]") -> None:
    """Kill them; a worker among them is gone afterwards, also for those who look whether it still runs."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for worker in workers:
        if worker.pid in pids:
            worker.wait()
