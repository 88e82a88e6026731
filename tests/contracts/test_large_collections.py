"""Memory of a check and of a rebuild does not grow with the collection; what they tell of it is bounded."""

import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path

import pytest

from indexer import sync
from indexer.analysis.analyzer import Analyzer
from indexer.engine import Change, Delete, Document, SearchEngine, Upsert
from indexer.engines import open_engine
from indexer.schema import Schema, TextField
from indexer.sync import Batch, Difference, check, rebuild

SCHEMA = Schema((TextField("title"),))
SMALL, LARGE = 2_000, 8_000
GROWTH = 1.5


class Row:
    """A collection of ``count`` documents that exist only while they are asked for."""

    def __init__(self, count: int) -> None:
        self.count = count

    def draining(self, wait: float = 0) -> AbstractContextManager[None]:
        return nullcontext()

    def rebuilding(self) -> AbstractContextManager[None]:
        return nullcontext()

    def take(self, limit: int) -> Batch:
        return Batch(())

    def finish(self, batch: Batch, failed: object) -> None:
        """Nothing is ever taken."""

    def kept(self, limit: int) -> Sequence[str]:
        return ()

    def load(self, ids: Sequence[str]) -> Sequence[Change]:
        return [Upsert(self._document(int(key))) if int(key) < self.count else Delete(key, 9) for key in ids]

    def searchable(self) -> Iterator[Document]:
        return map(self._document, range(self.count))

    def versions(self) -> Iterator[tuple[str, int]]:
        return ((str(at), 1) for at in range(self.count))

    def _document(self, at: int) -> Document:
        return Document(str(at), 1, {"title": "税务"})


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[str], SearchEngine]:
    pytest.importorskip("tantivy", reason="tantivy is not installed")
    return lambda name: open_engine(f"tantivy:{name}", SCHEMA, Analyzer(), tmp_path)


def peak(work: Callable[[], object]) -> int:
    """The most bytes that were allocated meanwhile."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.compiled
def test_memory_of_rebuild_and_check_is_bounded(opened: Callable[[str], SearchEngine]) -> None:
    engines = {size: opened(str(size)) for size in (SMALL, LARGE)}
    rebuild(Row(9), engines[SMALL])  # whatever is loaded once is loaded now
    rebuilt = {size: peak(partial(rebuild, Row(size), engine)) for size, engine in engines.items()}
    checked = {size: peak(partial(check, Row(size), engine)) for size, engine in engines.items()}
    assert rebuilt[LARGE] < GROWTH * rebuilt[SMALL]
    assert checked[LARGE] < GROWTH * checked[SMALL]


def test_a_check_names_the_first_of_each_kind_and_counts_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "NAMED", 2)
    engine = open_engine("memory:", SCHEMA, Analyzer(), Path())
    rebuild(Row(3), engine)
    assert check(Row(8), engine) == Difference(missing=("3", "4"), more={"missing": 3})
    assert check(Row(0), engine) == Difference(surplus=("0", "1"), more={"surplus": 1})
    assert not check(Row(3), engine)
