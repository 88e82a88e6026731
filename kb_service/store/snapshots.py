"""Snapshots: the whole database as it is at one moment, as a SQLite file of its own; and what such a file holds."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData

from kb_service.errors import BadArchive
from kb_service.store import copying, schema, versions
from kb_service.store.connections import file_of
from kb_service.store.tables import Base


@dataclass(frozen=True, slots=True)
class Beside:
    """What lies in the database of the base without being part of it: its tables, the revisions the program needs by
    version table, what makes or upgrades the tables at an address, and what ends there what must not outlast a restore.
    """

    metadata: MetaData
    needed: Mapping[str, str]
    upgrade: Callable[[str], None]
    renew: Callable[[str], None]


ACTIVE = "SELECT 1 FROM sqlite_master WHERE type NOT IN ('table', 'index') OR sql LIKE 'CREATE VIRTUAL%' LIMIT 1"
"""What would act by itself when the database is used; ours has nothing of the kind."""

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
VERSIONED = "SELECT t.name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE c.name = 'version_num'"
"""Version tables have this column."""
FILES = "SELECT count(*), coalesce(sum(size), 0) FROM (SELECT max(size) AS size FROM attachment GROUP BY sha256)"


@dataclass(frozen=True, slots=True)
class Held:
    """What a snapshot holds: the revision by version table, rows by table, attachments named and their bytes."""

    versions: dict[str, str]
    rows: dict[str, int]
    attachments: int
    attachment_bytes: int


def take(url: str, into: Path, beside: Beside, go_on: Callable[[], None]) -> None:
    """Write the database at ``url`` to the new file ``into``. Writers go on. Raises sqlite3.Error, KBError."""
    path = file_of(url)
    if path is None:
        transfer(url, f"sqlite:///{into.absolute()}", beside, go_on)
        with closing(sqlite3.connect(into)) as target:
            settle(target)
        return
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(into)) as target:
        source.backup(target)  # in one step: what is written meanwhile would make it begin again
        settle(target)


def transfer(source: str, target: str, beside: Beside, go_on: Callable[[], None] = lambda: None) -> None:
    """Copy a database into an empty one of another kind. Raises KBError."""

    def make(url: str) -> None:
        schema.upgrade(url)
        beside.upgrade(url)

    with schema.connected(source) as connection:
        has_both = all(versions.found(connection, table) for table in beside.needed)
    metadatas = (Base.metadata, beside.metadata) if has_both else (Base.metadata,)
    copying.copy(source, target, metadatas=metadatas, make=make, progress=lambda *_: go_on())


def settle(connection: sqlite3.Connection) -> None:
    """Leave nothing beside the file itself."""
    connection.execute("PRAGMA journal_mode=DELETE").fetchall()


def examine(path: Path) -> Held:
    """What the snapshot holds. Raises BadArchive where the file is not in order, to the last page."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            if connection.execute("PRAGMA integrity_check(1)").fetchall() != [("ok",)]:
                raise BadArchive("数据库文件已损坏，没有通过完整性检查。")
            if connection.execute(ACTIVE).fetchone():
                raise BadArchive("数据库里有不属于知识库的触发器或视图，没有采用。")
            return _held(connection)
    except sqlite3.DatabaseError as error:
        raise BadArchive("数据库文件已损坏，无法读取。") from error


def attachments(path: Path) -> Iterator[str]:
    """The SHA-256 of every attachment the snapshot names, in order."""
    with closing(sqlite3.connect(path)) as connection:
        for (sha256,) in connection.execute("SELECT DISTINCT sha256 FROM attachment ORDER BY sha256"):
            yield sha256


def _held(connection: sqlite3.Connection) -> Held:
    found, size = connection.execute(FILES).fetchone()
    return Held(
        versions={table: str(_one(connection, "version_num", table)) for table in _tables(connection, VERSIONED)},
        rows={table: int(_one(connection, "count(*)", table)) for table in _tables(connection, TABLES)},
        attachments=found,
        attachment_bytes=size,
    )


def _tables(connection: sqlite3.Connection, query: str) -> list[str]:
    return [name for (name,) in connection.execute(query)]


def _one(connection: sqlite3.Connection, what: str, table: str) -> Any:
    quoted = '"' + table.replace('"', '""') + '"'
    return next(connection.execute(f"SELECT {what} FROM {quoted}"), ("",))[0]  # noqa: S608 - quoted as SQLite does
