"""Stories of files: reports in versions, questions accepted in one act, pages that link to each other."""

from pathlib import Path

import pytest

from kb_service.bootstrap import KnowledgeBase
from kb_service.domain.article import Article
from kb_service.domain.attachment import Attachment
from kb_service.domain.candidate import Candidate
from kb_service.domain.report import Report
from kb_service.errors import Conflict, Denied, Duplicate, Invalid, InvalidTransition, NotFound, StaleEdit
from kb_service.inputs import AttachmentInput, Refusal
from kb_service.results import Counts
from kb_service.store.audit import AuditLine
from tests.base import Clock, actor
from tests.kb_service.making import contents, count, drafts, faq, found, imported, told, uploaded

QUESTIONS = [faq(str(n), f"第{n}个问题怎么办", f"第{n}个回答") for n in range(1, 6)]


def test_questions_of_a_file_are_accepted_in_one_act_by_a_second_person(kb: KnowledgeBase) -> None:
    expert, reviewer, officer = (actor(kb, name) for name in ("expert", "reviewer", "officer"))
    batch = imported(kb, expert, QUESTIONS)
    assert batch.counts == Counts(read=5, created=5)
    assert batch.waiting == 5
    assert found(kb, officer, "第3个问题") == []
    assert "accept" not in batch.actions
    assert set(kb.imports.get(reviewer, batch.id).actions) == {"accept", "send_back"}
    with pytest.raises(Denied):
        kb.reviews.accept_import(expert, batch.id)
    with pytest.raises(NotFound):
        kb.reviews.accept_import(actor(kb, "expert_b"), batch.id)
    lines = count(kb, AuditLine)
    assert kb.reviews.accept_import(reviewer, batch.id, "抽查了三条") == 5
    assert count(kb, AuditLine, AuditLine.action == "accept") == 5
    assert count(kb, AuditLine) == lines + 10
    kb.index.drain()
    hits = [kb.articles.get(officer, number).title for number in found(kb, officer, "第3个问题怎么办")]
    assert hits[0] == "第3个问题怎么办"
    assert {row.author for row in kb.articles.revisions(expert, found(kb, officer, "第3个问题怎么办")[0])} == {
        expert.name
    }
    assert kb.index.check().clean


def test_an_importer_who_is_also_reviewer_accepts_nothing_of_his_own(kb: KnowledgeBase) -> None:
    roles = [("expert", "甲省局"), ("reviewer", "甲省局")]
    kb.people.add(kb.people.local(), username="both", name="双", organisation="甲省局", roles=roles)
    both = actor(kb, "both")
    batch = imported(kb, both, QUESTIONS)
    with pytest.raises(Denied):
        kb.reviews.accept_import(both, batch.id)
    again = imported(kb, actor(kb, "expert"), [faq("1", "第1个问题怎么办", "双改过的")])
    third = imported(kb, both, [faq("1", "第1个问题怎么办", "又是双改的")])
    assert (again.counts.updated, third.counts.updated) == (1, 1)
    assert count(kb, Candidate) == 5
    with pytest.raises(Denied):
        kb.reviews.accept_import(both, third.id)
    assert count(kb, Article) == 0


def test_a_whole_import_can_be_sent_back_and_comes_again(kb: KnowledgeBase) -> None:
    expert, reviewer = actor(kb, "expert"), actor(kb, "reviewer")
    batch = imported(kb, expert, QUESTIONS)
    with pytest.raises(Invalid):
        kb.reviews.send_back_import(reviewer, batch.id, "")
    assert kb.reviews.send_back_import(reviewer, batch.id, "回答太短") == 5
    again = imported(kb, expert, [faq("1", "第1个问题怎么办", "长了许多的回答"), *QUESTIONS[1:]])
    assert again.counts == Counts(read=5, updated=1, unchanged=4)
    assert count(kb, Candidate) == 5
    assert again.waiting == 1


def test_a_second_run_of_the_same_file_changes_nothing(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    reports = [told(n) for n in range(4)] + [told(9, key="", phenomenon="没有编号的")]
    assert imported(kb, expert, reports).counts == Counts(read=5, created=5)
    before = {name: rows for name, rows in contents(kb).items() if name not in ("import", "audit")}
    assert imported(kb, expert, list(reversed(reports))).counts == Counts(read=5, unchanged=5)
    assert {name: rows for name, rows in contents(kb).items() if name not in ("import", "audit")} == before


def test_an_article_edited_here_is_left_alone_until_its_source_changes(kb: KnowledgeBase) -> None:
    expert, reviewer = actor(kb, "expert"), actor(kb, "reviewer")
    batch = imported(kb, expert, QUESTIONS[:1])
    kb.reviews.accept_import(reviewer, batch.id)
    number = kb.articles.list(expert).rows[0].number
    draft = kb.candidates.revise(expert, number)
    mine = faq("", "第1个问题怎么办", "人改得更好的回答")
    edited = kb.candidates.edit(expert, draft.id, mine, seen_version=draft.version)
    assert imported(kb, expert, QUESTIONS[:1]).counts == Counts(read=1, unchanged=1)
    changed = imported(kb, expert, [faq("1", "第1个问题怎么办", "来源又改了")])
    assert changed.counts == Counts(read=1, updated=1)
    assert kb.candidates.get(expert, draft.id).fields[0].markdown == "人改得更好的回答"
    waiting = kb.candidates.submit(expert, draft.id, seen_version=edited.version)
    kb.reviews.accept(reviewer, draft.id, seen_version=waiting.version)
    with pytest.raises(StaleEdit):
        kb.reviews.accept_import(reviewer, changed.id)
    assert kb.articles.get(expert, number).fields[0].markdown == "人改得更好的回答"


def test_a_changed_row_proposes_a_revision_that_is_compared_with_the_live_text(kb: KnowledgeBase) -> None:
    expert, reviewer = actor(kb, "expert"), actor(kb, "reviewer")
    kb.reviews.accept_import(reviewer, imported(kb, expert, QUESTIONS[:2]).id)
    changed = imported(kb, expert, [faq("1", "第1个问题怎么办", "新的回答"), QUESTIONS[1]])
    assert changed.counts == Counts(read=2, updated=1, unchanged=1)
    row = kb.reviews.queue(reviewer).rows[0]
    diff = kb.candidates.get(reviewer, row.id).diff
    assert [(one.name, [(line.change, line.before, line.after) for line in one.lines]) for one in diff] == [
        ("answer", [("changed", "第1个回答", "新的回答")])
    ]
    assert kb.articles.get(expert, row.target).fields[0].markdown == "第1个回答"
    kb.reviews.accept(reviewer, row.id, seen_version=kb.candidates.get(reviewer, row.id).version)
    assert kb.articles.get(expert, row.target).fields[0].markdown == "新的回答"
    assert [one.number for one in kb.articles.revisions(expert, row.target)] == [2, 1]
    assert [one.name for one in kb.articles.diff(expert, row.target, 1, 2)] == ["answer"]


def test_nobodys_file_touches_the_articles_of_another_scope(kb: KnowledgeBase) -> None:
    kb.reviews.accept_import(actor(kb, "reviewer"), imported(kb, actor(kb, "expert"), QUESTIONS[:1]).id)
    theirs = imported(kb, actor(kb, "expert_b"), [faq("1", "第1个问题怎么办", "乙省的回答")])
    assert theirs.counts == Counts(read=1, created=1)
    row = kb.candidates.list(actor(kb, "expert_b")).rows[0]
    assert (row.target, row.scope) == ("", "乙省局")
    kb.reviews.accept_import(actor(kb, "reviewer_hq"), theirs.id)
    assert count(kb, Article) == 2


def test_a_changed_report_files_a_version_and_earlier_ones_stay_readable(kb: KnowledgeBase, clock: Clock) -> None:
    expert = actor(kb, "expert")
    imported(kb, expert, [told(1), told(2)])
    clock.forward(days=1)
    batch = imported(kb, expert, [told(1, resolution="重装驱动龘"), told(2)])
    assert batch.counts == Counts(read=2, updated=1, unchanged=1)
    (number,) = found(kb, expert, "重装驱动龘")
    report = kb.reports.get(expert, number)
    assert [(one.version, one.resolution[:4]) for one in report.versions] == [(2, "重装驱动"), (1, "1. 打")]
    assert report.versions[0].filed_at > report.versions[1].filed_at
    assert report.current.version == 2
    assert kb.index.check().clean


def test_a_key_is_one_report_for_each_organisation_as_told(kb: KnowledgeBase) -> None:
    expert, head = actor(kb, "expert"), actor(kb, "head")
    imported(kb, expert, [told(1)])
    imported(kb, expert, [told(1, organisation="甲一二县局"), told(1, organisation="没听说过的局")])
    assert imported(kb, expert, [told(1, cause="查明了")]).counts.updated == 1
    assert count(kb, Report) == 3
    rows = kb.reports.list(head).rows
    assert {row.organisation: row.matched for row in rows if row.organisation != "甲一一县局"} == {
        "甲一二县局": True,
        "甲省信息中心": False,
    }
    unmatched = next(row for row in rows if not row.matched)
    assert kb.reports.get(head, unmatched.number).organisation_as_told == "没听说过的局"


def test_names_and_aliases_lead_to_the_node_in_any_case(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    imported(
        kb,
        expert,
        [told(1, organisation=" 甲一一县局（别名） ", system="增值税开票软件"), told(2, system="没有的系统")],
    )
    rows = {row.key: row for row in kb.reports.list(expert).rows}
    assert (rows["A1"].organisation, rows["A1"].system) == ("甲一一县局", "开票软件")
    assert rows["A2"].system == "没有的系统"


def test_a_dry_run_changes_nothing_but_its_own_row(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    picture = AttachmentInput(name="a.png", media_type="image/png", data=b"\x89PNG\r\n\x1a\n")
    imported(kb, expert, QUESTIONS[:1])
    before = contents(kb)
    refused = [Refusal(source="源", place="1", reason="empty", message="空行。")]
    for values in ([told(1), told(2, attachments=(picture,))], [*QUESTIONS[1:], faq("1", "第1个问题怎么办", "改了")]):
        batch = imported(kb, expert, values, refused, dry=True)
        assert (batch.state, batch.counts.read, batch.counts.refused) == ("checked", len(values) + 1, 1)
        assert batch.counts.created + batch.counts.updated == len(values)
        after = contents(kb)
        assert {name for name in after if after[name] != before[name]} <= {"import", "import_refusal", "audit"}
    assert not list((Path(kb.settings.home) / "attachments").glob("*/*"))
    assert count(kb, Attachment) == 0


def test_a_checked_import_runs_from_its_beginning(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    refused = [Refusal(source="源", place="第 9 行", reason="empty", message="空行。", cells={"现象": ""})]
    batch = imported(kb, expert, [told(1)], refused, dry=True)
    running = kb.imports.run(expert, batch.id, seen_version=batch.version)
    assert (running.position, running.counts) == (0, Counts())
    assert list(kb.imports.refusals(expert, batch.id)) == []
    kb.imports.take(batch.id, drafts([told(1)]), refused, position=2)
    kb.imports.finish(batch.id)
    assert kb.imports.get(expert, batch.id).counts == Counts(read=2, created=1, refused=1)
    assert [one.place for one in kb.imports.refusals(expert, batch.id)] == ["第 9 行"]


def test_a_killed_run_goes_on_after_the_last_whole_batch(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    rows = [told(n) for n in range(6)]
    one = uploaded(kb, expert, "report")
    kb.imports.run(expert, one.id, seen_version=one.version)
    kb.imports.take(one.id, drafts(rows[:2]), (), position=2)
    kb.imports.take(one.id, drafts(rows[:2]), (), position=2)
    assert kb.imports.job(one.id).position == 2
    kb.imports.take(one.id, drafts(rows[2:]), (), position=6, total=6)
    kb.imports.finish(one.id)
    done = kb.imports.get(expert, one.id)
    assert (done.state, done.counts) == ("done", Counts(read=6, created=6))
    assert count(kb, Report) == 6


def test_an_abandoned_import_takes_no_more_and_keeps_what_it_took(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    one = uploaded(kb, expert, "report")
    seen = kb.imports.run(expert, one.id, seen_version=one.version)
    kb.imports.claim(one.id)
    kb.imports.take(one.id, drafts([told(1)]), (), position=1)
    ended = kb.imports.abandon(expert, one.id, seen_version=seen.version)
    assert ended.state == "abandoned"
    with pytest.raises(Conflict):
        kb.imports.take(one.id, drafts([told(2)]), (), position=2)
    assert count(kb, Report) == 1
    with pytest.raises(InvalidTransition):
        kb.imports.run(expert, one.id, seen_version=ended.version)


def test_a_file_that_cannot_be_read_ends_with_a_sentence(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    one = uploaded(kb, expert, "report")
    kb.imports.run(expert, one.id, seen_version=one.version)
    kb.imports.fail(one.id, "unreadable", "文件已损坏。")
    ended = kb.imports.get(expert, one.id)
    assert (ended.state, ended.message) == ("failed", "文件已损坏。")
    assert [one.message for one in kb.imports.refusals(expert, one.id)] == ["文件已损坏。"]


@pytest.mark.parametrize("options", [{"scope": "abc"}, {"scope": "-1"}, {"audience": "everybody"}])
def test_options_that_cannot_be_followed_are_refused_at_once(kb: KnowledgeBase, options: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        uploaded(kb, actor(kb, "expert"), "article", **options)


def test_nobody_imports_for_an_organisation_that_is_not_his(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    other = next(one.id for one in kb.people.organisations(expert) if one.name == "乙省局")
    with pytest.raises(Denied):
        uploaded(kb, expert, "article", scope=str(other))
    with pytest.raises(NotFound):
        uploaded(kb, expert, "article", scope="999999")
    with pytest.raises(Denied):
        uploaded(kb, actor(kb, "agent"), "report")
    with pytest.raises(Denied):
        uploaded(kb, actor(kb, "operator"), "article")


def test_links_between_pages_become_links_between_articles_once_both_are_published(kb: KnowledgeBase) -> None:
    expert, reviewer = actor(kb, "expert"), actor(kb, "reviewer")
    pages = [
        faq("甲.md", "甲页的题目", "见[乙页](article:乙.md)和[没有的](article:丙.md)"),
        faq("乙.md", "乙页的题目", "回到[甲页](<article:甲.md>)"),
    ]
    imported(kb, expert, pages)
    first, second = (row.id for row in reversed(kb.candidates.list(expert).rows))
    titles = {kb.candidates.get(expert, one).title: one for one in (first, second)}

    def accept(title: str) -> str:
        seen = kb.candidates.get(reviewer, titles[title]).version
        return kb.reviews.accept(reviewer, titles[title], seen_version=seen).article

    one = accept("甲页的题目")
    assert "<a" not in kb.articles.get(expert, one).fields[0].html.replace('<a rel="noopener noreferrer nofollow">', "")
    two = accept("乙页的题目")
    assert f'href="/articles/{two}"' in kb.articles.get(expert, one).fields[0].html
    assert f'href="/articles/{one}"' in kb.articles.get(expert, two).fields[0].html
    assert "丙.md" not in kb.articles.get(expert, one).fields[0].html


def test_a_page_brings_its_pictures_along(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    files = tuple(
        AttachmentInput(name=name, media_type="image/png", data=b"\x89PNG\r\n\x1a\n" + name.encode())
        for name in ("1", "图 1.png", "图 1.png.png")
    )
    answer = "![](attachment:图%201.png) ![](<attachment:图 1.png.png>) ![](attachment:1)"
    imported(kb, expert, [faq("页", "有图的页", answer, attachments=files)])
    view = kb.candidates.get(expert, kb.candidates.list(expert).rows[0].id)
    assert view.fields[0].html.count('src="/attachments/') == 3
    assert {one.name for one in view.attachments} == {"1", "图 1.png", "图 1.png.png"}


def test_a_restricted_row_without_groups_is_for_its_scope_alone(kb: KnowledgeBase) -> None:
    batch = imported(kb, actor(kb, "expert"), [faq("1", "限定的问题")], audience="restricted")
    view = kb.candidates.get(actor(kb, "expert"), kb.candidates.list(actor(kb, "expert")).rows[0].id)
    assert view.restricted_to == (view.scope_id,)
    kb.reviews.accept_import(actor(kb, "reviewer_hq"), batch.id)
    assert kb.candidates.get(actor(kb, "expert"), view.id).state == "in_signoff"


def test_the_same_report_by_hand_is_named_a_duplicate(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    number = kb.reports.file(expert, told()).number
    with pytest.raises(Duplicate) as refused:
        kb.reports.file(expert, told())
    assert refused.value.detail["number"] == number
    assert kb.reports.file(expert, told(cause="查明了")).current.version == 2
    with pytest.raises(Invalid):
        kb.candidates.from_reports(expert, [])
    with pytest.raises(Invalid):
        kb.reports.file(expert, told(2, occurred="昨天"))
