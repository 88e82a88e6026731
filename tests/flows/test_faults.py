"""What happens to the base when disk, database, index or a document fail: nothing is lost, and the rest goes on."""

import resource
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from benchmarks.victims import handed_over
from importers import pipeline
from indexer.engines import default_address
from kb_service.bootstrap import KnowledgeBase
from kb_service.domain.report import ReportVersion
from kb_service.errors import DatabaseBusy, DatabaseFailed, IndexBuilding
from kb_service.inputs import SearchRequest
from kb_service.results import ImportView
from kb_service.store import schema
from tests.base import Clock, actor, base_at, populate
from tests.kb_service.making import told

TRIES = 8


@pytest.fixture
def kb(tmp_path: Path, clock: Clock) -> Iterator[KnowledgeBase]:
    """A populated base whose index lies on disk."""
    with base_at(tmp_path / "home", clock, index=default_address()) as kb:
        populate(kb)
        yield kb


def table(path: Path, rows: int, prefix: str = "A") -> Path:
    lines = (f"{prefix}{row},甲一一县局,{prefix} 第 {row} 号：提交申报表后提示超时,重启服务" for row in range(rows))
    path.write_text("\n".join(("编号,机构,问题现象,解决方案", *lines)), encoding="utf-8")
    return path


def begun(kb: KnowledgeBase, path: Path) -> ImportView:
    """An import that is running and claimed."""
    view = handed_over(kb, actor(kb, "expert"), path)
    kb.imports.claim(view.id)
    return view


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """No file of this process grows beyond ``size`` bytes: for SQLite the same as a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def locked(kb: KnowledgeBase) -> Iterator[None]:
    """Another program holds the database."""
    other = sqlite3.connect(kb.settings.home / "kb.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


def count(kb: KnowledgeBase, prefix: str) -> int:
    database = sqlite3.connect(kb.settings.home / "kb.sqlite")
    try:
        return int(database.execute("SELECT count(*) FROM report WHERE key LIKE ?", (f"{prefix}%",)).fetchone()[0])
    finally:
        database.close()


@pytest.mark.sqlite
def test_a_full_disk_keeps_what_was_taken_and_the_import_goes_on_when_there_is_space(
    kb: KnowledgeBase, tmp_path: Path
) -> None:
    expert = actor(kb, "expert")
    pipeline.run(kb, begun(kb, table(tmp_path / "早.csv", 20, "E")).id)
    view = begun(kb, table(tmp_path / "大.csv", 6000))
    largest = max(path.stat().st_size for path in kb.settings.home.glob("kb.sqlite*"))
    with files_of_at_most(largest + 2_000_000):
        with pytest.raises(DatabaseFailed, match="磁盘"):
            pipeline.run(kb, view.id)
        stopped = kb.imports.get(expert, view.id)
        assert kb.reports.list(expert).total == stopped.position + 20
    assert 0 < stopped.position < 6000
    assert (count(kb, "A"), count(kb, "E")) == (stopped.position, 20)
    pipeline.run(kb, view.id)
    ended = kb.imports.get(expert, view.id)
    assert (ended.state, ended.counts.created, ended.total, count(kb, "A")) == ("done", 6000, 6000, 6000)
    kb.index.drain()
    assert kb.index.check().clean


def test_an_upgrade_that_fails_leaves_nothing_half_done(tmp_path: Path) -> None:
    path = tmp_path / "kb.sqlite"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE report (id INTEGER)")  # in the way of one of the last tables
    with pytest.raises(OperationalError, match="already exists"):
        schema.upgrade(f"sqlite:///{path}")
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    database.execute("DROP TABLE report")
    database.close()
    assert tables == ["report"]
    schema.upgrade(f"sqlite:///{path}")
    assert schema.version(f"sqlite:///{path}") == schema.head()


@pytest.mark.sqlite
def test_who_waits_too_long_for_the_database_is_told_so(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    with locked(kb):
        with pytest.raises(DatabaseBusy, match="没有保存"):
            kb.reports.file(expert, told())
        assert kb.reports.list(expert).total == 0
    assert kb.reports.file(expert, told()).number == "BG000001"


@pytest.mark.sqlite
def test_a_short_wait_for_the_database_is_not_noticed(kb: KnowledgeBase) -> None:
    with locked(kb):
        timer = threading.Timer(0.3, lambda: None)
        writer = threading.Thread(target=lambda: kb.reports.file(actor(kb, "expert"), told()))
        writer.start()
        timer.start()
        timer.join()
        assert writer.is_alive()
    writer.join()
    assert count(kb, "A") == 1


def test_a_poisoned_document_is_parked_and_the_others_flow(kb: KnowledgeBase, clock: Clock) -> None:
    expert = actor(kb, "expert")
    poisoned, sound = (kb.reports.file(expert, told(n)) for n in (1, 2))
    _spoil(kb, 1, [1])
    for _ in range(TRIES):
        kb.index.drain()
        clock.forward(hours=1)
    status = kb.index.status()
    assert (status.waiting, status.parked, kb.index.drain()) == (0, 1, 0)
    numbers = [hit.number for hit in kb.search.find(expert, SearchRequest(words="证书过期")).hits]
    assert numbers == [sound.number]
    assert kb.index.check().missing == ("r1",)
    assert list(kb.index.parked()) == [poisoned.number]
    assert "已损坏" in kb.index.parked()[poisoned.number]
    assert poisoned.number == kb.reports.get(expert, poisoned.number).number

    assert kb.index.rebuild() == 1
    assert (kb.index.status().parked, kb.index.parked()) == (0, {})
    _spoil(kb, 1, ["E01"])
    kb.index.drain()
    assert kb.index.check().clean
    assert kb.index.waiting() == 0


def _spoil(kb: KnowledgeBase, report_id: int, codes: list[Any]) -> None:
    """Put what no door may let in into a report."""
    with kb.database.begin() as tx:
        tx.session.execute(update(ReportVersion).where(ReportVersion.report_id == report_id).values(codes=codes))


def test_a_clock_that_was_put_back_holds_no_change_up(kb: KnowledgeBase, clock: Clock) -> None:
    expert = actor(kb, "expert")
    kb.reports.file(expert, told(1))
    clock.forward(hours=-1)
    assert kb.index.drain() == 1
    clock.forward(hours=1)
    kb.reports.file(expert, told(2))
    _spoil(kb, 2, [1])
    kb.index.drain()
    _spoil(kb, 2, [])
    assert (kb.index.drain(), kb.index.waiting()) == (0, 1)
    clock.forward(hours=-1)
    assert (kb.index.drain(), kb.index.waiting()) == (1, 0)


def test_a_base_without_index_says_so_and_everything_else_works(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    pointer = kb.settings.home / "index" / "current"
    pointer.unlink()
    with pytest.raises(IndexBuilding):
        kb.search.find(expert, SearchRequest(words="证书过期"))
    number = kb.reports.file(expert, told()).number
    assert kb.reports.get(expert, number).number == number
    assert (kb.index.drain(), kb.index.status().state) == (0, "missing")
    kb.index.rebuild()
    assert [hit.number for hit in kb.search.find(expert, SearchRequest(words="证书过期")).hits] == [number]


def test_an_import_a_rebuild_and_searches_at_the_same_time_end_in_a_true_index(
    kb: KnowledgeBase, tmp_path: Path
) -> None:
    expert = actor(kb, "expert")
    pipeline.run(kb, begun(kb, table(tmp_path / "早.csv", 300, "E")).id)
    kb.index.drain()
    view = begun(kb, table(tmp_path / "晚.csv", 2000))
    failed: list[BaseException] = []

    def worked() -> None:
        try:
            pipeline.run(kb, view.id)
        except BaseException as error:
            failed.append(error)

    writer = threading.Thread(target=worked)
    writer.start()
    while writer.is_alive():
        kb.index.drain()
        kb.index.rebuild()
        assert kb.search.find(expert, SearchRequest(words="提交申报表后提示超时")).total >= 300
    writer.join()
    kb.index.drain()
    assert failed == []
    assert kb.index.check().clean
    assert kb.imports.get(expert, view.id).counts.created == 2000
