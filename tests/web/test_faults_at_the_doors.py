"""What people, programs and operators are told while the database is locked, full or old, and the index is missing."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from indexer.engines import default_address
from kb_service.bootstrap import KnowledgeBase
from tests.base import Clock, actor, base_at, populate
from tests.flows.test_faults import files_of_at_most
from tests.kb_service.making import published, solution, told
from tests.web.cli import done, started, where
from tests.web.cli import kb as command
from tests.web.conftest import Reader
from web.cli import errors, index

BUILDING = "正在建立索引"
NOTHING_FOUND = "没有找到"


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[KnowledgeBase]:
    """A populated base whose index lies on disk."""
    with base_at(tmp_path, Clock(), index=default_address()) as base:
        populate(base)
        yield base


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Another program holds the database."""
    other = sqlite3.connect(home / "kb.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


def wait_for(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.sqlite
def test_a_locked_database_is_a_sentence_at_every_door(
    kb: KnowledgeBase, reader: Callable[..., Reader], publish: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = publish("证书过期怎么办")
    agent = reader("agent")
    token = agent.token()
    monkeypatch.setenv("KB_HOME", str(kb.settings.home))

    def vote() -> TestResponse:
        return agent.client.post(f"/articles/{number}/feedback", data={"csrf_token": token, "solved": "1"})

    def administer() -> Any:
        return command("person", "disable", "officer")

    with locked(kb.settings.home), ThreadPoolExecutor() as pool:
        page, line = pool.submit(vote), pool.submit(administer)
        assert reader("agent").get(f"/articles/{number}").status_code == 200
        answer, result = page.result(), line.result()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "没有保存" in answer.text
    assert result.exit_code == errors.EXIT_CODES[errors.kb_errors.Unavailable]
    assert result.stderr.count("\n") == 1
    assert "没有保存" in result.stderr
    assert vote().status_code < 400


def test_a_full_disk_is_told_and_reading_goes_on(
    kb: KnowledgeBase, reader: Callable[..., Reader], publish: Callable[..., str]
) -> None:
    number, expert = publish("证书过期怎么办"), reader("expert")
    told = {"csrf_token": expert.token(), "kind": "report"}
    with files_of_at_most(300_000):
        upload = expert.client.post("/imports/new", data={**told, "file": (BytesIO(bytes(400_000)), "大.csv")})
        assert (upload.status_code, "磁盘已满" in upload.text) == (503, True)
        assert number in expert.get("/search?q=证书过期").text
        assert expert.get(f"/articles/{number}").status_code == 200
    again = expert.client.post("/imports/new", data={**told, "file": (BytesIO(b"x"), "小.csv")})
    assert again.status_code == 303


def test_a_damaged_index_is_told_and_made_anew(kb: KnowledgeBase, reader: Callable[..., Reader]) -> None:
    (kb.settings.home / "index" / "current").write_text("nonsense")
    ready = reader().get("/readyz")
    assert (ready.status_code, ready.json["status"]) == (503, "damaged")
    assert reader().get("/search?q=证书过期").status_code == 503
    index.ensure(kb)
    assert reader().get("/readyz").status_code == 200


@pytest.mark.parametrize("fault", ["missing", "mismatch"])
def test_without_an_index_the_service_answers_and_says_that_it_is_being_built(
    kb: KnowledgeBase, reader: Callable[..., Reader], publish: Callable[..., str], fault: str
) -> None:
    number = publish("证书过期怎么办")
    pointer = kb.settings.home / "index" / "current"
    live = pointer.read_text()
    if fault == "missing":
        pointer.unlink()
    else:
        pointer.write_text(live.replace('"fingerprint": "', '"fingerprint": "older-'))
    visitor = reader()
    assert visitor.get("/healthz").status_code == 200
    ready = visitor.get("/readyz")
    assert (ready.status_code, ready.json["status"]) == (503, fault)
    page = visitor.get("/search?q=证书过期")
    assert (page.status_code, BUILDING in page.text, NOTHING_FOUND in page.text) == (503, True, False)
    answer = visitor.get("/api/v1/search?q=证书过期")
    assert (answer.status_code, answer.json["code"]) == (503, "index_building")
    assert visitor.get(f"/articles/{number}").status_code == 200
    index.ensure(kb)
    assert visitor.get("/readyz").status_code == 200
    assert number in visitor.get("/search?q=证书过期").text


def test_while_the_engine_is_away_articles_open_by_number_and_title_and_work_goes_on(
    kb: KnowledgeBase, reader: Callable[..., Reader], publish: Callable[..., str]
) -> None:
    number, hidden = publish("证书过期怎么办"), publish("证书过期的内部口令", audience="internal")
    pointer = kb.settings.home / "index" / "current"
    live = pointer.read_text()
    pointer.write_text("")
    visitor, agent = reader(), reader("agent")
    wait_for(lambda: number in visitor.get("/suggest?q=证书").text)
    for typed in (number, number.lower(), "证书过期"):
        page = visitor.get(f"/search?q={typed}")
        assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
        assert ("检索暂时不可用" in page.text, NOTHING_FOUND in page.text) == (True, False)
        assert (f'href="/articles/{number}"' in page.text, hidden in page.text) == (True, False)
    assert visitor.fragment("/search?q=证书过期").headers["HX-Retarget"] == "#results"
    assert visitor.get("/readyz").status_code == 503
    assert visitor.get(f"/articles/{number}").status_code == 200
    filed = agent.post("/reports/new", title="窗口打不出发票", phenomenon="点击打印没有反应", solution="重装驱动")
    assert filed.status_code < 400
    later = published(kb, solution("打印机卡纸"))
    assert kb.index.waiting()
    pointer.write_text(live)
    kb.index.drain()
    assert kb.index.check().clean
    assert later in agent.get("/search?q=打印机卡纸").text


def test_the_server_names_the_cure_for_an_older_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_HOME", str(tmp_path))
    monkeypatch.setenv("KB_PORT", "0")
    done("db", "upgrade")
    with sqlite3.connect(tmp_path / "kb.sqlite") as database:
        database.execute("UPDATE alembic_version SET version_num = '0000'")
    database.close()
    result = command("serve")
    assert result.exit_code == errors.EXIT_CODES[errors.kb_errors.OldSchema]
    assert "kb db upgrade" in result.stderr
    assert result.stderr.count("\n") == 1


def test_two_workers_on_one_base_share_the_work_in_silence(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    workers = [started("worker", **where(kb)) for _ in range(2)]
    try:
        numbers = []
        for n in range(200):
            numbers.append(kb.reports.file(expert, told(n)).number)
            time.sleep(0.01)  # who waits for a SQLite file only looks now and then whether it is free
        until = time.monotonic() + 60
        while kb.index.waiting() and time.monotonic() < until:
            time.sleep(0.05)
        assert len(set(numbers)) == 200
        assert kb.index.check().clean
    finally:
        for worker in workers:
            worker.terminate()
        said = [worker.communicate(timeout=60) for worker in workers]
    assert {told for told, _ in said} <= {"", "后台任务已开始。（按 Ctrl+C 停止）\n"}
    assert [warned for _, warned in said] == ["", ""]
    assert 0 in {worker.returncode for worker in workers}  # the other may have been asked to end before it began


def test_programs_that_make_a_base_at_the_same_moment_make_one(tmp_path: Path) -> None:
    made = [started("db", "upgrade", KB_HOME=str(tmp_path / "home")) for _ in range(2)]
    said = [one.communicate(timeout=60)[1] for one in made]
    assert (said, [one.returncode for one in made]) == (["", ""], [0, 0])
