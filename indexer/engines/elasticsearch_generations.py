"""The generations of an index on a server, and the aliases that name the live one; no document is read or written here.

``kb`` names the live generation. ``kb.FINGERPRINT`` names it as well, and is what is searched and written: so it is the
server that tells, in the same request, a generation that was built for others. Both are moved in one action.
"""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from elasticsearch import Elasticsearch

from indexer.engines.cluster import Cluster
from indexer.engines.elasticsearch_faults import Vanished, told
from indexer.errors import EngineUnavailable, IndexDamaged, IndexMissing, SchemaMismatch

COPIED = 60  # seconds a rebuild waits for the replicas; the index is whole without them
BEYOND = 30  # seconds the answer to that may take besides
TIMED_OUT = 408
SERVING: Mapping[str, Any] = {"refresh_interval": "-1"}  # whoever writes refreshes


@dataclass(frozen=True, slots=True)
class Live:
    """The live generation. ``searched`` tells whether it can be reached by the alias this program reads and writes."""

    name: str
    fingerprint: str
    searched: bool


class Generations:
    """``fingerprint`` is that of what the caller reads and writes."""

    def __init__(self, name: str, fingerprint: str, cluster: Cluster) -> None:
        self.alias = f"{name}.{fingerprint}"
        self._name, self._fingerprint, self._cluster = name, fingerprint, cluster
        self._own = re.compile(rf"{re.escape(name)}-\d{{8}}t\d{{6}}-[0-9a-f]{{8}}")

    def live(self, client: Elasticsearch) -> Live:
        """Raises IndexMissing, and IndexDamaged where the aliases do not name one generation."""
        with told():
            found = self._found(client, self._name, f"{self._name}.*")
        if self._name in found:
            raise self._in_the_way(found[self._name])
        named = {index: one for index, one in found.items() if self._name in one["aliases"]}
        reached = {index for index, one in found.items() if self.alias in one["aliases"]}
        if not named and not reached:
            raise IndexMissing(
                "搜索服务器上还没有索引，或者别名没有指向索引，数据没有受影响。请执行 kb index rebuild。"
            )
        if len(named | dict.fromkeys(reached)) > 1:
            raise IndexDamaged(
                f"搜索服务器上别名 {self._name} 指向了不止一个索引，没有使用，数据没有受影响。请执行 kb index rebuild。"
            )
        [(index, one)] = (named or {index: found[index] for index in reached}).items()
        return Live(index, _fingerprint(one), bool(named) and index in reached)

    def matching(self, client: Elasticsearch) -> Live:
        """The live generation, if it was built for this caller. Raises SchemaMismatch besides."""
        live = self.live(client)
        if not self.is_matching(live):
            raise SchemaMismatch("索引是按另一套字段、分词程序或词典建立的，数据没有受影响。请执行 kb index rebuild。")
        if not live.searched:
            raise IndexMissing(f"搜索服务器上别名 {self.alias} 不完整，数据没有受影响。请执行 kb index rebuild。")
        return live

    def is_matching(self, live: Live) -> bool:
        return live.fingerprint == self._fingerprint

    @contextmanager
    def building(self, client: Elasticsearch, mappings: Mapping[str, Any]) -> Iterator[str]:
        """The alias to write a new generation through. It becomes the live one when the block is left normally, and
        disappears when it raises. The generation it replaces, and what a dead build left, stay until the next build.

        Of two builds the later one goes on: the other finds its generation gone, and the live one is not touched.
        Raises EngineUnavailable.
        """
        with told():
            self._refuse_foreign(client)
            self._sweep(client)
            index = f"{self._name}-{time.strftime('%Y%m%dt%H%M%S', time.gmtime())}-{token_hex(4)}"
            settings = {**SERVING, "number_of_shards": self._cluster.shards, "number_of_replicas": 0}
            client.indices.create(index=index, settings=settings, mappings=mappings, aliases={f"{index}.new": {}})
        try:
            yield f"{index}.new"
            with told():
                self._publish(client, index)
        except BaseException as error:
            with suppress(EngineUnavailable), told():
                client.options(ignore_status=404).indices.delete(index=index)
            if isinstance(error, Vanished):
                raise EngineUnavailable("另一个进程开始了新的重建，本次已放弃，原来的索引没有改变。") from error
            raise

    def _publish(self, client: Elasticsearch, index: str) -> None:
        """Replicas are copied, not indexed again: that costs less, and a build that loses a node can be begun anew."""
        client.indices.refresh(index=index)
        if self._cluster.replicas:
            # as many as asked, but never more than there are nodes for
            client.indices.put_settings(index=index, settings={"auto_expand_replicas": f"0-{self._cluster.replicas}"})
        patient = client.options(ignore_status=TIMED_OUT, request_timeout=COPIED + BEYOND)
        patient.cluster.health(index=index, wait_for_status="green", timeout=f"{COPIED}s")
        found = self._found(client, self._name, f"{self._name}.*")
        own = [{"remove_index": {"index": self._name}}] if self._name in found else []
        others = ["*", *(found.keys() - {self._name})]  # * leaves out closed ones
        moved: list[Mapping[str, Any]] = [
            {"remove": {"indices": others, "aliases": [self._name, f"{self._name}.*"], "must_exist": False}},
            {"remove": {"index": index, "alias": f"{index}.new"}},
            {"add": {"index": index, "aliases": [self._name, self.alias]}},
        ]
        client.indices.update_aliases(actions=[*own, *moved])

    def _found(self, client: Elasticsearch, *patterns: str) -> Mapping[str, Any]:
        """Aliases and mappings of the indices that have these names or aliases, closed ones included."""
        found = client.indices.get(
            index=patterns,
            features=["aliases", "mappings"],
            ignore_unavailable=True,
            expand_wildcards=["open", "closed"],
        )
        return dict(found)

    def _refuse_foreign(self, client: Elasticsearch) -> None:
        found = self._found(client, self._name)
        if self._name in found and not _fingerprint(found[self._name]):
            raise self._in_the_way(found[self._name])

    def _in_the_way(self, index: Mapping[str, Any]) -> EngineUnavailable:
        """The error for an index that has the name of the alias: one of ours, such as a restored copy, is replaced."""
        if _fingerprint(index):
            return IndexDamaged(
                f"搜索服务器上有一个索引就叫 {self._name}，应当是别名，数据没有受影响。请执行 kb index rebuild。"
            )
        return EngineUnavailable(
            f"搜索服务器上有一个不是本程序建立的索引就叫 {self._name}，没有动它，数据没有受影响。"
            "请在 KB_INDEX 里换一个名称，或者确认无用后删除那个索引。"
        )

    def _sweep(self, client: Elasticsearch) -> None:
        """Leaves the live generation, also where half of its aliases is gone, and what is not of this index."""
        found = self._found(client, f"{self._name}-*")
        left = [
            index for index, one in found.items() if self._own.fullmatch(index) and not self._is_reached(one["aliases"])
        ]
        if left:
            client.options(ignore_status=404).indices.delete(index=left)

    def _is_reached(self, aliases: Iterable[str]) -> bool:
        return any(alias == self._name or alias.startswith(f"{self._name}.") for alias in aliases)


def _fingerprint(index: Mapping[str, Any]) -> str:
    """What an index was built for; empty if this program did not build it."""
    return str(index["mappings"].get("_meta", {}).get("fingerprint", ""))
