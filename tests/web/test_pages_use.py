"""Pages of learning from use: evaluation, why a hit was found, related and repeated texts, learned words."""

import re
from collections.abc import Callable

import pytest

from kb_service.bootstrap import KnowledgeBase
from kb_service.inputs import SearchRequest
from tests.base import actor
from tests.web.conftest import Reader
from web.pages.evaluation import HEIGHT, WIDTH, points

Readers = Callable[..., Reader]
Publish = Callable[..., str]


def learn(
    kb: KnowledgeBase, number: str, words: str, people: tuple[str, ...] = ("expert", "reviewer", "agent")
) -> None:
    for username in people:
        who = actor(kb, username)
        event = kb.search.find(who, SearchRequest(words=words), who=username).event
        kb.feedback.answer(who, number, solved=True, who=username, event=event)


def test_evaluation_is_for_managers_alone(reader: Readers, publish: Publish) -> None:
    for username in ("", "officer", "expert", "reviewer", "sysadmin"):
        assert "/evaluation" not in reader(username).get("/").text
        assert reader(username).get("/evaluation").status_code == 404
        for path in ("/evaluation", "/evaluation/queries", "/evaluation/queries/1"):
            assert reader(username).post(path).status_code == 404
    assert 'href="/evaluation"' in reader("manager").get("/").text


def test_a_manager_labels_evaluates_changes_and_removes(reader: Readers, publish: Publish) -> None:
    number, other = publish("证书过期怎么办"), publish("打印机脱机")
    manager = reader("manager")
    assert "还没有标注检索词" in manager.get("/evaluation").text
    assert manager.post("/evaluation/queries", words="证书过期", answers=number.lower()).status_code == 303
    assert manager.post("/evaluation").status_code == 303
    page = manager.get("/evaluation").text
    assert "1.000" in page
    assert 'class="badge good">1<' in page
    version = re.search('name="seen_version" value="([0-9]+)"', page)
    assert version
    answer = manager.post("/evaluation/queries/1", seen_version=version[1], answers=f"{number}, {other}")
    assert answer.status_code == 303
    assert manager.post("/evaluation/queries/1", seen_version=version[1], answers=other).status_code == 409
    assert other in manager.get("/evaluation").text
    manager.post("/evaluation/queries/1", seen_version=str(int(version[1]) + 1), remove="1")
    assert "还没有标注检索词" in manager.get("/evaluation").text


@pytest.mark.parametrize(
    ("words", "answers"), [("", "KB000001"), ("证书", ""), ("证书", "KB999999"), ("长" * 300, "KB000001")]
)
def test_what_cannot_be_labelled_is_said_at_its_field(
    reader: Readers, publish: Publish, words: str, answers: str
) -> None:
    publish("证书过期怎么办")
    answer = reader("manager").post("/evaluation/queries", words=words, answers=answers)
    assert answer.status_code == 422
    assert 'class="wrong-why"' in answer.text
    assert words[:200] in answer.text


def test_evaluating_without_queries_is_refused_with_a_sentence(reader: Readers) -> None:
    answer = reader("manager").post("/evaluation")
    assert (answer.status_code, "还没有可用的标注检索词" in answer.text) == (422, True)


def test_what_people_ask_is_confirmed_with_one_click(reader: Readers, publish: Publish, kb: KnowledgeBase) -> None:
    number = publish("证书过期怎么办")
    learn(kb, number, "证书 提示", people=("expert", "reviewer"))
    page = reader("manager").get("/evaluation").text
    assert "证书 提示" in page
    reader("manager").post("/evaluation/queries", words="证书 提示", answers=number)
    assert kb.labelled.list(actor(kb, "manager")).rows[0].words == "证书 提示"


def test_points_of_the_drawing_go_from_left_to_right() -> None:
    assert points([0, 1, 0.5]) == ((0, HEIGHT), (WIDTH // 2, 0), (WIDTH, HEIGHT // 2))
    assert points([1]) == ((0, 0),)
    assert points([]) == ()


def test_every_hit_leads_to_why_it_was_found(reader: Readers, publish: Publish) -> None:
    number = publish("证书过期怎么办")
    page = reader().get("/search?q=证书过期").text
    assert f"/why?q=%E8%AF%81%E4%B9%A6%E8%BF%87%E6%9C%9F&amp;number={number}" in page
    whole, part = (
        reader().get(f"/why?q=证书过期&number={number}"),
        reader().fragment(f"/why?q=证书过期&number={number}"),
    )
    for answer in (whole, part):
        assert "<mark>" in answer.text
        assert "标题 1 次" in answer.text
    assert "<html" in whole.text
    assert "<html" not in part.text
    assert "为什么找到它" not in reader().get("/search?q=").text


def test_the_hit_in_front_is_for_managers_alone(reader: Readers, publish: Publish) -> None:
    first, second = (
        publish("证书过期怎么办"),
        publish("登录不上", fields={"symptom": "登录不上", "resolution": "看证书"}),
    )
    path = f"/why?q=证书过期&number={second}"
    assert first in reader("manager").get(path).text
    assert "得分的组成" in reader("manager").get(path).text
    for username in ("", "officer", "expert"):
        assert first not in reader(username).get(path).text
        assert "得分的组成" not in reader(username).get(path).text


def test_why_tells_nothing_of_what_may_not_be_seen(reader: Readers, publish: Publish) -> None:
    number = publish("内部办法", audience="internal")
    hidden, absent = (reader().get(f"/why?q=办法&number={one}") for one in (number, "KB999999"))
    assert hidden.status_code == absent.status_code == 404
    assert reader().get("/why").status_code == 404
    assert reader().get("/why?number=KB1%00&q=%ED%A0%80").status_code == 404


def test_an_article_shows_related_ones(reader: Readers, publish: Publish) -> None:
    number, near = publish("证书过期怎么办"), publish("证书过期后不能登录")
    hidden = publish("证书过期内部办法", audience="internal")
    page = reader().get(f"/articles/{number}").text
    assert "相关知识" in page
    assert near in page
    assert hidden not in page
    assert hidden in reader("officer").get(f"/articles/{number}").text


def test_learned_words_are_marked_and_removed_by_the_owner(
    reader: Readers, publish: Publish, kb: KnowledgeBase
) -> None:
    number = publish("证书过期怎么办")
    learn(kb, number, "证书 数字钥匙")
    page = reader("officer").get(f"/articles/{number}").text
    assert "证书 数字钥匙" in page
    assert "学自检索" in page
    assert "/learned/" not in page
    assert reader("officer").post(f"/articles/{number}/learned/1/remove").status_code == 403
    assert reader("officer_b").post("/articles/KB999999/learned/1/remove").status_code == 404
    assert f"/articles/{number}/learned/1/remove" in reader("expert").get(f"/articles/{number}").text
    assert reader("expert").post(f"/articles/{number}/learned/1/remove").status_code == 303
    assert "学自检索" not in reader("expert").get(f"/articles/{number}").text
    assert reader("expert").post(f"/articles/{number}/learned/1/remove").status_code == 404


def test_whoever_writes_is_shown_what_the_text_repeats(reader: Readers, publish: Publish) -> None:
    passage = "打开证书工具后点击更新证书"
    number = publish("证书过期怎么办", fields={"symptom": "证书过期", "resolution": f"1. {passage}"})
    form = {"kind": "solution", "title": "新的", "field_resolution": f"先{passage}再说"}
    answer = reader("expert").post("/candidates/nearest", **form)
    assert number in answer.text
    assert f"<mark>{passage}</mark>" in answer.text
    assert re.search("这里写的有 [0-9]+% 与它相同", answer.text)
    assert number not in reader("expert").post(f"/candidates/nearest?without={number}", **form).text
    page = reader("expert").post("/candidates/new", preview="1", **form).text
    assert f"<mark>{passage}</mark>" in page
