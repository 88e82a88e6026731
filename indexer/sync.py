"""Keeps an index true to the collection it serves, through a feed of what changed; it stores nothing itself."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from sqlite3 import Connection
from typing import Any, Protocol

from indexer.engine import Change, Document, Generation, SearchEngine, Upsert
from indexer.errors import IndexerError
from indexer.spill import spilled

BATCH = 500  # documents in memory at a time
DRAIN, LOOKS = 120.0, 120  # seconds a rebuild waits for a running drain to end, and how often it looks meanwhile
NAMED = 1_000  # documents of each kind of difference that a check names

_DIFFERENT = {"missing": "indexed IS NULL", "surplus": "searchable IS NULL", "stale": "searchable <> indexed"}


class FeedBusy(IndexerError):
    """Another process holds the lease that was asked for; what it does now need not be done here."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The ids of changed documents, each once. ``receipt`` tells the feed which of its rows were taken."""

    ids: tuple[str, ...]
    receipt: Any = None


class ChangeFeed(Protocol):
    """The collection as the index sees it: what is searchable now, and which documents changed since they were indexed.

    A change says which document changed, never what: its state is loaded when it is needed. So a change may be handed
    out any number of times.
    """

    def draining(self, wait: float = 0) -> AbstractContextManager[None]:
        """The lease to take and finish changes, for one process at a time. It ends when its holder dies; each call of
        the feed by the holder renews it. Raises FeedBusy after ``wait`` seconds under another holder.
        """

    def rebuilding(self) -> AbstractContextManager[None]:
        """The lease to rebuild, beside that of draining. Entering empties what was kept; until it is left, every change
        that is finished is also kept. Raises FeedBusy.
        """

    def take(self, limit: int) -> Batch:
        """The oldest changes that are due, of at most ``limit`` documents; no ids when there are none. They stay in the
        feed until they are finished.
        """

    def finish(self, batch: Batch, failed: Mapping[str, str]) -> None:
        """In one transaction, remove exactly the taken changes, but put off to a later time those of the ``failed``
        documents (id to reason), and keep all for a running rebuild. A change of the same document that came
        after ``take`` stays.
        """

    def kept(self, limit: int) -> Sequence[str]:
        """Take out ids of at most ``limit`` documents kept for the rebuild; none when all were given."""

    def load(self, ids: Sequence[str]) -> Sequence[Change]:
        """Each document as it is now: an Upsert if it is searchable, Broken if it should be but cannot be made, else a
        Delete whose version is not below any version the document had.
        """

    def searchable(self) -> Iterator[Document]:
        """Every searchable document that can be made, streamed."""

    def versions(self) -> Iterator[tuple[str, int]]:
        """Id and version of every searchable document, streamed, in no order."""


@dataclass(frozen=True, slots=True)
class Drained:
    """What a drain did. ``failed`` maps the ids of documents that were put off to the reason."""

    taken: int = 0
    ignored: int = 0
    failed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did: documents now in the index, and those that could not be taken, with the reason."""

    documents: int
    failed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the index is not true: documents it lacks, has although they are not searchable, or has in an old version.

    Changes that wait to be drained show up here too. The first NAMED of each kind are named in the order of their ids;
    ``more`` tells how many of a kind there are beyond those, where there are any.
    """

    missing: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    more: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.missing or self.surplus or self.stale)


def drain(
    feed: ChangeFeed, engine: SearchEngine, limit: int = BATCH, go_on: Callable[[], None] | None = None
) -> Drained:
    """Bring every change that is due into the live generation, ``limit`` documents at a time. When it returns they can
    be found. Raises FeedBusy, what ``engine.apply`` raises, and what ``go_on`` does, which is called after each batch;
    the changes not finished by then stay in the feed.
    """
    taken, ignored, failed = 0, 0, dict[str, str]()
    with feed.draining():
        while (batch := feed.take(limit)).ids:
            applied = engine.apply(feed.load(batch.ids))
            feed.finish(batch, applied.failed)
            taken, ignored = taken + applied.taken, ignored + applied.ignored
            failed |= applied.failed
            if go_on:
                go_on()
    return Drained(taken, ignored, failed)


def rebuild(feed: ChangeFeed, engine: SearchEngine, progress: Callable[[int], None] | None = None) -> Rebuilt:
    """Fill a new generation from what is searchable and swap it in; drains go on into the live one meanwhile.

    ``progress`` is told the number of documents done so far, also while the end of a drain is waited for. Draining is
    held up only for the last catching up and the truth check. Whatever is raised, FeedBusy included, leaves the live
    generation as it was.
    """
    failed: dict[str, str] = {}
    done = 0

    def go_on() -> None:
        if progress:
            progress(done)

    with feed.rebuilding(), ExitStack() as pause, engine.rebuild() as generation:
        for documents in _batches(feed.searchable()):
            failed |= generation.apply([Upsert(document) for document in documents]).failed
            done += len(documents)
            go_on()
        failed |= _catch_up(feed, generation)
        # left after the swap: no change can fall between the generations
        _hold_up(feed, pause, go_on)
        failed |= _catch_up(feed, generation)
        failed |= _make_true(feed, generation)
        documents_now = sum(1 for _ in generation.ids())
    return Rebuilt(documents_now, failed)


def check(feed: ChangeFeed, engine: SearchEngine) -> Difference:
    """Compare ids and versions of the index with what is searchable; repairs nothing. Memory does not grow with the
    collection. Raises what ``ids`` raises, and IndexerError where no temporary file can be written.
    """
    with _compared(feed.versions(), engine.ids()) as compared:
        named = {kind: tuple(islice(compared.ids(kind), NAMED)) for kind in _DIFFERENT}
        counts = {kind: compared.count(kind) - len(ids) for kind, ids in named.items()}
    return Difference(**named, more={kind: count for kind, count in counts.items() if count})


def _hold_up(feed: ChangeFeed, pause: ExitStack, go_on: Callable[[], None]) -> None:
    """Nobody drains until ``pause`` is left. Raises FeedBusy where a drain does not end."""
    for look in range(1, LOOKS + 1):
        try:
            pause.enter_context(feed.draining(wait=DRAIN / LOOKS))
            return
        except FeedBusy:
            if look == LOOKS:
                raise
            go_on()


def _catch_up(feed: ChangeFeed, generation: Generation) -> dict[str, str]:
    failed: dict[str, str] = {}
    while ids := feed.kept(BATCH):
        failed |= generation.apply(feed.load(ids)).failed
    return failed


def _make_true(feed: ChangeFeed, generation: Generation) -> dict[str, str]:
    """Load again what differs, for instance what was saved behind the back of the stream."""
    failed: dict[str, str] = {}
    with _compared(feed.versions(), generation.ids()) as compared:
        for ids in _batches(chain.from_iterable(map(compared.ids, _DIFFERENT))):
            failed |= generation.apply(feed.load(ids)).failed
    return failed


class _Compared:
    """The versions of all documents side by side, as searchable and as indexed, outside of memory."""

    def __init__(self, table: Connection) -> None:
        self._table = table

    def take(self, side: str, versions: Iterable[tuple[str, int]]) -> None:
        put = f"INSERT INTO document (id, {side}) VALUES (?, ?)"  # noqa: S608
        self._table.execute("BEGIN")
        self._table.executemany(f"{put} ON CONFLICT (id) DO UPDATE SET {side} = excluded.{side}", versions)
        self._table.execute("COMMIT")

    def ids(self, kind: str) -> Iterator[str]:
        found = self._table.execute(f"SELECT id FROM document WHERE {_DIFFERENT[kind]} ORDER BY id")  # noqa: S608
        return (key for (key,) in found)

    def count(self, kind: str) -> int:
        (counted,) = self._table.execute(f"SELECT count(*) FROM document WHERE {_DIFFERENT[kind]}").fetchone()  # noqa: S608
        return int(counted)


@contextmanager
def _compared(searchable: Iterable[tuple[str, int]], indexed: Iterable[tuple[str, int]]) -> Iterator[_Compared]:
    with spilled("id TEXT PRIMARY KEY, searchable INTEGER, indexed INTEGER") as table:
        compared = _Compared(table)
        compared.take("searchable", searchable)
        compared.take("indexed", indexed)
        yield compared


def _batches(things: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(things)
    while batch := list(islice(rest, BATCH)):
        yield batch
