"""Fault: the clock of the machine jumps an hour back, and forward again, while everything is at work."""

import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from benchmarks.victims import good, workbook
from kb_service.errors import Unavailable
from kb_service.results import ImportView
from tests.conftest import absent
from tests.faults.ground import Ground
from tests.faults.imports import begun, now, taken
from tests.faults.machines import tell

SOON = 60.0
"""Seconds within which a busy machine does what is due, though the clock jumped an hour."""
ROWS = 600
SOURCE = Path(__file__).with_name("clock.c")


class FakeClock:
    """The clock of the processes that are given ``environment``."""

    def __init__(self, folder: Path) -> None:
        library, self._file = folder / "clock.so", folder / "clock"
        compiler = shutil.which("cc")
        if not compiler:
            absent("no C compiler, which the clock of other processes is changed with: apt-get install gcc libc6-dev")
        subprocess.run([str(compiler), "-shared", "-fPIC", "-o", library, SOURCE], check=True)
        self.shift(0)
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_AHEAD": str(self._file)}

    def shift(self, hours: int) -> None:
        """From now on it goes by so many hours beside the true one."""
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("l", hours * 3600))


@pytest.fixture
def clock(tmp_path: Path) -> FakeClock:
    return FakeClock(tmp_path)


def test_nothing_stands_still_and_nothing_is_lost(ground: Ground, clock: FakeClock, tmp_path: Path) -> None:
    clock.shift(1)
    books = dict[str, ImportView]()
    ground.serve(**clock.environment)
    workers = [ground.work(**clock.environment) for _ in range(2)]
    with ground.in_use():
        for hours in (0, 1, 0):
            ground.written(5)
            prefix = f"B{len(books)}"
            books[prefix] = begun(ground, workbook(tmp_path / f"{prefix}.xlsx", prefix, ROWS))
            with _stopped(ground, workers):
                ground.written(5)
                clock.shift(hours)
            known = len(ground.ledger.reports)
            ground.until(partial(_are_indexed, ground, known), "what changed before the jump is indexed", SOON)
            ground.until(partial(_is_done, ground, books[prefix]), "the import goes on")
            ground.written(5)
    ground.recovered()
    assert [taken(ground, prefix) for prefix in books] == [good(ROWS)] * len(books)
    assert ground.verdict() == [], ground.log()


@contextmanager
def _stopped(ground: Ground, processes: "list[subprocess.Popen[bytes]]") -> Iterator[None]:
    """Stopped in the middle of writing to SQLite they would keep everybody from it; then they get a little further."""
    pids = [process.pid for process in processes]
    tell(pids, signal.SIGSTOP)
    while not _is_free(ground):
        tell(pids, signal.SIGCONT)
        time.sleep(0.1)
        tell(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        tell(pids, signal.SIGCONT)


def _is_free(ground: Ground) -> bool:
    """Whether the base can be written to."""
    try:
        with ground.kb.database.begin() as tx:
            tx.session.execute(select(1))
    except Unavailable:
        return False
    return True


def _are_indexed(ground: Ground, known: int) -> bool:
    return len(ground.ledger.reports) - ground.kb.index.waiting() >= known


def _is_done(ground: Ground, view: ImportView) -> bool:
    return now(ground, view).state == "done"
