"""Databases of a PostgreSQL server for tests, made and dropped as they come and go; those of SQLite are just files."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from kb_service.store.connections import address

POSTGRESQL = os.environ.get("KB_TEST_POSTGRESQL", "")
"""Address of a database on a server where more of them may be made and dropped."""
EVERYWHERE = os.environ.get("KB_TEST_DATABASE") == "postgresql"
"""Whether every base of a test lies there instead of in a SQLite file."""

_run = secrets.token_hex(3)
_made: dict[Path, str] = {}


@contextmanager
def fresh(url: str, template: str = "template0") -> Iterator[str]:
    """The address of a new database on the server of ``url``, a copy of ``template``; it is dropped afterwards."""
    name = f"kb_test_{_run}_{secrets.token_hex(4)}"
    _create(url, name, template)
    try:
        yield _at(url, name)
    finally:
        _drop(url, name)


def of(home: Path) -> str:
    """The address of the base of a home folder: "", which is a file in it, or a database of its own on the server."""
    if not EVERYWHERE:
        return ""
    if home not in _made:
        _make(home, "template0")
    return _at(POSTGRESQL, _made[home])


def copy(source: Path, target: Path) -> None:
    """The base of one home folder as that of another too; nobody may be connected to the first."""
    if EVERYWHERE:
        _make(target, _made[source])


def forget(home: Path) -> None:
    """Drop the database of a home folder, if it has one."""
    if home in _made:
        _drop(POSTGRESQL, _made.pop(home))


def forget_all() -> None:
    """Drop what is still there of all that this run made."""
    for home in list(_made):
        forget(home)


def _make(home: Path, template: str) -> None:
    _made[home] = f"kb_test_{_run}_{hashlib.sha256(str(home).encode()).hexdigest()[:12]}"
    _create(POSTGRESQL, _made[home], template)


def _create(url: str, name: str, template: str) -> None:
    _tell(url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def _drop(url: str, name: str) -> None:
    """Whoever is still connected."""
    _tell(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _at(url: str, name: str) -> str:
    return address(url).set(database=name).render_as_string(hide_password=False)


def _tell(url: str, statement: str) -> None:
    engine = create_engine(_at(url, "postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
