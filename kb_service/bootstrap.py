"""Wires a knowledge base: database, engine, files and use cases. The only place that knows them all."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from indexer.analysis.analyzer import Analyzer
from indexer.engine import SearchEngine
from indexer.engines import Cluster, default_address, open_engine
from kb_service.config import Settings
from kb_service.documents import SCHEMA
from kb_service.services import clock
from kb_service.services.articles import Articles
from kb_service.services.attachments import Attachments
from kb_service.services.backups import Backups
from kb_service.services.candidates import Candidates
from kb_service.services.evaluation import Evaluation
from kb_service.services.feedback import Feedback
from kb_service.services.health import Health
from kb_service.services.imports import Imports
from kb_service.services.in_force import InForce
from kb_service.services.index import Index
from kb_service.services.labelled import Labelled
from kb_service.services.learning import Learning
from kb_service.services.lexicon import LexiconDesk
from kb_service.services.people import People
from kb_service.services.related import Related
from kb_service.services.reports import Reports
from kb_service.services.reviews import Reviews
from kb_service.services.scales import Scales
from kb_service.services.search import Search
from kb_service.services.suggest import Suggest
from kb_service.services.why import Why
from kb_service.store import schema
from kb_service.store.attachments import Files
from kb_service.store.unit_of_work import Database


class KnowledgeBase:
    """All use cases of one base. Close it when done."""

    def __init__(self, settings: Settings, database: Database, engine: SearchEngine, analyzer: Analyzer) -> None:
        files = Files(settings.home / "attachments")
        self.settings = settings
        self.database = database
        """For those who keep tables of their own in it, as accounts do; all else goes through the use cases."""
        self._engine = engine
        in_force = InForce(database, analyzer)
        self.index = Index(database, engine, in_force)
        self.health = Health(database, engine, files)
        self.people = People(database)
        self.suggest = Suggest(database, analyzer, settings.cache_folder() / "suggest")
        self.search = Search(database, engine, analyzer, self.index.progress, in_force.keep_up, self.suggest.vocabulary)
        self.why = Why(database, engine, analyzer, in_force, self.index.progress)
        self.articles = Articles(database)
        self.related = Related(database, self.search)
        self.reports = Reports(database, self.search, files)
        self.imports = Imports(database, files)
        self.candidates = Candidates(database, files)
        self.reviews = Reviews(database)
        self.learning = Learning(database, analyzer)
        self.labelled = Labelled(database, analyzer)
        self.evaluation = Evaluation(database, engine, analyzer, in_force, self.index.progress)
        self.lexicon = LexiconDesk(database, in_force, Scales(database, analyzer, self.evaluation))
        self.feedback = Feedback(database, self.learning, self.search.flush)
        self.attachments = Attachments(database, files)
        self.backups = Backups(database, files, settings)

    def now(self) -> datetime:
        """The time it is for this base."""
        return self.database.now()

    def close(self) -> None:
        self.suggest.close()
        self.search.flush()
        self._engine.close()
        self.database.close()


def open_base(settings: Settings, *, create: bool = False, now: Callable[[], datetime] = clock.now) -> KnowledgeBase:
    """The base the settings name. Raises NoBase where there is none (unless ``create``), OldSchema, IndexerError."""
    schema.demand(settings.database_url(), create=create)
    analyzer = Analyzer()
    home = Path(settings.home).absolute()
    engine = open_engine(settings.index or default_address(), SCHEMA, analyzer, home, _cluster(settings))
    return KnowledgeBase(settings, Database(settings.database_url(), now), engine, analyzer)


def _cluster(settings: Settings) -> Cluster:
    return Cluster(
        user=settings.index_user,
        password=settings.index_password,
        api_key=settings.index_api_key,
        ca=settings.index_ca,
        shards=settings.index_shards,
        replicas=settings.index_replicas,
        seconds=settings.index_seconds,
    )
