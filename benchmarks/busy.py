"""Searches over HTTP by many at once while workbooks come in: the busiest hour of an installation of four processes."""

import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from openpyxl import Workbook

from benchmarks import corpus, processes
from benchmarks.clients import asked
from benchmarks.common import ENGINE, Figure, data, percentile
from benchmarks.serving import DOORS
from benchmarks.victims import handed_over
from kb_service.bootstrap import KnowledgeBase, open_base
from kb_service.config import Settings
from web import uploads

PROCESSES = {"KB_WORKERS": "4", "KB_BACKGROUND": "false"}
CLIENTS = 8
COUNT = 2_000
ROWS, EVERY = 1_000, 10.0
"""Rows of a workbook, and seconds between two of them: a hundred rows a second."""
HEADINGS = ["编号", "申请单位", "系统", "问题现象", "解决方案"]


def measure(home: Path) -> list[Figure]:
    """Both doors, asked whole sentences and what people type, beside /healthz under the same load."""
    place = home.parent / "busy"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(home, place)
    try:
        with processes.serving(place, **PROCESSES) as (pid, port, _), _imports(place) as handing:
            server = _Server(port, processes.family(pid))
            bare = server.asked("/healthz?{}")
            figures = [one for name, path in DOORS.items() for one in _door(server, name, path, bare)]
            rows = handing.rows()
    finally:
        shutil.rmtree(place)
    handed_over = ROWS / EVERY
    return [
        *figures,
        Figure("rows imported meanwhile", rows, "rows/s", handed_over, "rows handed over", 0.9, True, relative=True),
    ]


def _door(server: "_Server", name: str, path: str, bare: "_Answered") -> Iterator[Figure]:
    of = "/healthz"
    for kind in ("questions", "typed"):
        server.asked(path, 20 * CLIENTS, kind)
        told = server.asked(path, COUNT, kind)
        yield Figure(f"{name}, {kind}", told.rate, "searches/s", bare.rate, of, 150, at_least=True)
        yield Figure(f"{name}, {kind}, p95", told.p95, "ms", bare.p95, of, 200)
        yield Figure(f"{name}, {kind}, processor", told.processor, "ms a search", bare.processor, of, 10)


@dataclass(frozen=True, slots=True)
class _Answered:
    """Requests a second, and milliseconds: of all but the slowest twentieth, and of processor for each."""

    rate: float
    p95: float
    processor: float


@dataclass(frozen=True, slots=True)
class _Server:
    port: int
    pids: Sequence[int]

    def asked(self, path: str, count: int = COUNT, words: str = "questions") -> _Answered:
        """So many requests by all clients."""
        before = processes.processor(self.pids)
        told = asked(self.port, path, count, clients=CLIENTS, words=words)
        taken = processes.processor(self.pids) - before
        return _Answered(count / told["seconds"], percentile(told["taken"], 0.95), taken * 1000 / count)


@contextmanager
def _imports(home: Path) -> Iterator["_Handing"]:
    """`kb worker`, and a workbook for it every so many seconds until the block ends."""
    with closing(open_base(Settings(home=home, index=ENGINE))) as kb:
        handing = _Handing(kb)
        worker, thread = processes.start(home, "worker"), threading.Thread(target=handing.run)
        thread.start()
        try:
            yield handing
        finally:
            handing.over.set()
            thread.join()
            worker.terminate()
            worker.wait()


class _Handing:
    """Hands over one workbook after the other."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self.over, self.begun = threading.Event(), time.monotonic()
        self._kb, self._actor = kb, kb.people.actor(kb.people.find(corpus.SEARCHER).id)
        self._told = corpus.texts(data())
        self._imports: list[int] = []

    def run(self) -> None:
        while not self.over.wait(max(0.0, self.begun + len(self._imports) * EVERY - time.monotonic())):
            book = self._book(len(self._imports))
            self._imports.append(handed_over(self._kb, self._actor, book).id)

    def rows(self) -> float:
        """Rows a second taken into the base since the first was handed over."""
        taken = sum(self._kb.imports.get(self._actor, one).counts.created for one in self._imports)
        return taken / (time.monotonic() - self.begun)

    def _book(self, number: int) -> Path:
        book = Workbook(write_only=True)
        sheet = book.create_sheet("问题")
        sheet.append(HEADINGS)
        for row, (title, text) in enumerate(islice(self._told, ROWS)):
            sheet.append([f"B{number}-{row}", "第0省局", "系统0", title, text])
        path = uploads.place(self._kb.settings, f"book{number}.xlsx")
        book.save(path)
        return path
