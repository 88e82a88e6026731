"""How time, memory and disk grow with the collection: ``python -m benchmarks.growth [--sizes N,N …] [--home DIR]``.

Builds a base of each size, measures it in processes of their own, prints a table and draws docs/pictures/growth.svg.
Bases in DIR are kept, and so are their figures: a size that was measured is measured again only with ``--again``.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks import charts, corpus, indexing, latency, processes
from benchmarks.clients import asked
from benchmarks.common import ENGINE, data, folder, percentile, timed
from kb_service.bootstrap import KnowledgeBase, open_base
from kb_service.config import Settings
from kb_service.inputs import SearchRequest

SIZES = "10000,100000,1000000"
PICTURE = processes.ROOT / "docs" / "pictures" / "growth.svg"
ASKED = 400
SERVED = 1_000
PATIENCE = 600.0
"""Seconds until the texts of completion count as missing."""

COLUMNS = {
    "search": ("search in process, p95", "ms", 80),
    "processor": ("search on the processor, p95", "ms", 80),
    "flat": ("one flat query of tantivy, p95", "ms", None),
    "serving": ("anonymous memory of a web process", "MB", 400),
    "files": ("files of index and suggestions mapped by it", "MB", None),
    "index": ("index on disk", "MB", None),
    "database": ("database on disk", "MB", None),
    "rebuild": ("rebuild", "s", None),
    "rebuild_processor": ("rebuild on the processor", "s", None),
    "analysis": ("analysis of such texts alone", "/s", None),
    "rebuild_memory": ("memory of the rebuild", "MB", None),
    "check": ("check", "s", None),
    "check_memory": ("memory of the check", "MB", None),
    "drain": ("outbox drain, changes a second", "/s", None),
    "completion": ("completion on the processor, p95", "ms", None),
}
"""What is measured: its name, its unit, and the most it may be."""
PANELS = ("search", "serving", "index", "rebuild", "rebuild_memory", "check")
"""What is drawn."""

Measured = Mapping[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth")
    parser.add_argument("--sizes", default=SIZES, help=f"documents of each base, by default {SIZES}")
    parser.add_argument("--home", type=Path, help="folder to keep the bases and their figures in")
    parser.add_argument("--again", action="store_true", help="measure also what was measured before")
    parser.add_argument("--part", nargs=2, metavar=("NAME", "BASE"), help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.part:
        print(json.dumps(PARTS[told.part[0]](Path(told.part[1]))))
        return
    sizes = [int(size) for size in told.sizes.split(",")]
    with folder(told.home) as place:
        measured = {size: _kept(place / str(size), size, again=told.again) for size in sizes}
    print(_table(measured))
    PICTURE.write_text(charts.drawn([_panel(name, measured) for name in PANELS]), "utf-8")


def _kept(home: Path, size: int, *, again: bool) -> Measured:
    """The figures of this size, part after part; what was measured before is read where it is."""
    home.mkdir(parents=True, exist_ok=True)
    notes = home / "growth.json"
    found: dict[str, float] = {} if again or not notes.exists() else json.loads(notes.read_text("utf-8"))
    for part in PARTS:
        if part not in found:
            print(f"{size:,}: {part} …", file=sys.stderr, flush=True)
            found |= {**_apart(part, home, size), part: 1.0}
            notes.write_text(json.dumps(found, indent=1), "utf-8")
    return found


def _apart(part: str, home: Path, size: int) -> Measured:
    """What a part measures in a process of its own, whose memory is that of nothing else."""
    if not (home / "kb.sqlite").exists():
        corpus.fill(Settings(home=home, index=ENGINE), data(), size)
    command = [sys.executable, "-m", "benchmarks.growth", "--part", part, str(home)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=processes.ROOT).stdout
    measured: Measured = json.loads(told)
    return measured


def _built(home: Path) -> Measured:
    """A whole rebuild, and the analysis of such texts beside it."""
    with _opened(home) as kb, _memory() as grown:
        before = time.process_time()
        seconds = timed(kb.index.rebuild)
        processor = time.process_time() - before
        status = kb.index.status()
    return {
        "rebuild": seconds,
        "rebuild_processor": processor,
        "rebuild_memory": grown(),
        "analysis": indexing.analysed_a_second(),
        "index": _size(home / "index" / status.generation),
        "database": _size(home, "kb.sqlite*"),
    }


def _searched(home: Path) -> Measured:
    """Whole searches: how long they took, also on a processor of their own, which other programs do not lengthen."""
    with _opened(home) as kb:
        whole, _ = latency.measure(kb)
        actor = kb.people.actor(kb.people.find(corpus.SEARCHER).id)
        requests = [SearchRequest(words=words) for words in corpus.questions(data())[:ASKED]]
        taken = [_processor(lambda one=one: kb.search.find(actor, one)) for one in requests]
    return {"search": whole.value, "flat": whole.yardstick, "processor": percentile(taken, 0.95)}


def _completed(home: Path) -> Measured:
    """What is typed of titles, in any way."""
    with _opened(home) as kb:
        visitor = kb.people.visitor()
        kb.suggest.find(visitor, "等", wait=PATIENCE)
        typed = corpus.beginnings(data())[:ASKED]
        taken = [_processor(lambda one=one: kb.suggest.find(visitor, one)) for one in typed]
    return {"completion": percentile(taken, 0.95)}


def _checked(home: Path) -> Measured:
    with _opened(home) as kb, _memory() as grown:
        return {"check": timed(kb.index.check), "check_memory": grown()}


def _drained(home: Path) -> Measured:
    with _opened(home) as kb:
        return {"drain": indexing.draining(kb)[0].value}


def _served(home: Path) -> Measured:
    """Memory of the largest process of `kb serve` after searches and completions over HTTP."""
    with processes.serving(home) as (pid, port, _):
        asked(port, "/search?q={}", SERVED)
        asked(port, "/api/v1/suggest?q={}", ASKED, words="beginnings")
        family = processes.family(pid)
        largest = max(family, key=lambda one: processes.megabytes(one, "RssAnon"))
        return {
            name: processes.megabytes(largest, line) for name, line in (("serving", "RssAnon"), ("files", "RssFile"))
        }


PARTS: Mapping[str, Callable[[Path], Measured]] = {
    "built": _built,
    "drained": _drained,
    "searched": _searched,
    "completed": _completed,
    "checked": _checked,
    "served": _served,
}


@contextmanager
def _opened(home: Path) -> Iterator[KnowledgeBase]:
    with closing(open_base(Settings(home=home, index=ENGINE))) as kb:
        yield kb


@contextmanager
def _memory() -> Iterator[Callable[[], float]]:
    """The most megabytes that this process has taken so far beyond those it had."""
    before = most = processes.megabytes(os.getpid(), "RssAnon")
    over = threading.Event()

    def look() -> None:
        nonlocal most
        while not over.wait(processes.PAUSE):
            most = max(most, processes.megabytes(os.getpid(), "RssAnon"))

    watching = threading.Thread(target=look)
    watching.start()
    try:
        yield lambda: most - before
    finally:
        over.set()
        watching.join()


def _processor(work: Callable[[], object]) -> float:
    """Milliseconds on the processor of this thread."""
    begun = time.thread_time()
    work()
    return (time.thread_time() - begun) * 1000


def _size(place: Path, pattern: str = "*") -> float:
    """Megabytes of the files in a folder."""
    return sum(path.stat().st_size for path in place.glob(pattern) if path.is_file()) / 1e6


def _table(measured: Mapping[int, Measured]) -> str:
    """The figures of all sizes as a table in Markdown."""
    lines = [
        f"| figure | {' | '.join(f'{size:,}' for size in measured)} | goal |",
        "| --- |" + " ---: |" * (len(measured) + 1),
    ]
    for name, (title, unit, most) in COLUMNS.items():
        values = " | ".join(f"{charts.short(found[name])} {unit}" for found in measured.values())
        lines.append(f"| {title} | {values} | {f'≤ {most} {unit}' if most else ''} |")
    return "\n".join(lines)


def _panel(name: str, measured: Mapping[int, Measured]) -> charts.Panel:
    title, unit, most = COLUMNS[name]
    return charts.Panel(title, unit, [(size, found[name]) for size, found in measured.items()], most)


if __name__ == "__main__":
    main()
