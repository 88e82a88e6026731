"""Learning from use: what several people asked alike becomes searchable, and nobody can push an article alone."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb_service.bootstrap import KnowledgeBase
from kb_service.domain.access import Actor
from kb_service.domain.article import Article
from kb_service.domain.labelled import LabelledQuery
from kb_service.domain.learned import MOST, PEOPLE, Agreement, Asking, LearnedWords, agreed, fresh, is_fit
from kb_service.errors import Denied, NotFound
from kb_service.inputs import SearchRequest
from kb_service.services.search import pseudonym
from tests.base import Clock, actor
from tests.kb_service.making import count, found, published, solution

ASKING = "数字钥匙 登录"
STAFF = ("expert", "reviewer", "manager", "operator", "agent")


@pytest.fixture
def number(kb: KnowledgeBase) -> str:
    return published(kb, solution("证书过期怎么办", fields={"symptom": "登录时提示证书过期", "resolution": "更新证书"}))


def solved(kb: KnowledgeBase, who: Actor, number: str, words: str, name: str = "") -> None:
    """Somebody searches, opens the article and says that it helped."""
    event = kb.search.find(who, SearchRequest(words=words), who=name or who.username).event
    kb.feedback.answer(who, number, solved=True, who=name or who.username, event=event)
    kb.index.drain()


def learned(kb: KnowledgeBase, number: str) -> list[str]:
    return [one.text for one in kb.articles.get(kb.people.local(), number).learned]


def agree(kb: KnowledgeBase, number: str, words: str = ASKING, people: Sequence[str] = STAFF[:PEOPLE]) -> None:
    for username in people:
        solved(kb, actor(kb, username), number, words)


def test_what_three_people_asked_alike_becomes_searchable(kb: KnowledgeBase, number: str) -> None:
    agree(kb, number, people=STAFF[: PEOPLE - 1])
    assert learned(kb, number) == []
    assert found(kb, actor(kb, "officer"), "数字钥匙") == []
    agree(kb, number, people=STAFF[PEOPLE - 1 : PEOPLE])
    assert learned(kb, number) == [ASKING]
    assert found(kb, actor(kb, "officer"), "数字钥匙") == [number]
    assert kb.index.rebuild() == 1
    assert found(kb, actor(kb, "officer"), "数字钥匙") == [number]
    assert kb.index.check().clean


def test_order_of_words_and_width_make_no_other_asking(kb: KnowledgeBase, number: str) -> None:
    for username, words in zip(STAFF, ("登录 数字钥匙", ASKING, "数字钥匙　　登录"), strict=False):
        solved(kb, actor(kb, username), number, words)
    assert learned(kb, number) == [ASKING]


def test_what_the_article_says_already_is_not_learned_but_labelled(kb: KnowledgeBase, number: str) -> None:
    agree(kb, number, "证书过期怎么办")
    assert learned(kb, number) == []
    assert count(kb, LabelledQuery, LabelledQuery.words == "证书过期怎么办") == 1


def test_days_and_repetition_do_not_stand_for_people(kb: KnowledgeBase, clock: Clock, number: str) -> None:
    for _ in range(5):
        agree(kb, number, people=STAFF[:2])
        clock.forward(days=1)
    assert learned(kb, number) == []


def test_visitors_do_not_count(kb: KnowledgeBase) -> None:
    number = published(kb, solution("证书过期怎么办", audience="public"))
    for n in range(10):
        solved(kb, kb.people.visitor(), number, ASKING, name=f"session {n}")
    solved(kb, actor(kb, "expert"), number, ASKING)
    assert learned(kb, number) == []


def test_the_search_of_somebody_else_does_not_count(kb: KnowledgeBase, number: str) -> None:
    expert = actor(kb, "expert")
    event = kb.search.find(expert, SearchRequest(words=ASKING), who="expert").event
    for username in STAFF:
        kb.feedback.answer(actor(kb, username), number, solved=True, who=username, event=event)
    assert learned(kb, number) == []


def test_a_search_that_did_not_show_the_article_does_not_count(kb: KnowledgeBase, number: str) -> None:
    agree(kb, number, "打印机 脱机")
    assert learned(kb, number) == []


@pytest.mark.parametrize(
    "words", ["登录 13800001234", "登录 a.b@example.cn", "登录 138 0000 1234", "登录 １３８０００", "的"]
)
def test_what_looks_personal_or_says_nothing_is_not_learned(kb: KnowledgeBase, number: str, words: str) -> None:
    agree(kb, number, words)
    assert learned(kb, number) == []
    assert count(kb, LabelledQuery) == 0


def test_what_was_removed_never_comes_back(kb: KnowledgeBase, number: str) -> None:
    agree(kb, number)
    (one,) = kb.articles.get(actor(kb, "expert"), number).learned
    for username in ("officer", "reviewer", "agent"):
        with pytest.raises(Denied):
            kb.learning.forget(actor(kb, username), number, one.id)
    with pytest.raises(NotFound):
        kb.learning.forget(actor(kb, "officer_b"), number, one.id)
    kb.learning.forget(actor(kb, "expert"), number, one.id)
    kb.index.drain()
    assert found(kb, actor(kb, "officer"), "数字钥匙") == []
    agree(kb, number, people=STAFF)
    agree(kb, number, words="登录 数字钥匙", people=STAFF)
    assert learned(kb, number) == []
    assert found(kb, actor(kb, "officer"), "数字钥匙") == []
    with pytest.raises(NotFound):
        kb.learning.forget(actor(kb, "expert"), number, one.id)


def test_a_manager_of_the_place_may_remove_it(kb: KnowledgeBase, number: str) -> None:
    agree(kb, number)
    (one,) = kb.articles.get(actor(kb, "manager"), number).learned
    assert kb.articles.get(actor(kb, "manager"), number).may_forget
    assert not kb.articles.get(actor(kb, "officer"), number).may_forget
    kb.learning.forget(actor(kb, "manager"), number, one.id)
    assert learned(kb, number) == []


def test_what_is_learned_on_a_restricted_article_is_seen_by_its_readers_alone(kb: KnowledgeBase) -> None:
    chosen = (actor(kb, "expert").organisation_id, actor(kb, "operator").organisation_id)
    number = published(kb, solution("证书过期怎么办", audience="restricted", restricted_to=chosen), author="expert")
    readers = [who for who in STAFF if number in found(kb, actor(kb, who), "证书过期")]
    for n in range(PEOPLE):
        reader = actor(kb, readers[n % len(readers)])
        solved(kb, reader, number, "龘靐钥匙 登录", name=f"reader {n}")
    assert learned(kb, number) == ["龘靐钥匙 登录"]
    assert found(kb, actor(kb, "officer_b"), "龘靐") == []
    assert found(kb, actor(kb, readers[0]), "龘靐") == [number]


@given(
    st.lists(
        st.tuples(st.sampled_from((ASKING, "登录 数字钥匙", "钥匙", "登录不上")), st.booleans()), min_size=1, max_size=6
    ),
    st.sampled_from(STAFF),
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_person_alone_changes_nothing_that_is_searchable(
    kb: KnowledgeBase, steps: list[tuple[str, bool]], username: str
) -> None:
    number = published(kb, solution("证书过期怎么办"))
    who = actor(kb, username)
    with kb.database.read() as session:
        before = session.get_one(Article, int(number[2:])).version
    for words, good in steps:
        event = kb.search.find(who, SearchRequest(words=words), who=username).event
        kb.feedback.answer(who, number, solved=good, who=username, event=event)
    assert kb.index.waiting() == 0
    assert count(kb, LearnedWords) == 0
    with kb.database.read() as session:
        assert session.get_one(Article, int(number[2:])).version == before


askings = st.lists(st.builds(Asking, st.sampled_from(("甲乙", "乙甲", "丙丁", "1", "a@b")), st.sampled_from("xyzuv")))


@given(askings, st.integers(2, 4))
def test_nothing_is_agreed_on_by_fewer_people_than_it_takes(told: list[Asking], people: int) -> None:
    for meant, one in agreed(told, frozenset, people).items():
        who = {asking.who for asking in told if frozenset(asking.text) == meant}
        assert len(who) == one.people >= people
        assert is_fit(one.text)


@given(askings, st.sampled_from("xyzuv"))
def test_taking_one_person_away_takes_one_voice_away(told: list[Asking], who: str) -> None:
    with_all = agreed(told, frozenset, 1)
    without = agreed([one for one in told if one.who != who], frozenset, 1)
    for meant, one in with_all.items():
        assert one.people - (without[meant].people if meant in without else 0) in (0, 1)


def test_there_is_room_for_a_limited_number() -> None:
    told = {frozenset(str(n)): Agreement(str(n), 3) for n in range(10)}
    assert len(fresh(told, (), MOST - 2, frozenset)) == 2
    assert fresh(told, (), MOST + 5, frozenset) == ()
    assert [one.text for one in fresh(told, "012345678", 0, frozenset)] == ["9"]


def test_a_pseudonym_is_no_name() -> None:
    assert "expert" not in pseudonym("expert")
