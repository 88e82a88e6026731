"""The folder of an index on disk: generations, the pointer to the live one, and the locks. It knows no search library.

``current`` names the live generation and the fingerprint it was built for; it is replaced by an atomic rename, so that
a kill at any moment leaves the old or the new one. All other folders are leftovers or the generation before.
"""

import errno
import json
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from indexer.errors import EngineUnavailable, IndexDamaged, IndexMissing, SchemaMismatch

WAIT = 10.0  # seconds for another writer to finish
FULL = (errno.ENOSPC, errno.EDQUOT)
FULL_TOLD = re.compile(rf"os error ({'|'.join(map(str, FULL))})\b")  # how libraries in Rust tell it

Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Live:
    """The live generation; ``stamp`` changes whenever another one is swapped in."""

    name: str
    fingerprint: str
    folder: Path
    stamp: Stamp


def stamp_of(path: Path) -> Stamp:
    """What changes when a file is replaced. Raises FileNotFoundError."""
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_ino, stat.st_size


class Generations:
    """``fingerprint`` is that of what the caller reads and writes; a ``private`` index is read only where nobody else
    can have written to it.
    """

    def __init__(self, folder: Path, fingerprint: str, *, private: bool) -> None:
        self.folder = folder
        self._fingerprint = fingerprint
        self._private = private
        self._pointer = folder / "current"

    def stamp(self) -> Stamp:
        """Tells, by one stat, whether another generation was swapped in. Raises IndexMissing."""
        try:
            return stamp_of(self._pointer)
        except FileNotFoundError as error:
            raise IndexMissing("还没有建立索引，数据没有受影响。请执行 kb index rebuild。") from error

    def live(self) -> Live:
        """Raises IndexMissing, and EngineUnavailable where the pointer cannot be read."""
        stamp = self.stamp()
        try:
            told = json.loads(self._pointer.read_text("utf-8"))
            return Live(str(told["generation"]), str(told["fingerprint"]), self.folder / told["generation"], stamp)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise damaged(error) from error

    def matching(self) -> Live:
        """The live generation, if it was built for this caller. Raises SchemaMismatch besides."""
        live = self.live()
        if self._private:
            _refuse_shared(self.folder)
            _refuse_shared(live.folder)
        if live.fingerprint != self._fingerprint:
            raise SchemaMismatch("索引是按另一套字段、分词程序或词典建立的，数据没有受影响。请执行 kb index rebuild。")
        return live

    def is_matching(self, live: Live) -> bool:
        return live.fingerprint == self._fingerprint

    @contextmanager
    def writing(self) -> Iterator[None]:
        """For one writer to the live generation at a time, in any process. Raises IndexMissing, and EngineUnavailable
        when another one keeps on writing.
        """
        self.stamp()
        with self._write_lock():
            yield

    @contextmanager
    def building(self) -> Iterator[Path]:
        """An empty folder that becomes the live generation when the block is left normally, and disappears when it
        raises. The generation it replaces stays until the next build. Raises EngineUnavailable while another builds.
        """
        with _storable():
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o700)
        with _locked(self.folder / "build.lock", 0, "另一个进程正在重建索引，本次没有开始。请等它完成。"):
            folder = self._new_folder()
            try:
                yield folder
                with self._write_lock(), _storable():
                    self._point_to(folder)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise

    def _write_lock(self) -> AbstractContextManager[None]:
        return _locked(self.folder / "write.lock", WAIT, "另一个进程正在写索引，本次没有写入。请稍后再试。")

    def _new_folder(self) -> Path:
        self._sweep()
        folder = self.folder / f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{token_hex(4)}"
        with _storable():
            folder.mkdir(mode=0o700)
        return folder

    def _sweep(self) -> None:
        try:
            kept = self.live().folder
        except EngineUnavailable:
            kept = None
        for path in self.folder.iterdir():
            if path.is_dir() and path != kept:
                shutil.rmtree(path, ignore_errors=True)

    def _point_to(self, folder: Path) -> None:
        for path in (*folder.iterdir(), folder):
            _sync(path)
        told = {"generation": folder.name, "fingerprint": self._fingerprint}
        fresh = self._pointer.with_suffix(".new")
        fresh.write_text(json.dumps(told), "utf-8")
        _sync(fresh)
        fresh.replace(self._pointer)
        _sync(self.folder)


def damaged(error: BaseException) -> EngineUnavailable:
    """The error for an index that cannot be read, or written for want of room, whatever the library made of it."""
    if getattr(error, "errno", None) in FULL or FULL_TOLD.search(str(error)):
        return EngineUnavailable("索引所在的磁盘空间已满，索引没有更新，数据没有受影响。请腾出空间，之后会自动继续。")
    return IndexDamaged(f"索引无法读取（{type(error).__name__}），数据没有受影响。请执行 kb index rebuild。")


def _refuse_shared(folder: Path) -> None:
    stat = folder.stat()
    if os.name == "posix" and (stat.st_uid != os.geteuid() or stat.st_mode & 0o077):
        raise EngineUnavailable(
            "索引目录不属于当前用户，或者其他用户可以写入，为安全起见没有读取。请执行 kb index rebuild。"
        )


@contextmanager
def _storable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EngineUnavailable(f"无法写入索引目录（{error.strerror}）。请检查目录权限和磁盘空间。") from error


@contextmanager
def _locked(path: Path, wait: float, refusal: str) -> Iterator[None]:
    """Hold a lock that ends with its process: SQLite has the one in the standard library that can also wait."""
    try:
        connection = sqlite3.connect(path, timeout=wait, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise EngineUnavailable(f"无法写入索引目录（{error}）。请检查目录权限和磁盘空间。") from error
    try:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            busy = error.sqlite_errorcode == sqlite3.SQLITE_BUSY
            told = f"无法写入索引目录（{error}）。请检查目录权限和磁盘空间。"
            raise EngineUnavailable(refusal if busy else told) from error
        yield
    finally:
        connection.close()


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return  # Windows has no handle to a folder
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
