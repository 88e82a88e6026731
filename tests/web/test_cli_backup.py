"""`kb backup` and `kb restore` as people call them, and as real processes that are killed or find the disk full."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from kb_service.bootstrap import open_base
from kb_service.config import Settings
from kb_service.store.attachments import Files, digest
from tests.base import populate
from tests.web.cli import ROOT, done, kb, started
from web.cli import errors

pyrage = pytest.importorskip("pyrage")

FULL = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0})); from web.cli import main; main()"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder of a base, which the commands of the test act on."""
    for name in [name for name in os.environ if name.startswith("KB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KB_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    with closing(open_base(Settings(home=tmp_path / "home", index="memory:"), create=True)) as base:
        populate(base)
    (tmp_path / "backups").mkdir()
    return tmp_path / "home"


@pytest.fixture
def target(home: Path) -> Path:
    return home.parent / "backups"


def the_archive(target: Path) -> Path:
    (path,) = target.iterdir()
    return path


def people(home: Path) -> int:
    with closing(sqlite3.connect(home / "kb.sqlite")) as connection:
        count: int = connection.execute("SELECT count(*) FROM person").fetchone()[0]
        return count


def test_a_base_is_backed_up_verified_and_restored(home: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(target) in done("backup", target)
    archive = the_archive(target)
    assert "备份完整" in done("backup", "verify", archive)
    monkeypatch.setenv("KB_HOME", str(home.parent / "new"))
    told = done("restore", archive)
    assert "恢复完成" in told
    assert people(home.parent / "new") == people(home)
    assert "一致" in done("index", "check")
    assert kb("restore", archive).exit_code == 9


def test_the_folder_of_the_settings_is_used_where_none_is_named(
    home: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kb("backup").exit_code == 2
    monkeypatch.setenv("KB_BACKUP_TARGET", str(target))
    done("backup")
    assert the_archive(target)


def test_an_encrypted_backup_needs_its_key(home: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = pyrage.x25519.Identity.generate()
    (home.parent / "key").write_text(str(identity))
    (home.parent / "other").write_text(str(pyrage.x25519.Identity.generate()))
    done("backup", "--recipient", str(identity.to_public()), target)
    archive = the_archive(target)
    assert kb("backup", "verify", archive).exit_code == errors.FILE_REFUSED
    monkeypatch.setenv("KB_HOME", str(home.parent / "new"))
    assert kb("restore", archive, "--identity", home.parent / "other").exit_code == errors.FILE_REFUSED
    done("restore", archive, "--identity", home.parent / "key")
    assert people(home.parent / "new") == people(home)


def test_what_cannot_be_done_is_said(home: Path, target: Path) -> None:
    assert kb("backup", home.parent / "nowhere").exit_code == 10
    assert kb("backup", target, "--recipient", "age1x").exit_code == 8
    (home.parent / "none.tar").write_bytes(b"x" * 9999)
    assert kb("backup", "verify", home.parent / "none.tar").exit_code == errors.FILE_REFUSED
    assert list(target.iterdir()) == []


def fill(home: Path, in_rows: int = 0, in_files: int = 0) -> None:
    """Make the base larger by so many megabytes, which packing does not make smaller."""
    files = Files(home / "attachments")
    for _ in range(in_files):
        data = os.urandom(1 << 20)
        files.put(digest(data), data)
        note(home, digest(data), "file")
    for n in range(in_rows):
        note(home, f"{n:064x}", os.urandom(1 << 20).hex())


def note(home: Path, sha256: str, name: str) -> None:
    with closing(sqlite3.connect(home / "kb.sqlite")) as connection:
        added = "INSERT INTO attachment (id, sha256, name, media_type, size, created_at) VALUES (?, ?, ?, '', 1, ?)"
        connection.execute(added, (sha256[-32:], sha256, name, "2026-01-01 00:00:00.000000"))
        connection.commit()


@pytest.mark.parametrize("where", ["in_rows", "in_files"])
def test_a_full_disk_is_said_and_leaves_the_former_backups_alone(home: Path, target: Path, where: str) -> None:
    """The one fails while the database is copied, the other while the archive is written."""
    done("backup", target)
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    fill(home, **{where: 4})
    time.sleep(1.1)  # a backup bears the second it was made
    result = subprocess.run(
        [sys.executable, "-c", FULL.format(3 << 20), "backup", str(target)],
        check=False,
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        timeout=60,
    )
    assert result.returncode == 10, result.stderr
    assert "磁盘已满" in result.stderr
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before
    assert not (home / "backup.tmp").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("moment", [0.2, 0.5, 0.8])
def test_a_killed_backup_leaves_no_torn_archive_and_the_next_one_clears_up(
    home: Path, target: Path, moment: float
) -> None:
    fill(home, in_rows=8, in_files=8)
    killed_while(home, moment, "backup", str(target), until=home / "backup.tmp")
    time.sleep(1.1)  # names are told apart by the second
    done("backup", target)
    archives = [path for path in target.iterdir() if not path.name.startswith(".")]
    assert len(archives) in (1, 2)  # a fast machine may have ended the first before it was killed
    assert all("备份完整" in done("backup", "verify", archive) for archive in archives)
    assert not (home / "backup.tmp").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("moment", [0.0, 0.1, 0.3])
def test_a_killed_restore_leaves_no_base_and_can_be_done_again(
    home: Path, target: Path, monkeypatch: pytest.MonkeyPatch, moment: float
) -> None:
    fill(home, in_rows=8, in_files=8)
    done("backup", target)
    archive, new = the_archive(target), home.parent / "new"
    monkeypatch.setenv("KB_HOME", str(new))
    killed_while(new, moment, "restore", str(archive), until=new / "kb.sqlite.restoring")
    if not (new / "kb.sqlite").exists():
        assert kb("search", "证书").exit_code == 4
        done("restore", archive)
    else:
        done("index", "rebuild")
    assert people(new) == people(home)
    assert "一致" in done("index", "check")
    assert not [path.name for path in new.iterdir() if path.name.endswith((".restoring", ".whole"))]


def killed_while(home: Path, moment: float, *words: str, until: Path) -> None:
    """Run `kb` and kill it so many seconds after ``until`` came to be."""
    process = started(*words, KB_HOME=str(home))
    try:
        while not until.exists() and process.poll() is None:
            time.sleep(0.001)
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
    finally:
        process.communicate(timeout=60)
