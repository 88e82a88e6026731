"""Which version tables are of and which the program needs, told without Alembic: importing it delays every start."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

DIGITS = 4
"""A migration file begins with the number of its revision; each follows the one before."""


def found(connection: Connection, table: str = "alembic_version") -> str | None:
    """The revision the tables are of, None where there are none."""
    if not inspect(connection).has_table(table):
        return None
    revision: str | None = connection.scalar(text(f"SELECT version_num FROM {table}"))  # noqa: S608 - a name of our own
    return revision


def needed(migrations: Path) -> str:
    """The revision the program needs: that of the last migration."""
    return max(path.name for path in (migrations / "versions").glob("[0-9]*.py"))[:DIGITS]
