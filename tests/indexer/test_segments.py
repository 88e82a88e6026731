"""Texts of completion in files: the same answers as from memory, for any number of processes."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer import suggest
from indexer.suggest import Entry, Match, Suggestions, write

EVERYBODY, INSIDERS = frozenset({"all"}), frozenset({"all", "inside"})
TITLES = (
    "电子税务局登录白屏",
    "登录电子税务局收不到验证码",
    "开票软件证书过期",
    "重庆市电子税务局",
    "ORA-00942 表不存在",
)


def entries(titles: tuple[str, ...] = TITLES) -> list[Entry]:
    readers = frozenset({"all"}), frozenset({"inside"})
    return [Entry(at, "title", title, readers[at % 2]) for at, title in enumerate(titles, 1)]


def in_memory(told: list[Entry]) -> Suggestions:
    texts = Suggestions()
    texts.put(told)
    return texts


def in_files(told: list[Entry], folder: Path) -> Suggestions:
    write(folder, told)
    return Suggestions.opened(folder)


def found(texts: Suggestions, typed: str, tokens: frozenset[str] = INSIDERS) -> list[Match]:
    return texts.permitted(tokens).matches(typed, 10)


@pytest.fixture(autouse=True)
def _several_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggest, "LARGEST", 2)


@settings(max_examples=40)
@given(
    st.lists(st.text("税务票开软a0", max_size=5), max_size=9),
    st.text("税票swskd0", min_size=1, max_size=3),
    st.sampled_from([EVERYBODY, INSIDERS]),
)
def test_texts_in_files_answer_as_those_in_memory(titles: list[str], typed: str, tokens: frozenset[str]) -> None:
    told = entries(tuple(titles))
    with TemporaryDirectory() as name:
        assert found(in_files(told, Path(name)), typed, tokens) == found(in_memory(told), typed, tokens)


def test_words_of_texts_in_files_are_known(tmp_path: Path) -> None:
    permitted = in_files([*entries(), Entry(9, "title", "Oracle 监听", EVERYBODY)], tmp_path).permitted(EVERYBODY)
    assert permitted.near("oracel") == ["oracle"]
    assert permitted.has("监听")


def test_what_changed_is_in_memory_and_hides_what_is_in_files(tmp_path: Path) -> None:
    texts = in_files(entries(), tmp_path)
    texts.put([Entry(1, "title", "电子发票登录黑屏", EVERYBODY)], instead_of=(1, 4))
    assert [match.document for match in found(texts, "dz")] == [1, 2]
    assert (len(texts), texts.recent) == (4, 1)
    assert [match.document for match in found(Suggestions.opened(tmp_path), "dz")] == [1, 4, 2]


def test_many_changes_are_merged_in_memory(tmp_path: Path) -> None:
    texts = in_files(entries(), tmp_path)
    for at in range(3 * suggest.RECENT):
        texts.put([Entry(7, "title", f"印花税{at}", EVERYBODY)], instead_of=(7,))
    assert len(texts._segments) <= texts._in_files + suggest.RECENT
    assert [match.text for match in found(texts, "yhs")] == [f"印花税{3 * suggest.RECENT - 1}"]


def test_nothing_in_files_is_nothing_to_suggest(tmp_path: Path) -> None:
    assert found(in_files([], tmp_path), "税") == []


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"segments": 9}'])
def test_damaged_files_are_refused(tmp_path: Path, damage: bytes) -> None:
    write(tmp_path, entries())
    (tmp_path / suggest.TABLES).write_bytes(damage)
    with pytest.raises((OSError, ValueError, KeyError, TypeError)):
        Suggestions.opened(tmp_path)
