"""Use cases of those who watch the service: what waits, how long already, and whether the engine answers."""

from indexer.engine import Clustered, SearchEngine
from indexer.errors import IndexerError
from indexer.results import ClusterCondition, EngineStatus
from kb_service.errors import SearchUnavailable
from kb_service.results import AttachmentSample, DatabaseServer, Workload
from kb_service.services import imports
from kb_service.store import attachments, condition, lexicon, outbox
from kb_service.store.attachments import Files
from kb_service.store.feed import rebuild_progress
from kb_service.store.unit_of_work import Database


class Health:
    """Figures without contents: cheap enough to be asked every few seconds."""

    def __init__(self, database: Database, engine: SearchEngine, files: Files) -> None:
        self._database = database
        self._engine = engine
        self._files = files

    def workload(self) -> Workload:
        """What waits for the background work. Raises Unavailable."""
        now = self._database.now()
        with self._database.read() as session:
            waiting, parked = outbox.waiting(session)
            since = outbox.oldest(session)
            running, queued = imports.at_work(session)
            return Workload(
                waiting=waiting,
                parked=parked,
                lag=max(0.0, (now - since).total_seconds()) if since else 0.0,
                imports_running=running,
                imports_waiting=queued,
                rebuild=rebuild_progress(session),
                lacks_words=lexicon.words_wait(session),
            )

    def server(self) -> DatabaseServer:
        """What the database is, and how its clock and connections stand. Raises Unavailable."""
        with self._database.read() as session:
            return condition.look(session, self._database.now())

    def attachments(self, limit: int) -> AttachmentSample:
        """Whether some of the attachments, taken at random, lie in the folder as they were put there."""
        with self._database.read() as session:
            sample = attachments.sample(session, limit)
        return AttachmentSample(
            looked_at=len(sample),
            missing=sum(not self._files.path(one).exists() for one in sample),
            damaged=sum(self._files.is_damaged(one) for one in sample),
        )

    def cluster(self) -> ClusterCondition | None:
        """How the servers of the engine are, None where it has none. Raises SearchUnavailable."""
        try:
            return self._engine.condition() if isinstance(self._engine, Clustered) else None
        except IndexerError as error:
            raise SearchUnavailable(str(error)) from error

    def engine(self) -> EngineStatus:
        """What the engine tells of itself; an index that is still to be built is no fault of it.

        Raises SearchUnavailable.
        """
        try:
            told = self._engine.status()
        except IndexerError as error:
            raise SearchUnavailable(str(error)) from error
        if reason := told.details.get("reason"):
            raise SearchUnavailable(reason)
        return told
