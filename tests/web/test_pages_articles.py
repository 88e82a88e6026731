"""Reading an article, answering whether it helped, and its history."""

import re
from collections.abc import Callable

from kb_service.bootstrap import KnowledgeBase
from kb_service.inputs import ArticleInput, ReportInput
from tests.base import actor
from tests.web.conftest import Reader

Readers = Callable[..., Reader]
Publish = Callable[..., str]


def test_an_article_shows_its_fields_codes_and_steps(reader: Readers, publish: Publish) -> None:
    number = publish("开票软件登录不上", codes=("-1073",), asked=("证书过期怎么办",))
    page = reader().get(f"/articles/{number.lower()}").text
    assert "解决步骤" in page
    assert re.search(r'class="text steps">\s*<ol>', page)
    assert "-1073" in page
    assert "证书过期怎么办" in page


def test_what_may_not_be_seen_looks_like_what_is_not_there(reader: Readers, publish: Publish) -> None:
    number = publish("内部办法", audience="internal")
    hidden, absent = reader().get(f"/articles/{number}"), reader().get("/articles/KB999999")
    assert hidden.status_code == absent.status_code == 404
    told = [re.sub(r"KB\d+|content=\"[^\"]+\"|value=\"[^\"]+\"", "", page.text) for page in (hidden, absent)]
    assert told[0] == told[1]


def test_the_reports_behind_it_are_for_staff_alone(reader: Readers, kb: KnowledgeBase) -> None:
    expert, reviewer = actor(kb, "expert"), actor(kb, "reviewer")
    told = ReportInput(phenomenon="大厅的盘识别不了", organisation="甲一一县局")
    report = kb.reports.file(expert, told)
    written = ArticleInput(
        kind="faq", title="盘识别不了", fields={"answer": "换接口。"}, audience="public", scope=reviewer.organisation_id
    )
    candidate = kb.candidates.create(expert, written, reports=[report.number])
    candidate = kb.candidates.submit(expert, candidate.id, seen_version=candidate.version)
    number = kb.reviews.accept(reviewer, candidate.id, seen_version=candidate.version).article
    assert report.number in reader("expert").get(f"/articles/{number}").text
    assert report.number not in reader("officer").get(f"/articles/{number}").text


def test_an_answer_counts_once_a_day(reader: Readers, publish: Publish) -> None:
    number = publish("打印机脱机")
    officer = reader("officer")
    assert "解决了 1 次" in officer.post(f"/articles/{number}/feedback", solved="yes").text
    assert "解决了 1 次" in officer.post(f"/articles/{number}/feedback", solved="yes").text
    assert "没解决 1 次" in reader().post(f"/articles/{number}/feedback", solved="no", reason="第二步没有这个菜单").text


def test_a_revision_is_written_reviewed_and_compared(reader: Readers, publish: Publish) -> None:
    number = publish("打印机脱机")
    expert, reviewer = reader("expert"), reader("reviewer")
    began = expert.post(f"/articles/{number}/revise")
    assert began.status_code == 303
    candidate = began.location.removesuffix("/edit")
    form = {"kind": "solution", "title": "打印机脱机", "field_symptom": "打印机脱机", "audience": "public"}
    form |= {"field_resolution": "1. 第一步\n2. 换一条线", "seen_version": "1", "save": "1"}
    assert expert.post(began.location, **form).status_code == 303
    page = expert.get(candidate).text
    assert "与现行版比较" in page
    assert "<del>" in page
    assert expert.post(f"{candidate}/submit", seen_version=_version(page)).status_code == 303
    accepted = reviewer.post(f"{candidate}/accept", seen_version=_version(reviewer.get(candidate).text), comment="好")
    assert accepted.status_code == 303
    assert "换一条线" in reader().get(f"/articles/{number}").text
    assert "第 2 版" in expert.get(f"/articles/{number}/revisions").text
    assert "换一条线" in expert.get(f"/articles/{number}/diff?before=1&after=2").text
    assert "换一条线" not in expert.get(f"/articles/{number}/revisions/1").text
    assert reader("officer").get(f"/articles/{number}/revisions").status_code == 404
    assert reader("officer").get(f"/articles/{number}/revisions/1").status_code == 404


def test_retiring_takes_two_and_asks_for_a_reason(reader: Readers, publish: Publish, kb: KnowledgeBase) -> None:
    number = publish("旧办法")
    expert, reviewer = reader("expert"), reader("reviewer")
    page = expert.get(f"/articles/{number}").text
    assert expert.post(f"/articles/{number}/propose_retire", seen_version=_version(page)).status_code == 422
    step = expert.post(f"/articles/{number}/propose_retire", seen_version=_version(page), reason="系统已下线")
    assert step.status_code == 303
    assert "正等另一人确认" in reader().get(f"/articles/{number}").text
    page = reviewer.get(f"/articles/{number}").text
    assert reviewer.post(f"/articles/{number}/confirm_retire", seen_version=_version(page)).status_code == 303
    assert reader().get(f"/articles/{number}").status_code == 404


def _version(page: str) -> str:
    found = re.search(r'name="seen_version" value="(\d+)"', page)
    assert found
    return found[1]
