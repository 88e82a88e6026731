"""Packs a base into an archive file: a file is in its place only once it was written, read again and found whole."""

import gzip
import hashlib
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO

from kb_service.errors import FULL, BackupFailed, BadArchive
from kb_service.store import archive, encryption, snapshots
from kb_service.store.attachments import Files
from kb_service.store.snapshots import Beside

LEVEL = 3
"""Of compression: twice as fast as the usual 6, for a tenth more bytes of our texts."""
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
FULL_DISK = "磁盘已满或有故障，备份没有完成，没写完的已删除，之前的备份都在。请在备份目录和 KB_HOME 腾出空间后再试。"
UNWRITABLE = "备份文件无法读写（{why}），备份没有完成，之前的备份都在。请检查备份目录和权限后再试。"
UNREADABLE = "数据库不能完整读出，可能已损坏，备份没有完成，之前的备份都在。请检查磁盘，必要时从备份恢复。"

GoOn = Callable[[], None]
"""Called at every step of long work; what it raises gives the work up."""


def pack(
    url: str, beside: Beside, files: Files, path: Path, *, at: datetime, key: str, scratch: Path, go_on: GoOn
) -> tuple[int, int]:
    """Write the archive of the base at ``url`` to the new file ``path``, encrypted where ``key`` is one.

    Gives its bytes, and how many attachments it lacks because their files are gone or damaged. What is not packed yet
    lies in the folder ``scratch`` meanwhile. Raises BackupFailed.
    """
    with _told_simply():
        snapshot, packed = scratch / "database.sqlite", scratch / archive.DATABASE
        snapshots.take(url, snapshot, beside, go_on)
        manifest = _manifest(at, snapshot, packed, go_on)
        tally: Counter[bool] = Counter()
        pieces = archive.packed(manifest, packed, _attachments(files, snapshot, tally))
        _write(_watched(pieces, go_on), path, key, go_on)
        return path.stat().st_size, tally[False]


def part(path: Path) -> Path:
    """Where an archive lies while it is not whole."""
    return path.with_name(f".{path.name}.part")


def _manifest(at: datetime, snapshot: Path, packed: Path, go_on: GoOn) -> archive.Manifest:
    """Pack the snapshot, and tell what is in it."""
    held = snapshots.examine(snapshot)
    unpacked = snapshot.stat().st_size
    with snapshot.open("rb") as source, gzip.GzipFile(packed, "wb", LEVEL, mtime=0) as target:
        for piece in _watched(_pieces(source), go_on):
            target.write(piece)
    with packed.open("rb") as file:
        sha256 = _digest(file, go_on)
    return archive.Manifest(
        format=archive.FORMAT,
        program=_program(),
        made_at=at,
        versions=held.versions,
        rows=held.rows,
        database=archive.PackedDatabase(bytes=packed.stat().st_size, sha256=sha256, unpacked=unpacked),
        attachments=archive.AttachmentTotals(count=held.attachments, bytes=held.attachment_bytes),
    )


def _program() -> str:
    try:
        return version("kb-service")
    except PackageNotFoundError:  # run from its folder
        return ""


def _attachments(files: Files, snapshot: Path, tally: "Counter[bool]") -> Iterator[tuple[str, bytes]]:
    """What the snapshot names and is there unharmed; ``tally`` counts whether it was."""
    for sha256 in snapshots.attachments(snapshot):
        path = files.path(sha256)
        data = path.read_bytes() if path.exists() else b""
        is_good = hashlib.sha256(data).hexdigest() == sha256
        tally[is_good] += 1
        if is_good:
            yield sha256, data


def _write(pieces: Iterable[bytes], path: Path, key: str, go_on: GoOn) -> None:
    """Write beside the place, to the disk itself, read again, and put in place. What fails leaves nothing."""
    fresh = part(path)
    try:
        with open(fresh, "x+b", opener=_private) as file:
            told = _written(pieces, file, key)
            os.fsync(file.fileno())
            file.seek(0)
            if _digest(file, go_on) != told:
                raise BackupFailed("备份写到磁盘后读出来不一样，已经删除。请检查磁盘，或换一个备份目录。")
        fresh.rename(path)
        sync(path.parent)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _written(pieces: Iterable[bytes], file: IO[bytes], key: str) -> str:
    """The SHA-256 of what was written."""
    target = _Digesting(file)
    if key:
        encryption.write(pieces, target, key)
    else:
        for piece in pieces:
            target.write(piece)
    target.flush()
    return target.digest.hexdigest()


class _Digesting:
    """A file to write, with the SHA-256 of what was written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


def _digest(file: IO[bytes], go_on: GoOn) -> str:
    digest = hashlib.sha256()
    for piece in _watched(_pieces(file), go_on):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: file.read(archive.CHUNK), b"")


def _watched(pieces: Iterable[bytes], go_on: GoOn) -> Iterator[bytes]:
    for piece in pieces:
        go_on()
        yield piece


@contextmanager
def _told_simply() -> Iterator[None]:
    """What disk and database refuse, as sentences."""
    try:
        yield
    except OSError as error:
        told = FULL_DISK if error.errno in FULL else UNWRITABLE.format(why=error.strerror)
        raise BackupFailed(told) from error
    except sqlite3.Error as error:
        is_damaged = getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGED
        raise BackupFailed(UNREADABLE if is_damaged else FULL_DISK) from error
    except BadArchive as error:
        raise BackupFailed(UNREADABLE) from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def sync(folder: Path) -> None:
    """Make the disk keep the names in a folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
