"""Articles, reports, imports, candidates and reviews by the API: a life from report to article, told in requests."""

import io
from collections.abc import Callable
from typing import Any

from kb_service.bootstrap import KnowledgeBase
from kb_service.inputs import ReportInput
from tests.base import actor

Publish = Callable[..., str]
Comes = Callable[..., Any]

TOLD = {
    "phenomenon": "抄报提示 ERR-2207",
    "system": "开票软件",
    "resolution": "重启服务",
    "handler": "张三",
    "phone": "13800000000",
}


def test_a_report_becomes_an_article_that_visitors_find(program: Comes, kb: KnowledgeBase) -> None:
    expert, reviewer = program("expert"), program("reviewer")
    report = expert.post("/reports", **TOLD)
    assert report.status_code == 201
    number = report.get_json()["number"]
    begun = expert.get(f"/candidates/from_reports?reports={number}").get_json()
    assert [row["number"] for row in begun["reports"]] == [number]
    assert "张三" not in str(begun)
    article = {name: begun["article"][name] for name in ("kind", "title", "fields", "system")}
    draft = expert.post("/candidates", **article, audience="public", reports=[number])
    assert draft.status_code == 201
    told = draft.get_json()
    assert set(told["actions"]) == {"edit", "submit", "withdraw"}
    path = f"/candidates/{told['id']}"
    texts = {**article["fields"], "symptom": "抄报提示 ERR-2207", "resolution": "1. 重启服务"}
    told = expert.put(path, **{**article, "fields": texts}, audience="public", seen_version=told["version"]).get_json()
    told = expert.post(path + "/submit", seen_version=told["version"]).get_json()
    assert told["state"] == "in_review"
    queue = reviewer.get("/reviews").get_json()
    assert [row["id"] for row in queue["rows"]] == [told["id"]]
    told = reviewer.post(path + "/claim", seen_version=told["version"]).get_json()
    told = reviewer.post(path + "/accept", seen_version=told["version"], comment="可以").get_json()
    assert told["state"] == "accepted"
    kb.index.drain()
    found = program().get("/search?q=ERR-2207").get_json()
    assert [hit["number"] for hit in found["hits"]] == [told["article"]]
    read = program().get(f"/articles/{told['article']}").get_json()
    assert read["title"] == article["title"]
    assert read["reports"] == []


def test_nobody_decides_on_what_they_wrote(program: Comes) -> None:
    expert = program("expert")
    draft = expert.post("/candidates", kind="faq", title="怎么换墨", fields={"answer": "打开盖子"}).get_json()
    path = f"/candidates/{draft['id']}"
    waiting = expert.post(path + "/submit", seen_version=draft["version"]).get_json()
    for decision, more in (
        ("accept", {}),
        ("reject", {"reason": "other"}),
        ("send_back", {"reason": "x"}),
        ("claim", {}),
    ):
        answer = expert.post(f"{path}/{decision}", seen_version=waiting["version"], **more)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "denied"), decision
    assert expert.get(path).get_json()["state"] == "in_review"


def test_the_second_of_two_edits_gets_both_texts(program: Comes) -> None:
    expert = program("expert")
    told: dict[str, Any] = {"kind": "faq", "title": "怎么换墨", "fields": {"answer": "一"}}
    draft = expert.post("/candidates", **told).get_json()
    path, seen = f"/candidates/{draft['id']}", draft["version"]
    assert expert.put(path, **{**told, "fields": {"answer": "二"}}, seen_version=seen).status_code == 200
    late = expert.put(path, **{**told, "fields": {"answer": "三"}}, seen_version=seen)
    assert late.status_code == 409
    refused = late.get_json()
    assert refused["code"] == "stale_edit"
    assert "三" in str(refused["yours"])
    assert "二" in str(refused["theirs"])
    assert expert.get(path).get_json()["fields"][0]["markdown"] == "二"


def test_a_step_the_workflow_lacks_is_a_conflict(program: Comes) -> None:
    expert = program("expert")
    draft = expert.post("/candidates", kind="faq", title="怎么换墨", fields={"answer": "一"}).get_json()
    path = f"/candidates/{draft['id']}"
    gone = expert.post(path + "/withdraw", seen_version=draft["version"]).get_json()
    answer = expert.post(path + "/submit", seen_version=gone["version"])
    assert (answer.status_code, answer.get_json()["code"]) == (409, "invalid_transition")


def test_what_one_may_not_know_of_is_answered_like_what_does_not_exist(program: Comes, publish: Publish) -> None:
    hidden = publish("内部维修", audience="internal")
    seen, none = program().get(f"/articles/{hidden}"), program().get("/articles/KB999999")
    assert (seen.status_code, seen.data) == (404, none.data)
    for path in ("/revisions", "/revisions/1", "/diff?before=1&after=1"):
        seen, none = (program("officer_b").get(f"/articles/{number}{path}") for number in (hidden, "KB999999"))
        assert (seen.status_code, seen.data) == (404, none.data)


def test_the_history_of_an_article_is_read_and_compared(program: Comes, publish: Publish) -> None:
    number = publish("打印机脱机")
    expert, reviewer = program("expert"), program("reviewer")
    draft = expert.post(f"/articles/{number}/revise")
    assert draft.status_code == 201
    told, path = draft.get_json(), f"/candidates/{draft.get_json()['id']}"
    new = {"kind": "solution", "title": "打印机脱机了", "fields": {"symptom": "脱机", "resolution": "1. 换线"}}
    told = expert.put(path, **new, audience="public", scope=told["scope_id"], seen_version=told["version"]).get_json()
    told = expert.post(path + "/submit", seen_version=told["version"]).get_json()
    assert reviewer.post(path + "/accept", seen_version=told["version"]).status_code == 200
    assert [row["number"] for row in expert.get(f"/articles/{number}/revisions").get_json()] == [2, 1]
    assert expert.get(f"/articles/{number}/revisions/1").get_json()["title"] == "打印机脱机"
    changed = expert.get(f"/articles/{number}/diff?before=1&after=2").get_json()
    assert "1. 换线" in str(changed)
    assert expert.post(f"/articles/{number}/revise").status_code == 201
    assert expert.post(f"/articles/{number}/revise").get_json()["code"] == "duplicate"


def test_an_article_is_retired_by_two(program: Comes, publish: Publish) -> None:
    number = publish("打印机脱机")
    expert, reviewer = program("expert"), program("reviewer")
    article = expert.get(f"/articles/{number}").get_json()
    assert "propose_retire" in article["actions"]
    path = f"/articles/{number}/"
    without = expert.post(path + "propose_retire", seen_version=article["version"])
    assert (without.status_code, list(without.get_json()["problems"])) == (422, ["reason"])
    told = expert.post(path + "propose_retire", seen_version=article["version"], reason="过时").get_json()
    assert expert.post(path + "confirm_retire", seen_version=told["version"]).status_code == 403
    told = reviewer.post(path + "confirm_retire", seen_version=told["version"]).get_json()
    assert told["state"] == "retired"
    assert program().get(f"/articles/{number}").status_code == 404


def test_feedback_counts_a_person_once_a_day(program: Comes, publish: Publish) -> None:
    number = publish("打印机脱机")
    assert program("officer").post(f"/articles/{number}/feedback", solved=True).get_json() == {
        "solved": 1,
        "unsolved": 0,
    }
    again = program("officer").post(f"/articles/{number}/feedback", solved=False, reason="没用")
    assert again.get_json() == {"solved": 0, "unsolved": 1}


def test_lists_of_reports_never_hold_who_handled_them(program: Comes) -> None:
    expert = program("expert")
    number = expert.post("/reports", **TOLD).get_json()["number"]
    expert.post("/reports", **{**TOLD, "phenomenon": "抄报又提示 ERR-2207"})
    for path in ("/reports", f"/reports/{number}/nearest"):
        told = expert.get(path)
        assert told.status_code == 200
        for private in ("张三", "13800000000", "handler", "contact", "phone"):
            assert private not in told.text
    assert expert.get(f"/reports/{number}").get_json()["versions"][0]["handler"] == "张三"
    assert program("officer").get("/reports").get_json()["total"] == 0
    assert program("officer").get(f"/reports/{number}").status_code == 404


def test_fields_nobody_may_set_are_refused_and_nothing_is_saved(program: Comes) -> None:
    expert = program("expert")
    for name in ("id", "number", "role", "roles[]", "is_admin", "organisation_id", "filed_by", "author", "__class__"):
        answer = expert.post("/reports", **TOLD, **{name: "1"})
        assert (answer.status_code, list(answer.get_json()["problems"])) == (422, [name])
        answer = expert.post("/candidates", kind="faq", title="x", fields={"answer": "y"}, **{name: "1"})
        assert answer.status_code == 422
    assert expert.get("/reports").get_json()["total"] == 0
    assert expert.get("/candidates").get_json()["total"] == 0


def test_what_breaks_a_rule_is_named_field_by_field(program: Comes) -> None:
    answer = program("expert").post(
        "/reports", phenomenon=" \x07 ", kind="riot", codes="x", occurred="昨天", resolved=3
    )
    assert answer.status_code == 422
    assert set(answer.get_json()["problems"]) == {"phenomenon", "kind", "codes", "occurred", "resolved"}


def test_a_file_is_taken_in_mapped_and_given_up(program: Comes) -> None:
    expert = program("expert")
    file = (io.BytesIO("现象,办法\n打不开,重启\n".encode()), "报告.csv")
    taken = expert("POST", "/imports", data={"file": file, "kind": "report"})
    assert taken.status_code == 201
    told, path = taken.get_json(), f"/imports/{taken.get_json()['id']}"
    assert (told["name"], told["state"], told["counts"]["read"]) == ("报告.csv", "uploaded", 0)
    mapping = {"现象": "phenomenon", "办法": "resolution"}
    options = {"encoding": "utf-8", "delimiter": "\t"}
    told = expert.put(path + "/mapping", mapping=mapping, options=options, seen_version=told["version"]).get_json()
    assert (told["state"], told["mapping"], told["options"]) == ("mapped", mapping, options)
    stale = expert.post(path + "/check", seen_version=told["version"] - 1)
    assert stale.status_code == 409
    told = expert.post(path + "/check", seen_version=told["version"]).get_json()
    assert told["state"] == "checking"
    assert expert.get(path + "/refusals").get_json() == {"rows": [], "total": 0, "offset": 0, "limit": 20}
    book = expert.get(path + "/refused.xlsx")
    assert (book.status_code, book.data[:2]) == (200, b"PK")
    book.close()
    assert [row["id"] for row in expert.get("/imports").get_json()["rows"]] == [told["id"]]
    assert expert.post(path + "/abandon", seen_version=told["version"]).get_json()["state"] == "abandoned"
    assert program("officer").get(path).status_code in (403, 404)


def test_an_upload_without_a_file_is_refused(program: Comes) -> None:
    answer = program("expert")("POST", "/imports", data={"kind": "report"}, content_type="multipart/form-data")
    assert (answer.status_code, list(answer.get_json()["problems"])) == (422, ["file"])


def test_names_and_ids_are_listed(program: Comes) -> None:
    assert program().get("/systems").get_json() == [{"id": 1, "name": "开票软件", "modules": ["登录", "抄报"]}]
    assert program().get("/organisations").get_json() == []
    assert program("officer").get("/organisations").get_json()[0]["name"] == "总局"


def test_points_in_time_carry_their_offset(program: Comes, publish: Publish) -> None:
    told = program().get(f"/articles/{publish('打印机脱机')}").get_json()
    assert told["published_at"] == "2026-03-05T01:00:00Z"


def test_lists_are_given_in_stretches(program: Comes, kb: KnowledgeBase) -> None:
    for n in range(3):
        kb.reports.file(actor(kb, "expert"), ReportInput(phenomenon=f"第 {n} 次"))
    told = program("expert").get("/reports?limit=2&offset=2").get_json()
    assert (len(told["rows"]), told["total"], told["offset"], told["limit"]) == (1, 3, 2, 2)
