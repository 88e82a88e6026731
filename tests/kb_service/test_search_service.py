"""Searching: the engine only proposes, what may be shown is decided anew each time."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.engine import Delete, Document, Upsert
from indexer.errors import EngineUnavailable, IndexMissing, SchemaMismatch
from kb_service.bootstrap import KnowledgeBase, open_base
from kb_service.config import Settings
from kb_service.documents import FACETS
from kb_service.domain.access import PUBLIC, Actor
from kb_service.errors import IndexBuilding, Invalid, SearchUnavailable
from kb_service.inputs import SearchRequest
from kb_service.results import SearchResults
from tests.base import Clock, actor, base_at, populate
from tests.kb_service.making import found, published, solution, told


def ask(kb: KnowledgeBase, who: Actor, words: str, **other: Any) -> SearchResults:
    return kb.search.find(who, SearchRequest(words=words, **other))


def forged(name: str, version: int = 2**40) -> Upsert:
    keywords = {"readers": (PUBLIC,), "kind": ("solution",), "organisation": ("1",)}
    return Upsert(Document(name, version, {"title": "证书过期"}, keywords, {"updated": 1}))


def test_a_forged_document_never_becomes_a_hit(kb: KnowledgeBase) -> None:
    number = published(kb, solution("机密：证书过期"))
    report = kb.reports.file(actor(kb, "expert"), told())
    hidden = (f"a{int(number[2:])}", f"r{report.id}", "a999999", "r999999")
    kb._engine.apply([forged(name) for name in hidden])
    for who in (kb.people.visitor(), actor(kb, "officer_b")):
        answer = ask(kb, who, "证书过期")
        assert answer.hits == ()
        assert answer.total == 0
        assert kb.related.similar(who, "证书过期") == ()
        shown = published(kb, solution("证书过期的公开办法", audience="public"))
        assert kb.related.of(who, shown) == ()
        kb._engine.apply([Delete(f"a{int(shown[2:])}", 2**41)])


def test_a_change_of_rights_holds_at_once_while_the_index_is_behind(kb: KnowledgeBase) -> None:
    number = published(kb, solution("证书过期怎么办"))
    officer, manager, reviewer = (actor(kb, name) for name in ("officer", "manager", "reviewer"))
    assert found(kb, officer, "证书过期") == [number]
    view = kb.articles.get(manager, number)
    view = kb.articles.step(manager, number, "propose_retire", seen_version=view.version, reason="旧")
    kb.articles.step(reviewer, number, "confirm_retire", seen_version=view.version)
    assert kb.index.waiting() > 0
    assert found(kb, officer, "证书过期") == []


def test_a_hit_that_may_no_longer_be_shown_gives_its_place_to_the_next(kb: KnowledgeBase) -> None:
    kept = {published(kb, solution(f"证书过期怎么办{n}", audience="public")) for n in range(2)}
    kb._engine.apply([forged(f"a{n}") for n in range(999_990, 999_993)])
    answer = ask(kb, kb.people.visitor(), "证书过期", limit=2)
    assert {hit.number for hit in answer.hits} == kept
    assert answer.total == len(kept)


def test_hits_that_may_not_be_shown_make_no_further_page(kb: KnowledgeBase) -> None:
    for number in range(2):
        published(kb, solution(f"证书过期怎么办{number}", audience="public"))
    kb._engine.apply([forged(f"a{n}") for n in range(999_990, 999_993)])
    answer = ask(kb, kb.people.visitor(), "证书过期", limit=2, sort="newest")
    assert (len(answer.hits), answer.total) == (2, 2)


def test_an_index_that_is_behind_shows_the_text_of_the_database(kb: KnowledgeBase) -> None:
    number = published(kb, solution("证书过期怎么办", audience="public"))
    stale = replace(forged(f"a{int(number[2:])}").document, texts={"title": "证书过期 泄露的旧文字"})
    kb._engine.apply([Upsert(stale)])
    hit = ask(kb, kb.people.visitor(), "证书过期").hits[0]
    assert hit.title == "证书过期怎么办"
    assert "泄露" not in hit.title_html + hit.snippet


@contextmanager
def twins(tmp_path: Path) -> Iterator[tuple[KnowledgeBase, KnowledgeBase]]:
    """Two bases of the same public articles; the second also has what an outsider must not notice."""
    with base_at(tmp_path / "without", Clock()) as without, base_at(tmp_path / "with", Clock()) as beside:
        for kb in (without, beside):
            populate(kb)
            for n in range(12):
                published(
                    kb, solution(f"开票软件第{n}种证书过期", audience="public", system="开票软件", codes=(f"E-{n}",))
                )
        published(beside, solution("核心参数龘靐的证书", system="核心征管", module="龘靐模块", codes=("XQ-77777",)))
        for n in range(30):
            beside.reports.file(actor(beside, "expert"), told(n, phenomenon=f"龘靐{n}号证书过期", system="龘靐系统"))
        beside.index.drain()
        yield without, beside


def plain(answer: SearchResults) -> Mapping[str, Any]:
    """All of an answer that may not depend on what the actor cannot see."""
    hits = [(hit.number, hit.title_html, hit.snippet) for hit in answer.hits]
    return {
        "total": answer.total,
        "hits": sorted(hits),
        "facets": answer.facets,
        "repairs": (answer.repaired, answer.did_you_mean),
    }


QUERIES = (
    "证书过期",
    "龘靐",
    "龘",
    "核心参数",
    "XQ-77777",
    "XQ",
    "E-3",
    "开票",
    "",
    '"证书过期"',
    "证书 -开票",
    "zscgq",
    "readers:all",
)


def test_an_outsider_gets_the_same_answers_with_and_without_what_he_may_not_see(tmp_path: Path) -> None:
    with twins(tmp_path) as (without, beside):
        for words in QUERIES:
            for who in ("visitor", "officer_b", "expert_b"):
                both = [
                    plain(ask(kb, kb.people.visitor() if who == "visitor" else actor(kb, who), words, limit=50))
                    for kb in (without, beside)
                ]
                assert both[0] == both[1], (words, who)
        assert ask(beside, actor(beside, "expert"), "龘靐").total > 0


def test_facets_count_what_is_permitted_only(kb: KnowledgeBase) -> None:
    published(kb, solution("公开的证书", audience="public", system="开票软件"))
    published(kb, solution("内部的证书", system="核心征管"))
    answer = ask(kb, kb.people.visitor(), "证书")
    assert set(answer.facets) == set(FACETS)
    assert [(one.value, one.count) for one in answer.facets["system"]] == [("开票软件", 1)]
    assert {one.value for one in ask(kb, actor(kb, "officer"), "证书").facets["system"]} == {"开票软件", "核心征管"}


def test_filters_and_pages_cut_the_same_list(kb: KnowledgeBase) -> None:
    numbers = {published(kb, solution(f"证书问题{n}", audience="public")) for n in range(5)}
    visitor = kb.people.visitor()
    pages = [ask(kb, visitor, "证书问题", limit=2, offset=offset).hits for offset in (0, 2, 4)]
    assert {hit.number for page in pages for hit in page} == numbers
    assert [len(page) for page in pages] == [2, 2, 1]
    assert ask(kb, visitor, "证书问题", filters={"kind": ("faq",)}).total == 0
    assert ask(kb, visitor, "证书问题", filters={"kind": ("solution", "faq")}).total == 5
    assert len(ask(kb, visitor, "证书问题", sort="newest").hits) == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"sort": "title"},
        {"limit": 0},
        {"limit": 10**9},
        {"offset": -1},
        {"offset": 10**30},
        {"filters": {"readers": (PUBLIC,)}},
        {"filters": {"password_hash": ("x",)}},
    ],
)
def test_a_request_beyond_the_rules_names_the_field(kb: KnowledgeBase, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        ask(kb, kb.people.visitor(), "x", **wrong)
    assert refused.value.problems


@pytest.mark.parametrize(
    ("broken", "told_as"),
    [(IndexMissing, IndexBuilding), (SchemaMismatch, IndexBuilding), (EngineUnavailable, SearchUnavailable)],
)
def test_an_engine_that_cannot_answer_is_never_no_results(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, broken: type[Exception], told_as: type[Exception]
) -> None:
    def fail(*_: object) -> None:
        raise broken("x")

    monkeypatch.setattr(kb._engine, "search", fail)
    report = kb.reports.file(actor(kb, "expert"), told())
    with pytest.raises(told_as):
        ask(kb, kb.people.visitor(), "证书")
    with pytest.raises(told_as):
        kb.related.similar(actor(kb, "expert"), "证书")
    with pytest.raises(told_as):
        kb.reports.nearest(actor(kb, "expert"), report.number)


def test_a_base_without_an_index_says_that_it_is_being_built(tmp_path: Path) -> None:
    kb = open_base(Settings(home=tmp_path, index="memory:"), create=True)
    try:
        with pytest.raises(IndexBuilding):
            ask(kb, kb.people.visitor(), "证书")
        assert kb.index.status().state == "missing"
        assert kb.index.drain() == 0
        kb.index.rebuild()
        assert ask(kb, kb.people.visitor(), "证书").hits == ()
    finally:
        kb.close()


@given(st.text(st.characters(), max_size=60), st.sampled_from(FACETS), st.text(st.characters(), max_size=8))
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_query_raises(kb: KnowledgeBase, words: str, facet: str, value: str) -> None:
    visitor = kb.people.visitor()
    ask(kb, visitor, words)
    ask(kb, visitor, words, filters={facet: (value,)})
    kb.related.similar(visitor, words)


@pytest.mark.parametrize(
    "words",
    [
        *("\x00", "\ud800", "\udfff证书", "a" * 100_000, "(" * 5_000, '"' * 999, "*", "NOT", "-", "AND OR", "title:("),
        *("证" * 20_000, "' OR 1=1 --", "%_\\", "1e999", "9" * 10_000, "{{7*7}}", "\u202e\u200b", "readers:all"),
    ],
)
def test_a_hostile_query_is_words(kb: KnowledgeBase, words: str) -> None:
    published(kb, solution(audience="public"))
    assert ask(kb, kb.people.visitor(), words).total <= 1


def test_titles_and_snippets_are_escaped(kb: KnowledgeBase) -> None:
    fields = {"symptom": "证书 <b>粗</b> `<script>alert(1)</script>`", "resolution": "重启"}
    published(kb, solution("证书<img src=x onerror=alert(1)>", fields=fields, audience="public"))
    hit = ask(kb, kb.people.visitor(), "证书").hits[0]
    assert "<img" not in hit.title_html
    assert "<script" not in hit.snippet
    assert "<mark>" in hit.title_html
