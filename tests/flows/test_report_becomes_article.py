"""The story of the product: a told problem becomes reviewed knowledge that is found."""

import pytest

from kb_service.bootstrap import KnowledgeBase
from kb_service.errors import Denied, NotFound
from kb_service.inputs import ReportInput, SearchRequest
from tests.base import actor


def told(n: int, organisation: str) -> ReportInput:
    return ReportInput(
        key=f"A{n}",
        organisation=organisation,
        system="增值税开票软件",
        phenomenon=f"开票软件登录不上，提示证书过期，第{n}次遇到",
        cause="数字证书过了有效期",
        resolution="1. 打开证书工具\n2. 点“更新证书”",
        codes=("-1073",),
        status="已解决",
    )


def numbers(kb: KnowledgeBase, who, words: str) -> list[str]:
    return [hit.number for hit in kb.search.find(who, SearchRequest(words=words)).hits]


def test_reports_become_an_article_that_the_officer_finds(kb: KnowledgeBase) -> None:
    officer, expert, reviewer = (actor(kb, name) for name in ("officer", "expert", "reviewer"))
    filed = [
        kb.reports.file(expert, told(n, place)) for n, place in enumerate(("甲一一县局", "甲一二县局", "甲一市局"))
    ]
    kb.index.drain()
    assert set(numbers(kb, expert, "开票软件 证书过期")) == {report.number for report in filed}
    assert numbers(kb, officer, "开票软件 证书过期") == []
    assert len(kb.reports.nearest(expert, filed[0].number)) == 2

    draft, rows = kb.candidates.from_reports(expert, [report.number for report in filed])
    assert draft.codes == ("-1073",)
    assert draft.system == "开票软件"
    assert len(rows) == 3
    candidate = kb.candidates.create(expert, draft, reports=[report.number for report in filed])
    candidate = kb.candidates.submit(expert, candidate.id, seen_version=candidate.version)
    with pytest.raises(Denied):
        kb.reviews.accept(expert, candidate.id, seen_version=candidate.version)
    assert [row.id for row in kb.reviews.queue(reviewer).rows] == [candidate.id]
    accepted = kb.reviews.accept(reviewer, candidate.id, seen_version=candidate.version)
    assert accepted.state == "accepted"
    kb.index.drain()
    assert numbers(kb, officer, "开票软件登录不上") == [accepted.article]
    article = kb.articles.get(officer, accepted.article)
    assert article.reports == ()
    assert len(kb.articles.get(expert, accepted.article).reports) == 3
    assert kb.index.check().clean
    with pytest.raises(NotFound):
        kb.articles.get(actor(kb, "officer_b"), accepted.article)
