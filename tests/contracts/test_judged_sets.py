"""On real questions every engine proposes what the reference proposes, and ranking gives the same first ten."""

import gzip
import json
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from indexer.analysis.analyzer import Analyzer
from indexer.engine import Document, SearchEngine, Upsert
from indexer.engines import open_engine
from indexer.schema import Schema, TextField
from indexer.search import Gathered, gather
from tests.servers import TWO_SHARDS, elasticsearch_nodes, fresh_index

SETS = ("stard", "tidb", "lecoqa", "sql_errors/zh_cn", "sql_errors/zh_tw", "drcd")
SCHEMA = Schema((TextField("title", titles=True), TextField("body")))
DOCUMENTS, LONGEST, QUESTIONS = 600, 1_000, 20


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        yield from map(json.loads, stream)


def part(folder: Path) -> tuple[list[Document], list[str]]:
    """The first documents of a set, cut so that the slowest engine is done in seconds, and the first questions."""
    told = (
        Document(one["id"], 1, {"title": one["title"], "body": one["body"][:LONGEST]})
        for one in islice(lines(folder / "docs.jsonl.gz"), DOCUMENTS)
    )
    return list(told), [one["text"] for one in islice(lines(folder / "queries.jsonl.gz"), QUESTIONS)]


def gathered(engine: SearchEngine, analyzer: Analyzer, documents: list[Document], texts: list[str]) -> list[Gathered]:
    with engine.rebuild() as generation:
        generation.apply([Upsert(one) for one in documents])
    found = [gather(engine, analyzer, text) for text in texts]
    engine.close()
    return found


@cache
def expected(folder: Path) -> list[Gathered]:
    """What the reference gives, asked once for all engines."""
    analyzer = Analyzer()
    return gathered(open_engine("memory:", SCHEMA, analyzer, folder), analyzer, *part(folder))


def first_ten(found: Gathered) -> Mapping[str, float]:
    return {hit.id: hit.score for hit in found.scored(SCHEMA).hits[:10]}


@pytest.fixture(
    params=[
        pytest.param("tantivy:index", marks=pytest.mark.compiled),
        "whoosh:index",
        pytest.param("", id="elasticsearch"),
    ]
)
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param:
        yield request.param
        return
    with fresh_index(elasticsearch_nodes()) as fresh:
        yield fresh


@pytest.mark.parametrize("name", SETS)
def test_engines_propose_and_order_alike(corpora: Path, tmp_path: Path, name: str, address: str) -> None:
    analyzer = Analyzer()
    (documents, texts), reference = part(corpora / name), expected(corpora / name)
    found = gathered(open_engine(address, SCHEMA, analyzer, tmp_path, TWO_SHARDS), analyzer, documents, texts)
    shares = [recall(one, other) for one, other in zip(found, reference, strict=True)]
    assert sum(shares) / len(shares) >= 0.99
    for text, one, other in zip(texts, found, reference, strict=True):
        assert is_same(first_ten(one), first_ten(other)), text


def recall(found: Gathered, reference: Gathered) -> float:
    """Share of the reference's candidates that are found; those of its lowest score are a toss-up."""
    least = min((one.score for one in reference.candidates), default=0.0)
    certain = {one.id for one in reference.candidates if one.score > least * 1.001}
    return len(certain & {one.id for one in found.candidates}) / len(certain) if certain else 1.0


def is_same(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """The same documents with the same scores, whatever the order of equals; the last may have equals behind it."""
    last = min(other.values(), default=0.0)
    kept = {key: score for key, score in other.items() if score > last + 1e-6}
    return one.keys() >= kept.keys() and all(one[key] == pytest.approx(score, abs=1e-6) for key, score in kept.items())
