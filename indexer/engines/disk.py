"""The engine whose generations are folders, for any library that can write an index into a folder and open it."""

from collections.abc import Container, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from indexer.engine import Change, Document
from indexer.engines.generations import Generations, Live
from indexer.engines.question import check
from indexer.engines.versions import Rank, Ranks, Settled, ident, ranks_kept, settle
from indexer.errors import EngineUnavailable, IndexDamaged, IndexMissing
from indexer.query import Query
from indexer.results import Applied, Candidates, EngineStatus
from indexer.schema import Schema


class View(Protocol):
    """An index at one commit: what it answers does not change."""

    @property
    def documents(self) -> int: ...

    def is_current(self) -> bool:
        """Whether nothing was committed since, by any process."""

    def search(self, query: Query) -> Candidates: ...

    def ranks(self, keys: Sequence[str]) -> dict[str, Rank]:
        """What is known of the documents with these ids, tombstones included."""

    def ids(self) -> Iterator[tuple[str, int]]: ...


class Writer(Protocol):
    def write(self, settled: Settled[Any], known: Container[str]) -> None:
        """Add what was settled; ids that are ``known`` replace what is stored under them."""


class Library(Protocol):
    """What an engine's library does in one folder. ``layout`` is raised when the same document is written otherwise."""

    name: str
    layout: str
    pickles: bool
    """Whether reading the index may run code it holds: then a folder that others can write to is refused."""

    def prepare(self, document: Document) -> Any:
        """The document in the library's own form. Raises anything if it cannot be taken."""

    def open(self, folder: Path, before: View | None) -> View:
        """The index as committed last; ``before`` is a view of the same folder that may spare some work."""

    def extending(self, folder: Path) -> AbstractContextManager[Writer]:
        """A writer to the index in ``folder``. It commits when the block is left normally, changes nothing when it
        raises, and can then be followed by another.
        """

    def creating(self, folder: Path) -> AbstractContextManager[Writer]:
        """The same, to a new index in an empty folder."""

    def sound(self) -> AbstractContextManager[None]:
        """Turns what the library raises over a damaged or vanished index into EngineUnavailable."""


@dataclass(frozen=True, slots=True)
class _Opened:
    live: Live
    view: View


class DiskEngine:
    """A writer lives for one apply, so that the next one may come from any process."""

    def __init__(self, library: Library, schema: Schema, analysis: str, folder: Path) -> None:
        fingerprint = f"{library.name}-{library.layout}-{schema.fingerprint(analysis)}"
        self._library, self._schema = library, schema
        self._generations = Generations(folder, fingerprint, private=library.pickles)
        self._lock = Lock()
        self._opened: _Opened | None = None

    def search(self, query: Query) -> Candidates:
        check(query, self._schema)
        with self._library.sound():
            return self._current().view.search(query)

    def apply(self, changes: Sequence[Change]) -> Applied:
        """Another writer is waited for; after some seconds EngineUnavailable is raised."""
        with self._library.sound(), self._generations.writing():
            now = self._current()
            known = now.view.ranks(list(dict.fromkeys(map(ident, changes))))
            settled = settle(changes, known, self._library.prepare)
            if settled.ranks:
                with self._library.extending(now.live.folder) as writer:
                    writer.write(settled, known)
            return settled.applied

    @contextmanager
    def rebuild(self) -> Iterator["DiskGeneration"]:
        with ranks_kept() as ranks, self._generations.building() as folder, self._library.creating(folder) as writer:
            yield DiskGeneration(self._library, writer, ranks)

    def ids(self) -> Iterator[tuple[str, int]]:
        with self._library.sound():
            yield from self._current().view.ids()

    def status(self) -> EngineStatus:
        name = self._library.name
        try:
            live = self._generations.live()
            matches = self._generations.is_matching(live)
            with self._library.sound():
                documents = self._current().view.documents if matches else 0
        except IndexMissing:
            return EngineStatus(name, "", 0, matches=False)
        except IndexDamaged as error:
            return EngineStatus(name, "", 0, matches=False, details={"damaged": str(error)})
        except EngineUnavailable as error:
            return EngineStatus(name, "", 0, matches=False, details={"reason": str(error)})
        return EngineStatus(name, live.name, documents, matches)

    def close(self) -> None:
        self._opened = None

    def _current(self) -> _Opened:
        """The live generation as it was last committed, by whichever process."""
        opened = self._opened
        if opened and opened.live.stamp == self._generations.stamp() and opened.view.is_current():
            return opened
        with self._lock:
            try:
                self._opened = self._newly_opened()
            except (OSError, ValueError):  # another process may have taken the files away between two looks
                self._opened = self._newly_opened()
            return self._opened

    def _newly_opened(self) -> _Opened:
        live, before = self._generations.matching(), self._opened
        view = self._library.open(live.folder, before.view if before and before.live == live else None)
        return _Opened(live, view)


class DiskGeneration:
    """A generation that is being filled; one commit at its end makes it whole."""

    def __init__(self, library: Library, writer: Writer, ranks: Ranks) -> None:
        self._library, self._writer, self._ranks = library, writer, ranks
        self._lock = Lock()

    def apply(self, changes: Sequence[Change]) -> Applied:
        with self._lock, self._library.sound():
            known = self._ranks.of(dict.fromkeys(map(ident, changes)))
            settled = settle(changes, known, self._library.prepare)
            self._writer.write(settled, known)
            self._ranks.note(settled.ranks)
            return settled.applied

    def ids(self) -> Iterator[tuple[str, int]]:
        return self._ranks.ids()
