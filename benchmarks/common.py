"""What all benchmarks share: a figure with its yardstick and goal, percentiles, the table, and the large base."""

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks import corpus
from kb_service.bootstrap import KnowledgeBase, open_base
from kb_service.config import Settings

DOCUMENTS = 100_000
ENGINE = "tantivy:index"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value beside its goal and beside ``yardstick``, a bare measure of the same run and machine.

    ``of`` says what the yardstick is. ``goal`` is a most, or with ``at_least`` a least, of the value; with
    ``relative`` of its ratio to the yardstick.
    """

    name: str
    value: float
    unit: str
    yardstick: float
    of: str
    goal: float
    at_least: bool = False
    relative: bool = False

    @property
    def ratio(self) -> float:
        return self.value / self.yardstick if self.yardstick else 0.0

    @property
    def is_met(self) -> bool:
        judged = self.ratio if self.relative else self.value
        return judged >= self.goal if self.at_least else judged <= self.goal


def table(figures: Iterable[Figure]) -> str:
    """The figures as a table in Markdown."""
    lines = ["| figure | measured | goal | met | ratio to | |", "| --- | ---: | ---: | --- | --- | ---: |"]
    for one in figures:
        goal = f"{'≥' if one.at_least else '≤'} {one.goal:,g} {'x' if one.relative else one.unit}"
        measured, beside = f"{_short(one.value)} {one.unit}", f"{one.of}: {_short(one.yardstick)} {one.unit}"
        met = "yes" if one.is_met else "**no**"
        lines.append(f"| {one.name} | {measured} | {goal} | {met} | {beside} | {one.ratio:.2f} x |")
    return "\n".join(lines)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.3f}"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that at least ``share`` of them do not exceed. Raises IndexError for no values."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def timed(work: Callable[[], object]) -> float:
    """Seconds ``work`` takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@cache
def data() -> Path:
    """The folder of real texts: KB_TEST_DATA, else ``../shared/data``. Raises FileNotFoundError."""
    path = Path(os.environ.get("KB_TEST_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
    if not path.is_dir():
        raise FileNotFoundError(f"no corpora at {path}: set KB_TEST_DATA")
    return path


@contextmanager
def folder(kept: Path | None) -> Iterator[Path]:
    """``kept``, or a folder that disappears afterwards."""
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
    else:
        with tempfile.TemporaryDirectory(prefix="kb-bench-") as name:
            yield Path(name)


@contextmanager
def large_base(home: Path, documents: int = DOCUMENTS) -> Iterator[KnowledgeBase]:
    """The base of so many articles and reports at ``home``, filled and indexed where it is not yet."""
    settings = Settings(home=home, index=ENGINE)
    if not (home / "kb.sqlite").exists():
        corpus.fill(settings, data(), documents)
    kb = open_base(settings)
    try:
        if kb.index.status().state != "ready":
            kb.index.rebuild()
        yield kb
    finally:
        kb.close()
