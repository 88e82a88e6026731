"""Transactions: one writes, one only reads; each ends whole or not at all."""

import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from kb_service.domain.events import Event
from kb_service.errors import DatabaseBusy
from kb_service.store import audit, outbox
from kb_service.store.connections import is_postgresql, open_engine, seeing_one_state
from kb_service.store.faults import committing, translated

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds a writer waits for the others of its process."""
WRITERS = 15
"""Writers of a process at once, on a database that lets several write: as many as its pool has connections."""
LOCKS = 0x4B42
"""Keeps our advisory locks apart from those of other programs."""


class Tx:
    """An open writing transaction."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session = session
        self.now = now

    def add(self, entity: T) -> T:
        self.session.add(entity)
        return entity

    def alone(self, what: str) -> None:
        """From here to the end nobody else does ``what``, and all who did it before are seen. Raises DatabaseBusy.

        Writers of SQLite are alone anyway; those of PostgreSQL are not, and what they read may be outdated when they
        write. Take it before the first look at what is to be changed, and one only, lest two wait for each other.
        """
        if is_postgresql(self.session.get_bind()):
            self.session.execute(select(func.pg_advisory_xact_lock(LOCKS, zlib.crc32(what.encode()) - 2**31)))

    def record(self, happened: Event) -> None:
        """Keep what happened: one audit line, and one outbox row where it concerns the index."""
        self.session.flush()
        audit.write(self.session, happened, at=self.now)
        if happened.concerns_index:
            outbox.put(self.session, happened.subject.__tablename__, (happened.subject.id,), at=self.now)


class Database:
    """One database and its two kinds of transaction."""

    def __init__(self, url: str, now: Callable[[], datetime]) -> None:
        self.url = url
        self.engine = open_engine(url)
        self.now = now
        several = is_postgresql(self.engine)
        self._writers = threading.Semaphore(WRITERS if several else 1)
        self._writing = sessionmaker(self.engine.execution_options(kb_writing=True), expire_on_commit=False)
        self._reading = sessionmaker(seeing_one_state(self.engine), expire_on_commit=False)

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """A writing transaction: commits on normal exit, else rolls back. Raises StaleEdit, Duplicate, Unavailable."""
        with translated(), self._turn(), self._writing() as session:
            yield Tx(session, self.now())
            session.flush()
            with committing():
                session.commit()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A reading transaction: one state of the database, nothing kept. Raises Unavailable."""
        with translated(), self._reading() as session:
            yield session

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """The writers of a process queue for SQLite: left to poll for its lock, some of many starve."""
        if not self._writers.acquire(timeout=PATIENCE):
            raise DatabaseBusy
        try:
            yield
        finally:
            self._writers.release()
