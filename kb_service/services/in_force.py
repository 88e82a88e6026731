"""Keeps the analyzer of this process at the lexicon of the base, whichever process changed that; it changes nothing."""

import threading
from contextlib import suppress
from datetime import datetime, timedelta

from indexer import lexicon_formats as formats
from indexer.analysis.analyzer import Analyzer
from kb_service.errors import Unavailable
from kb_service.store import lexicon
from kb_service.store.unit_of_work import Database

PATIENCE = timedelta(seconds=1)
"""How old the last look may be when a search begins."""


class InForce:
    """The lexicon in force in this process. Safe to share between threads."""

    def __init__(self, database: Database, analyzer: Analyzer) -> None:
        self._database = database
        self._analyzer = analyzer
        self._looking = threading.Lock()
        self._looked: datetime | None = None
        self._revision = self._words_revision = 0

    def keep_up(self) -> None:
        """Look whether the lexicon changed, if nobody did within PATIENCE; by one row in the database.

        A search goes on with what is in force while another one looks, and where the database does not answer.
        """
        if self._is_fresh() or not self._looking.acquire(blocking=False):
            return
        try:
            with suppress(Unavailable):
                self._look()
        finally:
            self._looking.release()

    def demand(self) -> int:
        """Have the very latest lexicon in force; the revision of its words. Raises Unavailable."""
        with self._looking:
            self._look()
            return self._words_revision

    def _is_fresh(self) -> bool:
        # a clock that was put back must not make the last look last
        return self._looked is not None and abs(self._database.now() - self._looked) < PATIENCE

    def _look(self) -> None:
        self._looked = self._database.now()
        with self._database.read() as session:
            now = lexicon.state(session)
            if now.revision == self._revision:
                return
            found = formats.lexicon(lexicon.live(session))
        self._analyzer.adopt(found)
        self._revision, self._words_revision = now.revision, now.words_revision
