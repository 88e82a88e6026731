"""The lexicon desk by its pages: added, weighed, compared, undone, taken from files, and hidden from everybody else."""

import io
import re
from collections.abc import Callable

import pytest
from sqlalchemy import insert

from kb_service.bootstrap import KnowledgeBase
from kb_service.domain.feedback import SearchEvent
from tests.base import actor
from tests.web.conftest import Reader

Readers = Callable[..., Reader]
SYNONYMS = {"kind": "synonyms", "text": "网税 => 电子税务局", "reason": "窗口都这样叫"}


def _version(page: str) -> str:
    found = re.search(r'name="seen_version" value="(\d+)"', page)
    assert found
    return found[1]


@pytest.fixture
def manager(reader: Readers) -> Reader:
    return reader("manager")


@pytest.fixture
def saved(manager: Reader) -> str:
    """Where an entry that was added is read."""
    answer = manager.post("/lexicon/new", **SYNONYMS)
    assert answer.status_code == 303
    return answer.location


def test_an_entry_is_added_found_in_the_list_changed_and_undone(manager: Reader, saved: str) -> None:
    page = manager.get(saved).text
    assert "两秒内在所有检索中生效" in page
    assert "窗口都这样叫" in page
    changed = {"text": "网税, 电税", "reason": "电税也有人叫"}
    assert manager.post(saved, **changed, seen_version=_version(page)).status_code == 303
    rows = manager.fragment("/lexicon?kind=synonyms&words=电税").text
    assert "网税, 电税" in rows
    assert "<html" not in rows
    assert "没有符合条件的词条" in manager.get("/lexicon?kind=word").text
    history = manager.get("/lexicon/history").text
    undo = re.findall(r'action="(/lexicon/history/\d+/undo)"', history)
    assert len(undo) == 1
    assert manager.post(undo[0]).location == saved
    assert "网税 =&gt; 电子税务局" in manager.get("/lexicon").text


def test_for_everybody_else_there_is_no_desk(reader: Readers, saved: str) -> None:
    for username in ("", "officer", "expert", "reviewer"):
        other = reader(username)
        for path in ("", "/new", "/history", "/import", "/status", "/word.txt", saved.removeprefix("/lexicon")):
            assert other.get(f"/lexicon{path}").status_code == 404, (username, path)
        for path in ("/new", "/import", saved.removeprefix("/lexicon"), "/history/1/undo"):
            assert other.post(f"/lexicon{path}", **SYNONYMS).status_code == 404, (username, path)
        assert "词库" not in other.get("/").text
    assert "词库" in reader("manager").get("/").text


def test_what_cannot_be_taken_is_said_at_its_field_and_kept(manager: Reader) -> None:
    page = manager.post("/lexicon/new", kind="synonyms", text="只有一个", reason="")
    assert page.status_code == 422
    assert "同义词至少要两个" in page.text
    assert 'value="只有一个"' in page.text
    assert 'aria-invalid="true"' in page.text
    again = manager.post("/lexicon/new", **SYNONYMS)
    twice = manager.post("/lexicon/new", **{**SYNONYMS, "text": "網稅 => 电子税务局"})
    assert (again.status_code, twice.status_code) == (303, 422)
    assert "已经在词库里" in twice.text


def test_hostile_texts_are_shown_as_text(manager: Reader) -> None:
    told = {**SYNONYMS, "text": "<script>alert(1)</script>, 电税\x00\u202e", "reason": "<img src=x onerror=alert(2)>"}
    place = manager.post("/lexicon/new", **told).location
    for path in (place, "/lexicon", "/lexicon/history"):
        page = manager.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_the_effect_is_shown_before_anything_is_saved(
    manager: Reader, kb: KnowledgeBase, publish: Callable[..., str]
) -> None:
    number = publish("电子税务局登录不上")
    kb.labelled.add(actor(kb, "manager"), "网税上不去", [number])
    page = manager.post("/lexicon/new", **SYNONYMS, preview="1")
    assert page.status_code == 200
    assert "变好 1 个" in page.text
    assert "网税上不去" in page.text
    assert 'value="窗口都这样叫"' in page.text
    assert kb.lexicon.list(actor(kb, "manager")).total == 0
    bad = manager.post("/lexicon/new", kind="word", text="税", preview="1")
    assert bad.status_code == 422


def test_a_costly_change_is_saved_only_when_confirmed(
    manager: Reader, kb: KnowledgeBase, publish: Callable[..., str]
) -> None:
    answer = publish("社保卡密码忘了")
    publish("打印机卡纸")
    kb.labelled.add(actor(kb, "manager"), "打印机 密码", [answer])
    told = {"kind": "stop_word", "text": "密码", "reason": "太多"}
    page = manager.post("/lexicon/new", **told)
    assert page.status_code == 409
    assert 'name="confirmed"' in page.text
    assert "打印机 密码" in page.text
    place = manager.post("/lexicon/new", **told, confirmed="1").location
    assert "密码" in manager.get(place).text


def test_the_later_of_two_writers_sees_both_texts(manager: Reader, saved: str) -> None:
    seen = _version(manager.get(saved).text)
    assert manager.post(saved, text="网税, 电税", reason="先", seen_version=seen).status_code == 303
    late = manager.post(saved, text="网税, 税务网", reason="后", seen_version=seen)
    assert late.status_code == 409
    assert "网税, 电税" in late.text
    assert "网税, 税务网" in late.text
    again = manager.post(saved, text="网税, 电税, 税务网", reason="合", seen_version=_version(late.text))
    assert again.status_code == 303


def test_a_preview_does_not_hide_what_somebody_saved_meanwhile(manager: Reader, saved: str) -> None:
    seen = _version(manager.get(saved).text)
    assert manager.post(saved, text="网税, 电税", reason="先", seen_version=seen).status_code == 303
    for text in ("网税, 税务网", "只有一个"):
        assert _version(manager.post(saved, text=text, preview="1", seen_version=seen).text) == seen
    assert manager.post(saved, text="网税, 税务网", reason="后", seen_version=seen).status_code == 409


def test_removing_what_helps_is_confirmed_first(
    manager: Reader, saved: str, kb: KnowledgeBase, publish: Callable[..., str]
) -> None:
    kb.labelled.add(actor(kb, "manager"), "网税上不去", [publish("电子税务局登录不上")])
    seen = _version(manager.get(saved).text)
    page = manager.post(saved, remove="1", reason="试试", seen_version=seen)
    assert page.status_code == 409
    assert "我看过影响，仍然要移除" in page.text
    assert 'value="网税 =&gt; 电子税务局"' in page.text
    assert manager.post(saved, remove="1", reason="试试", seen_version=seen, confirmed="1").status_code == 303


def test_what_was_removed_is_told_as_gone_and_can_come_back(manager: Reader, saved: str) -> None:
    seen = _version(manager.get(saved).text)
    assert manager.post(saved, remove="1", reason="不用了", seen_version=seen).status_code == 303
    page = manager.get(saved).text
    assert "已经移除" in page
    assert 'name="text"' not in page
    late = manager.post(saved, text="网税, 电税", reason="后", seen_version=seen)
    assert late.status_code == 409
    assert "网税, 电税" in late.text
    undo = re.findall(r'action="(/lexicon/history/\d+/undo)"', page)
    manager.post(undo[0])
    assert 'name="text"' in manager.get(saved).text


def test_a_file_is_checked_mended_and_taken_in(manager: Reader) -> None:
    file = "电子税务局 5 n\n税\n发票税控\n".encode("gb18030")
    page = manager.post("/lexicon/import", kind="word", file=(io.BytesIO(file), "词典.txt"), reason="老词典", check="1")
    assert page.status_code == 200
    assert "第 2 行" in page.text
    assert "只有一个字" in page.text
    assert "发票税控\n" in page.text
    assert "词库还是空的" in manager.get("/lexicon").text
    taken = manager.post("/lexicon/import", kind="word", text="电子税务局\n发票税控", reason="老词典")
    assert taken.location == "/lexicon?kind=word"
    page = manager.get(taken.location).text
    assert "已导入 2 条" in page
    assert "发票税控" in page
    assert "新词在检索中已经生效" in page


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"kind": "word", "reason": "x"}, "里面没有词条"),
        ({"kind": "word", "text": "电子税务局"}, "请写明理由"),
        ({"kind": "verb", "text": "电子税务局", "reason": "x"}, "请选择"),
        ({"kind": "word", "file": (io.BytesIO(b"\xff\xd8\xff\xe0" * 50), "a.jpg"), "reason": "x"}, "认不出文件的编码"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(manager: Reader, told: dict[str, object], said: str) -> None:
    page = manager.post("/lexicon/import", **told)
    assert page.status_code == 422
    assert said in page.text


def test_a_kind_is_downloaded_in_its_text_format(manager: Reader, saved: str) -> None:
    answer = manager.get("/lexicon/synonyms.txt")
    assert answer.text == "网税 => 电子税务局\n"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert manager.get("/lexicon/verb.txt").status_code == 404


def test_words_searched_in_vain_lead_to_a_synonym_begun(manager: Reader, kb: KnowledgeBase) -> None:
    row = {"at": kb.now(), "words": "电税", "filters": {}, "total": 0, "shown": [], "opened": [], "solved": ""}
    with kb.database.begin() as tx:
        tx.session.execute(insert(SearchEvent), [{**row, "key": f"k{n}", "who": f"p{n}"} for n in range(2)])
    page = manager.get("/lexicon").text
    begun = re.search(r'href="(/lexicon/new\?[^"]+)"[^>]*>设同义词', page)
    assert begun
    form = manager.get(begun[1].replace("&amp;", "&")).text
    assert 'value="电税 =&gt;"' in form
    assert re.search(r'value="synonyms" required checked', form)
