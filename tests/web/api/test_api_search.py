"""Searching by the API: the answer programs count on, the rights of who asks, every way of asking."""

from collections.abc import Callable
from typing import Any

from kb_service.bootstrap import KnowledgeBase
from kb_service.inputs import ReportInput
from tests.base import actor

Publish = Callable[..., str]
Comes = Callable[..., Any]


def test_the_answer_has_exactly_the_promised_shape(program: Comes, publish: Publish) -> None:
    number = publish("开票软件提示税号校验失败", system="开票软件")
    answer = program().get("/search?q=税号校验失败")
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    told = answer.get_json()
    understood = {"step", "repaired", "did_you_mean", "also_searched"}
    assert set(told) == {"total", "hits", "facets", "corrected", "took_ms"} | understood
    assert [told[name] for name in sorted(understood)] == [[], [], "", "all"]
    (hit,) = told["hits"]
    assert set(hit) == {"number", "kind", "title", "system", "score", "snippet", "url"}
    assert (hit["number"], hit["kind"], hit["system"]) == (number, "solution", "开票软件")
    assert (hit["title"], hit["url"]) == ("开票软件提示税号校验失败", f"/articles/{number}")
    assert "<mark>" in hit["snippet"]
    assert set(told["facets"]) == {"kind", "system", "module", "organisation", "year"}
    assert told["facets"]["kind"] == [{"value": "solution", "label": "故障方案", "count": 1}]
    assert told["facets"]["system"] == [{"value": "开票软件", "label": "开票软件", "count": 1}]
    assert "税号" in answer.text


def test_a_form_and_json_ask_the_same_as_an_address(program: Comes, publish: Publish) -> None:
    publish("打印机脱机", system="开票软件")
    publish("打印机卡纸")
    told = {"q": "打印机", "system": ["开票软件"], "limit": 5}
    answers = [
        program().get("/search", query_string=told),
        program()("POST", "/search", data=told),
        program().post("/search", **told),
    ]
    hits = [[hit["title"] for hit in answer.get_json()["hits"]] for answer in answers]
    assert hits == [["打印机脱机"]] * 3


def test_values_of_a_filter_are_alternatives_and_filters_narrow_each_other(program: Comes, publish: Publish) -> None:
    publish("打印机脱机", system="开票软件")
    publish("打印机怎么换墨", kind="faq", fields={"answer": "打印机打开盖子换"})

    def total(told: str) -> int:
        return int(program().get("/search?q=打印机&" + told).get_json()["total"])

    assert total("kind=faq&kind=solution") == 2
    assert total("kind=faq") == 1
    assert total("kind=faq&system=开票软件") == 0
    assert program().post("/search", q="打印机", kind="faq").get_json()["total"] == 1


def test_who_asks_decides_what_is_found(program: Comes, publish: Publish, kb: KnowledgeBase) -> None:
    publish("打印机脱机")
    publish("打印机内部维修", audience="internal")
    kb.reports.file(actor(kb, "expert"), ReportInput(phenomenon="打印机冒烟"))
    kb.index.drain()
    totals = {name: program(name).get("/search?q=打印机").get_json() for name in ("", "officer", "officer_b", "expert")}
    assert {name: told["total"] for name, told in totals.items()} == {"": 1, "officer": 2, "officer_b": 1, "expert": 3}
    counted = [value["count"] for value in totals[""]["facets"]["kind"]]
    assert counted == [1]


def test_a_text_of_twelve_megabytes_is_searched_and_a_longer_one_refused(program: Comes, publish: Publish) -> None:
    publish("打印机脱机")
    log = "2026-03-05 09:00:00 打印机脱机 ERROR-1042\n"
    long = log * (11_900_000 // len(log.encode()))
    assert program().post("/search", q=long[: len(long) // 3]).status_code == 200
    assert program()("POST", "/search", data=b"q=" + long.encode(), content_type=FORM).get_json()["total"] == 1
    assert program()("POST", "/search", data=b"q=" + b"x" * 13_000_000, content_type=FORM).status_code == 413


FORM = "application/x-www-form-urlencoded"


WORDS = (
    "", " ", "\x00\x07", "\ud800", "'\"\\;--%_", '{"query":1}', "(" * 5000, "*:* _all id:1 ~^99999", "{{7*7}}",
    "🖨" * 300, "<mark></mark><svg onload=x>", "\u202eabc", "x" * 100_000,
)  # fmt: skip


def test_any_words_are_answered(program: Comes, publish: Publish) -> None:
    publish("打印机脱机")
    for words in WORDS:
        assert program().post("/search", q=words).status_code == 200, words[:20]


MISFITS = (
    ("qq=1", "qq"), ("limit=51", "limit"), ("limit=0", "limit"), ("limit=x", "limit"), ("offset=-1", "offset"),
    ("offset=951", "offset"), ("offset=1e3", "offset"), ("sort=score", "sort"), ("q=a&q=b", "q"),
    ("limit=1&limit=2", "limit"), ("limit=" + "9" * 4400, "limit"), ("system[]=a", "system[]"),
)  # fmt: skip


def test_a_parameter_that_does_not_fit_is_named(program: Comes) -> None:
    for told, name in MISFITS:
        answer = program().get("/search?" + told)
        assert answer.status_code == 422, told
        assert list(answer.get_json()["problems"]) == [name]


def test_no_answer_sets_a_cookie(program: Comes, publish: Publish) -> None:
    publish("打印机脱机")
    for username in ("", "expert"):
        assert "Set-Cookie" not in program(username).get("/search?q=打印机").headers


def test_an_index_that_cannot_answer_is_never_no_results(program: Comes, kb: KnowledgeBase, monkeypatch: Any) -> None:
    from indexer.errors import EngineUnavailable

    def fail(*_: object) -> None:
        raise EngineUnavailable("down")

    monkeypatch.setattr(kb._engine, "search", fail)
    answer = program().get("/search?q=打印机")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.get_json()["code"] == "search_unavailable"


def test_a_slip_is_repaired_told_and_can_be_insisted_on(program: Comes, publish: Publish, kb: KnowledgeBase) -> None:
    number = publish("开票软件登录白屏")
    kb.suggest.find(kb.people.visitor(), "等", wait=60)
    told = program().get("/search?q=kaipiao ruanjian").get_json()
    assert (told["repaired"], told["corrected"], told["hits"][0]["number"]) == ("开票软件", "开票软件", number)
    offered = program().get("/search?q=开票软件登录白平").get_json()
    assert (offered["repaired"], offered["did_you_mean"]) == ("", ["开票软件登录白屏"])
    exact = program().get("/search?q=kaipiao ruanjian&exact=true").get_json()
    assert (exact["total"], exact["repaired"], exact["corrected"], exact["did_you_mean"]) == (0, "", None, [])


def test_suggestions_have_exactly_the_promised_shape(program: Comes, publish: Publish, kb: KnowledgeBase) -> None:
    number = publish("电子税务局登录白屏", codes=("ORA-00942",))
    hidden = publish("电子税务局核心参数", audience="internal")
    kb.suggest.find(kb.people.visitor(), "等", wait=60)
    answer = program().get("/suggest?q=dzsw局&limit=5")
    assert answer.get_json() == {
        "suggestions": [{"text": "电子税务局登录白屏", "kind": "title", "url": f"/articles/{number}"}]
    }
    assert program().get("/suggest?q=ora 9").get_json()["suggestions"][0]["kind"] == "code"
    told = program("officer").get("/suggest?q=dzswj").get_json()["suggestions"]
    assert {one["url"] for one in told} == {f"/articles/{number}", f"/articles/{hidden}"}
    for words in ("", "？", "qqqq", "a" * 500):
        assert program().get("/suggest", query_string={"q": words}).get_json() == {"suggestions": []}
    for wrong in ("limit=0", "limit=21", "limit=x", "words=x"):
        assert program().get(f"/suggest?q=d&{wrong}").status_code == 422
