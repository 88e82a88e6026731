"""Copies a whole base from one database into an empty one, of the same kind or not, and proves that both are the same.

While a copy is under way, or after it broke off, its version says so, and no program opens it for a base.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, MetaData, Row, Table, delete, func, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from kb_service.errors import Conflict, DatabaseFailed, Invalid
from kb_service.store import outbox, schema, versions
from kb_service.store.connections import is_postgresql, open_engine, seeing_one_state, shown
from kb_service.store.faults import translated
from kb_service.store.tables import Base

BATCH = 500
"""Rows on their way at a time."""
OF_PROCESSES = frozenset({"lease", "rebuild_change"})
"""Tables about running processes: they have no part in the copy."""
OF_THE_INDEX = frozenset({"index_state"})
"""Tables about an index, which the copy has to have built anew."""
WHOLE = 2**128

Progress = Callable[[int], object]
"""Told the rows copied so far."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied, and found to be the same on both sides: rows by table."""

    rows: Mapping[str, int]


@dataclass(slots=True)
class Tally:
    """How many rows, and a digest of them that does not depend on their order: the sum of their SHA-256, cut to 128
    bits. It is there to find accidents, not forgeries.
    """

    rows: int = 0
    digest: int = 0

    def add(self, rows: Iterable[Iterable[Any]]) -> None:
        for row in rows:
            told = json.dumps(list(row), ensure_ascii=False, sort_keys=True, default=_plain)
            found = hashlib.sha256(told.encode(errors="surrogatepass")).digest()
            self.rows += 1
            self.digest = (self.digest + int.from_bytes(found[:16])) % WHOLE


def copy(
    source_url: str,
    target_url: str,
    *,
    metadatas: Sequence[MetaData] = (Base.metadata,),
    make: Callable[[str], None] = schema.upgrade,
    progress: Progress | None = None,
) -> Copied:
    """Copy the tables of ``metadatas`` that there are, as they are at one moment. ``make`` makes them at an address.

    The copy has no index yet. Raises OldSchema where the source is not of this version, Conflict where the target is
    not empty, Invalid for a row the target cannot hold, Unavailable.
    """
    schema.demand_own(source_url)
    demand_empty(target_url)
    make(target_url)
    source = seeing_one_state(open_engine(source_url, unhurried=True))
    target = open_engine(target_url, unhurried=True).execution_options(kb_writing=True)
    try:
        with translated(), source.connect() as reading, target.connect() as filling:
            _mark(filling, versions.INCOMPLETE)
            tables = _tables(reading, metadatas)
            kept = [table for table in tables if table.name not in OF_THE_INDEX]
            tallies = dict(_all_copied(reading, filling, kept, progress))
            for table in kept:
                _prove(filling, table, tallies[table.name])
            _settle(filling, tables)
            _mark(filling, schema.head())
    finally:
        source.dispose()
        target.dispose()
    return Copied({name: tally.rows for name, tally in tallies.items()})


def demand_empty(url: str) -> None:
    """Raises Conflict where there is anything."""
    found = schema.version(url)
    if found == versions.INCOMPLETE:
        raise Conflict(f"{shown(url)} 里有一次没有完成的复制，没有动它。请删除这个数据库，重新建一个空的，再复制一次。")
    if found is not None or schema.has_tables(url):
        raise Conflict(f"{shown(url)} 不是空的数据库，没有动它。请换一个空的。")


def _tables(source: Connection, metadatas: Iterable[MetaData]) -> list[Table]:
    """What is to be copied, each table after those it refers to; a base may be without the tables of accounts."""
    there = set(inspect(source).get_table_names()) - OF_PROCESSES
    return [table for metadata in metadatas for table in metadata.sorted_tables if table.name in there]


def _mark(connection: Connection, revision: str) -> None:
    connection.execute(text(f"UPDATE {versions.BASE} SET version_num = :revision"), {"revision": revision})  # noqa: S608
    connection.commit()


def _all_copied(
    source: Connection, target: Connection, tables: Iterable[Table], progress: Progress | None
) -> Iterator[tuple[str, Tally]]:
    """Copy the tables; what each held."""
    done = 0
    for table in tables:
        tally = Tally()
        target.execute(delete(table))  # what migrations put there
        for rows in _streamed(source, table):
            _put(target, table, rows)
            tally.add(rows)
            if progress:
                progress(done + tally.rows)
        target.commit()
        done += tally.rows
        yield table.name, tally


def _streamed(connection: Connection, table: Table) -> Iterator[Sequence[Row[*tuple[Any, ...]]]]:
    """All rows, by primary key: what refers to a row of its own table stands after it."""
    wanted = select(table).order_by(*table.primary_key.columns)
    with connection.execute(wanted.execution_options(yield_per=BATCH)) as found:
        yield from found.partitions()


def _put(target: Connection, table: Table, rows: Sequence[Row[*tuple[Any, ...]]]) -> None:
    """Raises Invalid naming the row that cannot be held."""
    values = [dict(row._mapping) for row in rows]
    try:
        with target.begin_nested():
            target.execute(insert(table), values)
    except (DBAPIError, UnicodeEncodeError):
        for value in values if len(values) > 1 else ():
            _put_one(target, table, value)
        raise


def _put_one(target: Connection, table: Table, value: dict[str, Any]) -> None:
    try:
        with target.begin_nested(), translated():
            target.execute(insert(table), value)
    except Invalid as error:
        key = ", ".join(str(value[column.name]) for column in table.primary_key.columns)
        raise Invalid(f"表 {table.name} 中主键为 {key} 的一行无法存入目标数据库：{error.message}") from error


def _prove(target: Connection, table: Table, tally: Tally) -> None:
    """Raises DatabaseFailed where the target does not hold what the source does."""
    found = Tally()
    for rows in _streamed(target, table):
        found.add(rows)
    target.rollback()
    if found != tally:
        raise DatabaseFailed(
            f"复制后核对不符：表 {table.name} 应有 {tally.rows} 行，目标 {found.rows} 行，或内容不同。"
        )


def _settle(target: Connection, tables: Iterable[Table]) -> None:
    """Ids go on after those that came along, and an index is asked for."""
    if is_postgresql(target):
        for table in tables:
            _go_on_counting(target, table)
    target.execute(update(outbox.IndexState).values(words_revision=outbox.NO_INDEX))


def _go_on_counting(target: Connection, table: Table) -> None:
    key = table.autoincrement_column
    if key is not None and isinstance(key.type, Integer):
        sequence = func.pg_get_serial_sequence(f'"{table.name}"', key.name)
        target.execute(select(func.setval(sequence, func.max(key))).having(func.max(key).is_not(None)))


def _plain(value: datetime) -> str:
    """A point in time, the only thing in our tables that JSON does not know."""
    return value.isoformat()
