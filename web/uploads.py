"""Private copies of what is to be imported, in the home folder, under the name each came with."""

import errno
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from importers.archives import UNPACKED
from importers.decoding import decoded
from importers.errors import UnreadableSource
from kb_service.config import Settings
from kb_service.errors import FULL, Invalid
from web.params import clean

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage

KEPT = 7 * 24 * 3600
"""Seconds a copy is kept."""
_LONGEST = 200  # bytes of a name; a file system takes 255


def place(settings: Settings, name: str) -> Path:
    """Where a copy of a file or folder called ``name`` goes: in a new folder nobody can guess."""
    folder = _folder(settings) / secrets.token_hex(16)
    folder.mkdir(parents=True, mode=0o700)
    return folder / safe_name(name)


def take(settings: Settings, file: "FileStorage") -> Path:
    """A copy of a file that is sent. Raises OSError where there is no room for it; then nothing of it stays."""
    path = place(settings, file.filename or "")
    try:
        file.save(path)
    except OSError:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise
    return path


def safe_name(name: str) -> str:
    """``name`` without folders, control characters and what is too long; the suffix stays."""
    bare = re.split(r"[/\\]", clean(name))[-1].strip(" .") or "file"
    stem, dot, suffix = bare.rpartition(".")
    if not dot or len(suffix.encode()) > _LONGEST // 4:
        stem, dot, suffix = bare, "", ""
    room = _LONGEST - len((dot + suffix).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + suffix


def keep(settings: Settings, path: Path) -> Path:
    """A copy of a file or folder; links in a folder stay links, which importers refuse.

    Raises UnreadableSource, and OSError where there is no room for a copy.
    """
    name = clean(path.resolve().name)
    if (size := _size(path, name)) > UNPACKED:
        raise UnreadableSource("too_large", name, f"{UNPACKED >> 20} MB")
    if size > shutil.disk_usage(settings.home).free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(settings.home))
    copy = place(settings, name)
    try:
        shutil.copytree(path, copy, symlinks=True) if path.is_dir() else shutil.copyfile(path, copy)
    except OSError as error:
        shutil.rmtree(copy.parent, ignore_errors=True)
        if error.errno in FULL:
            raise
        raise UnreadableSource("not_found", name) from error
    return copy


def text(data: bytes) -> str:
    """The text of a small file in any encoding people here save in. Raises Invalid."""
    try:
        return decoded(data)
    except ValueError as error:
        raise Invalid(problems={"file": "认不出文件的编码，没有读。请另存为 UTF-8 文本再试。"}) from error


def drop(copy: Path) -> None:
    """Remove a copy."""
    shutil.rmtree(copy.parent)


@contextmanager
def scratch(settings: Settings, import_id: int) -> Iterator[None]:
    """Temporary files of this process lie in a folder of the import; what a killed run of it left there is removed."""
    folder = _folder(settings) / f"scratch-{import_id}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)


def forget(settings: Settings) -> None:
    """Remove the copies that were made more than ``KEPT`` seconds ago."""
    for folder in _folder(settings).glob("*"):
        if time.time() - folder.stat().st_mtime > KEPT:
            shutil.rmtree(folder)


def _folder(settings: Settings) -> Path:
    return settings.home.absolute() / "imports"


def _size(path: Path, name: str) -> int:
    """Bytes of a file, or of the files of a folder; a link counts as what it is."""
    try:
        if path.is_file():
            return path.stat().st_size
        if path.is_dir():
            return sum(file.lstat().st_size for file in path.rglob("*"))
    except OSError as error:
        raise UnreadableSource("not_found", name) from error
    raise UnreadableSource("not_found", name)
