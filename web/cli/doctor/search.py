"""The search engine: which one and why, whether it answers, what index is in force, how its cluster stands."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

from kb_service.config import Settings
from web.cli import language
from web.cli.doctor.finding import Finding

if TYPE_CHECKING:
    from kb_service.bootstrap import KnowledgeBase

_ = language.text

MADE_FOR = (8, 19)
"""The first version of the servers the program is made for, within its major version."""
FULL = 85
"""Percent of a disk from which on Elasticsearch puts no more copies there.
https://www.elastic.co/guide/en/elasticsearch/reference/8.19/modules-cluster.html
"""


def engine(settings: Settings) -> Iterator[Finding]:
    from indexer.engines import default_address

    name = _("检索引擎")
    if settings.index:
        yield Finding(name, _("{address}（由 KB_INDEX 指定）").format(address=settings.index))
        return
    why = _("已安装 tantivy") if find_spec("tantivy") else _("没有安装 tantivy")
    yield Finding(name, f"{default_address()}（{why}）")


def index(base: "KnowledgeBase") -> Iterator[Finding]:
    from web.cli.index import describe

    state = base.index.status()
    seen = _("{state}，{documents} 篇，等待 {waiting}，搁置 {parked}").format(
        state=describe(state), documents=state.documents, waiting=state.waiting, parked=state.parked
    )
    good = state.state in ("ready", "building")
    cure = _("请启动检索引擎，并核对 KB_INDEX。") if state.state.startswith("unavailable") else ""
    yield Finding(_("索引"), seen, "" if good else cure or _("请执行 kb index rebuild。"))


def cluster(base: "KnowledgeBase") -> Iterator[Finding]:
    told = base.health.cluster()
    if told is None:
        return
    name = _("搜索服务器")
    yield Finding(name, f"Elasticsearch {told.version}", "" if _fits(told.version) else _("请换成 8.19 或更新的 8.x。"))
    seen = _("{health}，{nodes} 个节点，{unassigned} 个分片没有位置").format(
        health=told.health, nodes=told.nodes, unassigned=told.unassigned
    )
    cures = {
        "yellow": _("有副本没有位置，再坏一个节点就可能查不了。请补足节点，或把 KB_INDEX_REPLICAS 调小后重建索引。"),
        "red": _("有分片丢失，检索不完整。请恢复节点，或执行 kb index rebuild。"),
    }
    yield Finding(name, seen, cures.get(told.health, ""), serious=told.health == "red")
    if told.fullest is not None:
        cure = _("请清理磁盘或增加节点：到 95% 时索引会变成只读。")
        yield Finding(_("搜索服务器磁盘"), f"{told.fullest}%", cure if told.fullest >= FULL else "")


def _fits(version: str) -> bool:
    major, minor = (int(part) for part in version.split(".")[:2])
    return major == MADE_FOR[0] and minor >= MADE_FOR[1]
