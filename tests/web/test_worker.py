"""The worker takes new words of the lexicon into the index by itself beside its other chores, and ends when told to."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from indexer.sync import BATCH
from kb_service.bootstrap import KnowledgeBase, open_base
from kb_service.inputs import LexiconInput
from kb_service.services.backups import Backups
from kb_service.store.attachments import Files
from tests.base import actor
from tests.kb_service.making import found, published, solution, told
from web.cli import worker as worker_module
from web.cli.index import Stopped, followed
from web.cli.worker import Worker

TraceFunction = Callable[[FrameType, str, Any], Any]

FAR = 10.0**9
"""A time at which every chore is due."""
MOMENTS = 60
"""Lines a worker without chores runs in two rounds, and more."""


@pytest.fixture
def worker(kb: KnowledgeBase) -> Iterator[Worker]:
    worker = Worker(kb)
    yield worker
    worker.stop()
    over(worker)


def over(worker: Worker) -> None:
    """Wait for the rebuild that runs, if one does."""
    if worker._rebuild:
        worker._rebuild.join()


def add(kb: KnowledgeBase, word: str) -> None:
    kb.lexicon.add(actor(kb, "manager"), LexiconInput(kind="word", text=word, reason="试"))


def test_new_words_are_in_the_index_a_round_later(kb: KnowledgeBase, worker: Worker) -> None:
    number = published(kb, solution("龘靐齉系统打不开"))
    worker.round(FAR)
    assert worker._rebuild is None
    add(kb, "龘靐齉")
    assert kb.index.lacks_words()
    worker.round(2 * FAR)
    over(worker)
    assert not kb.index.lacks_words()
    assert found(kb, actor(kb, "officer"), "龘靐齉") == [number]


def test_changes_go_on_into_the_index_while_it_is_rebuilt(
    kb: KnowledgeBase, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(kb, solution("龘靐齉系统打不开"))
    holding, rebuild = threading.Event(), kb.index.rebuild
    monkeypatch.setattr(kb.index, "rebuild", lambda go_on: holding.wait() and rebuild(go_on))
    add(kb, "龘靐齉")
    worker.round(FAR)
    number = published(kb, solution("打印机卡纸"))
    worker.round(2 * FAR)
    assert kb.index.waiting() == 0
    assert found(kb, actor(kb, "officer"), "打印机卡纸") == [number]
    holding.set()
    over(worker)
    assert found(kb, actor(kb, "officer"), "打印机卡纸") == [number]


def test_a_worker_that_is_stopped_gives_its_rebuild_up(kb: KnowledgeBase, worker: Worker) -> None:
    published(kb, solution("龘靐齉系统打不开"))
    add(kb, "龘靐齉")
    worker.stop()
    worker._take_in_words()
    over(worker)
    assert kb.index.lacks_words()
    assert kb.index.progress() is None


def test_a_worker_that_is_stopped_leaves_changes_to_the_next_one(kb: KnowledgeBase, worker: Worker) -> None:
    expert = actor(kb, "expert")
    for number in range(BATCH + 1):
        kb.reports.file(expert, told(number))
    worker.stop()
    with pytest.raises(Stopped):
        worker._drain()
    assert kb.index.waiting() == 1


def test_a_worker_that_is_stopped_leaves_a_missing_index_to_the_next_one(kb: KnowledgeBase) -> None:
    published(kb, solution())
    with closing(open_base(kb.settings)) as without_index:
        worker = Worker(without_index)
        worker.stop()
        with pytest.raises(Stopped):
            worker._ensure_index()
        assert without_index.index.status().state == "missing"
        Worker(without_index)._ensure_index()
        assert without_index.index.status().state == "ready"


def test_following_an_import_ends_with_it_though_changes_never_end(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    expert, numbers, drain, begun = actor(kb, "expert"), count(), kb.index.drain, threading.Event()

    def drain_without_end(limit: int, go_on: Callable[[], None]) -> int:
        def one_more() -> None:
            begun.set()
            kb.reports.file(expert, told(next(numbers)))
            go_on()

        return drain(limit, one_more)

    kb.reports.file(expert, told(next(numbers)))
    monkeypatch.setattr(kb.index, "drain", drain_without_end)
    with followed(kb):
        assert begun.wait(60)
    assert kb.index.waiting()


def test_the_backup_that_is_due_is_made_beside_the_other_chores(kb: KnowledgeBase, tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    told = kb.settings.model_copy(update={"backup_target": str(tmp_path / "backups")})
    kb.backups = Backups(kb.database, Files(told.home / "attachments"), told)
    worker = Worker(kb)
    for moment in (FAR, 2 * FAR):
        worker.round(moment)
        assert worker._backup
        worker._backup.join()
    (path,) = (tmp_path / "backups").iterdir()
    assert kb.backups.state().last_good_bytes == path.stat().st_size


def test_a_worker_that_is_stopped_gives_its_backup_up(kb: KnowledgeBase, tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    told = kb.settings.model_copy(update={"backup_target": str(tmp_path / "backups")})
    kb.backups = Backups(kb.database, Files(told.home / "attachments"), told)
    worker = Worker(kb)
    worker.stop()
    worker._make_backup()
    assert list((tmp_path / "backups").iterdir()) == []
    assert "停止" in kb.backups.state().last_error


def test_a_signal_at_any_moment_ends_the_worker(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its handler runs in the thread it interrupts, between any two lines of whatever that does."""
    monkeypatch.setattr(worker_module, "PAUSE", 0.001)
    monkeypatch.setattr(Worker, "_warm_up", lambda _: None)
    for moment in range(1, MOMENTS):
        thread = threading.Thread(target=run_interrupted, args=(Worker(kb), moment), daemon=True)
        thread.start()
        thread.join(30)
        assert not thread.is_alive(), moment


def run_interrupted(worker: Worker, moment: int) -> None:
    """Run it without chores and stop it at its ``moment``-th line, those of the threading library counted in."""
    worker._chores.clear()
    lines = 0

    def trace(frame: FrameType, event: str, _: object) -> TraceFunction | None:
        nonlocal lines
        if frame.f_code.co_filename not in (worker_module.__file__, threading.__file__):
            return None
        lines += event == "line"
        if lines == moment:
            worker.stop()
        return trace

    sys.settrace(trace)
    worker.run()
