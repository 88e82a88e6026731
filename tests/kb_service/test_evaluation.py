"""The base's own labelled queries: kept by managers, asked by evaluations, compared with another lexicon."""

from collections.abc import Sequence

import pytest

from indexer.evaluation import Measures
from indexer.lexicon import Lexicon, Synonyms
from kb_service.bootstrap import KnowledgeBase
from kb_service.domain.access import Actor
from kb_service.domain.labelled import LONGEST, MOST, LabelledQuery
from kb_service.errors import IndexBuilding, Invalid, NotFound, StaleEdit
from kb_service.inputs import SearchRequest
from kb_service.results import LabelledRow
from kb_service.services.evaluation import is_drop
from tests.base import actor
from tests.kb_service.making import count, published, solution


@pytest.fixture
def manager(kb: KnowledgeBase) -> Actor:
    return actor(kb, "manager")


@pytest.fixture
def numbers(kb: KnowledgeBase) -> list[str]:
    told = (("证书过期怎么办", "更新证书"), ("打印机脱机", "接上电源"), ("增值税专用发票红冲", "开红字确认单"))
    return [published(kb, solution(title, fields={"symptom": title, "resolution": how})) for title, how in told]


def labels(kb: KnowledgeBase, who: Actor) -> dict[str, list[str]]:
    return {row.words: [one.number for one in row.answers] for row in kb.labelled.list(who).rows}


def test_only_managers_know_of_labelled_queries(kb: KnowledgeBase, numbers: list[str], manager: Actor) -> None:
    row = kb.labelled.add(manager, "证书", numbers[:1])
    for username in ("expert", "reviewer", "officer", "sysadmin"):
        who = actor(kb, username)
        for asked in (kb.labelled.list, kb.labelled.proposals, kb.evaluation.run, kb.evaluation.history):
            with pytest.raises(NotFound):
                asked(who)
        with pytest.raises(NotFound):
            kb.labelled.add(who, "证书", numbers[:1])
        with pytest.raises(NotFound):
            kb.labelled.remove(who, row.id, seen_version=row.version)
        with pytest.raises(NotFound):
            kb.evaluation.preview(who, Lexicon())


def test_adding_words_again_adds_answers(kb: KnowledgeBase, numbers: list[str], manager: Actor) -> None:
    kb.labelled.add(manager, "证书  打印", numbers[:1])
    kb.labelled.add(manager, " 证书 打印", numbers[1:2])
    assert labels(kb, manager) == {"证书 打印": numbers[:2]}


def test_changing_replaces_answers_and_the_loser_of_a_race_is_told(
    kb: KnowledgeBase, numbers: list[str], manager: Actor
) -> None:
    row = kb.labelled.add(manager, "证书", numbers[:1])
    changed = kb.labelled.change(manager, row.id, numbers[1:], seen_version=row.version)
    assert labels(kb, manager) == {"证书": numbers[1:]}
    with pytest.raises(StaleEdit) as refused:
        kb.labelled.change(manager, row.id, numbers[:1], seen_version=row.version)
    assert refused.value.detail["theirs"]["words"] == "证书"
    with pytest.raises(StaleEdit):
        kb.labelled.remove(manager, row.id, seen_version=row.version)
    kb.labelled.remove(manager, row.id, seen_version=changed.version)
    assert labels(kb, manager) == {}
    with pytest.raises(NotFound):
        kb.labelled.remove(manager, row.id, seen_version=changed.version + 1)
    kb.labelled.add(manager, "证书", numbers[:1])
    assert labels(kb, manager) == {"证书": numbers[:1]}


@pytest.mark.parametrize(
    ("words", "answers", "field"),
    [
        (" ", ["KB000001"], "words"),
        ("长" * (LONGEST + 1), ["KB000001"], "words"),
        ("证书", [], "answers"),
        ("证书", ["KB999999"], "answers"),
        ("证书", ["BG000001"], "answers"),
        ("证书", ["\ud800"], "answers"),
    ],
)
def test_what_cannot_be_labelled_is_said(
    kb: KnowledgeBase, numbers: list[str], manager: Actor, words: str, answers: Sequence[str], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        kb.labelled.add(manager, words, answers)
    assert refused.value.problems[field].endswith("。")
    assert count(kb, LabelledQuery) == 0


def test_answers_have_a_limit(kb: KnowledgeBase, manager: Actor) -> None:
    many = [published(kb, solution(f"证书第{n}种")) for n in range(MOST + 1)]
    with pytest.raises(Invalid):
        kb.labelled.add(manager, "证书", many)


def test_a_query_is_seen_with_its_answers_alone(kb: KnowledgeBase, numbers: list[str], manager: Actor) -> None:
    chosen = (actor(kb, "expert").organisation_id,)
    hidden = published(kb, solution("龘靐", audience="restricted", restricted_to=chosen))
    local = kb.people.local()
    kb.labelled.add(local, "甲乙暗语", [hidden])
    both = kb.labelled.add(local, "证书", [hidden, numbers[0]])
    assert labels(kb, manager) == {"证书": numbers[:1]}
    kb.evaluation.run(manager)
    proposed = Lexicon(synonyms=(Synonyms(("甲乙暗语",), ("龘靐",)),))
    assert [one.words for one in kb.evaluation.preview(local, proposed).gained] == ["甲乙暗语"]
    preview = kb.evaluation.preview(manager, proposed)
    assert preview.after.ndcg_10 > preview.before.ndcg_10
    assert preview.gained == ()
    kb.labelled.change(manager, both.id, numbers[1:2], seen_version=both.version)
    assert labels(kb, local)["证书"] == sorted([hidden, numbers[1]])
    with pytest.raises(Invalid):
        kb.labelled.add(manager, "证书", [hidden])


def place(kb: KnowledgeBase, who: Actor, words: str) -> int | None:
    rows: Sequence[LabelledRow] = kb.labelled.list(who, words=words).rows
    return rows[0].place


def test_a_run_measures_and_keeps_places(kb: KnowledgeBase, numbers: list[str], manager: Actor) -> None:
    kb.labelled.add(manager, "证书过期", numbers[:1])
    kb.labelled.add(manager, "龘靐", numbers[1:2])
    assert place(kb, manager, "证书过期") is None
    run = kb.evaluation.run(manager)
    assert (run.queries, run.author, run.drop) == (2, manager.name, False)
    assert run.measures == Measures(0.5, 0.5, 0.5, 0.5)
    assert (place(kb, manager, "证书过期"), place(kb, manager, "龘靐")) == (1, 0)
    assert kb.evaluation.history(manager) == (run,)


def test_a_drop_against_the_run_before_is_flagged(kb: KnowledgeBase, numbers: list[str], manager: Actor) -> None:
    kb.labelled.add(manager, "证书过期", numbers[:1])
    kb.evaluation.run(manager)
    kb.labelled.add(manager, "龘靐", numbers[1:2])
    assert kb.evaluation.run(manager).drop
    assert [run.drop for run in kb.evaluation.history(manager)] == [True, False]
    assert [run.drop for run in kb.evaluation.history(manager, limit=1)] == [True]


def test_a_little_less_is_no_drop() -> None:
    assert not is_drop(Measures(0.5, 0, 0, 0), Measures(0.495, 0, 0, 0))
    assert is_drop(Measures(0.5, 0, 0, 0), Measures(0.48, 0, 0, 0))


def test_without_labelled_queries_there_is_nothing_to_evaluate(
    kb: KnowledgeBase, numbers: list[str], manager: Actor
) -> None:
    with pytest.raises(Invalid):
        kb.evaluation.run(manager)
    kb.labelled.add(manager, "证书过期", numbers[:1])
    view = kb.articles.get(manager, numbers[0])
    view = kb.articles.step(manager, numbers[0], "propose_retire", seen_version=view.version, reason="旧")
    kb.articles.step(actor(kb, "reviewer"), numbers[0], "confirm_retire", seen_version=view.version)
    with pytest.raises(Invalid):
        kb.evaluation.run(manager)


def test_a_preview_tells_what_synonyms_gain(kb: KnowledgeBase, numbers: list[str], manager: Actor) -> None:
    kb.labelled.add(manager, "数字钥匙", numbers[:1])
    kb.labelled.add(manager, "打印机", numbers[1:2])
    preview = kb.evaluation.preview(manager, Lexicon(synonyms=(Synonyms(("数字钥匙",), ("证书",)),)))
    assert [(one.words, one.before, one.after) for one in preview.gained] == [("数字钥匙", 0, 1)]
    assert (preview.lost, preview.drop, preview.queries) == ((), False, 2)
    assert preview.after.ndcg_10 > preview.before.ndcg_10
    assert kb.evaluation.history(manager) == ()


def test_a_preview_tells_what_stop_words_lose(kb: KnowledgeBase, numbers: list[str], manager: Actor) -> None:
    for n in range(12):
        published(kb, solution(f"不能用第{n}种", fields={"symptom": "不能用", "resolution": "重启，再重启"}))
    kb.labelled.add(manager, "电源 重启", numbers[1:2])
    preview = kb.evaluation.preview(manager, Lexicon(stop_words=("电源",)))
    assert [one.words for one in preview.lost] == ["电源 重启"]
    assert preview.drop


def test_words_are_previewed_on_documents_analysed_anew(kb: KnowledgeBase, numbers: list[str], manager: Actor) -> None:
    kb.labelled.add(manager, "红冲", numbers[2:])
    preview = kb.evaluation.preview(manager, Lexicon(words=("红字确认单", "专用发票红冲")))
    assert preview.before == preview.after == Measures(1, 1, 1, 1)
    assert preview.gained == preview.lost == ()


def test_an_index_that_is_missing_is_said(kb: KnowledgeBase, numbers: list[str], manager: Actor) -> None:
    from kb_service.bootstrap import open_base

    kb.labelled.add(manager, "证书过期", numbers[:1])
    other = open_base(kb.settings, now=kb.now)
    try:
        with pytest.raises(IndexBuilding):
            other.evaluation.run(manager)
    finally:
        other.close()


def test_what_two_people_asked_is_proposed_until_it_is_labelled(
    kb: KnowledgeBase, numbers: list[str], manager: Actor
) -> None:
    def solve(username: str, words: str) -> None:
        who = actor(kb, username)
        event = kb.search.find(who, SearchRequest(words=words), who=username).event
        kb.feedback.answer(who, numbers[0], solved=True, who=username, event=event)

    solve("expert", "证书 过期")
    assert kb.labelled.proposals(manager) == ()
    solve("reviewer", "证书 过期")
    (told,) = kb.labelled.proposals(manager)
    assert (told.words, told.answer.number, told.people) == ("证书 过期", numbers[0], 2)
    kb.labelled.add(manager, told.words, [told.answer.number])
    assert kb.labelled.proposals(manager) == ()
