"""`kb lexicon` on a base of its own: what it adds is searched by at once, what it refuses is one line and a code."""

import json
from pathlib import Path

import pytest

from tests.web.cli import done, kb


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("KB_HOME", str(home))
    done("db", "upgrade")
    for username, role in (("keeper", "manager"), ("writer", "expert")):
        done("person", "add", username, "--name", f"{username}·名", "--organisation", "测试局", "--role", role)
    done("index", "rebuild")
    return home


def added(text: str, kind: str = "synonyms") -> int:
    return int(json.loads(done("lexicon", "add", kind, text, "--reason", "试", "--as", "keeper", "--json"))["id"])


def test_an_entry_is_added_changed_removed_and_undone(home: Path) -> None:
    entry = added("网税 => 电子税务局")
    done("lexicon", "change", entry, "网税, 电税", "--reason", "改", "--as", "keeper")
    assert "网税, 电税" in done("lexicon", "list", "--kind", "synonyms", "--words", "电税")
    done("lexicon", "remove", entry, "--reason", "不用了")
    assert json.loads(done("lexicon", "list", "--json")) == {"total": 0, "entries": []}
    changes = json.loads(done("lexicon", "history", entry, "--json"))
    assert [one["action"] for one in changes] == ["remove", "change", "add"]
    assert changes[0]["author"] == "local"
    done("lexicon", "undo", changes[0]["id"])
    assert done("lexicon", "export", "synonyms") == "网税, 电税\n"


def test_words_are_in_force_and_wait_for_the_index(home: Path) -> None:
    assert "kb index rebuild" in done("lexicon", "add", "word", "电子税务局", "--reason", "试")
    assert json.loads(done("lexicon", "status", "--json"))["words_wait"] is True
    done("index", "rebuild")
    assert json.loads(done("lexicon", "status", "--json"))["words_wait"] is False


def test_a_file_is_looked_at_then_taken_in_and_comes_out_again(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "词典.txt"
    path.write_bytes("电子税务局 3 n\n税\n开票软件\n".encode("gb18030"))
    seen = done("lexicon", "import", "word", path, "--reason", "老词典", "--dry-run")
    assert "第 2 行" in seen
    assert done("lexicon", "export", "word") == ""
    taken = json.loads(done("lexicon", "import", "word", path, "--reason", "老词典", "--json"))
    assert (taken["created"], taken["unchanged"], [line["number"] for line in taken["refused"]]) == (2, 0, [2])
    exported = done("lexicon", "export", "word")
    assert exported == "电子税务局\n开票软件\n"
    assert "早已有了 2" in done("lexicon", "import", "word", "-", "--reason", "再来", given=exported)


def test_what_is_refused_is_one_line_and_a_code(home: Path, tmp_path: Path) -> None:
    entry = added("网税, 电税")
    broken = tmp_path / "a.bin"
    broken.write_bytes(b"\xff\xd8\xff\xe0" * 50)
    refused = (
        (8, ("add", "word", "税", "--reason", "x")),
        (9, ("add", "synonyms", "電税, 网税", "--reason", "x")),
        (6, ("change", "99", "网税, 电税", "--reason", "x")),
        (6, ("list", "--as", "writer")),
        (8, ("import", "word", broken, "--reason", "x")),
        (13, ("import", "word", tmp_path / "none", "--reason", "x")),
    )
    for code, words in refused:
        result = kb("lexicon", *words)
        assert (result.exit_code, result.stderr.count("\n")) == (code, 1), (words, result.output)
    assert kb("lexicon", "remove", str(entry)).exit_code == 2


def test_the_effect_is_told_without_saving(home: Path) -> None:
    told = json.loads(done("lexicon", "preview", "synonyms", "网税, 电税", "--json"))
    assert told == {"measured": None, "emptied": [], "notes": []}
    assert "没有测量" in done("lexicon", "preview", "synonyms", "网税, 电税")
    assert json.loads(done("lexicon", "list", "--json"))["total"] == 0
