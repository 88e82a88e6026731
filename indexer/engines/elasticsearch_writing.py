"""Brings changes into one index of a server, by the version rule, and reads what is in it; it decides on no index."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from elasticsearch import ApiError, Elasticsearch

from indexer.engine import Change, Document
from indexer.engines.elasticsearch_faults import BUSY, CONFLICT, OWN_FAULT, PASSING, reason, refusal, told
from indexer.engines.elasticsearch_layout import LIVE, demand_storable, external, is_storable, rank
from indexer.engines.versions import Rank, Settled, ident, newest, settle
from indexer.results import Applied

PART = 100  # documents made ready while others are sent
BULK_BYTES = 5_000_000
PATIENCE = 30.0  # seconds a busy server is asked again
PAUSE = 0.2  # seconds before it is asked again first; then twice as long each time, but not longer than
LONGEST_PAUSE = 5.0
PAGE = 5_000  # ids read at once
KEPT = "2m"  # how long the server keeps a point in time between two pages

Prepare = Callable[[Document], bytes]


@dataclass(slots=True)
class _Outcome:
    ignored: int = 0
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Operation:
    key: str
    lines: tuple[bytes, bytes]

    @property
    def size(self) -> int:
        return sum(map(len, self.lines))


class Target:
    """An index by the alias it is written through. ``at_once``: what is written can be found when it is written."""

    def __init__(self, client: Elasticsearch, alias: str, prepare: Prepare, *, at_once: bool) -> None:
        self._client, self._alias, self._prepare, self._at_once = client, alias, prepare, at_once

    def apply(self, changes: Sequence[Change]) -> Applied:
        """The server compares versions as well: another writer may come between. Raises EngineUnavailable; what was
        written by then stays and is ignored when it comes again.
        """
        with told():
            known = self._ranks(list(dict.fromkeys(map(ident, changes))))
            latest = newest(changes, known)
            outcome = _Outcome(len(changes) - len(latest))
            self._send(list(latest.values()), outcome)
            if self._at_once and latest:
                self._client.indices.refresh(index=self._alias)
            return Applied(len(changes) - outcome.ignored - len(outcome.failed), outcome.ignored, outcome.failed)

    def _send(self, changes: Sequence[Change], outcome: _Outcome) -> None:
        """While the server takes one part, the next is made ready."""
        with ThreadPoolExecutor(1) as sender:
            sent: list[Future[None]] = []
            try:
                for start in range(0, len(changes), PART):
                    settled = settle(changes[start : start + PART], {}, self._prepare)
                    outcome.failed.update(settled.failed)
                    batches = _batches(_operations(settled, outcome))
                    sent += [sender.submit(self._write, batch, outcome) for batch in batches]
                for one in sent:
                    one.result()
            finally:
                sender.shutdown(wait=True, cancel_futures=True)

    def ids(self) -> Iterator[tuple[str, int]]:
        """Of one moment, page by page."""
        with told():
            self._client.indices.refresh(index=self._alias)
            moment = self._client.open_point_in_time(index=self._alias, keep_alive=KEPT)["id"]
            try:
                for hit in self._hits(moment):
                    yield hit["_id"], rank(hit["_version"])[0]
            finally:
                self._client.options(ignore_status=404).close_point_in_time(id=moment)

    def _hits(self, moment: str) -> Iterator[Mapping[str, Any]]:
        after: list[Any] | None = None
        while True:
            hits = self._client.search(
                pit={"id": moment, "keep_alive": KEPT},
                query=LIVE,
                size=PAGE,
                sort=["_shard_doc"],
                search_after=after,
                version=True,
                source=False,
                track_total_hits=False,
                allow_partial_search_results=False,
            )["hits"]["hits"]
            yield from hits
            if len(hits) < PAGE:
                return
            after = hits[-1]["sort"]

    def _ranks(self, keys: Sequence[str]) -> dict[str, Rank]:
        """What is known of the documents with these ids, tombstones and what cannot be found yet included."""
        wanted = [key for key in keys if is_storable(key)]
        if not wanted:
            return {}
        found = self._client.mget(index=self._alias, ids=wanted, source=False)["docs"]
        for one in found:
            if "error" in one:
                raise refusal(404 if "not_found" in one["error"]["type"] else 503, one["error"])
        return {one["_id"]: rank(one["_version"]) for one in found if one["found"]}

    def _write(self, batch: list[_Operation], outcome: _Outcome) -> None:
        """Until every document is taken, ignored or refused for its own fault."""
        until, pause = time.monotonic() + PATIENCE, PAUSE
        while batch:
            batch, error = self._sent(batch, outcome)
            if error and time.monotonic() + pause > until:
                raise error
            if error:
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    def _sent(self, batch: list[_Operation], outcome: _Outcome) -> tuple[list[_Operation], Exception | None]:
        """What the server had no room for, and why. Raises for what time does not heal."""
        lines: list[Any] = [line for operation in batch for line in operation.lines]
        try:
            answer = self._client.bulk(index=self._alias, operations=lines, require_alias=True)
        except ApiError as error:
            if _is_passing(error.meta.status, error.body):
                return batch, refusal(error.meta.status, error.body)
            raise
        left, why = [], None
        for operation, item in zip(batch, answer["items"], strict=True):
            if refused := self._settled(operation.key, item["index"], outcome):
                left.append(operation)
                why = refused
        return left, why

    def _settled(self, key: str, item: Mapping[str, Any], outcome: _Outcome) -> Exception | None:
        """Note what became of one document; the error where it has to be sent again."""
        status, error = item["status"], item.get("error")
        if error is None:
            return None
        if status == CONFLICT:
            outcome.ignored += 1
        elif status in OWN_FAULT:
            outcome.failed[key] = reason(error)
        elif _is_passing(status, error):
            return refusal(status, error)
        else:
            raise refusal(status, error)
        return None


def _is_passing(status: int, error: Any) -> bool:
    """A full disk says that it is busy, but does not become empty by itself."""
    return status in PASSING and not (status == BUSY and "cluster_block_exception" in json.dumps(error))


def _operations(settled: Settled[bytes], outcome: _Outcome) -> Iterator[_Operation]:
    """A deletion is a document without fields: the server forgets the versions of what it deletes."""
    for key, known in settled.ranks.items():
        try:
            demand_storable(key, known[0])
        except ValueError as error:
            outcome.failed[key] = f"不能从索引删除：{error}。"
            continue
        action = {"index": {"_id": key, "version": external(known), "version_type": "external"}}
        yield _Operation(key, (json.dumps(action).encode(), settled.upserts.get(key, b"{}")))


def _batches(operations: Iterator[_Operation]) -> Iterator[list[_Operation]]:
    """By bytes; an operation larger than that goes alone."""
    batch: list[_Operation] = []
    size = 0
    for operation in operations:
        if batch and size + operation.size > BULK_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(operation)
        size += operation.size
    if batch:
        yield batch
