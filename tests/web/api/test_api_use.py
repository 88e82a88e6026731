"""Learning from use by the API: evaluation, why, related and repeated texts, learned words."""

from collections.abc import Callable
from typing import Any

from kb_service.bootstrap import KnowledgeBase
from tests.base import actor

Publish = Callable[..., str]
Comes = Callable[..., Any]


def test_a_manager_labels_and_evaluates(program: Comes, publish: Publish) -> None:
    number, other = publish("证书过期怎么办"), publish("打印机脱机")
    manager = program("manager")
    told = manager.post("/evaluation/queries", words="证书过期", answers=[number.lower()])
    assert told.status_code == 201
    row = told.get_json()
    assert (row["answers"][0]["number"], row["source"], row["place"]) == (number, "edited", None)
    run = manager.post("/evaluation")
    assert run.status_code == 201
    assert run.get_json()["measures"] == {"ndcg_10": 1.0, "mrr_10": 1.0, "recall_10": 1.0, "recall_100": 1.0}
    assert manager.get("/evaluation").get_json() == [run.get_json()]
    assert manager.get("/evaluation/queries?words=证书").get_json()["rows"][0]["place"] == 1
    path = f"/evaluation/queries/{row['id']}"
    changed = manager.put(path, answers=[other], seen_version=row["version"]).get_json()
    assert changed["answers"][0]["number"] == other
    stale = manager.post(f"{path}/remove", seen_version=row["version"])
    assert (stale.status_code, stale.get_json()["theirs"]["words"]) == (409, "证书过期")
    assert manager.post(f"{path}/remove", seen_version=changed["version"]).status_code == 200
    assert manager.get("/evaluation/queries").get_json()["total"] == 0


def test_everybody_else_is_told_that_there_is_no_evaluation(program: Comes) -> None:
    for username in ("officer", "expert", "sysadmin"):
        for path in ("/evaluation", "/evaluation/queries", "/evaluation/proposals"):
            assert program(username).get(path).status_code == 404
        assert program(username).post("/evaluation").status_code == 404
    assert program().get("/evaluation").status_code == 404


def test_why_a_hit_was_found(program: Comes, publish: Publish) -> None:
    number, second = (
        publish("证书过期怎么办"),
        publish("登录不上", fields={"symptom": "登录不上", "resolution": "看证书"}),
    )
    told = program().get(f"/search/why?q=证书过期&number={number}").get_json()
    assert (told["own"]["rank"], told["ahead"], told["reasons"]) == (1, None, [])
    told = program("manager").get(f"/search/why?q=证书过期&number={second}").get_json()
    assert told["ahead"]["number"] == number
    assert "relevance" in told["reasons"]
    assert program().get("/search/why?q=证书&number=KB999999").status_code == 404
    assert program().get("/search/why?q=证书&number=x").status_code == 422


def test_related_and_repeated_texts(program: Comes, publish: Publish) -> None:
    passage = "打开证书工具后点击更新证书"
    number = publish("证书过期怎么办", fields={"symptom": "证书过期", "resolution": f"1. {passage}"})
    near, hidden = publish("证书过期后不能登录"), publish("证书过期内部办法", audience="internal")
    rows = program().get(f"/articles/{number}/related").get_json()
    assert [row["number"] for row in rows] == [near]
    assert {row["number"] for row in program("officer").get(f"/articles/{number}/related").get_json()} == {near, hidden}
    assert program().get(f"/articles/{hidden}/related").status_code == 404
    first = program().post("/similar", text=f"先{passage}").get_json()[0]
    assert (first["number"], first["passages"][0]["text"]) == (number, passage)
    assert hidden not in program().post("/similar", text="证书过期内部办法").text
    left = program().post("/similar", text=passage, without=number).get_json()
    assert number not in [one["number"] for one in left]
    assert program().post("/similar", text=" ").get_json() == []


def test_learned_words_are_taken_back(program: Comes, publish: Publish, kb: KnowledgeBase) -> None:
    number = publish("证书过期怎么办")
    for username in ("expert", "reviewer", "agent"):
        page = program(username)
        event = kb.search.find(actor(kb, username), _asked(), who=_key(page)).event
        kb.feedback.answer(actor(kb, username), number, solved=True, who=_key(page), event=event)
    told = program("expert").get(f"/articles/{number}").get_json()
    assert ([one["text"] for one in told["learned"]], told["may_forget"]) == (["证书 数字钥匙"], True)
    path = f"/articles/{number}/learned/{told['learned'][0]['id']}/remove"
    assert program("officer").post(path).status_code == 403
    assert program("expert").post(path).get_json()["learned"] == []
    assert program("expert").post(path).status_code == 404


def _asked() -> Any:
    from kb_service.inputs import SearchRequest

    return SearchRequest(words="证书 数字钥匙")


def _key(page: Any) -> str:
    return str(page.headers["Authorization"])
