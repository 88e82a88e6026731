"""The files of completion: written by one process, opened by the others, written anew when they do not fit any more."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from indexer.suggest import TABLES
from kb_service.bootstrap import KnowledgeBase
from kb_service.services import suggest_texts
from kb_service.store import suggestions
from tests.base import Clock, base_at
from tests.kb_service.making import published, solution

LONG = 60.0
"""Seconds until the texts count as missing, on a machine busy with other tests."""
Opener = Callable[[], KnowledgeBase]


@pytest.fixture
def again(tmp_path: Path, clock: Clock) -> Iterator[Opener]:
    """The same base opened by another process."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(base_at(tmp_path / "home", clock))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One item for each time that all texts are read from the database."""
    counted: list[object] = []
    everything = suggestions.everything

    def counting(database: object) -> object:
        counted.append(database)
        return everything(database)

    monkeypatch.setattr(suggestions, "everything", counting)
    return counted


def told(kb: KnowledgeBase, typed: str) -> list[str]:
    return [one.text for one in kb.suggest.find(kb.people.visitor(), typed, wait=LONG)]


def generations(home: Path) -> list[Path]:
    return [path for path in (home / "cache" / "suggest").iterdir() if path.is_dir()]


def test_a_second_process_opens_what_the_first_wrote(kb: KnowledgeBase, again: Opener, reads: list[object]) -> None:
    published(kb, solution("登录白屏", audience="public"))
    assert told(kb, "dlbp") == ["登录白屏"]
    published(kb, solution("登录黑屏", audience="public"))
    assert told(again(), "dl") == ["登录黑屏", "登录白屏"]
    assert len(reads) == 1


@pytest.mark.parametrize("age", [timedelta(hours=1), suggest_texts.OLD + timedelta(hours=1)])
def test_files_of_yesterday_are_written_anew(
    kb: KnowledgeBase, again: Opener, reads: list[object], clock: Clock, age: timedelta
) -> None:
    published(kb, solution("登录白屏", audience="public"))
    told(kb, "登录")
    clock.at += age
    assert told(again(), "登录") == ["登录白屏"]
    assert len(reads) == 1 + (age > suggest_texts.OLD)


def test_files_of_a_base_that_was_another_are_written_anew(
    kb: KnowledgeBase, again: Opener, reads: list[object], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(kb, solution("登录白屏", audience="public"))
    told(kb, "登录")
    monkeypatch.setattr(suggestions, "written_at", lambda session, mark: clock.at - timedelta(days=9))
    assert told(again(), "登录") == ["登录白屏"]
    assert len(reads) == 2


def test_files_that_are_far_behind_are_written_anew(
    kb: KnowledgeBase, again: Opener, reads: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    told(kb, "登录")
    monkeypatch.setattr(suggest_texts, "LATE", 0)
    published(kb, solution("登录白屏", audience="public"))
    assert told(again(), "登录") == ["登录白屏"]
    assert len(reads) == 2


@pytest.mark.parametrize("name", [TABLES, suggest_texts.NOTE, "0000-units.npy"])
def test_damaged_files_are_written_anew(
    kb: KnowledgeBase, again: Opener, reads: list[object], tmp_path: Path, name: str
) -> None:
    published(kb, solution("登录白屏", audience="public"))
    told(kb, "登录")
    kb.suggest.close()
    (path,) = generations(tmp_path / "home")
    (path / name).write_bytes(b"x")
    assert told(again(), "登录") == ["登录白屏"]
    assert len(reads) == 2


def test_the_files_are_closed_to_other_users(kb: KnowledgeBase, tmp_path: Path) -> None:
    told(kb, "登录")
    folder = tmp_path / "home" / "cache" / "suggest"
    assert {path.stat().st_mode & 0o077 for path in (folder, *generations(tmp_path / "home"))} == {0}


def test_a_process_that_ends_gives_up_writing_and_leaves_nothing_behind(
    kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(kb, solution("登录白屏", audience="public"))
    texts = kb.suggest._texts
    everything, is_writing = suggestions.everything, threading.Event()

    def closing(database: object) -> Iterator[object]:
        is_writing.set()
        for entry in everything(database):
            texts._closing.wait(60)
            yield entry

    monkeypatch.setattr(suggestions, "everything", closing)
    kb.suggest.find(kb.people.visitor(), "登录", wait=0)
    assert is_writing.wait(60)
    kb.suggest.close()
    assert not texts._loaded.is_set()
    assert generations(tmp_path / "home") == []
