"""Which changes of a batch count: the one place of the version rule, for every engine.

A change counts when its rank, (version, is a deletion), is above the rank known for its id. So the outcome does not
depend on the order of arrival, applying twice changes nothing, and at equal versions a deletion wins.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from indexer.engine import Broken, Change, Document, Upsert
from indexer.results import Applied

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
    newest = _newest(changes, known)
    settled: Settled[Prepared] = Settled(ignored=len(changes) - len(newest))
    for key, change in newest.items():
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


def _newest(changes: Sequence[Change], known: Mapping[str, Rank]) -> dict[str, Change]:
    newest: dict[str, Change] = {}
    for change in changes:
        key = ident(change)
        above = rank(newest[key]) if key in newest else known.get(key)
        if above is None or rank(change) > above:
            newest[key] = change
    return newest
