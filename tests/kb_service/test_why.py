"""Why a hit was found and stands where it stands, told to whoever sees it; to managers beside the hit in front."""

from dataclasses import replace

import pytest

from indexer.engine import Upsert
from indexer.lexicon import Lexicon, Synonyms
from kb_service.bootstrap import KnowledgeBase
from kb_service.documents import document_id
from kb_service.domain.access import PUBLIC
from kb_service.errors import NotFound
from kb_service.inputs import SearchRequest
from kb_service.store.feed import Feed
from tests.base import actor
from tests.kb_service.making import imported, published, solution, told


@pytest.fixture
def numbers(kb: KnowledgeBase) -> list[str]:
    return [
        published(
            kb, solution("证书过期怎么办", audience="public", fields={"symptom": "证书过期", "resolution": "更新证书"})
        ),
        published(kb, solution("登录不上", fields={"symptom": "登录不上", "resolution": "可能是证书的原因"})),
        published(kb, solution("打印机脱机", codes=("PR-1001",), fields={"symptom": "脱机", "resolution": "接上电源"})),
    ]


def test_words_are_told_with_their_fields(kb: KnowledgeBase, numbers: list[str]) -> None:
    found = kb.why.of(actor(kb, "officer"), "证书过期", numbers[0])
    assert found.own is not None
    assert found.own.rank == 1
    assert found.reasons == ()
    assert kb.why.of(actor(kb, "manager"), "证书过期 龘靐", numbers[0]).reasons == ()
    fields = {name for term in found.own.terms for name in term.fields}
    assert {"title", "symptom"} <= fields
    assert {term.term for term in found.own.terms} & {"证书", "过期", "证书过期"}


def test_a_code_is_told_as_what_named_it(kb: KnowledgeBase, numbers: list[str]) -> None:
    found = kb.why.of(actor(kb, "officer"), "PR1001", numbers[2])
    assert found.own is not None
    assert (found.own.rank, found.own.exact) == (1, "code")


def test_a_synonym_is_told_with_what_was_typed(kb: KnowledgeBase, numbers: list[str]) -> None:
    kb.why._analyzer.adopt(Lexicon(synonyms=(Synonyms(("数字钥匙",), ("证书",)),)))
    found = kb.why.of(actor(kb, "officer"), "数字钥匙过期", numbers[0])
    assert found.own is not None
    assert "数字钥匙" in {term.through for term in found.own.terms}


def test_a_manager_is_shown_the_hit_in_front(kb: KnowledgeBase, numbers: list[str]) -> None:
    manager = actor(kb, "manager")
    found = kb.why.of(manager, "证书过期", numbers[1])
    assert found.own is not None
    assert found.ahead is not None
    assert found.own.rank == 2
    assert (found.ahead.number, found.ahead.rank) == (numbers[0], 1)
    assert found.own.missing
    assert {"missing", "relevance"} <= set(found.reasons)
    assert kb.why.of(actor(kb, "officer"), "证书过期", numbers[1]).ahead is None


def test_the_rank_is_that_of_the_search(kb: KnowledgeBase, numbers: list[str]) -> None:
    for n in range(8):
        published(kb, solution(f"证书问题第{n}种", audience=("public", "internal")[n % 2]))
    for who in (actor(kb, "manager"), kb.people.visitor()):
        hits = kb.search.find(who, SearchRequest(words="证书", limit=20)).hits
        for place, hit in enumerate(hits, 1):
            own = kb.why.of(who, "证书", hit.number).own
            assert own is not None
            assert own.rank == place


def test_twins_stand_close(kb: KnowledgeBase) -> None:
    twins = [published(kb, solution("证书过期怎么办")) for _ in range(2)]
    found = [kb.why.of(actor(kb, "manager"), "证书过期", number).reasons for number in twins]
    assert sorted(found) == [(), ("close",)]


def test_what_was_not_found_is_explained_too(kb: KnowledgeBase, numbers: list[str]) -> None:
    found = kb.why.of(actor(kb, "manager"), "证书过期", numbers[2])
    assert found.own is not None
    assert (found.own.rank, found.own.terms) == (0, ())
    assert found.reasons[0] == "nothing"


def test_a_retired_article_cannot_be_found(kb: KnowledgeBase, numbers: list[str]) -> None:
    manager = actor(kb, "manager")
    view = kb.articles.get(manager, numbers[0])
    view = kb.articles.step(manager, numbers[0], "propose_retire", seen_version=view.version, reason="旧")
    assert "waiting" in kb.why.of(manager, "证书过期", numbers[0]).reasons
    kb.articles.step(actor(kb, "reviewer"), numbers[0], "confirm_retire", seen_version=view.version)
    kb.index.drain()
    found = kb.why.of(manager, "证书过期", numbers[0])
    assert (found.own, found.ahead, found.reasons) == (None, None, ("not_searchable",))


def test_a_report_is_explained_to_staff_alone(kb: KnowledgeBase, numbers: list[str]) -> None:
    expert = actor(kb, "expert")
    imported(kb, expert, [told()])
    number = kb.reports.list(expert).rows[0].number
    assert kb.why.of(expert, "证书过期", number).own is not None
    for username in ("officer", "officer_b", "expert_b"):
        with pytest.raises(NotFound):
            kb.why.of(actor(kb, username), "证书过期", number)


def test_nothing_is_told_of_what_the_actor_may_not_see(kb: KnowledgeBase, numbers: list[str]) -> None:
    chosen = (actor(kb, "expert").organisation_id,)
    hidden = published(kb, solution("证书过期", audience="restricted", restricted_to=chosen))
    for who in (actor(kb, "manager"), actor(kb, "officer_b"), kb.people.visitor()):
        for number in (hidden, "KB999999", "BG999999", "", "\ud800", "KB"):
            with pytest.raises(NotFound):
                kb.why.of(who, "证书过期", number)
    assert hidden not in repr(kb.why.of(actor(kb, "manager"), "证书过期", numbers[1]))
    ours = kb.why.of(actor(kb, "manager"), "证书过期", numbers[0]).own
    assert ours is not None
    assert ours.rank == 1


def test_a_stale_index_puts_nothing_hidden_in_front(kb: KnowledgeBase, numbers: list[str]) -> None:
    chosen = (actor(kb, "expert").organisation_id,)
    hidden = published(kb, solution("证书过期", audience="restricted", restricted_to=chosen))
    name = document_id("article", int(hidden[2:]))
    (change,) = Feed(kb.database).load([name])
    assert isinstance(change, Upsert)
    known = change.document
    readers = {"readers": (*known.keywords["readers"], PUBLIC)}
    kb._engine.apply([Upsert(replace(known, version=known.version + 1, keywords={**known.keywords, **readers}))])
    found = kb.why.of(actor(kb, "manager"), "证书过期", numbers[0])
    assert found.own is not None
    assert found.own.rank == 2
    assert found.ahead is None


@pytest.mark.parametrize("words", ["", "的", '"证书"', "-证书", "\ud800", "证书" * 10_000])
def test_whatever_is_asked_is_explained(kb: KnowledgeBase, numbers: list[str], words: str) -> None:
    assert kb.why.of(actor(kb, "manager"), words, numbers[0]).number == numbers[0]
