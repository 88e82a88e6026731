"""The story of an article that is revised, retired and restored, each time by two people."""

import pytest

from kb_service.bootstrap import KnowledgeBase
from kb_service.errors import Denied, Invalid, NotFound, StaleEdit
from tests.base import Clock, actor
from tests.kb_service.making import found, published, solution


def test_a_proposed_revision_leaves_the_live_text_until_it_is_accepted(kb: KnowledgeBase) -> None:
    number = published(kb, solution("证书过期怎么办"))
    expert, reviewer, officer = (actor(kb, name) for name in ("expert", "reviewer", "officer"))
    draft = kb.candidates.revise(expert, number)
    assert kb.articles.get(expert, number).open_revision == draft.id
    assert kb.articles.get(officer, number).open_revision is None
    assert draft.diff == ()
    edited = kb.candidates.edit(expert, draft.id, solution("证书过期龘怎么办"), seen_version=draft.version)
    assert [one.name for one in edited.diff] == ["title"]
    waiting = kb.candidates.submit(expert, draft.id, seen_version=edited.version)
    kb.index.drain()
    assert kb.articles.get(officer, number).title == "证书过期怎么办"
    kb.reviews.accept(reviewer, draft.id, seen_version=waiting.version)
    kb.index.drain()
    assert found(kb, officer, "龘") == [number]
    assert [(one.number, one.title) for one in kb.articles.revisions(expert, number)] == [
        (2, "证书过期龘怎么办"),
        (1, "证书过期怎么办"),
    ]
    assert kb.articles.revision(expert, number, 1).title == "证书过期怎么办"
    assert kb.index.check().clean


def test_a_revision_may_turn_a_question_into_a_solution(kb: KnowledgeBase) -> None:
    number = published(kb, solution(kind="faq", fields={"answer": "重启龘"}))
    expert, reviewer = actor(kb, "expert"), actor(kb, "reviewer")
    draft = kb.candidates.revise(expert, number)
    edited = kb.candidates.edit(expert, draft.id, solution("成了方案"), seen_version=draft.version)
    waiting = kb.candidates.submit(expert, draft.id, seen_version=edited.version)
    kb.reviews.accept(reviewer, draft.id, seen_version=waiting.version)
    kb.index.drain()
    view = kb.articles.get(expert, number)
    assert (view.kind, [one.name for one in view.fields]) == ("solution", ["symptom", "resolution"])
    assert found(kb, expert, "重启龘") == []


def test_retiring_and_restoring_take_two_people_and_the_index_follows(kb: KnowledgeBase) -> None:
    number = published(kb, solution("证书过期怎么办"))
    manager, reviewer, officer = (actor(kb, name) for name in ("manager", "reviewer", "officer"))

    def step(who: str, action: str, reason: str = "") -> str:
        seen = kb.articles.get(actor(kb, who), number).version
        state = kb.articles.step(actor(kb, who), number, action, seen_version=seen, reason=reason).state
        kb.index.drain()
        return state

    with pytest.raises(Denied):
        step("officer", "propose_retire", "不想看见")
    with pytest.raises(Invalid):
        step("manager", "propose_retire")
    assert step("manager", "propose_retire", "已被新版代替") == "retiring"
    assert found(kb, officer, "证书过期") == [number]
    with pytest.raises(Denied):
        step("manager", "confirm_retire")
    assert step("manager", "cancel") == "published"
    assert step("reviewer", "propose_retire", "已被新版代替") == "retiring"
    with pytest.raises(Denied):
        step("reviewer", "confirm_retire")
    assert step("reviewer_hq", "confirm_retire") == "retired"
    assert found(kb, officer, "证书过期") == []
    with pytest.raises(NotFound):
        kb.articles.get(officer, number)
    assert [row.number for row in kb.articles.list(manager, state="retired").rows] == [number]
    assert step("manager", "propose_restore", "还有人用旧版") == "restoring"
    assert found(kb, officer, "证书过期") == []
    assert step("reviewer", "confirm_restore") == "published"
    assert found(kb, officer, "证书过期") == [number]
    assert kb.index.check().clean
    with pytest.raises(StaleEdit):
        kb.articles.step(reviewer, number, "propose_retire", seen_version=1, reason="x")


def test_an_article_past_its_validity_says_so(kb: KnowledgeBase, clock: Clock) -> None:
    number = published(kb, solution(valid_from="2026-01-01", valid_to="2026-03-05"))
    officer = actor(kb, "officer")
    assert not kb.articles.get(officer, number).expired
    clock.forward(hours=24)
    assert kb.articles.get(officer, number).expired
    for wrong in (
        {"valid_to": "2026-3-5"},
        {"valid_from": "2026-02-30"},
        {"valid_from": "2026-05-01", "valid_to": "2026-04-01"},
    ):
        with pytest.raises(Invalid):
            kb.candidates.create(actor(kb, "expert"), solution(**wrong))
