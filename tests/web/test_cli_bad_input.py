"""Whatever is fed to `kb search` gets an answer; whatever file `kb import` cannot read is refused in one sentence."""

import json
import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from importers.errors import REASONS, UnreadableSource
from kb_service.config import Settings
from tests.importers.books import workbook
from tests.importers.test_doc import compound
from tests.web.cli import done, kb
from web import uploads
from web.cli import errors

HEAD = ["编号", "机构", "问题现象", "解决方案"]
ROW = ["A1", "测试局", "提交申报表后提示超时", "重启"]
STRANGE = {
    "nothing": b"",
    "space": b" \t\r\n\x00",
    "control": bytes(range(256)) * 40,
    "surrogates": b"\xed\xa0\x80\xed\xbf\xbf\xed\xb0\x80",
    "sql": b"' OR 1=1; DROP TABLE report; -- %_\\",
    "html": b"<script>alert(1)</script><svg onload=x>&amp;&#x0;",
    "engine": 'title:发票 AND (税 OR *:* NOT [a TO z]) ^9 ~2 /.*/ "未闭 +- {"query":{}} body:* (((('.encode(),
    "one letter": "税".encode() * 100_000,
    "operators": b"-" * 5_000 + b"(" * 5_000,
    "log": "ORA-12541: TNS:no listener 提交申报表后提示超时\n".encode() * 200_000,  # 10 MB
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base with one report and its index."""
    home = tmp_path_factory.mktemp("base") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KB_HOME", str(home))
        done("db", "upgrade")
        done("person", "add", "expert", "--name", "专家", "--organisation", "测试局", "--role", "expert")
        path = workbook(home / "好.xlsx", {"表": [HEAD, ROW]})
        done("import", path, "--kind", "report")
    return home


@pytest.fixture(autouse=True)
def environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_HOME", str(home))


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_every_text_from_standard_input_gets_an_answer(text: bytes) -> None:
    told = json.loads(done("search", "-", "--as", "expert", "--json", given=text))
    assert told["total"] in (0, 1)


def test_a_long_log_finds_the_report_it_tells_of() -> None:
    told = json.loads(done("search", "-", "--as", "expert", "--json", given=STRANGE["log"]))
    assert [hit["title"] for hit in told["hits"]] == [ROW[2]]


def test_a_text_beyond_the_limit_is_refused_in_one_sentence() -> None:
    result = kb("search", "-", given=b"x" * (12 * 1024 * 1024 + 1))
    assert result.exit_code == errors.EXIT_CODES[errors.kb_errors.Invalid]
    assert "12 MB" in result.stderr


def damaged(path: Path) -> Path:
    whole = workbook(path, {"表": [HEAD, ROW]}).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def protected(path: Path) -> Path:
    """How office programs keep a workbook with a password: in a compound file that holds the encrypted package."""
    path.write_bytes(compound({"EncryptedPackage": b"x"}))
    return path


def misnamed(path: Path) -> Path:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    return path


def bomb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("表.csv", bytes(200_000_000))
    return path


def empty_folder(path: Path) -> Path:
    path.mkdir()
    return path


def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


REFUSED: dict[str, tuple[str, Callable[[Path], Path], str]] = {
    "damaged": ("坏.xlsx", damaged, "unreadable"),
    "protected": ("密.xlsx", protected, "encrypted"),
    "bomb": ("炸.zip", bomb, "zip_bomb"),
    "empty folder": ("空", empty_folder, "no_files"),
    "missing": ("没有.xlsx", lambda path: path, "not_found"),
    "device": ("零", lambda _: Path("/dev/zero"), "not_found"),
    "pipe": ("管道.csv", pipe, "not_found"),
}


@pytest.mark.parametrize(("name", "make", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence_and_nothing_is_taken(
    name: str, make: Callable[[Path], Path], reason: str, tmp_path: Path, home: Path
) -> None:
    path = make(tmp_path / name)
    result = kb("import", path, "--kind", "report")
    assert result.exit_code == errors.FILE_REFUSED, result.output
    assert (result.stdout, result.stderr.count("\n")) == ("", 1)
    assert path.name in result.stderr
    assert ending(reason) in result.stderr
    assert count(home) == 1


@pytest.mark.parametrize("name", ["锁", "锁/表.csv"])
def test_what_may_not_be_read_is_refused(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "锁").mkdir()
        (place / "锁" / "表.csv").write_text(",".join(HEAD), encoding="utf-8")
        (place / "home").mkdir(mode=0o777)
        for path, mode in ((place / "锁", 0), (place, 0o755), (place / "home", 0o777)):
            path.chmod(mode)
        with nobody(), pytest.raises(UnreadableSource, match=f"“{Path(name).name}”.*权限"):
            uploads.keep(Settings(home=place / "home"), place / name)
        assert not (place / "home" / "imports").exists() or not list((place / "home" / "imports").iterdir())
        (place / "锁").chmod(0o700)


@contextmanager
def nobody() -> Iterator[None]:
    """To root nothing is closed: for a moment be somebody else."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_bad_files_in_a_folder_are_named_with_place_and_reason_and_nothing_is_taken(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "夹"
    folder.mkdir()
    misnamed(folder / "图.xlsx")
    damaged(folder / "坏.xlsx")
    long = f"L1,测试局,{'长' * 33_000},重启"
    (folder / "长.csv").write_text(f"{','.join(HEAD)}\n{long}", encoding="utf-8")
    told = json.loads(kb("import", folder, "--kind", "report", "--json").stdout)
    assert {(row["source"], row["reason"]) for row in told["refused"]} == {
        ("图.xlsx", "wrong_type"),
        ("坏.xlsx", "unreadable"),
        ("长.csv", "too_long"),
    }
    assert all(row["place"] and row["message"].endswith("。") for row in told["refused"])
    assert (told["created"], count(home)) == (0, 1)


def test_a_member_that_climbs_out_is_named_and_nothing_is_taken(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "包.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../表.csv", ",".join(HEAD) + "\n" + ",".join(ROW))
    told = json.loads(kb("import", path, "--kind", "report", "--json").stdout)
    assert (told["created"], [row["reason"] for row in told["refused"]]) == (0, ["unsafe_path"])
    assert not (tmp_path / "表.csv").exists()
    assert count(home) == 1


def ending(reason: str) -> str:
    """The last sentence of a reason: what to do."""
    return REASONS[reason].removesuffix("。").rpartition("。")[2] + "。"


def count(home: Path) -> int:
    """How many reports the base has."""
    database = sqlite3.connect(home / "kb.sqlite")
    try:
        return int(database.execute("SELECT count(*) FROM report").fetchone()[0])
    finally:
        database.close()
