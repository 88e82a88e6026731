"""What only the engine on tantivy can get wrong: it reads ids as they are stored, not as they are found."""

from pathlib import Path

import pytest

from indexer.analysis.analyzer import Analyzer
from indexer.engine import Delete, Document, SearchEngine, Upsert
from indexer.engines import open_engine
from indexer.errors import EngineUnavailable
from indexer.schema import Schema, TextField

pytestmark = pytest.mark.compiled
SCHEMA = Schema((TextField("title"),))
FIRST = {str(at): 1 for at in range(20)}


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SearchEngine:
    tantivy = pytest.importorskip("indexer.engines.tantivy")
    monkeypatch.setattr(tantivy, "PAGE", 3)
    engine = open_engine("tantivy:index", SCHEMA, Analyzer(), tmp_path)
    with engine.rebuild() as generation:
        generation.apply([Upsert(Document(key, version, {"title": "税务"})) for key, version in FIRST.items()])
    return engine


def test_ids_are_told_over_many_pages(engine: SearchEngine) -> None:
    assert sorted(engine.ids()) == sorted(FIRST.items())


def test_replaced_and_deleted_documents_that_are_still_stored_are_not_told(engine: SearchEngine) -> None:
    engine.apply([Upsert(Document(key, 2, {"title": "发票"})) for key in ("3", "4")])
    engine.apply([Upsert(Document("4", 5, {"title": "印花税"})), Delete("5", 2), Delete("never", 1)])
    expected = {key: version for key, version in FIRST.items() if key != "5"} | {"3": 2, "4": 5}
    told = list(engine.ids())
    assert sorted(told) == sorted(expected.items())


def test_documents_that_cannot_be_read_are_no_short_answer(
    engine: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    tantivy = pytest.importorskip("indexer.engines.tantivy")
    stored = tantivy.TantivyView._stored
    monkeypatch.setattr(tantivy.TantivyView, "_stored", lambda view: (one for one in stored(view) if one[0] != "7"))
    with pytest.raises(EngineUnavailable):
        list(engine.ids())
