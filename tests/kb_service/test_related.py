"""What lies near an article or a new text: permitted texts only, with the passages that are shared."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb_service.bootstrap import KnowledgeBase
from kb_service.errors import NotFound
from tests.base import actor
from tests.kb_service.making import published, solution

PASSAGE = "打开证书工具后点击更新证书并重新登录开票软件"


@pytest.fixture
def numbers(kb: KnowledgeBase) -> list[str]:
    return [
        published(
            kb, solution("证书过期怎么办", fields={"symptom": "提示证书过期", "resolution": f"1. {PASSAGE}\n2. 重启"})
        ),
        published(kb, solution("证书过期后不能登录", fields={"symptom": "证书过期", "resolution": "更新证书"})),
        published(kb, solution("打印机脱机", fields={"symptom": "打印机脱机", "resolution": "接上电源"})),
    ]


def test_related_articles_come_without_itself(kb: KnowledgeBase, numbers: list[str]) -> None:
    found = [row.number for row in kb.related.of(actor(kb, "officer"), numbers[0])]
    assert found[0] == numbers[1]
    assert numbers[0] not in found


def test_a_new_text_is_shown_what_it_repeats(kb: KnowledgeBase, numbers: list[str]) -> None:
    text = f"办法如下：{PASSAGE}，谢谢"
    (first, *_) = kb.related.similar(actor(kb, "expert"), text)
    assert first.number == numbers[0]
    assert [text[one.start : one.end] for one in first.passages] == [PASSAGE]
    assert [one.text for one in first.passages] == [PASSAGE]
    assert first.share > 0.7
    assert f"<mark>{PASSAGE}</mark>" in first.excerpt


def test_an_excerpt_is_safe_html(kb: KnowledgeBase) -> None:
    hostile = "打开<script>alert(1)</script>证书工具更新证书再试"
    published(kb, solution("证书", fields={"symptom": "证书", "resolution": f"`{hostile}`"}))
    (first, *_) = kb.related.similar(actor(kb, "expert"), f"证书 {hostile}")
    assert first.passages
    assert "<script>" not in first.excerpt
    assert "&lt;script&gt;" in first.excerpt


def test_the_article_that_is_revised_is_left_out(kb: KnowledgeBase, numbers: list[str]) -> None:
    found = kb.related.similar(actor(kb, "expert"), PASSAGE, without=numbers[0])
    assert numbers[0] not in [one.number for one in found]


def test_what_an_actor_may_not_see_is_near_nothing(kb: KnowledgeBase, numbers: list[str]) -> None:
    hidden = published(
        kb, solution("证书过期内部办法", fields={"symptom": "证书过期", "resolution": f"1. {PASSAGE}龘靐"})
    )
    shown = published(kb, solution("证书过期公开办法", audience="public"))
    for who in (actor(kb, "officer_b"), kb.people.visitor()):
        with pytest.raises(NotFound):
            kb.related.of(who, hidden)
        assert {row.number for row in kb.related.of(who, shown)} == set()
        assert {one.number for one in kb.related.similar(who, f"{PASSAGE}龘靐")} <= {shown}
    assert kb.related.similar(actor(kb, "officer"), f"{PASSAGE}龘靐")[0].number == hidden


@given(st.text(max_size=80))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_raises(kb: KnowledgeBase, text: str) -> None:
    for one in kb.related.similar(kb.people.visitor(), text):
        assert 0 <= one.share <= 1


def test_an_enormous_text_is_compared_too(kb: KnowledgeBase, numbers: list[str]) -> None:
    assert kb.related.similar(actor(kb, "expert"), PASSAGE + "甲" * 1_000_000)[0].number == numbers[0]
    assert kb.related.similar(actor(kb, "expert"), " \n") == ()
