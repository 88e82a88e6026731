"""Which changes of a batch count: the one place of the version rule, for every engine.

A change counts when its rank, (version, is a deletion), is above the rank known for its id. So the outcome does not
depend on the order of arrival, applying twice changes nothing, and at equal versions a deletion wins.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from sqlite3 import Connection
from typing import Generic, TypeVar

from indexer.engine import Broken, Change, Document, Upsert
from indexer.results import Applied
from indexer.spill import spilled

Rank = tuple[int, bool]
Prepared = TypeVar("Prepared")


@dataclass(slots=True)
class Settled(Generic[Prepared]):
    """What is left to write: the new rank of every id concerned and, unless it is a deletion, what was prepared."""

    ranks: dict[str, Rank] = field(default_factory=dict)
    upserts: dict[str, Prepared] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    ignored: int = 0

    @property
    def applied(self) -> Applied:
        return Applied(len(self.ranks), self.ignored, self.failed)


def ident(change: Change) -> str:
    return change.document.id if isinstance(change, Upsert) else change.id


def rank(change: Change) -> Rank:
    return (change.document.version, False) if isinstance(change, Upsert) else (change.version, True)


def settle(
    changes: Sequence[Change], known: Mapping[str, Rank], prepare: Callable[[Document], Prepared]
) -> Settled[Prepared]:
    """The newest change of each id where it is above what is ``known``. A document that ``prepare`` cannot take is
    set aside with its reason, and the others flow on.
    """
    latest = newest(changes, known)
    settled: Settled[Prepared] = Settled(ignored=len(changes) - len(latest))
    for key, change in latest.items():
        if isinstance(change, Broken):
            settled.failed[key] = change.reason
            continue
        try:
            if isinstance(change, Upsert):
                settled.upserts[key] = prepare(change.document)
            settled.ranks[key] = rank(change)
        except Exception as error:  # whatever is wrong with one document must not hold up the others
            settled.failed[key] = f"文档无法分析（{type(error).__name__}：{error}），索引保留旧版本。请修改后再保存。"
    return settled


def newest(changes: Sequence[Change], known: Mapping[str, Rank]) -> dict[str, Change]:
    """The change of each id that counts; an id is left out where what is ``known`` is above all of its changes."""
    latest: dict[str, Change] = {}
    for change in changes:
        key = ident(change)
        above = rank(latest[key]) if key in latest else known.get(key)
        if above is None or rank(change) > above:
            latest[key] = change
    return latest


class Ranks:
    """The ranks of all that a growing generation holds, outside of memory. Ids are bytes there: any text can be one."""

    def __init__(self, table: Connection) -> None:
        self._table = table

    def of(self, keys: Iterable[str]) -> dict[str, Rank]:
        """Those that are known."""
        found = {key: self._table.execute(_KNOWN, (_bytes(key),)).fetchone() for key in keys}
        return {key: (row[0], bool(row[1])) for key, row in found.items() if row}

    def note(self, ranks: Mapping[str, Rank]) -> None:
        self._table.execute("BEGIN")
        self._table.executemany(_NOTE, ((_bytes(key), *rank) for key, rank in ranks.items()))
        self._table.execute("COMMIT")

    def ids(self) -> Iterator[tuple[str, int]]:
        """Id and version of what is not deleted."""
        for key, version in self._table.execute("SELECT id, version FROM document WHERE NOT deleted"):
            yield key.decode("utf-8", "surrogatepass"), version


@contextmanager
def ranks_kept() -> Iterator[Ranks]:
    """No ranks yet. Raises IndexerError where they cannot be kept."""
    with spilled("id BLOB PRIMARY KEY, version INTEGER, deleted INTEGER") as table:
        yield Ranks(table)


_KNOWN = "SELECT version, deleted FROM document WHERE id = ?"
_NOTE = "INSERT OR REPLACE INTO document VALUES (?, ?, ?)"


def _bytes(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")
