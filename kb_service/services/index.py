"""Use cases on the index: bring it up to date, build it anew, look whether it is true."""

import threading
import time
from collections.abc import Callable

from indexer import sync
from indexer.engine import SearchEngine
from indexer.errors import EngineUnavailable, IndexDamaged, IndexerError, IndexMissing, SchemaMismatch
from kb_service.documents import NUMBERS
from kb_service.errors import IndexBuilding, SearchUnavailable
from kb_service.results import IndexCheck, IndexStatus
from kb_service.services.in_force import InForce
from kb_service.store import leases, lexicon, outbox
from kb_service.store.feed import DRAIN, REBUILD, Feed, rebuild_progress
from kb_service.store.unit_of_work import Database

TELLING = 1.0
"""Seconds between two notes of how far a rebuild is, for other processes to read."""


class Index:
    """The index as a projection of the database."""

    def __init__(self, database: Database, engine: SearchEngine, in_force: InForce) -> None:
        self._database = database
        self._engine = engine
        self._in_force = in_force
        self._feed = Feed(database)
        self._progress: tuple[int, int] | None = None
        self._rebuilding = threading.Lock()

    def drain(self, limit: int = sync.BATCH, go_on: Callable[[], None] | None = None) -> int:
        """Index what changed, ``limit`` documents at a time; how many. 0 where somebody else is at it.

        ``go_on`` is called after each time, and what it raises leaves the rest for later. Raises SearchUnavailable.
        """
        if not self._is_due():
            return 0
        self._in_force.keep_up()
        try:
            return sync.drain(self._feed, self._engine, limit, go_on).taken
        except sync.FeedBusy:
            return 0
        except (IndexMissing, IndexDamaged, SchemaMismatch):
            return 0  # the rebuild that is due takes everything along
        except EngineUnavailable as error:
            raise SearchUnavailable from error

    def waiting(self) -> int:
        """Changes that are not indexed yet."""
        with self._database.read() as session:
            return outbox.waiting(session)[0]

    def parked(self, limit: int = 10) -> dict[str, str]:
        """Numbers of objects whose changes failed too often, the oldest first, with the reason."""
        with self._database.read() as session:
            return {NUMBERS[noun](one): reason for noun, one, reason in outbox.parked(session, limit)}

    def _is_due(self) -> bool:
        with self._database.read() as session:
            return outbox.is_due(session, self._database.now())

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Build a new generation and swap it in; how many documents it has. What is parked is tried again.

        ``progress`` is told done and total; what it raises gives the rebuild up. Raises IndexBuilding where a rebuild
        is running, SearchUnavailable. Words of the lexicon that change meanwhile make ``lacks_words`` true again.
        """
        if not self._rebuilding.acquire(blocking=False):
            raise IndexBuilding
        try:
            words = self._in_force.demand()
            documents = sync.rebuild(self._feed, self._engine, self._teller(progress)).documents
            self._note(words)
            return documents
        except sync.FeedBusy as error:
            raise IndexBuilding from error
        except IndexerError as error:
            raise SearchUnavailable(str(error)) from error
        finally:
            self._progress = None
            self._rebuilding.release()

    def lacks_words(self) -> bool:
        """Whether words of the lexicon changed since the live generation was begun: another rebuild takes them in."""
        with self._database.read() as session:
            return lexicon.words_wait(session)

    def progress(self) -> tuple[int, int] | None:
        """Done and total of the rebuild that runs, in this process or another."""
        if self._progress:
            return self._progress
        with self._database.read() as session:
            return rebuild_progress(session)

    def _teller(self, progress: Callable[[int, int], None] | None) -> Callable[[int], None]:
        """What a rebuild tells its progress: this process at once, the others by the database now and then."""
        total = self._feed.size()
        self._progress = (0, total)
        due = 0.0

        def tell(done: int) -> None:
            nonlocal due
            self._progress = (done, total)
            if time.monotonic() >= due:
                due = time.monotonic() + TELLING
                with self._database.begin() as tx:
                    outbox.tell(tx.session, done, total)
            if progress:
                progress(done, total)

        return tell

    def _note(self, words: int) -> None:
        with self._database.begin() as tx:
            outbox.index_state(tx.session).words_revision = words
            outbox.tell(tx.session, 0, 0)

    def check(self) -> IndexCheck:
        """Compare the index with the database; repairs nothing. Raises SearchUnavailable, IndexBuilding."""
        try:
            found = sync.check(self._feed, self._engine)
        except (IndexMissing, SchemaMismatch) as error:
            raise IndexBuilding("还没有与当前程序相符的索引：请执行 kb index rebuild。") from error
        except IndexerError as error:
            raise SearchUnavailable(str(error)) from error
        named = {"missing": found.missing, "surplus": found.surplus, "stale": found.stale}
        counts = {kind: len(ids) + found.more.get(kind, 0) for kind, ids in named.items()}
        sizes = {"database": self._feed.size(), "index": self._engine.status().documents, "waiting": self.waiting()}
        return IndexCheck(**named, counts={**sizes, **counts})

    def status(self) -> IndexStatus:
        """What state the index is in; never raises for the engine."""
        with self._database.read() as session:
            waiting, parked = outbox.waiting(session)
            building = leases.is_held(session, REBUILD)
            progress = self._progress or rebuild_progress(session)
        try:
            engine = self._engine.status()
        except IndexerError as error:
            return IndexStatus(type(self._engine).__name__, "", 0, f"unavailable: {error}", waiting, parked)
        if reason := engine.details.get("reason"):
            return IndexStatus(engine.engine, "", 0, f"unavailable: {reason}", waiting, parked)
        state = "ready" if engine.generation and engine.matches else "mismatch" if engine.generation else "missing"
        if engine.details.get("damaged"):
            state = "damaged"
        if building and state != "ready":
            state = "building"
        return IndexStatus(engine.engine, engine.generation, engine.documents, state, waiting, parked, progress)

    def is_draining(self) -> bool:
        """Whether any process is bringing the index up to date just now."""
        with self._database.read() as session:
            return leases.is_held(session, DRAIN)
