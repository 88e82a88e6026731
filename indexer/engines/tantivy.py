"""The embedded engine on tantivy: one writer at a time, readers in any number of threads and processes."""

import ctypes
import sys
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property
from itertools import count, islice
from pathlib import Path
from typing import Any

from tantivy import DocAddress, Index, Order

from indexer.analysed import Preparation
from indexer.analysis.analyzer import Analyzer
from indexer.engine import Document
from indexer.engines.disk import DiskEngine, View
from indexer.engines.generations import damaged, stamp_of
from indexer.engines.postings import ordered_counts
from indexer.engines.question import terms_of, wants_statistics
from indexer.engines.tantivy_layout import LIVE, Layout, keyword_name, number_name
from indexer.engines.versions import Rank, Settled
from indexer.errors import EngineUnavailable
from indexer.query import Query
from indexer.results import Candidate, Candidates, FacetCount, Facets, Statistics
from indexer.schema import Schema

APPLY_MEMORY = 15_000_000  # bytes of a writer's buffer, the least tantivy takes
BUILD_MEMORY = 50_000_000
M_ARENA_MAX = -8  # from malloc.h
MANY = 1_000  # documents with a term, whose number need not be exact
PAGE = 1_000  # documents that are looked at together
FACET_VALUES = 10_000  # values of one facet that are counted
TOTAL = "#"  # no name of a field


class Tantivy:
    """The library in one folder."""

    name = "tantivy"
    layout = "2"
    pickles = False

    def __init__(self, schema: Schema, analyzer: Analyzer) -> None:
        self._preparation = Preparation(schema, analyzer)
        self._layout = Layout(schema)

    def prepare(self, document: Document) -> Any:
        return self._layout.document(self._preparation.analysed(document))

    def open(self, folder: Path, before: View | None) -> "TantivyView":
        index = before.index if isinstance(before, TantivyView) else _open(folder)
        return TantivyView(folder, index, self._layout)

    def extending(self, folder: Path) -> AbstractContextManager["TantivyWriter"]:
        return self._writing(lambda: _open(folder), APPLY_MEMORY)

    def creating(self, folder: Path) -> AbstractContextManager["TantivyWriter"]:
        return self._writing(lambda: Index(self._layout.schema, path=str(folder)), BUILD_MEMORY)

    @contextmanager
    def sound(self) -> Iterator[None]:
        """Panics of the library are no Exceptions, hence the look at the name."""
        try:
            yield
        except (OSError, ValueError, RuntimeError) as error:
            raise damaged(error) from error
        except BaseException as error:
            if type(error).__name__ == "PanicException":
                raise damaged(error) from error
            raise

    @contextmanager
    def _writing(self, opened: Callable[[], Any], memory: int) -> Iterator["TantivyWriter"]:
        """One thread; when the block is left, merges have ended and the library's lock is given back."""
        _share_heaps()
        with self.sound():
            writer = opened().writer(memory, 1)
        try:
            yield TantivyWriter(writer, self._layout)
            with self.sound():
                writer.commit()
        except BaseException:
            with suppress(EngineUnavailable), self.sound():
                writer.rollback()
            raise
        finally:
            with suppress(EngineUnavailable), self.sound():
                writer.wait_merging_threads()


class TantivyWriter:
    def __init__(self, writer: Any, layout: Layout) -> None:
        self._writer, self._layout = writer, layout

    def write(self, settled: Settled[Any], known: Container[str]) -> None:
        for key, (version, _) in settled.ranks.items():
            if key in known:
                self._writer.delete_documents_by_term("id", key)
            self._writer.add_document(settled.upserts.get(key) or self._layout.tombstone(key, version))


class TantivyView:
    """A searcher over one commit."""

    def __init__(self, folder: Path, index: Any, layout: Layout) -> None:
        self._meta, self.index, self._layout = folder / "meta.json", index, layout
        self._stamp = stamp_of(self._meta)  # before the reload: what is committed in between is then seen next time
        index.reload()
        self._searcher = index.searcher()

    def is_current(self) -> bool:
        """Every commit and every merge replaces this file."""
        return self._stamp == stamp_of(self._meta)

    @cached_property
    def documents(self) -> int:
        return int(self._searcher.search(self._layout.live, 1).count)

    def search(self, query: Query) -> Candidates:
        if wants_statistics(query):
            return Candidates(statistics=self._statistics(query))
        asked = self._layout.query(query.tree, query.filters)
        total, facets = self._facets(query, asked) if query.facets else (0, {})
        candidates: tuple[Candidate, ...] = ()
        if query.limit:
            total, candidates = self._candidates(query, asked)
        return Candidates(total, candidates, facets)

    def ranks(self, keys: Sequence[str]) -> dict[str, Rank]:
        hits = self._searcher.search(self._layout.identified(keys), len(keys), count=False).hits if keys else []
        stored = (self._searcher.doc(address) for _, address in hits)
        return {document.get_first("id"): self._layout.rank(document) for document in stored}

    def ids(self) -> Iterator[tuple[str, int]]:
        """Page by page as they are stored: asked for as hits of one search, they would all be in memory at once."""
        told, stored = 0, self._stored()
        while page := list(islice(stored, PAGE)):
            in_force = set(page if self._is_pristine else self.ranks([key for key, _ in page]).items())
            ids = [
                (key, version)
                for key, (version, deleted) in page
                if not deleted and (key, (version, False)) in in_force
            ]
            told += len(ids)
            yield from ids
        if told != self.documents:
            raise ValueError(f"{told} of {self.documents} documents could be read")

    def _stored(self) -> Iterator[tuple[str, Rank]]:
        """Ids and ranks of all that is stored, what was replaced or deleted included; a segment ends where none is."""
        for segment in range(self._searcher.num_segments):
            for place in count():
                try:
                    stored = self._searcher.doc(DocAddress(segment, place))
                except ValueError:
                    break
                yield stored.get_first("id"), self._layout.rank(stored)

    def _candidates(self, query: Query, asked: Any) -> tuple[int, tuple[Candidate, ...]]:
        order: dict[str, Any] = {}
        if query.sort:
            direction = Order.Desc if query.sort.descending else Order.Asc
            order = {"order_by_field": number_name(query.sort.field), "order": direction}
        found = self._searcher.search(asked, query.limit, query.counted, offset=query.offset, **order)
        stored = ((self._searcher.doc(address), 0.0 if query.sort else score) for score, address in found.hits)
        candidates = (self._layout.candidate(document, score) for document, score in stored)
        given = tuple(candidates)
        return found.count if query.counted else query.offset + len(given), given

    def _facets(self, query: Query, asked: Any) -> tuple[int, Facets]:
        """The total and all facets in one request, but one more for each that has to leave its own filter aside."""
        filtered = {part.field for part in query.filters}
        total, counts = self._counted(asked, [field for field in query.facets if field not in filtered])
        for field in filtered.intersection(query.facets):
            others = [part for part in query.filters if part.field != field]
            counts |= self._counted(self._layout.query(query.tree, others), [field])[1]
        return total, {field: counts[field] for field in query.facets}

    def _counted(self, asked: Any, fields: Sequence[str]) -> tuple[int, dict[str, tuple[FacetCount, ...]]]:
        """How many documents there are, and how many have each value."""
        wanted = {field: {"terms": {"field": keyword_name(field), "size": FACET_VALUES}} for field in fields}
        found = self._searcher.aggregate(asked, {**wanted, TOTAL: {"value_count": {"field": "length"}}})
        return int(found[TOTAL]["value"]), {
            field: ordered_counts({bucket["key"]: bucket["doc_count"] for bucket in found[field]["buckets"]})
            for field in fields
        }

    def _statistics(self, query: Query) -> Statistics:
        frequency = {term: self._frequency(term) for term in terms_of(query.tree)}
        units = {unit: int(self._searcher.doc_freq("units", unit)) for unit in query.units}
        return Statistics(self.documents, frequency, units, self._average_length)

    def _frequency(self, term: str) -> int:
        """The term dictionary also counts what was replaced or deleted; that matters for terms of few documents."""
        told = int(self._searcher.doc_freq("terms", term))
        if self._is_pristine or told > MANY:
            return told
        return int(self._searcher.search(self._layout.term("terms", term), 1).count)

    @cached_property
    def _is_pristine(self) -> bool:
        return bool(self._searcher.doc_freq("live", LIVE) == self.documents)

    @cached_property
    def _average_length(self) -> float:
        found = self._searcher.aggregate(self._layout.live, {"length": {"avg": {"field": "length"}}})
        return float(found["length"]["value"] or 0.0)


def open_engine(schema: Schema, analyzer: Analyzer, folder: Path) -> DiskEngine:
    return DiskEngine(Tantivy(schema, analyzer), schema, analyzer.fingerprint, folder)


def _open(folder: Path) -> Any:
    index = Index.open(str(folder))
    index.config_reader("manual")
    return index


def _share_heaps() -> None:
    """Else glibc keeps a heap of its own for each of the writers' short-lived threads: 100 MB after fifty commits."""
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
        mallopt(M_ARENA_MAX, 2)
