"""The commands of `kb` do on a base of their own what people expect of them."""

import json
import signal
import sqlite3
import stat
import time
from pathlib import Path

import pytest

from tests.web.cli import done, kb, started
from web.cli import errors

REPORTS = """编号,机构,系统,问题现象,解决方案,发生日期
A1,测试局,开票软件,登录提示证书过期 -1073,更新证书后正常,2026-01-02
A2,测试局,开票软件,,重启,2026-01-03
A3,测试局,核心征管,申报保存一直转圈,清缓存后正常,2026-01-05
"""
ARTICLES = """标题,答案
开票软件登录提示证书过期怎么办,打开检测工具，更新数字证书。
打印发票偏移怎么调整,在打印设置里调整上边距。
"""
PASSWORD = "一匹马儿跑过河-7"


def begin(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """The home, in ``folder``, of an empty base with a few people."""
    home = folder / "home"
    patch.setenv("KB_HOME", str(home))
    done("db", "upgrade")
    for username, role in (("writer", "expert"), ("reader", "reviewer"), ("head", "group_head")):
        done("person", "add", username, "--name", f"{username}·名", "--organisation", "测试局", "--role", role)
    return home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return begin(tmp_path, monkeypatch)


@pytest.fixture
def reports(home: Path, tmp_path: Path) -> Path:
    """A file of reports, not imported yet."""
    path = tmp_path / "报告.csv"
    path.write_text(REPORTS, encoding="utf-8")
    return path


@pytest.fixture
def articles(home: Path, tmp_path: Path) -> Path:
    """A file of articles, not imported yet."""
    path = tmp_path / "问答.csv"
    path.write_text(ARTICLES, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a base with reports in it, for tests that only look."""
    folder = tmp_path_factory.mktemp("shelf")
    with pytest.MonkeyPatch.context() as patch:
        home = begin(folder, patch)
        (folder / "报告.csv").write_text(REPORTS, encoding="utf-8")
        done("import", folder / "报告.csv", "--kind", "report")
    return home


@pytest.fixture
def stocked(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KB_HOME", str(shelf))
    return shelf


def found(words: str, *options: str) -> list[str]:
    told = json.loads(done("search", words, "--json", *options))
    return [hit["title"] for hit in told["hits"]]


def test_upgrading_twice_changes_nothing(home: Path) -> None:
    before = done("person", "list", "--json")
    done("db", "upgrade")
    assert done("person", "list", "--json") == before


def test_what_was_imported_is_found_when_the_command_returns(reports: Path) -> None:
    told = json.loads(done("import", reports, "--kind", "report", "--json"))
    assert {name: told[name] for name in ("read", "created", "updated", "unchanged")} == {
        "read": 3,
        "created": 2,
        "updated": 0,
        "unchanged": 0,
    }
    assert [(row["source"], row["reason"]) for row in told["refused"]] == [("报告.csv", "empty_phenomenon")]
    assert set(told["refused"][0]) == {"source", "place", "reason", "message"}
    assert found("证书过期", "--as", "writer") == ["登录提示证书过期 -1073"]
    assert found("证书过期") == []
    check = json.loads(done("index", "check", "--json"))
    assert [check[name] for name in ("missing", "surplus", "stale")] == [[], [], []]


def test_the_same_file_again_changes_nothing(reports: Path) -> None:
    done("import", reports, "--kind", "report")
    told = json.loads(done("import", reports, "--kind", "report", "--json"))
    assert (told["created"], told["updated"], told["unchanged"]) == (0, 0, 2)


def test_a_dry_run_tells_the_same_and_writes_nothing(reports: Path, home: Path) -> None:
    told = json.loads(done("import", reports, "--kind", "report", "--dry-run", "--json"))
    assert (told["read"], told["created"], len(told["refused"])) == (3, 2, 1)
    with sqlite3.connect(home / "kb.sqlite") as database:
        assert database.execute("select count(*) from report").fetchone() == (0,)
        assert database.execute("select state from import").fetchall() == [("abandoned",)]
    database.close()
    assert list((home / "imports").iterdir()) == []


@pytest.mark.parametrize(("name", "reason"), [("nothing.csv", "not_found"), ("报告.pdf", "unsupported")])
def test_a_file_that_is_refused_as_a_whole_has_an_exit_code_of_its_own(reports: Path, name: str, reason: str) -> None:
    reports.with_name("报告.pdf").write_bytes(b"%PDF-1.4")
    result = kb("import", reports.with_name(name), "--kind", "report", "--json")
    assert result.exit_code == errors.FILE_REFUSED
    told = json.loads(result.stdout)
    assert (told["created"], [row["reason"] for row in told["refused"]]) == (0, [reason])
    assert result.stderr.count("\n") == 1


def test_a_killed_import_is_finished_by_the_worker(reports: Path, home: Path) -> None:
    done("import", reports, "--kind", "report")
    with sqlite3.connect(home / "kb.sqlite") as database:  # as a killed process leaves it
        database.execute("update import set state = 'running', position = 0, finished_at = null")
    database.close()
    worker = started("worker", KB_HOME=str(home))
    try:
        until = time.monotonic() + 60
        while _state(home) != "done" and time.monotonic() < until:
            time.sleep(0.1)
        assert _state(home) == "done"
    finally:
        worker.send_signal(signal.SIGTERM)
        _, told = worker.communicate(timeout=60)
    assert (worker.returncode, told) == (0, "")


def _state(home: Path) -> str:
    database = sqlite3.connect(home / "kb.sqlite")
    try:
        return str(database.execute("select state from import").fetchone()[0])
    finally:
        database.close()


def test_imported_articles_are_published_by_a_reviewer_alone(articles: Path) -> None:
    done("import", articles, "--kind", "article", "--as", "writer")
    assert json.loads(done("review", "list", "--as", "reader", "--json"))["total"] == 2
    assert kb("review", "accept", "--import", "1").exit_code == 7
    assert "2" in done("review", "accept", "--import", "1", "--as", "reader")
    waiting = json.loads(done("review", "list", "--as", "head", "--json"))["candidates"]
    done("review", "sign-off", *[str(one["id"]) for one in waiting], "--as", "head")
    assert "打印发票偏移怎么调整" in found("打印偏移", "--as", "writer")
    assert found("打印偏移") == []
    (told,) = json.loads(done("suggest", "dyfppy", "--as", "writer", "--json"))["suggestions"]
    assert (told["text"], told["kind"]) == ("打印发票偏移怎么调整", "title")
    assert told["url"].startswith("http://127.0.0.1:8000/articles/KB")
    assert "打印发票偏移怎么调整" in done("suggest", "打印", "--as", "writer")
    assert "没有建议" in done("suggest", "打印")
    assert "已按“打印”检索" in done("search", "dayin", "--as", "writer")
    assert "已按" not in done("search", "dayin", "--as", "writer", "--exact")


def test_a_candidate_goes_back_with_a_reason(articles: Path) -> None:
    done("import", articles, "--kind", "article", "--as", "writer")
    assert "returned" in done("review", "send-back", "1", "--reason", "步骤不全", "--as", "reader")
    assert kb("review", "accept", "1", "--as", "reader").exit_code == 9
    assert kb("review", "accept", "--as", "reader").exit_code == 2
    assert kb("review", "accept", "1", "--import", "1", "--as", "reader").exit_code == 2


@pytest.mark.parametrize(
    "words",
    ["-1073", "\ud800\x00证书过期", "税" * 20_000, "((((", "🙂", "*", "title:x OR ]"],
    ids=["code", "broken", "long", "brackets", "emoji", "star", "syntax"],
)
def test_whatever_is_searched_for_gives_an_answer(stocked: Path, words: str) -> None:
    assert isinstance(found(words, "--as", "writer"), list)


def test_a_text_to_search_for_comes_by_standard_input(stocked: Path) -> None:
    log = "2026-01-02 10:00:00 INFO 启动\n" * 500 + "登录提示证书过期 -1073\n"
    told = json.loads(done("search", "-", "--as", "writer", "--json", given=log.encode() + b"\xff\xfe"))
    assert told["hits"][0]["title"] == "登录提示证书过期 -1073"
    assert kb("search", "-", given=b"a" * (12 * 1024 * 1024 + 1)).exit_code == 8


def test_a_search_has_the_shape_programs_rely_on(stocked: Path) -> None:
    told = json.loads(done("search", "证书过期", "--as", "writer", "--json", "--limit", "1"))
    understood = ["step", "repaired", "did_you_mean", "also_searched"]
    assert list(told) == ["total", "hits", "facets", "corrected", "took_ms", *understood]
    assert list(told["hits"][0]) == ["number", "kind", "title", "system", "score", "snippet", "url"]
    assert told["hits"][0]["url"] == "http://127.0.0.1:8000/reports/BG000001"
    assert {tuple(value) for values in told["facets"].values() for value in values} == {("value", "label", "count")}


def test_without_an_index_a_search_names_the_cure(home: Path) -> None:
    result = kb("search", "证书")
    assert result.exit_code == 10
    assert "kb index rebuild" in result.stderr
    done("index", "rebuild")
    assert found("证书") == []


def test_an_index_that_is_not_true_is_reported_and_left_as_it_is(reports: Path, home: Path) -> None:
    done("import", reports, "--kind", "report")
    with sqlite3.connect(home / "kb.sqlite") as database:
        database.execute("update report set version = version + 1 where id = 1")
    database.close()
    for _ in range(2):
        result = kb("index", "check", "--json")
        assert result.exit_code == errors.PROBLEMS_FOUND
        told = json.loads(result.stdout)
        assert (told["stale"], told["counts"]["stale"], told["counts"]["missing"]) == (["r1"], 1, 0)
    assert "过时 1 篇：r1" in kb("index", "check").stdout
    done("index", "rebuild")
    assert "一致" in done("index", "check")


def test_the_state_of_the_index_is_told(home: Path) -> None:
    assert json.loads(done("index", "status", "--json"))["state"] == "missing"
    done("index", "rebuild")
    assert json.loads(done("index", "status", "--json"))["state"] == "ready"
    with sqlite3.connect(home / "kb.sqlite") as database:  # as many failures leave it
        database.execute("delete from outbox")
        database.execute(
            "insert into outbox (noun, object_id, at, due_at, attempts, parked, error) values (?, ?, ?, ?, ?, ?, ?)",
            ("report", 7, "2026-01-01", "2026-01-01", 8, True, "读不出来"),
        )
    database.close()
    assert json.loads(done("index", "status", "--json"))["reasons"] == {"BG000007": "读不出来"}
    told = done("index", "status")
    assert "BG000007" in told
    assert "读不出来" in told
    done("index", "rebuild")
    assert json.loads(done("index", "status", "--json"))["parked"] == 0
    assert done("index", "drain")


def test_a_password_comes_by_standard_input_and_must_not_be_weak(home: Path) -> None:
    done("person", "password", "writer", "--password-stdin", given=f"{PASSWORD}\n")
    result = kb("person", "password", "writer", "--password-stdin", given="12345678\n")
    assert result.exit_code == 8
    assert PASSWORD not in "".join(path.read_text(errors="replace") for path in home.glob("*.sqlite*"))


def test_a_disabled_person_can_act_no_more(home: Path) -> None:
    done("person", "disable", "writer")
    assert kb("review", "list", "--as", "writer").exit_code == 6
    assert "已停用" in done("person", "list")


def test_who_may_not_administer_accounts_cannot_add_people(home: Path) -> None:
    words = ("person", "add", "x", "--name", "x", "--organisation", "测试局", "--as", "writer")
    assert kb(*words).exit_code == 7
    assert kb(*words[:2], "writer", *words[3:7]).exit_code == 9
    assert kb(*words[:7], "--role", "emperor").exit_code == 8


def test_a_token_is_shown_once_and_can_be_revoked(home: Path) -> None:
    token = done("token", "add", "writer", "--name", "报表").strip()
    listed = done("token", "list")
    assert token not in listed
    assert token[:11] in listed
    assert "报表" in listed
    done("token", "revoke", token[:11])
    assert "已作废" in done("token", "list")
    assert kb("token", "revoke", "kb_unknown1").exit_code == 6


def test_the_doctor_names_what_is_wrong_with_a_cure(home: Path) -> None:
    result = kb("doctor")
    assert result.exit_code == errors.PROBLEMS_FOUND
    assert "kb index rebuild" in result.stdout
    done("index", "rebuild")
    assert "✗" not in done("doctor")
    (home / "secret").write_text("told to everybody")
    (home / "secret").chmod(0o644)
    result = kb("doctor")
    assert result.exit_code == errors.PROBLEMS_FOUND
    assert "chmod 600" in result.stdout


def test_the_doctor_of_nothing_says_how_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_HOME", str(tmp_path / "none"))
    result = kb("doctor")
    assert result.exit_code == errors.PROBLEMS_FOUND
    assert "kb db upgrade" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_copies_of_imports_are_private(stocked: Path) -> None:
    (folder,) = (stocked / "imports").iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == ["报告.csv"]
