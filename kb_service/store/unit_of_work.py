"""Transactions: one writes, one only reads; each ends whole or not at all."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import StaticPool

from kb_service.domain.events import Event
from kb_service.errors import DatabaseBusy, DatabaseFailed, Invalid, NotFound, StaleEdit
from kb_service.store import audit, outbox

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds a writer waits for the others of its process."""
WRITERS = 15
"""Writers of a process at once, on a database that lets several write: as many as its pool has connections."""
PAUSES = (*(0.05,) * 100, 0.0)
"""Seconds between attempts to set what is set without waiting; none after the last."""
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000", "secure_delete=ON")
REFUSALS = {
    sqlite3.SQLITE_BUSY: DatabaseBusy,
    sqlite3.SQLITE_LOCKED: DatabaseBusy,
    sqlite3.SQLITE_FULL: DatabaseFailed,
    sqlite3.SQLITE_IOERR: DatabaseFailed,
    sqlite3.SQLITE_CANTOPEN: DatabaseFailed,
    sqlite3.SQLITE_READONLY: DatabaseFailed,
}
"""What the result codes of SQLite mean for whoever asked."""


class Tx:
    """An open writing transaction."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session = session
        self.now = now

    def add(self, entity: T) -> T:
        self.session.add(entity)
        return entity

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
        self.engine = _engine(url)
        self.now = now
        self._writers = threading.Semaphore(1 if self.engine.dialect.name == "sqlite" else WRITERS)
        self._writing = sessionmaker(self.engine.execution_options(kb_writing=True), expire_on_commit=False)
        self._reading = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """A writing transaction: commits on normal exit, else rolls back. Raises DatabaseBusy, StaleEdit."""
        with _translated(), self._turn(), self._writing.begin() as session:
            yield Tx(session, self.now())

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A reading transaction: one state of the database, nothing kept. Raises DatabaseBusy."""
        with _translated(), self._reading() as session:
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


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except StaleDataError as error:
        raise StaleEdit from error
    except OperationalError as error:
        # the lowest byte is the result code, the others say more of it
        if refusal := REFUSALS.get(getattr(error.orig, "sqlite_errorcode", 0) & 0xFF):
            raise refusal from error
        raise
    except PoolTimeout as error:
        raise DatabaseBusy from error
    except OverflowError as error:  # sqlite3 raises it for a number no column can hold: nothing has such an id
        raise NotFound from error
    except UnicodeEncodeError as error:
        raise Invalid("文字里有无法保存的字符，没有保存。请删去后再试。") from error


def _engine(url: str) -> Engine:
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        return create_engine(address, pool_pre_ping=True, json_serializer=_json)
    options: dict[str, Any] = {"json_serializer": _json}
    if address.database in (None, "", ":memory:"):
        options |= {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    else:
        Path(str(address.database)).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(address, **options)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # searchable by eye, and a third of the size


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in PRAGMAS:
        _insist(connection, f"PRAGMA {pragma}")


def _insist(connection: sqlite3.Connection, statement: str) -> None:
    """Another program may hold the base for a moment, and the journal mode is set without waiting for it."""
    for pause in PAUSES:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or not pause:
                raise
            time.sleep(pause)
        else:
            return


def _begin(connection: Any) -> None:
    # A reading transaction that turns into a writing one fails at once, whatever the timeout.
    writing = connection.get_execution_options().get("kb_writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
