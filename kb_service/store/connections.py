"""Opens databases: SQLite or PostgreSQL, each connection set up as the program needs it; it runs no transaction."""

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.pool import StaticPool

SQLITE, POSTGRESQL = "sqlite", "postgresql"
DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
"""What people write in an address, and the driver it means."""

PAUSES = (*(0.05,) * 100, 0.0)
"""Seconds between attempts to set what is set without waiting; none after the last."""
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "secure_delete=ON")
STRICT = ("foreign_keys=ON",)

POOL, OVERFLOW = 5, 10
"""Connections a process keeps, and how many more it may open: 15 in all, so that six processes fit into the hundred a
server has unless told otherwise.
"""
QUEUE = 5.0
"""Seconds to wait for a connection of the pool."""
CONNECTING = 3
"""Seconds to wait for the server to take a connection."""
ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}
"""A server that went without a word is noticed after half a minute."""
PATIENCE = {"statement_timeout": "30s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "5min"}
"""How long the server lets a statement run, wait for a lock, and a transaction stand idle."""
ENDLESS = {"statement_timeout": "0", "lock_timeout": "60s", "idle_in_transaction_session_timeout": "0"}
"""The same for what changes or copies whole tables, which nobody waits for at a page."""


def address(url: str) -> URL:
    """The address with the driver it means."""
    told = make_url(url)
    return told.set(drivername=DRIVERS.get(told.drivername, told.drivername))


def shown(url: str) -> str:
    """The address as people may read it, without the password."""
    return make_url(url).render_as_string(hide_password=True)


def file_of(url: str) -> Path | None:
    """The file of a SQLite database that has one."""
    told = make_url(url)
    is_file = told.get_backend_name() == SQLITE and told.database not in (None, "", ":memory:")
    return Path(str(told.database)) if is_file else None


def open_engine(url: str, *, unhurried: bool = False) -> Engine:
    """The engine of a database; ``unhurried`` is for upgrades and copies, which may take their time, and on SQLite
    replace tables that others refer to.

    Nothing is connected yet. On SQLite, a connection with the option ``kb_writing`` begins as a writer.
    """
    told = address(url)
    make = {SQLITE: _sqlite, POSTGRESQL: _postgresql}.get(told.get_backend_name())
    return make(told, unhurried) if make else create_engine(told, **COMMON)


def seeing_one_state(engine: Engine) -> Engine:
    """The same engine for transactions that only read, and see the database as it was when they began; those of SQLite
    do by themselves.
    """
    if not is_postgresql(engine):
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def is_postgresql(engine: Any) -> bool:
    """Whether an engine, connection or bind talks to PostgreSQL."""
    return bool(engine.dialect.name == POSTGRESQL)


def _postgresql(told: URL, unhurried: bool) -> Engine:
    limits = ENDLESS if unhurried else PATIENCE
    options = " ".join(f"-c {name}={value}" for name, value in limits.items())
    arguments = {"connect_timeout": CONNECTING, "application_name": "kb", "options": options, **ALIVE}
    engine = create_engine(
        told,
        **COMMON,
        pool_pre_ping=True,
        pool_size=POOL,
        max_overflow=OVERFLOW,
        pool_timeout=QUEUE,
        connect_args={name: value for name, value in arguments.items() if name not in told.query},
    )
    if not unhurried and "options" not in told.query:  # which may let statements run longer than we would wait
        event.listen(engine, "do_connect", _connect_patiently)
    return engine


def _connect_patiently(dialect: Any, record: Any, told: Sequence[Any], named: Mapping[str, Any]) -> Any:
    from kb_service.store.patience import Patient

    return Patient.connect(*told, **named)


def _sqlite(told: URL, unhurried: bool) -> Engine:
    options = dict(COMMON)
    path = file_of(told.render_as_string(hide_password=False))
    if path is None:
        options |= {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    else:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(told, **options)
    event.listen(engine, "connect", _prepare_loose if unhurried else _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # searchable by eye, and a third of the size


COMMON: Mapping[str, Any] = {"json_serializer": _json, "hide_parameters": True}
"""The same for every database; errors tell the statement, never the values, which would end in logs."""


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    _set(connection, (*PRAGMAS, *STRICT))


def _prepare_loose(connection: sqlite3.Connection, _: object) -> None:
    _set(connection, PRAGMAS)


def _set(connection: sqlite3.Connection, pragmas: Sequence[str]) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in pragmas:
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
