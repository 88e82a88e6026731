"""Telling reports, and writing and deciding on what becomes an article."""

import re
from collections.abc import Callable

from kb_service.bootstrap import KnowledgeBase
from kb_service.inputs import ReportInput
from tests.base import actor
from tests.web.conftest import Reader

Readers = Callable[..., Reader]
FAQ = {
    "kind": "faq",
    "title": "打印机怎么共享",
    "field_answer": "在**属性**里共享。",
    "audience": "public",
    "save": "1",
}


def test_a_report_without_its_phenomenon_keeps_what_was_typed(reader: Readers) -> None:
    page = reader("expert").post("/reports/new", phenomenon=" ", cause="原因写了很久", resolution="办法也写了")
    assert page.status_code == 422
    assert "原因写了很久" in page.text
    assert 'aria-invalid="true"' in page.text


def test_a_told_report_is_read_on_its_own_page(reader: Readers) -> None:
    expert = reader("expert")
    filed = expert.post(
        "/reports/new", phenomenon="登录\x00报 -1073 \u202e", organisation="甲一一县局", phone="见通讯录"
    )
    assert filed.status_code == 303
    page = expert.get(filed.location)
    assert "登录报 -1073" in page.text
    assert "见通讯录" in page.text
    assert "\u202e" not in page.text
    assert reader("officer").get(filed.location).status_code == 404


def test_an_article_is_drafted_from_ticked_reports(reader: Readers, kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    told = [
        ReportInput(phenomenon=f"{words}，提示证书过期", organisation="甲一一县局") for words in ("登录不上", "打不开")
    ]
    first, second = (kb.reports.file(expert, one).number for one in told)
    kb.index.drain()
    page = reader("expert").get(f"/reports/{first}").text
    assert f'name="reports" value="{second}"' in page
    draft = reader("expert").get(f"/candidates/new?reports={first}&reports={second}").text
    assert "登录不上，提示证书过期" in draft
    assert "打不开，提示证书过期" in draft
    assert f'name="reports" value="{first},{second}"' in draft


def test_a_draft_goes_the_whole_way(reader: Readers, kb: KnowledgeBase) -> None:
    expert, reviewer = reader("expert"), reader("reviewer")
    saved = expert.post("/candidates/new", **FAQ, scope=str(actor(kb, "reviewer").organisation_id))
    assert saved.status_code == 303
    page = expert.get(saved.location).text
    assert expert.post(f"{saved.location}/submit", seen_version=_version(page)).status_code == 303
    assert "打印机怎么共享" in reviewer.get("/reviews").text
    assert "打印机怎么共享" not in expert.get("/reviews").text
    page = reviewer.get(saved.location).text
    assert "/accept" in page
    assert "/accept" not in expert.get(saved.location).text
    assert reviewer.post(f"{saved.location}/accept", seen_version=_version(page)).status_code == 303
    kb.index.drain()
    assert "KB000001" in reader().get("/search?q=共享打印机").text


def test_a_rejection_needs_one_of_the_reasons(reader: Readers, kb: KnowledgeBase) -> None:
    expert, reviewer = reader("expert"), reader("reviewer")
    saved = expert.post("/candidates/new", **FAQ, scope=str(actor(kb, "reviewer").organisation_id)).location
    expert.post(f"{saved}/submit", seen_version=_version(expert.get(saved).text))
    seen = _version(reviewer.get(saved).text)
    assert reviewer.post(f"{saved}/reject", seen_version=seen, reason="因为").status_code == 422
    assert reviewer.post(f"{saved}/reject", seen_version=seen, reason="duplicate").status_code == 303
    assert "已有相同的知识" in expert.get(saved).text


def test_a_stale_edit_shows_both_texts_and_loses_none(reader: Readers) -> None:
    expert = reader("expert")
    saved = expert.post("/candidates/new", **FAQ).location
    assert expert.post(f"{saved}/edit", **{**FAQ, "field_answer": "先存的一版"}, seen_version="1").status_code == 303
    page = expert.post(f"{saved}/edit", **{**FAQ, "field_answer": "后写的一版"}, seen_version="1")
    assert page.status_code == 409
    assert "后写的一版" in page.text
    assert "先存的一版" in page.text
    again = expert.post(f"{saved}/edit", **{**FAQ, "field_answer": "并好的一版"}, seen_version=_version(page.text))
    assert again.status_code == 303


def test_another_kind_keeps_what_was_written(reader: Readers) -> None:
    page = reader("expert").post("/candidates/new", kind="faq", switch="howto", title="怎么共享", system="终端").text
    assert 'name="field_steps"' in page
    assert 'name="field_answer"' not in page
    assert 'value="怎么共享"' in page
    assert 'value="终端"' in page


def test_the_preview_is_safe_and_comes_with_or_without_script(reader: Readers) -> None:
    expert = reader("expert")
    told = {"kind": "faq", "field_answer": "**粗** <script>alert(1)</script>"}
    fragment = expert.post("/candidates/preview", **told).text
    assert "<strong>粗</strong>" in fragment
    assert "<script" not in fragment
    page = expert.post("/candidates/new", **told, preview="1").text
    assert "<strong>粗</strong>" in page


def test_who_may_not_write_is_not_shown_how(reader: Readers) -> None:
    assert reader().get("/candidates/new?reports=BG000001").location.startswith("/sign-in?next=")
    assert reader("officer").post("/candidates/new", **FAQ).status_code == 403
    assert "我的稿件" not in reader("officer").get("/").text


def _version(page: str) -> str:
    found = re.search(r'name="seen_version" value="(\d+)"', page)
    assert found
    return found[1]
