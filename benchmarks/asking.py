"""Puts a judged set into an engine and asks it, through the very search `kb search` uses."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from benchmarks.judged import Judged
from indexer.analysis.analyzer import Analyzer
from indexer.engine import Document, SearchEngine, Upsert
from indexer.engines import default_address, open_engine
from indexer.schema import Schema, TextField
from indexer.search import find

DEPTH = 100
BATCH = 500
SCHEMA = Schema((TextField("title", titles=True), TextField("body")))


@contextmanager
def indexed(judged: Judged, address: str | None, analyzer: Analyzer) -> Iterator[SearchEngine]:
    """An engine filled with the documents of a set, in a folder that disappears afterwards."""
    with tempfile.TemporaryDirectory(prefix="kb-bench-") as folder:
        engine = open_engine(address or default_address(), SCHEMA, analyzer, Path(folder))
        told = (Upsert(Document(key, 1, dict(texts))) for key, texts in judged.documents.items())
        try:
            with engine.rebuild() as generation:
                while batch := list(islice(told, BATCH)):
                    generation.apply(batch)
            yield engine
        finally:
            engine.close()


def ranked(engine: SearchEngine, analyzer: Analyzer, text: str) -> list[str]:
    """What a search for this text gives, best first."""
    return [hit.id for hit in find(engine, analyzer, SCHEMA, text, limit=DEPTH).hits]
