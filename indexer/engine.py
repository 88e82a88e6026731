"""The port: what the library asks of a search engine, in six methods and frozen values."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from indexer.query import Query
from indexer.results import Applied, Candidates, ClusterCondition, EngineStatus


@dataclass(frozen=True, slots=True)
class Document:
    """What an engine stores: plain texts, keyword values and numbers under the names of the schema.

    ``version`` grows with every change of the document; an engine keeps the highest it has seen.
    """

    id: str
    version: int
    texts: Mapping[str, str] = field(default_factory=dict)
    keywords: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Upsert:
    """Store this document unless the same or a higher version is known."""

    document: Document


@dataclass(frozen=True, slots=True)
class Delete:
    """Forget the document. (id, version) stays known until the next generation: a late Upsert cannot resurrect it."""

    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Broken:
    """The document should be stored in this version but cannot be made, and why: what is stored of it stays."""

    id: str
    version: int
    reason: str


Change = Upsert | Delete | Broken


class Generation(Protocol):
    """A new complete build of the index, invisible until it is swapped in."""

    def apply(self, changes: Sequence[Change]) -> Applied: ...

    def ids(self) -> Iterator[tuple[str, int]]: ...


@runtime_checkable
class Clustered(Protocol):
    """An engine on servers of its own."""

    def condition(self) -> ClusterCondition:
        """How these servers are. Raises EngineUnavailable."""


class SearchEngine(Protocol):
    """An index that can be searched, changed and rebuilt. Safe to use from several threads."""

    def search(self, query: Query) -> Candidates:
        """At most ``query.limit`` candidates from ``query.offset`` on, best first by the engine's own measure or by
        ``query.sort``, with the total and facets; or statistics alone. Raises EngineUnavailable, SchemaMismatch or
        BadQuery.
        """

    def apply(self, changes: Sequence[Change]) -> Applied:
        """Take changes into the live generation: idempotent, visible to every reader when it returns."""

    def rebuild(self) -> AbstractContextManager[Generation]:
        """A new generation: leaving normally swaps it in, an exception discards it. The live one is searched and
        changed meanwhile.
        """

    def ids(self) -> Iterator[tuple[str, int]]:
        """Id and version of every stored document, in no order."""

    def status(self) -> EngineStatus: ...

    def close(self) -> None: ...
