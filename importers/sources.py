"""A file, folder or zip archive as a stream of sources, each with a name for people and a local file to read."""

import os
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from importers import archives, sniffing
from importers.archives import Member
from importers.errors import WHOLE_FILE, UnreadableSource, refusal
from kb_service.errors import FULL
from kb_service.inputs import Refusal

MEDIA_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}
"""Suffixes of pictures: they come along with pages and are no sources."""

PICTURE = 20 * 2**20
"""Bytes of a picture that comes along."""

_SYSTEM_FILES = {"thumbs.db", "desktop.ini", "__macosx"}
_DIGITS = re.compile(r"(\d{1,18})")


def _nothing(name: str) -> bytes:
    raise FileNotFoundError(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file to read.

    ``name`` is shown to people: the file name, the path in its folder or archive. ``format`` is a key of
    `readers.TABLES` or `readers.TEXTS`. ``root`` is the folder's or archive's name, "" where the name says it already;
    ``alone`` says that the source is the given file itself. ``siblings`` are the names of all files that came together,
    ``fetch`` gives the bytes of one of them (at most `PICTURE`; raises OSError when it cannot be read).
    """

    name: str
    path: Path
    format: str
    root: str = ""
    alone: bool = False
    siblings: frozenset[str] = frozenset()
    fetch: Callable[[str], bytes] = field(default=_nothing, compare=False, repr=False)

    @property
    def key(self) -> str:
        """The path that names this source among all that were ever imported."""
        return self.sibling_key(self.name)

    def sibling_key(self, name: str) -> str:
        """The same for another file that came together with this one."""
        return f"{self.root}/{name}" if self.root else name


@dataclass(frozen=True, slots=True)
class _Together:
    """What the sources of one folder or archive have in common."""

    root: str
    siblings: frozenset[str]
    fetch: Callable[[str], bytes]


@contextmanager
def opened(path: Path) -> Iterator[Iterator[Source | Refusal]]:
    """The sources of a file, folder or archive; those that cannot be read come as refusals.

    Raises `UnreadableSource` when a lone file, or the archive or folder as a whole, cannot be read. What is unpacked
    lies in a private folder and is gone when the context is left.
    """
    name = _shown(path.name)
    if path.is_dir():
        yield _of_folder(path)
    elif not path.is_file():
        raise UnreadableSource("not_found", name)
    elif (format_name := _readable(path, name)) == "zip":
        with archives.opened(path, name) as archive, tempfile.TemporaryDirectory(prefix="kb-import-") as folder:
            yield _of_archive(archive, name, Path(folder))
    else:
        yield iter((Source(name=name, path=path, format=format_name, alone=True),))


def check_package(source: Source, largest: int = archives.UNPACKED) -> None:
    """Raise `UnreadableSource` unless an xlsx or docx source can be given to an XML parser.

    ``largest`` is the number of bytes an XML part may have: a parser that keeps the tree needs twenty times as much.
    """
    sniffing.check_package(source.path, source.name, largest)


def _readable(path: Path, name: str) -> str:
    try:
        return sniffing.format_of(path, name)
    except OSError as error:
        raise UnreadableSource("not_found", name) from error


def _of_folder(folder: Path) -> Iterator[Source | Refusal]:
    paths = {_shown(path.relative_to(folder).as_posix()): path for path in _files(folder)}
    if len(paths) > archives.MEMBERS:
        raise UnreadableSource("too_large", _shown(folder.name), f"{archives.MEMBERS} 个文件")
    together = _Together(_shown(folder.resolve().name), frozenset(paths), partial(_from_folder, paths))
    for name in _names(paths, _shown(folder.name)):
        if _regular(paths[name]):
            yield _source(name, paths[name], together)
        else:
            yield refusal(name, WHOLE_FILE, "unsafe_path", name)


def _files(folder: Path) -> Iterator[Path]:
    """All files below a folder; links to folders are given, not followed."""
    for parent, folders, files in os.walk(folder):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        yield from (Path(parent, name) for name in [*files, *links])


def _shown(name: str) -> str:
    """A name on disk in letters, were it written in a code page that is not the system's."""
    return archives.readable_name(os.fsencode(name))


def _regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _from_folder(paths: dict[str, Path], name: str) -> bytes:
    path = paths[name]
    if not _regular(path) or path.stat().st_size > PICTURE:
        raise FileNotFoundError(name)
    return path.read_bytes()


def _of_archive(archive: zipfile.ZipFile, source: str, folder: Path) -> Iterator[Source | Refusal]:
    by_name = {member.name: member for member in archives.members(archive)}
    names = _names(by_name, source)
    root = "" if len({name.partition("/")[0] for name in names}) == 1 else PurePosixPath(source).stem
    together = _Together(root, frozenset(by_name), partial(_from_archive, archive, by_name))
    for name in names:
        try:
            path = _unpacked(archive, by_name[name], folder)
        except UnreadableSource as failed:
            yield failed.refusal()
            continue
        yield _source(name, path, together)
        path.unlink()


def _unpacked(archive: zipfile.ZipFile, member: Member, folder: Path) -> Path:
    """The member as a file of our own naming, so that its name reaches nowhere."""
    if member.fault:
        raise UnreadableSource(member.fault, member.name, member.about)
    path = folder / f"member{sniffing.suffix_of(member.name)}"
    if member.info.file_size > archives.PACKED:
        raise UnreadableSource("too_large", member.name, "100 MB")
    try:
        with archive.open(member.info) as packed, path.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked)
    except archives.BROKEN as error:
        if isinstance(error, OSError) and error.errno in FULL:  # no fault of the file
            raise
        raise UnreadableSource("unreadable", member.name) from error
    return path


def _from_archive(archive: zipfile.ZipFile, by_name: dict[str, Member], name: str) -> bytes:
    member = by_name[name]
    if member.fault:
        raise FileNotFoundError(name)
    try:
        return archives.read(archive, member.info, PICTURE)
    except archives.BROKEN as error:
        raise FileNotFoundError(name) from error


def _source(name: str, path: Path, together: _Together) -> Source | Refusal:
    try:
        format_name = _readable(path, name)
    except UnreadableSource as failed:
        return failed.refusal()
    if format_name == "zip":
        return refusal(name, WHOLE_FILE, "nested_zip")
    return Source(
        name=name,
        path=path,
        format=format_name,
        root=together.root,
        siblings=together.siblings,
        fetch=together.fetch,
    )


def _wanted(name: str) -> bool:
    """Whether a file is meant to be read: no picture, hidden file, system file or lock file of an office program."""
    path = PurePosixPath(name)
    hidden = any((part.startswith(".") and part != "..") or part.lower() in _SYSTEM_FILES for part in path.parts)
    return not hidden and not path.name.startswith("~$") and path.suffix.lower() not in MEDIA_TYPES


def _names(names: Iterable[str], source: str) -> Sequence[str]:
    found = sorted(filter(_wanted, names), key=_natural)
    if not found:
        raise UnreadableSource("no_files", source)
    return found


def _natural(name: str) -> tuple[tuple[int, str], ...]:
    """A key that sorts 第2页 before 第10页."""
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in _DIGITS.split(name))
