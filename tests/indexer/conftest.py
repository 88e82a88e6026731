"""What the tests of the search library share."""

from collections.abc import Callable, Mapping

import pytest

from indexer.analysis.analyzer import Analyzer
from indexer.engine import Document, Upsert
from indexer.engines.memory import MemoryEngine
from indexer.schema import KeywordField, NumberField, Schema, TextField

SCHEMA = Schema(
    texts=(TextField("title", 2.0, titles=True), TextField("codes"), TextField("body")),
    keywords=(KeywordField("system"),),
    numbers=(NumberField("changed"),),
)


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    return Analyzer()


@pytest.fixture
def filled(analyzer: Analyzer) -> Callable[..., MemoryEngine]:
    """A memory engine with these documents: ``filled({"d1": {"body": "…"}}, systems={"d1": ("a",)})``."""

    def fill(
        texts: Mapping[str, Mapping[str, str]], systems: Mapping[str, tuple[str, ...]] | None = None
    ) -> MemoryEngine:
        engine = MemoryEngine(SCHEMA, analyzer)
        with engine.rebuild() as generation:
            generation.apply(
                [
                    Upsert(Document(key, 1, found, {"system": (systems or {}).get(key, ())}, {"changed": at}))
                    for at, (key, found) in enumerate(texts.items())
                ]
            )
        return engine

    return fill
