"""Which version tables are of and which programs work with them, told without Alembic: importing it delays every start.

A migration that only adds says so by ``oldest``: the revision whose program goes on working with the tables as they are
after it. One that says nothing ends all programs before it.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, MetaData, String, Table, delete, insert, inspect, select, text

from kb_service.store.connections import is_postgresql

BASE = "alembic_version"
"""The version table of the base; accounts have one of their own."""
INCOMPLETE = "incomplete"
"""Stands for the revision while a copy of another database is not whole."""
DIGITS = 4
"""A migration file begins with the number of its revision; each follows the one before."""
UPGRADING = 0x4B42_0001
"""The advisory lock of upgrades."""
QUEUE, PATIENCE = "10min", "5s"
"""How long an upgrade waits for another one, and for a table in use: whoever needs that table then waits behind it."""

SUPPORT = Table(
    "schema_support",
    MetaData(),
    Column("version_table", String(40), primary_key=True),
    Column("oldest", String(32), nullable=False),
)
"""Which programs work with the tables of each version table: like those, no part of the base but about it."""


def found(connection: Connection, table: str = BASE) -> str | None:
    """The revision the tables are of, None where there are none."""
    if not inspect(connection).has_table(table):
        return None
    revision: str | None = connection.scalar(text(f"SELECT version_num FROM {table}"))  # noqa: S608 - a name of our own
    return revision


def oldest(connection: Connection, table: str = BASE) -> str | None:
    """The oldest revision whose program works with the tables, None where nothing is told."""
    if not inspect(connection).has_table(SUPPORT.name):
        return None
    told: str | None = connection.scalar(select(SUPPORT.c.oldest).where(SUPPORT.c.version_table == table))
    return told


def needed(migrations: Path) -> str:
    """The revision the program needs: that of the last migration."""
    return max(path.name for path in (migrations / "versions").glob("[0-9]*.py"))[:DIGITS]


def works(connection: Connection, migrations: Path, table: str = BASE) -> bool:
    """Whether the program works with the tables: they are its own, or later ones that say so."""
    revision, own = found(connection, table), needed(migrations)
    if revision in (None, INCOMPLETE) or revision <= own:
        return revision == own
    told = oldest(connection, table)
    return told is not None and told <= own


def alone(connection: Connection) -> None:
    """Nobody else upgrades until this transaction ends; on SQLite whoever writes is alone."""
    if is_postgresql(connection):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{QUEUE}'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADING})")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}'")


def noted(ctx: Any, step: Any, heads: Collection[str], run_args: Any) -> None:
    """Keep which programs work with the tables after a step; Alembic calls it, in the transaction of the step."""
    connection, table = ctx.connection, ctx.version_table
    SUPPORT.create(connection, checkfirst=True)
    connection.execute(delete(SUPPORT).where(SUPPORT.c.version_table == table))
    revision = max(heads, default=None)
    if revision:
        module = ctx.script.get_revision(revision).module
        told = {"version_table": table, "oldest": getattr(module, "oldest", revision)}
        connection.execute(insert(SUPPORT).values(told))
