"""Completion and repair over a base: permitted texts only, and the latest of them."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from indexer.suggest import Entry, Suggestions
from kb_service.bootstrap import KnowledgeBase
from kb_service.domain.access import Actor, readers_of_article, tokens_of, visible_articles
from kb_service.domain.article import Article
from kb_service.errors import DatabaseBusy, Invalid
from kb_service.inputs import LexiconInput, SearchRequest
from kb_service.results import SearchResults
from kb_service.services import suggest_texts
from tests.base import Clock, actor, base_at, populate
from tests.kb_service.making import published, solution

LONG = 60.0
"""Seconds until the texts count as missing, on a machine busy with other tests."""
EVERYBODY = (
    "visitor",
    "officer",
    "officer_b",
    "agent",
    "expert",
    "expert_b",
    "reviewer",
    "head",
    "manager",
    "sysadmin",
)


@pytest.fixture(autouse=True)
def _always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """What changed is looked for at every request, so that no test has to wait."""
    monkeypatch.setattr(suggest_texts, "FRESH", 0.0)


def person(kb: KnowledgeBase, who: str) -> Actor:
    return kb.people.visitor() if who == "visitor" else actor(kb, who)


def told(kb: KnowledgeBase, who: str, typed: str, limit: int = 8) -> list[tuple[str, str]]:
    return [(one.text, one.kind) for one in kb.suggest.find(person(kb, who), typed, limit, wait=LONG)]


def ask(kb: KnowledgeBase, who: str, words: str, **other: object) -> SearchResults:
    kb.suggest.find(person(kb, who), "等", wait=LONG)
    return kb.search.find(person(kb, who), SearchRequest(words=words, **other))


@pytest.mark.parametrize("typed", ["电子税务", "dianzishuiwu", "dzswj", "dzsw局", "電子稅務", "登录"])
def test_a_title_is_completed_however_it_is_typed(kb: KnowledgeBase, typed: str) -> None:
    published(kb, solution("电子税务局登录白屏", audience="public"))
    assert told(kb, "visitor", typed) == [("电子税务局登录白屏", "title")]


def test_ways_of_asking_codes_and_numbers_complete_too(kb: KnowledgeBase) -> None:
    number = published(kb, solution("登录白屏", audience="public", asked=("网页打不开",), codes=("ORA-00942",)))
    assert told(kb, "visitor", "wydbk") == [("网页打不开", "asked")]
    assert told(kb, "visitor", "ora 94") == told(kb, "visitor", "ora-00") == [("ORA-00942", "code")]
    assert (
        told(kb, "visitor", "kb1")
        == told(kb, "visitor", number)
        == told(kb, "visitor", "ｋｂ 01")
        == [(number, "code")]
    )
    assert told(kb, "visitor", "KB") == told(kb, "visitor", "kb2") == told(kb, "visitor", "KB9999999999") == []
    assert kb.suggest.find(kb.people.visitor(), "ORA", wait=LONG)[0].title == "登录白屏"


def test_what_may_not_be_read_is_not_suggested(kb: KnowledgeBase) -> None:
    published(kb, solution("龙门计划的证书", codes=("XQ-77777",)))
    restricted = solution("龙门机密", audience="restricted", restricted_to=(organisation(kb, "甲一一县局"),))
    published(kb, restricted)
    for typed in ("龙门", "lmjh", "longmen", "XQ-7", "证书", "KB"):
        assert told(kb, "visitor", typed) == told(kb, "officer_b", typed) == []
    assert told(kb, "officer", "lm") == [("龙门机密", "title"), ("龙门计划的证书", "title")]
    assert told(kb, "agent", "龙门机密") == []


def organisation(kb: KnowledgeBase, name: str) -> int:
    return next(one.id for one in kb.people.organisations(kb.people.local()) if one.name == name)


def test_a_retired_article_is_gone_at_once_and_back_when_it_is_restored(kb: KnowledgeBase) -> None:
    number = published(kb, solution("登录白屏", audience="public"))
    manager, reviewer = actor(kb, "manager"), actor(kb, "reviewer")
    for propose, confirm, left in (
        ("propose_retire", "confirm_retire", []),
        ("propose_restore", "confirm_restore", [number]),
    ):
        assert [one.number for one in kb.suggest.find(kb.people.visitor(), "白屏", wait=LONG)] != left
        view = kb.articles.get(manager, number)
        view = kb.articles.step(manager, number, propose, seen_version=view.version, reason="旧")
        kb.articles.step(reviewer, number, confirm, seen_version=view.version)
        assert [one.number for one in kb.suggest.find(kb.people.visitor(), "白屏", wait=LONG)] == left


def test_another_process_suggests_the_new_title_and_no_longer_the_old_one(
    kb: KnowledgeBase, tmp_path: Path, clock: Clock
) -> None:
    number = published(kb, solution("登录白屏", audience="public"))
    with base_at(tmp_path / "home", clock) as other:
        assert told(other, "visitor", "登录") == [("登录白屏", "title")]
        expert = actor(kb, "expert")
        draft = kb.candidates.revise(expert, number)
        draft = kb.candidates.edit(
            expert, draft.id, solution("登录黑屏", audience="public"), seen_version=draft.version
        )
        waiting = kb.candidates.submit(expert, draft.id, seen_version=draft.version)
        accepted = kb.reviews.accept(actor(kb, "reviewer"), waiting.id, seen_version=waiting.version)
        if accepted.state == "in_signoff":
            kb.reviews.sign_off(actor(kb, "head"), waiting.id, seen_version=accepted.version)
        assert told(other, "visitor", "登录") == [("登录黑屏", "title")]


def test_texts_that_are_behind_cannot_show_what_is_restricted_by_now(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = published(kb, solution("龙门计划", audience="public"))
    assert told(kb, "visitor", "lmjh")
    monkeypatch.setattr(suggest_texts, "FRESH", 10**9)
    with kb.database.begin() as tx:
        tx.session.get_one(Article, int(number[2:])).audience = "internal"
    assert told(kb, "visitor", "lmjh") == []


def test_a_long_backlog_is_loaded_anew(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(kb, "visitor", "白屏") == []
    monkeypatch.setattr(suggest_texts, "BACKLOG", 0)
    published(kb, solution("登录白屏", audience="public"))
    told(kb, "visitor", "白屏")
    told(kb, "visitor", "白屏")
    kb.suggest._texts._thread.join()
    assert told(kb, "visitor", "白屏") == [("登录白屏", "title")]


def test_a_database_that_is_busy_is_asked_again_by_the_next_request(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(kb, solution("登录白屏", audience="public"))
    with monkeypatch.context() as patch:
        patch.setattr(suggest_texts.suggestions, "mark", refuse)
        assert kb.suggest.find(kb.people.visitor(), "白屏", wait=0.2) == ()
        kb.suggest._texts._thread.join()
    assert told(kb, "visitor", "白屏") == [("登录白屏", "title")]


def refuse(*_: object) -> None:
    raise DatabaseBusy


@pytest.mark.parametrize("limit", [0, -1, 21, 10**9])
def test_a_limit_out_of_range_is_refused(kb: KnowledgeBase, limit: int) -> None:
    with pytest.raises(Invalid):
        kb.suggest.find(kb.people.visitor(), "票", limit)


@given(st.text(st.characters(), max_size=60))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_typed_raises(kb: KnowledgeBase, typed: str) -> None:
    kb.suggest.find(kb.people.visitor(), typed, wait=LONG)
    kb.search.find(kb.people.visitor(), SearchRequest(words=typed))


AUDIENCES = st.sampled_from(["public", "internal", "restricted"])


def test_everybody_is_suggested_exactly_what_the_database_lets_him_see(kb: KnowledgeBase) -> None:
    place = organisation(kb, "甲一一县局")
    for audience in ("public", "internal", "restricted"):
        for author, reviewer in (("expert", "reviewer"), ("expert_b", "reviewer_hq")):
            chosen = (place,) if audience == "restricted" else ()
            article = solution(f"{author}写的{audience}文章", audience=audience, restricted_to=chosen)
            published(kb, article, author=author, reviewer=reviewer)
    for who in EVERYBODY:
        with kb.database.read() as session:
            seen = set(session.scalars(select(Article.id).where(visible_articles(person(kb, who)))))
        found = kb.suggest.find(person(kb, who), "写的", 20, wait=LONG)
        assert {int(one.number[2:]) for one in found} == seen, who


@given(
    st.lists(
        st.tuples(AUDIENCES, st.sampled_from(["/1/", "/1/2/", "/1/3/"]), st.sets(st.sampled_from([2, 3]))), max_size=12
    )
)
def test_tokens_let_through_what_access_lets_through(articles: list[tuple[str, str, set[int]]]) -> None:
    texts = Suggestions()
    readers = [readers_of_article(audience, "published", scope, chosen) for audience, scope, chosen in articles]
    texts.put(Entry(at, "title", "发票", one) for at, one in enumerate(readers))
    for who in (Actor("v"), Actor("o", "o", 1, "/1/2/"), Actor("m", "m", 2, "/1/", frozenset({("manager", "/1/3/")}))):
        found = {match.document for match in texts.permitted(tokens_of(who)).matches("发票", 20)}
        assert found <= {at for at, one in enumerate(readers) if tokens_of(who) & one}


def searched(kb: KnowledgeBase, words: str, number: str, *people: str) -> None:
    for who in people:
        event = kb.search.find(kb.people.visitor(), SearchRequest(words=words), who=who).event
        kb.search.opened(event, number)
    kb.search.flush()


@pytest.fixture
def again(tmp_path: Path, clock: Clock) -> Callable[[], KnowledgeBase]:
    """The same base opened by a fresh process, which looks anew what people search with."""
    opened = []

    def open_again() -> KnowledgeBase:
        context = base_at(tmp_path / "home", clock)
        opened.append(context)
        return context.__enter__()

    yield open_again
    for context in opened:
        context.__exit__(None, None, None)


def popular(kb: KnowledgeBase, typed: str, who: str = "visitor") -> list[str]:
    told(kb, who, typed)
    kb.suggest._texts._thread.join()
    return [text for text, kind in told(kb, who, typed) if kind == "words"]


def test_what_several_people_searched_with_is_suggested(kb: KnowledgeBase, again: Callable[[], KnowledgeBase]) -> None:
    number = published(kb, solution("登录白屏", audience="public"))
    searched(kb, "证书 过期", number, "一", "二", "三")
    searched(kb, "证书更新", number, "一", "一", "一", "二")
    assert popular(again(), "zs") == ["证书 过期"]


@pytest.mark.parametrize("words", ["证书 13800000000", "证书 张伟民", "证书@过期", "证书 1380 0000 000"])
def test_what_looks_personal_or_stands_in_no_text_is_not_suggested(
    kb: KnowledgeBase, again: Callable[[], KnowledgeBase], words: str
) -> None:
    number = published(kb, solution("登录白屏", audience="public"))
    searched(kb, words, number, "一", "二", "三")
    assert popular(again(), "证书") == []


def test_what_people_search_with_is_as_visible_as_what_it_led_to(
    kb: KnowledgeBase, again: Callable[[], KnowledgeBase]
) -> None:
    number = published(kb, solution("登录白屏"))
    searched(kb, "证书过期", number, "一", "二", "三")
    fresh = again()
    assert popular(fresh, "证书过期") == []
    assert popular(fresh, "证书过期", "officer") == ["证书过期"]


def test_what_was_searched_with_long_ago_is_forgotten(
    kb: KnowledgeBase, clock: Clock, again: Callable[[], KnowledgeBase]
) -> None:
    number = published(kb, solution("登录白屏", audience="public"))
    searched(kb, "证书过期", number, "一", "二", "三")
    clock.forward(days=suggest_texts.SINCE / timedelta(days=1) + 1)
    assert popular(again(), "证书过期") == []


def test_a_slip_is_repaired_where_nothing_is_found_and_what_was_typed_stays_within_reach(kb: KnowledgeBase) -> None:
    number = published(kb, solution("开票软件登录白屏", audience="public"))
    answer = ask(kb, "visitor", "kaipiao ruanjian")
    assert (answer.repaired, [hit.number for hit in answer.hits]) == ("开票软件", [number])
    assert "<mark>开票软件</mark>" in answer.hits[0].title_html
    exact = ask(kb, "visitor", "kaipiao ruanjian", exact=True)
    assert (exact.repaired, exact.did_you_mean, exact.hits) == ("", (), ())


def test_a_slip_is_only_offered_where_something_is_found(kb: KnowledgeBase) -> None:
    published(kb, solution("增值税发票开具", audience="public"))
    answer = ask(kb, "visitor", "增值睡发票")
    assert answer.repaired == ""
    assert answer.did_you_mean == ("增值税发票",)
    assert answer.hits


def test_a_repair_is_made_within_the_filters_that_were_chosen(kb: KnowledgeBase) -> None:
    published(kb, solution("开票软件登录白屏", audience="public", system="开票软件"))
    assert ask(kb, "visitor", "kaipiao ruanjian", filters={"system": ("开票软件",)}).repaired == "开票软件"
    other = ask(kb, "visitor", "kaipiao ruanjian", filters={"kind": ("faq",)})
    assert (other.repaired, other.did_you_mean) == ("", ())


def test_no_word_of_a_text_beyond_the_rights_is_told(kb: KnowledgeBase) -> None:
    published(kb, solution("龙门计划发票", fields={"symptom": "龙门", "resolution": "无"}))
    for typed in ("龙门计化", "longmenjihua", "发漂", "龙们计划"):
        answer = ask(kb, "visitor", typed)
        assert (answer.repaired, answer.did_you_mean, answer.also_searched) == ("", (), ())
    assert ask(kb, "officer", "longmenjihua").repaired == "龙门计划"


def test_synonyms_that_were_searched_are_told_and_need_no_repair(kb: KnowledgeBase) -> None:
    number = published(kb, solution("电子税务局登录白屏", audience="public"))
    synonym = LexiconInput(kind="synonyms", text="龙税 => 电子税务局", reason="口语")
    kb.lexicon.add(actor(kb, "manager"), synonym)
    answer = ask(kb, "visitor", "龙税白屏")
    assert [hit.number for hit in answer.hits] == [number]
    assert answer.also_searched == (("龙税", "电子税务局"),)
    assert (answer.repaired, answer.did_you_mean) == ("", ())


def test_an_empty_base_suggests_nothing(tmp_path: Path) -> None:
    with base_at(tmp_path / "empty", Clock()) as kb:
        populate(kb)
        assert told(kb, "officer", "票") == []
        assert ask(kb, "officer", "kaipiao").hits == ()
