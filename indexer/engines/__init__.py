"""Opens the engine an address names; no engine's library is imported before."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from indexer.analysis.analyzer import Analyzer
from indexer.engine import SearchEngine
from indexer.engines.cluster import ANONYMOUS, SCHEMES, Cluster, Servers, servers
from indexer.errors import EngineUnavailable, IndexerError
from indexer.schema import Schema

__all__ = ["MODULES", "Cluster", "default_address", "open_engine"]

MODULES = {
    "memory": "indexer.engines.memory",
    "tantivy": "indexer.engines.tantivy",
    "whoosh": "indexer.engines.whoosh",
    **dict.fromkeys(SCHEMES, "indexer.engines.elasticsearch"),
}

Opener = Callable[[Schema, Analyzer, Path | Servers], SearchEngine]


def default_address() -> str:
    """The embedded engine of this platform: tantivy where its wheel is installed, else pure Python."""
    return "tantivy:index" if find_spec("tantivy") else "whoosh:index"


def open_engine(
    address: str, schema: Schema, analyzer: Analyzer, home: Path, cluster: Cluster = ANONYMOUS
) -> SearchEngine:
    """The engine at ``address``: ``memory:``, ``tantivy:FOLDER`` or ``whoosh:FOLDER``, a relative folder starting from
    ``home``, or ``elasticsearch://HOST:PORT,HOST:PORT/NAME``, kept as ``cluster`` says. Nothing is created before the
    first rebuild, and no server is asked. Raises IndexerError for an address that is not understood and
    EngineUnavailable where the engine's library is missing.
    """
    scheme, colon, place = address.partition(":")
    if not colon or scheme not in MODULES:
        known = "、".join(f"{name}:" for name in MODULES)
        raise IndexerError(f"不认识的搜索引擎地址“{scheme}”。可用的有 {known}，请修改设置。")
    where = servers(scheme, place, cluster) if scheme in SCHEMES else home / (place or "index")
    try:
        opener = cast(Opener, import_module(MODULES[scheme]).open_engine)
        return opener(schema, analyzer, where)
    except ModuleNotFoundError as error:
        raise EngineUnavailable(
            f"没有安装搜索引擎 {scheme} 需要的库（{error.name}）。请安装，或改用 whoosh:index。"
        ) from error
