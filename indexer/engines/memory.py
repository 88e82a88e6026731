"""The reference engine: dictionaries in this process, obviously right, gone when the process ends."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import RLock

from indexer.analysed import Analysed, Preparation
from indexer.analysis.analyzer import Analyzer
from indexer.engine import Change
from indexer.engines.postings import answer
from indexer.engines.question import check, terms_of, wants_statistics
from indexer.engines.versions import Rank, ident, settle
from indexer.errors import IndexMissing
from indexer.query import Query
from indexer.results import Applied, Candidate, Candidates, EngineStatus, Statistics, TermIds
from indexer.schema import Schema


@dataclass(frozen=True, slots=True)
class _Stored:
    version: int
    tokens: Mapping[str, TermIds]
    terms: Mapping[str, int]
    length: int
    units: str
    unit_set: frozenset[str]
    keywords: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, int]


class MemoryGeneration:
    """One complete index in dictionaries. It is the Postings of its documents, whose keys are their ids."""

    def __init__(self, name: str, schema: Schema, analyzer: Analyzer) -> None:
        self.name = name
        self._schema, self._prepare = schema, Preparation(schema, analyzer).analysed
        self._lock = RLock()
        self._stored: dict[str, _Stored] = {}
        self._deleted: dict[str, int] = {}
        self._terms: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._keywords: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._units: Counter[str] = Counter()
        self._terms_length = self._length = 0

    def apply(self, changes: Sequence[Change]) -> Applied:
        with self._lock:
            settled = settle(changes, self._known(changes), self._prepare)
            for key, (version, _) in settled.ranks.items():
                self._forget(key)
                self._deleted[key] = version
            for key, analysed in settled.upserts.items():
                del self._deleted[key]
                self._store(analysed)
            return settled.applied

    def ids(self) -> Iterator[tuple[str, int]]:
        with self._lock:
            known = [(key, stored.version) for key, stored in self._stored.items()]
        return iter(known)

    def search(self, query: Query) -> Candidates:
        with self._lock:
            if wants_statistics(query):
                return Candidates(statistics=self._statistics(query))
            found = answer(query, self)
            candidates = tuple(self._candidate(key, score) for key, score in found.ordered)
            return Candidates(found.total, candidates, found.facets)

    def everything(self) -> Collection[str]:
        return self._stored.keys()

    def identified(self, ids: Sequence[str]) -> Collection[str]:
        return [key for key in ids if key in self._stored]

    def term(self, term: str) -> Mapping[str, int]:
        return self._terms.get(term, {})

    def phrase(self, units: tuple[str, ...]) -> Mapping[str, int]:
        needle = _joined(units)
        counts = {key: stored.units.count(needle) for key, stored in self._stored.items()} if units else {}
        return {key: count for key, count in counts.items() if count}

    def keyword(self, field: str, value: str) -> Collection[str]:
        return self._keywords[field].get(value, ())

    def values(self, field: str) -> Collection[str]:
        return self._keywords[field].keys()

    def number(self, field: str, key: str) -> int | None:
        return self._stored[key].numbers.get(field)

    def length(self, key: str) -> int:
        return self._stored[key].length

    def mean_length(self) -> float:
        return self._terms_length / max(len(self._stored), 1)

    def _known(self, changes: Sequence[Change]) -> dict[str, Rank]:
        known: dict[str, Rank] = {}
        for key in map(ident, changes):
            if key in self._stored:
                known[key] = self._stored[key].version, False
            elif key in self._deleted:
                known[key] = self._deleted[key], True
        return known

    def _store(self, analysed: Analysed) -> None:
        document, terms = analysed.document, Counter(analysed.terms)
        keywords = {field: tuple(values) for field, values in document.keywords.items()}
        self._stored[document.id] = _Stored(
            document.version,
            analysed.tokens,
            terms,
            len(analysed.terms),
            _joined(analysed.units),
            frozenset(analysed.units),
            keywords,
            dict(document.numbers),
        )
        for term, times in terms.items():
            self._terms[term][document.id] = times
        for field, values in keywords.items():
            for value in values:
                self._keywords[field][value].add(document.id)
        self._count(self._stored[document.id], 1)

    def _forget(self, key: str) -> None:
        stored = self._stored.pop(key, None)
        if stored is None:
            return
        for term in stored.terms:
            del self._terms[term][key]
        for field, values in stored.keywords.items():
            for value in values:
                self._keywords[field][value].discard(key)
        self._count(stored, -1)

    def _count(self, stored: _Stored, sign: int) -> None:
        self._terms_length += sign * stored.length
        self._length += sign * sum(map(len, stored.tokens.values()))
        for unit in stored.unit_set:
            self._units[unit] += sign

    def _statistics(self, query: Query) -> Statistics:
        frequency = {term: len(self.term(term)) for term in terms_of(query.tree)}
        units = {unit: self._units[unit] for unit in query.units}
        return Statistics(len(self._stored), frequency, units, self._length / max(len(self._stored), 1))

    def _candidate(self, key: str, score: float) -> Candidate:
        stored = self._stored[key]
        return Candidate(key, stored.version, score, stored.tokens, stored.numbers)


def _joined(units: Sequence[str]) -> str:
    return f" {' '.join(units)} "


class MemoryEngine:
    """Holds the live generation. There is none until the first rebuild, as with every engine."""

    def __init__(self, schema: Schema, analyzer: Analyzer) -> None:
        self._schema, self._analyzer = schema, analyzer
        self._names = count(1)
        self._live: MemoryGeneration | None = None

    def search(self, query: Query) -> Candidates:
        check(query, self._schema)
        return self._generation().search(query)

    def apply(self, changes: Sequence[Change]) -> Applied:
        return self._generation().apply(changes)

    @contextmanager
    def rebuild(self) -> Iterator[MemoryGeneration]:
        generation = MemoryGeneration(str(next(self._names)), self._schema, self._analyzer)
        yield generation
        self._live = generation

    def ids(self) -> Iterator[tuple[str, int]]:
        return self._generation().ids()

    def status(self) -> EngineStatus:
        live = self._live
        documents = sum(1 for _ in live.ids()) if live else 0
        return EngineStatus("memory", live.name if live else "", documents, matches=live is not None)

    def close(self) -> None:
        """Nothing is held open."""

    def _generation(self) -> MemoryGeneration:
        if self._live is None:
            raise IndexMissing("还没有建立索引，数据没有受影响。请执行 kb index rebuild。")
        return self._live


def open_engine(schema: Schema, analyzer: Analyzer, folder: Path) -> MemoryEngine:
    """``folder`` is not used: all engines are opened alike."""
    return MemoryEngine(schema, analyzer)
