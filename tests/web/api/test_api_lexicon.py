"""The lexicon by the API: the same entries, effects and refusals as on the desk."""

from collections.abc import Callable
from typing import Any

from kb_service.bootstrap import KnowledgeBase
from tests.base import actor

Comes = Callable[..., Any]
SYNONYMS = {"kind": "synonyms", "text": "网税 => 电子税务局", "reason": "窗口都这样叫"}


def test_an_entry_lives_and_dies_by_the_api(program: Comes, publish: Callable[..., str]) -> None:
    number = publish("电子税务局登录不上")
    manager = program("manager")
    told = manager.post("/lexicon", **SYNONYMS)
    assert told.status_code == 201
    entry = told.get_json()["entry"]
    assert [hit["number"] for hit in program().get("/search?q=网税").get_json()["hits"]] == [number]
    path = f"/lexicon/{entry['id']}"
    changed = manager.put(path, text="网税, 电税", reason="改", seen_version=entry["version"]).get_json()
    late = manager.put(path, text="网税, 税务网", reason="晚", seen_version=entry["version"])
    assert (late.status_code, late.get_json()["code"]) == (409, "stale_edit")
    assert late.get_json()["theirs"]["title"] == "网税, 电税"
    gone = manager.post(path + "/remove", reason="不用了", seen_version=changed["entry"]["version"]).get_json()
    assert gone["entry"]["removed"]
    acts = manager.get("/lexicon/changes").get_json()
    assert [act["action"] for act in acts["rows"]] == ["remove", "change", "add"]
    assert manager.post(f"/lexicon/changes/{acts['rows'][0]['id']}/undo").status_code == 200
    assert manager.get("/lexicon?kind=synonyms").get_json()["rows"][0]["text"] == "网税, 电税"
    with manager.get("/lexicon/synonyms.txt") as file:
        assert file.text == "网税, 电税\n"
        assert file.content_type.startswith("text/plain")


def test_the_effect_is_told_and_a_costly_change_needs_a_yes(
    program: Comes, kb: KnowledgeBase, publish: Callable[..., str]
) -> None:
    answer = publish("社保卡密码忘了")
    publish("打印机卡纸")
    kb.labelled.add(actor(kb, "manager"), "打印机 密码", [answer])
    manager = program("manager")
    seen = manager.post("/lexicon/preview", kind="stop_word", text="密码").get_json()
    assert [one["words"] for one in seen["measured"]["lost"]] == ["打印机 密码"]
    told = {"kind": "stop_word", "text": "密码", "reason": "太多"}
    refused = manager.post("/lexicon", **told)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "unconfirmed")
    assert refused.get_json()["lost"] == ["打印机 密码"]
    entry = manager.post("/lexicon", **told, confirmed=True).get_json()["entry"]
    back = manager.post(f"/lexicon/{entry['id']}/preview", text="").get_json()
    assert [one["words"] for one in back["measured"]["gained"]] == ["打印机 密码"]


def test_a_file_is_taken_as_json_or_form(program: Comes) -> None:
    manager = program("manager")
    text = "电子税务局\n税\n"
    seen = manager.post("/lexicon/import", kind="word", text=text, dry_run=True).get_json()
    assert (seen["created"], [line["number"] for line in seen["refused"]]) == (1, [2])
    form = {"kind": "word", "text": text, "reason": "老词典"}
    taken = manager("POST", "/lexicon/import", data=form).get_json()
    assert taken["created"] == 1
    state = manager.get("/lexicon/status").get_json()
    assert (state["counts"]["word"], state["words_wait"]) == (1, True)
    assert manager.post("/lexicon/import", kind="word", text=text).status_code == 422


def test_for_other_programs_there_is_no_lexicon(program: Comes) -> None:
    for username in ("", "officer", "expert"):
        other = program(username)
        for path in ("", "/status", "/changes", "/unanswered", "/word.txt", "/1"):
            assert other.get(f"/lexicon{path}").status_code == 404, (username, path)
    assert program("expert").post("/lexicon", **SYNONYMS).status_code == 404
