"""What the errors of either database mean for whoever asked: one table; what it does not know is our own fault."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from kb_service.errors import (
    DatabaseAway,
    DatabaseBusy,
    DatabaseFailed,
    Duplicate,
    Invalid,
    KBError,
    NotFound,
    StaleEdit,
)

UNSTORABLE = "文字里有无法保存的字符，没有保存。请删去后再试。"
TOO_LONG = "有内容太长，没有保存。请缩短后再试。"
UNSURE = "数据库在保存的那一刻断开，无法确定是否已保存。请稍后打开看一看，没有保存再做一次；之前保存的都在。"

SQLITE: Mapping[int, type[KBError]] = {
    sqlite3.SQLITE_BUSY: DatabaseBusy,
    sqlite3.SQLITE_LOCKED: DatabaseBusy,
    sqlite3.SQLITE_FULL: DatabaseFailed,
    sqlite3.SQLITE_IOERR: DatabaseFailed,
    sqlite3.SQLITE_CANTOPEN: DatabaseFailed,
    sqlite3.SQLITE_READONLY: DatabaseFailed,
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: Duplicate,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: Duplicate,
}
"""By the whole result code, else by its lowest byte: the others say more of it. https://sqlite.org/rescode.html"""

POSTGRESQL: Mapping[str, type[KBError] | str] = {
    "08": DatabaseAway,
    "57P": DatabaseAway,
    "25P03": DatabaseAway,
    "57014": DatabaseBusy,
    "55P03": DatabaseBusy,
    "40001": DatabaseBusy,
    "40P01": DatabaseBusy,
    "53": DatabaseBusy,
    "53100": DatabaseFailed,
    "25006": DatabaseFailed,
    "58": DatabaseFailed,
    "XX001": DatabaseFailed,
    "XX002": DatabaseFailed,
    "23505": Duplicate,
    "22003": NotFound,
    "22001": TOO_LONG,
    "54": TOO_LONG,
    "22021": UNSTORABLE,
    "22P05": UNSTORABLE,
}
"""By SQLSTATE, the longest beginning that is here; a sentence is what an Invalid says.
https://www.postgresql.org/docs/current/errcodes-appendix.html
"""


@contextmanager
def translated() -> Iterator[None]:
    """Errors of the database leave as errors of the base. Raises StaleEdit, Duplicate, Invalid, NotFound, Unavailable.

    A number no column can hold leads to NotFound: nothing has such an id.
    """
    try:
        yield
    except StaleDataError as error:
        raise StaleEdit from error
    except PoolTimeout as error:
        raise DatabaseBusy from error
    except OverflowError as error:  # sqlite3 raises it for a number no column can hold
        raise NotFound from error
    except UnicodeEncodeError as error:
        raise Invalid(UNSTORABLE) from error
    except DBAPIError as error:
        if refusal := refusal_of(error):
            raise refusal from error
        raise


@contextmanager
def committing() -> Iterator[None]:
    """Whether what was committed is kept cannot be known once the connection is lost meanwhile."""
    try:
        yield
    except DBAPIError as error:
        if isinstance(refusal_of(error), DatabaseAway):
            raise DatabaseAway(UNSURE) from error
        raise


def refusal_of(error: DBAPIError) -> KBError | None:
    """What an error of a driver means, None where the table does not know."""
    is_postgresql = type(error.orig).__module__.startswith("psycopg")
    found = _of_postgresql(error) if is_postgresql else _of_sqlite(error)
    if isinstance(found, str):
        return Invalid(found)
    return found() if found else None


def _of_sqlite(error: DBAPIError) -> type[KBError] | None:
    told = getattr(error.orig, "sqlite_errorcode", 0)
    return SQLITE.get(told) or SQLITE.get(told & 0xFF)


def _of_postgresql(error: DBAPIError) -> type[KBError] | str | None:
    """The server sends a state; without one the driver speaks: it has no connection, or refuses a value."""
    state = getattr(error.orig, "sqlstate", None)
    if state:
        return next((POSTGRESQL[state[:size]] for size in (5, 3, 2) if state[:size] in POSTGRESQL), None)
    if error.connection_invalidated or isinstance(error, OperationalError | InterfaceError):
        return DatabaseAway
    return UNSTORABLE if isinstance(error, DataError) else None
