"""Use cases on the index: bring it up to date, build it anew, look whether it is true."""

import threading
from collections.abc import Callable

from indexer import sync
from indexer.engine import SearchEngine
from indexer.errors import EngineUnavailable, IndexerError, IndexMissing, SchemaMismatch
from kb_service.errors import IndexBuilding, SearchUnavailable
from kb_service.results import IndexCheck, IndexStatus
from kb_service.store import leases, outbox
from kb_service.store.feed import DRAIN, REBUILD, Feed
from kb_service.store.unit_of_work import Database


class Index:
    """The index as a projection of the database."""

    def __init__(self, database: Database, engine: SearchEngine) -> None:
        self._database = database
        self._engine = engine
        self._feed = Feed(database)
        self._progress: tuple[int, int] | None = None
        self._rebuilding = threading.Lock()

    def drain(self, limit: int = sync.BATCH) -> int:
        """Index what changed; how many documents. 0 where somebody else is at it. Raises SearchUnavailable."""
        if not self.waiting():
            return 0
        try:
            return sync.drain(self._feed, self._engine, limit).taken
        except sync.FeedBusy:
            return 0
        except (IndexMissing, SchemaMismatch):
            return 0  # the rebuild that is due takes everything along
        except EngineUnavailable as error:
            raise SearchUnavailable from error

    def waiting(self) -> int:
        """Changes that are not indexed yet."""
        with self._database.read() as session:
            return outbox.waiting(session)[0]

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Build a new generation and swap it in; how many documents it has.

        ``progress`` is told done and total. Raises IndexBuilding where a rebuild is running, SearchUnavailable.
        """
        if not self._rebuilding.acquire(blocking=False):
            raise IndexBuilding
        total = self._feed.size()
        self._progress = (0, total)

        def told(done: int) -> None:
            self._progress = (done, total)
            if progress:
                progress(done, total)

        try:
            return sync.rebuild(self._feed, self._engine, told).documents
        except sync.FeedBusy as error:
            raise IndexBuilding from error
        except IndexerError as error:
            raise SearchUnavailable(str(error)) from error
        finally:
            self._progress = None
            self._rebuilding.release()

    def progress(self) -> tuple[int, int] | None:
        """Done and total of the rebuild this process runs."""
        return self._progress

    def check(self) -> IndexCheck:
        """Compare the index with the database; repairs nothing. Raises SearchUnavailable, IndexBuilding."""
        try:
            found = sync.check(self._feed, self._engine)
        except (IndexMissing, SchemaMismatch) as error:
            raise IndexBuilding("还没有与当前程序相符的索引：请执行 kb index rebuild。") from error
        except IndexerError as error:
            raise SearchUnavailable(str(error)) from error
        counts = {"database": self._feed.size(), "index": self._engine.status().documents, "waiting": self.waiting()}
        return IndexCheck(found.missing, found.surplus, found.stale, counts)

    def status(self) -> IndexStatus:
        """What state the index is in; never raises for the engine."""
        with self._database.read() as session:
            waiting, parked = outbox.waiting(session)
            building = leases.is_held(session, REBUILD, self._database.now())
        try:
            engine = self._engine.status()
        except IndexerError as error:
            return IndexStatus(type(self._engine).__name__, "", 0, f"unavailable: {error}", waiting, parked)
        state = "ready" if engine.generation and engine.matches else "mismatch" if engine.generation else "missing"
        if building and state != "ready":
            state = "building"
        return IndexStatus(engine.engine, engine.generation, engine.documents, state, waiting, parked, self._progress)

    def is_draining(self) -> bool:
        """Whether any process is bringing the index up to date just now."""
        with self._database.read() as session:
            return leases.is_held(session, DRAIN, self._database.now())
