"""The pure-Python engine on Whoosh, for platforms without wheels and a few thousand documents; the library keeps the
postings, matching and scores are ours.
"""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
from whoosh import fields, index
from whoosh.query.positional import Phrase
from whoosh.query.terms import Term
from whoosh.reading import TermNotFound

from indexer.analysed import Analysed, Preparation
from indexer.analysis.analyzer import Analyzer
from indexer.engine import Document
from indexer.engines.disk import DiskEngine, View
from indexer.engines.generations import damaged
from indexer.engines.postings import answer
from indexer.engines.question import terms_of, wants_statistics
from indexer.engines.versions import Rank, Settled
from indexer.errors import IndexerError
from indexer.query import Query
from indexer.results import Candidate, Candidates, Statistics
from indexer.schema import Schema

MEMORY = 64  # megabytes of a writer's buffer
IDS = np.dtype("<u4")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is remembered of each stored document; a tombstone is ``deleted``. ``length`` counts terms."""

    id: str
    version: int
    deleted: bool
    numbers: Mapping[str, int]
    length: int
    units: int


class Whoosh:
    """The library in one folder. Its segments and tables of contents are pickles."""

    name = "whoosh"
    layout = "2"
    pickles = True

    def __init__(self, schema: Schema, analyzer: Analyzer) -> None:
        self._schema, self._preparation = schema, Preparation(schema, analyzer)

    def prepare(self, document: Document) -> dict[str, Any]:
        return _written(self._preparation.analysed(document))

    def open(self, folder: Path, before: View | None) -> "WhooshView":
        return WhooshView(folder, self._schema)

    def extending(self, folder: Path) -> AbstractContextManager["WhooshWriter"]:
        return self._writing(folder)

    @contextmanager
    def creating(self, folder: Path) -> Iterator["WhooshWriter"]:
        with self.sound():
            index.create_in(str(folder), _built(self._schema))
        with self._writing(folder) as writer:
            yield writer

    @contextmanager
    def sound(self) -> Iterator[None]:
        """Without checksums and with pickles, damage shows as any exception at all."""
        try:
            yield
        except IndexerError:
            raise
        except Exception as error:
            raise damaged(error) from error

    @contextmanager
    def _writing(self, folder: Path) -> Iterator["WhooshWriter"]:
        with self.sound():
            writer = WhooshWriter(_opened(folder))
        try:
            yield writer
            with self.sound():
                writer.commit()
        except BaseException:
            with suppress(Exception):
                writer.cancel()
            raise


class WhooshWriter:
    """Whoosh deletes only what is committed: to replace what it has just added itself, it commits in between."""

    def __init__(self, opened: Any) -> None:
        self._index = opened
        self._begin()

    def write(self, settled: Settled[Any], known: Container[str]) -> None:
        replaced = [key for key in settled.ranks if key in known]
        if not self._added.isdisjoint(replaced):
            self.commit()
            self._begin()
        self._delete(replaced)
        for key, (version, _) in settled.ranks.items():
            self._writer.add_document(**(settled.upserts.get(key) or _tombstone(key, version)))
        self._added.update(settled.ranks)

    def commit(self) -> None:
        self._writer.commit()

    def cancel(self) -> None:
        self._writer.cancel()

    def _begin(self) -> None:
        self._writer = self._index.writer(limitmb=MEMORY)
        self._added: set[str] = set()

    def _delete(self, keys: Sequence[str]) -> None:
        if keys:
            with self._writer.searcher() as searcher:
                for key in keys:
                    self._writer.delete_by_term("id", key, searcher=searcher)


class WhooshView:
    """A reader over one commit. It is the Postings of its documents, whose keys are Whoosh's numbers for them."""

    def __init__(self, folder: Path, schema: Schema) -> None:
        self._index: Any = _opened(folder)
        self._generation = self._index.latest_generation()
        self._searcher: Any = self._index.searcher()
        self._reader = self._searcher.reader()
        self._texts = [field.name for field in schema.texts]
        self._lock = RLock()  # readers share file positions

    def is_current(self) -> bool:
        return bool(self._generation == self._index.latest_generation())

    @property
    def documents(self) -> int:
        return len(self.everything())

    def search(self, query: Query) -> Candidates:
        with self._lock:
            if wants_statistics(query):
                return Candidates(statistics=self._statistics(query))
            found = answer(query, self)
            candidates = tuple(self._candidate(key, score) for key, score in found.ordered)
            return Candidates(found.total, candidates, found.facets)

    def ranks(self, keys: Sequence[str]) -> dict[str, Rank]:
        wanted = set(keys)
        with self._lock:
            return {facts.id: (facts.version, facts.deleted) for facts in self._facts.values() if facts.id in wanted}

    def ids(self) -> Iterator[tuple[str, int]]:
        with self._lock:
            known = [(self._facts[key].id, self._facts[key].version) for key in self.everything()]
        return iter(known)

    def everything(self) -> Collection[int]:
        return self._live

    def identified(self, ids: Sequence[str]) -> Collection[int]:
        wanted = set(ids)
        return [key for key in self.everything() if self._facts[key].id in wanted]

    def term(self, term: str) -> Mapping[int, int]:
        return self._postings("terms", term)

    def phrase(self, units: tuple[str, ...]) -> Mapping[int, int]:
        if not units:
            return {}
        asked = Phrase("units", list(units)) if len(units) > 1 else Term("units", units[0])
        return dict(zip(self._searcher.docs_for_query(asked), repeat(1)))

    def keyword(self, field: str, value: str) -> Collection[int]:
        return self._postings(_keyword(field), value).keys()

    def values(self, field: str) -> Iterable[str]:
        name = _keyword(field)
        return [term.decode() for term in self._reader.lexicon(name)]

    def number(self, field: str, key: int) -> int | None:
        return self._facts[key].numbers.get(field)

    def length(self, key: int) -> int:
        return self._facts[key].length

    def mean_length(self) -> float:
        return self._mean_length

    @cached_property
    def _facts(self) -> dict[int, Facts]:
        return {key: stored["facts"] for key, stored in self._reader.iter_docs()}

    @cached_property
    def _live(self) -> frozenset[int]:
        return frozenset(key for key, facts in self._facts.items() if not facts.deleted)

    @cached_property
    def _mean_length(self) -> float:
        return sum(facts.length for facts in self._facts.values()) / max(len(self._live), 1)

    def _statistics(self, query: Query) -> Statistics:
        frequency = {term: len(self.term(term)) for term in terms_of(query.tree)}
        units = {unit: len(self._postings("units", unit)) for unit in query.units}
        return Statistics(self.documents, frequency, units, self._average_length)

    @cached_property
    def _average_length(self) -> float:
        return sum(facts.units for facts in self._facts.values()) / max(len(self._live), 1)

    def _postings(self, field: str, term: str) -> dict[int, int]:
        try:
            matcher = self._reader.postings(field, term)
        except TermNotFound:
            return {}
        found = {}
        while matcher.is_active():
            found[matcher.id()] = int(matcher.weight())
            matcher.next()
        return found

    def _candidate(self, key: int, score: float) -> Candidate:
        facts, stored = self._facts[key], self._reader.stored_fields(key)
        tokens = {name: np.frombuffer(stored["tokens"][name], IDS) for name in self._texts}
        return Candidate(facts.id, facts.version, score, tokens, facts.numbers)


def open_engine(schema: Schema, analyzer: Analyzer, folder: Path) -> DiskEngine:
    return DiskEngine(Whoosh(schema, analyzer), schema, analyzer.fingerprint, folder)


def _opened(folder: Path) -> Any:
    return index.open_dir(str(folder))


def _built(schema: Schema) -> Any:
    """Whoosh analyses nothing: it is given lists of terms."""
    built = fields.Schema(
        id=fields.ID(unique=True),
        terms=fields.TEXT(phrase=False),
        units=fields.TEXT(phrase=True),
        facts=fields.STORED,
        tokens=fields.STORED,
    )
    for keyword in schema.keywords:
        built.add(_keyword(keyword.name), fields.KEYWORD)
    return built


def _keyword(name: str) -> str:
    return f"keyword_{name}"


def _written(analysed: Analysed) -> dict[str, Any]:
    document = analysed.document
    numbers = dict(document.numbers)
    keywords = {_keyword(name): list(dict.fromkeys(values)) for name, values in document.keywords.items()}
    return {
        "id": [document.id],
        "terms": analysed.terms,
        "units": analysed.units,
        "facts": Facts(document.id, document.version, False, numbers, len(analysed.terms), analysed.length),
        "tokens": {name: ids.astype(IDS, copy=False).tobytes() for name, ids in analysed.tokens.items()},
        **keywords,
    }


def _tombstone(key: str, version: int) -> dict[str, Any]:
    return {"id": [key], "facts": Facts(key, version, True, {}, 0, 0)}
