"""The lexicon desk: who keeps it, what is refused and undone, and that it is in force everywhere within moments."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from kb_service.bootstrap import KnowledgeBase, open_base
from kb_service.domain.access import Actor
from kb_service.domain.feedback import SearchEvent
from kb_service.domain.lexicon import KINDS
from kb_service.errors import Conflict, Duplicate, Invalid, NotFound, StaleEdit, Unconfirmed
from kb_service.inputs import LexiconInput
from kb_service.results import LexiconView, RebuildProgress
from kb_service.store.audit import AuditLine
from tests.base import Clock, actor
from tests.kb_service.making import contents, count, found, published, solution

OTHERS = ("officer", "agent", "operator", "expert", "reviewer", "head", "sysadmin")


def told(text: str, kind: str = "synonyms", reason: str = "大家这样叫") -> LexiconInput:
    return LexiconInput(kind=kind, text=text, reason=reason)


@pytest.fixture
def manager(kb: KnowledgeBase) -> Actor:
    return actor(kb, "manager")


@pytest.fixture
def entry(kb: KnowledgeBase, manager: Actor) -> LexiconView:
    return kb.lexicon.add(manager, told("网税 => 电子税务局"))


@contextmanager
def beside(kb: KnowledgeBase, clock: Clock) -> Iterator[KnowledgeBase]:
    """The same base opened by another process, as far as a test can tell."""
    other = open_base(kb.settings, now=clock)
    try:
        other.index.rebuild()
        yield other
    finally:
        other.close()


def searched(kb: KnowledgeBase, words: str, people: int, *, total: int = 3) -> None:
    rows = [
        {
            "key": f"{words}{n}",
            "who": f"p{n}",
            "at": kb.now(),
            "words": words,
            "filters": {},
            "total": total,
            "shown": [],
        }
        for n in range(people)
    ]
    with kb.database.begin() as tx:
        tx.session.execute(insert(SearchEvent), [{**row, "opened": [], "solved": ""} for row in rows])


def texts(kb: KnowledgeBase, manager: Actor, kind: str = "") -> list[str]:
    return [row.text for row in kb.lexicon.list(manager, kind=kind, limit=50).rows]


def test_an_entry_bears_author_reason_and_date_and_leaves_an_audit_line(
    kb: KnowledgeBase, manager: Actor, entry: LexiconView
) -> None:
    assert (entry.entry.text, entry.entry.author, entry.entry.reason) == (
        "网税 => 电子税务局",
        manager.name,
        "大家这样叫",
    )
    assert entry.entry.changed_at == kb.now()
    assert [(one.action, one.before, one.after) for one in entry.changes] == [("add", "", "网税 => 电子税务局")]
    assert count(kb, AuditLine, AuditLine.action == "lexicon_add", AuditLine.actor == "manager") == 1


@pytest.mark.parametrize("username", ["", *OTHERS])
def test_for_everybody_but_managers_there_is_no_desk(kb: KnowledgeBase, entry: LexiconView, username: str) -> None:
    who = actor(kb, username) if username else kb.people.visitor()
    desk, number, version = kb.lexicon, entry.entry.id, entry.entry.version
    before = contents(kb)
    for attempt in (
        lambda: desk.list(who),
        lambda: desk.get(who, number),
        lambda: desk.history(who),
        lambda: desk.status(who),
        lambda: desk.unanswered(who),
        lambda: desk.preview(who, "synonyms", "甲乙, 丙丁"),
        lambda: desk.preview_change(who, number, ""),
        lambda: desk.preview_import(who, "word", "开票软件"),
        lambda: desk.add(who, told("甲乙, 丙丁")),
        lambda: desk.change(who, number, "甲乙, 丙丁", reason="x", seen_version=version),
        lambda: desk.remove(who, number, reason="x", seen_version=version),
        lambda: desk.undo(who, entry.changes[0].id),
        lambda: desk.take(who, told("开票软件", "word")),
        lambda: desk.export(who, "word"),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert contents(kb) == before


def test_a_synonym_widens_a_question_one_way_and_undoing_it_ends_that(kb: KnowledgeBase, manager: Actor) -> None:
    officer = actor(kb, "officer")
    number = published(kb, solution("电子税务局登录不上", audience="public"))
    assert found(kb, officer, "网税") == []
    added = kb.lexicon.add(manager, told("网税 => 电子税务局"))
    assert found(kb, officer, "网税") == [number]
    undone = kb.lexicon.undo(manager, added.changes[0].id)
    assert (undone.action, undone.undoes, undone.after) == ("undo", added.changes[0].id, "")
    assert found(kb, officer, "网税") == []
    again = kb.lexicon.undo(manager, undone.id)
    assert again.after == "网税 => 电子税务局"
    assert found(kb, officer, "网税") == [number]


def test_a_synonym_added_by_one_process_is_in_force_in_another_within_two_seconds(
    kb: KnowledgeBase, clock: Clock, manager: Actor
) -> None:
    number = published(kb, solution("电子税务局登录不上", audience="public"))
    with beside(kb, clock) as other:
        visitor = other.people.visitor()
        assert found(other, visitor, "网税") == []
        added = kb.lexicon.add(manager, told("网税, 电子税务局"))
        clock.forward(seconds=1)
        assert found(other, visitor, "网税") == [number]
        kb.lexicon.remove(manager, added.entry.id, reason="不用了", seen_version=added.entry.version)
        clock.forward(seconds=1)
        assert found(other, visitor, "网税") == []


def test_a_clock_that_is_put_back_does_not_keep_an_old_lexicon_in_force(
    kb: KnowledgeBase, clock: Clock, manager: Actor
) -> None:
    number = published(kb, solution("电子税务局登录不上", audience="public"))
    with beside(kb, clock) as other:
        found(other, other.people.visitor(), "网税")
        kb.lexicon.add(manager, told("网税, 电子税务局"))
        clock.forward(hours=-5)
        assert found(other, other.people.visitor(), "网税") == [number]


def test_words_wait_for_a_rebuild_and_are_in_the_index_after_it(kb: KnowledgeBase, manager: Actor) -> None:
    number = published(kb, solution("龘靐齉系统打不开", audience="public"))
    assert not kb.index.lacks_words()
    kb.lexicon.add(manager, told("龘靐齉", "word"))
    assert kb.lexicon.status(manager).words_wait
    assert found(kb, manager, "龘靐齉") == [number]
    kb.index.rebuild()
    assert not kb.lexicon.status(manager).words_wait
    assert found(kb, manager, "龘靐齉") == [number]
    kb.lexicon.add(manager, told("打不开, 启动不了"))
    assert not kb.index.lacks_words()


def test_words_that_change_during_a_rebuild_call_for_another(kb: KnowledgeBase, manager: Actor) -> None:
    published(kb, solution("龘靐齉系统打不开", audience="public"))
    kb.lexicon.add(manager, told("龘靐齉", "word"))
    seen: list[RebuildProgress | None] = []

    def meddle(done: int, total: int) -> None:
        seen.append(kb.lexicon.status(manager).progress)
        kb.lexicon.add(manager, told(f"龘靐{'齉' * (done + 2)}", "word"))

    kb.index.rebuild(meddle)
    assert seen == [RebuildProgress(1, 1)]
    assert kb.index.lacks_words()
    kb.index.rebuild()
    assert not kb.index.lacks_words()
    assert kb.lexicon.status(manager).progress is None


def test_a_rebuild_that_is_given_up_leaves_the_words_waiting(kb: KnowledgeBase, manager: Actor) -> None:
    published(kb, solution("龘靐齉系统打不开"))
    kb.lexicon.add(manager, told("龘靐齉", "word"))

    def stop(done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        kb.index.rebuild(stop)
    assert kb.index.lacks_words()
    assert kb.index.progress() is None


def test_the_later_of_two_edits_gets_the_text_of_the_earlier(
    kb: KnowledgeBase, manager: Actor, entry: LexiconView
) -> None:
    number, seen = entry.entry.id, entry.entry.version
    kb.lexicon.change(manager, number, "网税 => 电子税务局, 网上税务局", reason="改", seen_version=seen)
    with pytest.raises(StaleEdit) as late:
        kb.lexicon.change(manager, number, "网税, 电税", reason="改", seen_version=seen)
    assert late.value.detail["yours"]["title"] == "网税, 电税"
    assert late.value.detail["theirs"]["title"] == "网税 => 电子税务局, 网上税务局"
    with pytest.raises(StaleEdit):
        kb.lexicon.remove(manager, number, reason="x", seen_version=seen)
    now = kb.lexicon.get(manager, number)
    assert (now.entry.text, now.entry.version) == ("网税 => 电子税务局, 网上税务局", seen + 1)


def test_who_edits_what_was_removed_meanwhile_is_told_so(kb: KnowledgeBase, manager: Actor, entry: LexiconView) -> None:
    number, seen = entry.entry.id, entry.entry.version
    kb.lexicon.remove(manager, number, reason="不用了", seen_version=seen)
    with pytest.raises(StaleEdit) as late:
        kb.lexicon.change(manager, number, "网税, 电税", reason="改", seen_version=seen)
    assert late.value.detail["theirs"]["title"] == ""
    with pytest.raises(Conflict, match="已经移除"):
        kb.lexicon.change(manager, number, "网税, 电税", reason="改", seen_version=seen + 1)
    view = kb.lexicon.get(manager, number)
    assert view.entry.removed
    assert kb.lexicon.list(manager).total == 0


def test_only_the_latest_act_on_an_entry_is_undone(kb: KnowledgeBase, manager: Actor, entry: LexiconView) -> None:
    number, seen = entry.entry.id, entry.entry.version
    changed = kb.lexicon.change(manager, number, "网税, 电税", reason="改", seen_version=seen)
    latest, first = changed.changes
    assert (latest.can_be_undone, first.can_be_undone) == (True, False)
    with pytest.raises(Conflict, match="后来的改动"):
        kb.lexicon.undo(manager, first.id)
    kb.lexicon.undo(manager, latest.id)
    assert texts(kb, manager) == ["网税 => 电子税务局"]


def test_what_was_removed_and_added_again_is_not_brought_back_a_second_time(
    kb: KnowledgeBase, manager: Actor, entry: LexiconView
) -> None:
    gone = kb.lexicon.remove(manager, entry.entry.id, reason="不用了", seen_version=entry.entry.version)
    kb.lexicon.add(manager, told("網稅 => 电子税务局"))
    with pytest.raises(Duplicate):
        kb.lexicon.undo(manager, gone.changes[0].id)
    assert kb.lexicon.list(manager).total == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (told("网税"), "text"),
        (told(" "), "text"),
        (told("网税, 电税", reason=" "), "reason"),
        (told("网税, 电税", reason="因" * 501), "reason"),
        (told("网税, 电税", kind="verb"), "kind"),
        (told("税", "word"), "text"),
        (told("网税\ud800, 电税"), "text"),
    ],
)
def test_what_cannot_be_taken_is_named(kb: KnowledgeBase, manager: Actor, wrong: LexiconInput, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        kb.lexicon.add(manager, wrong)
    assert list(refused.value.problems) == [field]
    assert kb.lexicon.status(manager).revision == 0


def test_the_same_is_not_added_twice_however_it_is_written(
    kb: KnowledgeBase, manager: Actor, entry: LexiconView
) -> None:
    with pytest.raises(Duplicate) as refused:
        kb.lexicon.add(manager, told("網稅 => 電子稅務局"))
    assert refused.value.detail["entry"] == entry.entry.id
    with pytest.raises(Invalid):
        kb.lexicon.change(manager, entry.entry.id, "网税=>电子税务局", reason="改", seen_version=entry.entry.version)


def test_a_file_is_taken_line_by_line_in_one_act(kb: KnowledgeBase, manager: Actor) -> None:
    kb.lexicon.add(manager, told("开票软件", "word"))
    file = "# 词典\n开票软件 5 n\n电子税务局\n税\n电子稅務局\n发票税控\n，"
    seen = kb.lexicon.preview_import(manager, "word", file)
    assert texts(kb, manager) == ["开票软件"]
    taken = kb.lexicon.take(manager, told(file, "word"))
    for outcome in (seen, taken):
        assert (outcome.created, outcome.unchanged) == (2, 2)
        assert [line.number for line in outcome.refused] == [4, 7]
    assert texts(kb, manager) == ["发票税控", "电子税务局", "开票软件"]
    act = kb.lexicon.history(manager).rows[0]
    assert (act.action, act.entries, act.after) == ("import", 2, "电子税务局")
    again = kb.lexicon.take(manager, told(file, "word"))
    assert (again.created, again.unchanged) == (0, 4)
    kb.lexicon.undo(manager, act.id)
    assert texts(kb, manager) == ["开票软件"]


def test_two_sets_that_lead_to_each_other_are_taken_and_said(kb: KnowledgeBase, manager: Actor) -> None:
    taken = kb.lexicon.take(manager, told("网税 => 电子税务局\n电子税务局 => 网税"))
    assert taken.created == 2
    assert ["互相指向" in note for note in taken.outlook.notes] == [True]
    number = published(kb, solution("电子税务局登录不上"))
    assert found(kb, manager, "网税") == [number]
    seen = kb.lexicon.preview(manager, "synonyms", "电子税务局 => 网税, 电税")
    assert len(seen.notes) == 1


@pytest.mark.parametrize("file", ["", "# 只有注释\n", "词" * 4_000_001, "电税\n" * 200_001])
def test_a_file_with_nothing_in_it_or_too_much_is_refused_as_a_whole(
    kb: KnowledgeBase, manager: Actor, file: str
) -> None:
    with pytest.raises(Invalid) as refused:
        kb.lexicon.take(manager, told(file, "word"))
    assert refused.value.problems["file"].endswith("。")


def test_a_stop_word_that_empties_what_people_ask_has_to_be_confirmed(kb: KnowledgeBase, manager: Actor) -> None:
    searched(kb, "发票", 2)
    searched(kb, "龘靐", 1)
    searched(kb, "发票 作废", 3)
    with pytest.raises(Unconfirmed) as asked:
        kb.lexicon.add(manager, told("发票", "stop_word"))
    assert asked.value.detail["emptied"] == ["发票"]
    assert texts(kb, manager) == []
    kb.lexicon.add(manager, told("发票", "stop_word"), confirmed=True)
    kb.lexicon.add(manager, told("龘靐", "stop_word"))
    assert texts(kb, manager) == ["龘靐", "发票"]


def test_a_stop_word_that_no_question_has_is_said(kb: KnowledgeBase, manager: Actor) -> None:
    (note,) = kb.lexicon.preview(manager, "stop_word", "龘靐齉").notes
    assert "收作领域词" in note
    kb.lexicon.add(manager, told("龘靐齉", "word"))
    for text in ("龘靐齉", "打印机", "的", "help"):
        assert kb.lexicon.preview(manager, "stop_word", text).notes == ()


def test_a_change_that_costs_too_much_has_to_be_confirmed(kb: KnowledgeBase, manager: Actor) -> None:
    answer = published(kb, solution("社保卡密码忘了", audience="public"))
    for n in range(3):
        published(kb, solution(f"打印机第{n}种卡纸", audience="public"))
    kb.labelled.add(manager, "打印机 密码", [answer])
    costly = told("密码", "stop_word")
    outlook = kb.lexicon.preview(manager, "stop_word", "密码")
    assert outlook.measured is not None
    assert outlook.measured.drop
    assert [one.words for one in outlook.measured.lost] == ["打印机 密码"]
    with pytest.raises(Unconfirmed) as asked:
        kb.lexicon.add(manager, costly)
    assert asked.value.detail["lost"] == ["打印机 密码"]
    assert texts(kb, manager) == []
    added = kb.lexicon.add(manager, costly, confirmed=True)
    better = kb.lexicon.preview_change(manager, added.entry.id, "")
    assert better.measured is not None
    assert [one.words for one in better.measured.gained] == ["打印机 密码"]
    kb.lexicon.add(manager, told("龘靐, 齉齾"))


def test_words_searched_in_vain_by_several_people_are_where_to_begin(kb: KnowledgeBase, manager: Actor) -> None:
    searched(kb, "电税", 3, total=0)
    searched(kb, "个税扣缴端", 2, total=0)
    searched(kb, "只有一个人问", 1, total=0)
    searched(kb, "找到了的", 5)
    searched(kb, "13800000000", 4, total=0)
    searched(kb, "010-6123-4567", 4, total=0)
    searched(kb, "zhang@example.cn", 4, total=0)
    assert [(one.words, one.people) for one in kb.lexicon.unanswered(manager)] == [("电税", 3), ("个税扣缴端", 2)]
    kb.lexicon.add(manager, told("電税 => 电子税务局"))
    assert [one.words for one in kb.lexicon.unanswered(manager)] == ["个税扣缴端"]


def test_a_list_is_narrowed_by_kind_and_words(kb: KnowledgeBase, manager: Actor) -> None:
    kb.lexicon.take(manager, told("网税 => 电子税务局\n个税, 个人所得税"))
    kb.lexicon.add(manager, told("电子税务局", "word"))
    assert texts(kb, manager, "word") == ["电子税务局"]
    assert kb.lexicon.list(manager, words="电子").total == 2
    assert kb.lexicon.list(manager, words="%").total == 0
    assert kb.lexicon.status(manager).counts == {"word": 1, "synonyms": 2, "stop_word": 0}


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(["网税, 电税", "电税", "开票软件", "个税 => 所得税"])))
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_undoing_everything_leads_back_to_the_beginning(kb: KnowledgeBase, steps: list[tuple[str, str]]) -> None:
    local = kb.people.local()
    begun = kb.lexicon.status(local).revision
    before = sorted(texts(kb, local))
    for kind, text in steps:
        try:
            kb.lexicon.take(local, told(text, kind), confirmed=True)
        except Invalid:
            continue
    acts = [one for one in kb.lexicon.history(local, limit=50).rows if one.id > begun]
    for act in acts:
        kb.lexicon.undo(local, act.id)
    assert sorted(texts(kb, local)) == before


def test_what_is_exported_says_the_same_when_it_is_imported(kb: KnowledgeBase, manager: Actor) -> None:
    kb.lexicon.take(manager, told("网税 => 电子税务局\n" + r"甲\,乙, 丙丁"))
    exported = list(kb.lexicon.export(manager, "synonyms"))
    assert exported == ["网税 => 电子税务局", r"甲\,乙, 丙丁"]
    assert kb.lexicon.take(manager, told("\n".join(exported))).created == 0
    with pytest.raises(NotFound):
        kb.lexicon.export(manager, "verbs")


def test_the_local_operator_keeps_the_lexicon_too(kb: KnowledgeBase) -> None:
    view = kb.lexicon.add(kb.people.local(), told("网税, 电税"))
    assert view.entry.author == "local"


def test_a_base_opened_anew_has_its_lexicon_in_force(kb: KnowledgeBase, clock: Clock, entry: LexiconView) -> None:
    number = published(kb, solution("电子税务局登录不上", audience="public"))
    with beside(kb, clock) as other:
        assert found(other, other.people.visitor(), "网税") == [number]
