"""Zip archives looked at before they are read: members, names, sizes; what is in a member is not judged here."""

import mmap
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path, PurePosixPath
from unicodedata import normalize

from importers.errors import UnreadableSource

PACKED = 100 * 2**20
"""Bytes of a file as it comes."""
UNPACKED = 2**30
"""Bytes of all members of an archive together."""
RATIO = 100
MEMBERS = 5000

_SMALL = 2**20
"""Up to so many bytes no ratio is suspicious."""
_SIGNATURES = 20 * MEMBERS
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_UTF8 = 0x800
_LOCAL_HEADER = 30
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")

BROKEN = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError)
"""What `zipfile` and what it calls raise on an archive that is not whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file in an archive under its decoded name; ``fault`` is the code of a reason it must not be read."""

    name: str
    info: zipfile.ZipInfo
    fault: str = ""
    about: str = ""


@contextmanager
def opened(path: Path, source: str) -> Iterator[zipfile.ZipFile]:
    """The archive at `path`, its declared sizes within the limits; raises `UnreadableSource`."""
    try:
        if path.stat().st_size > PACKED:
            raise UnreadableSource("too_large", source, "100 MB")
        if _signatures(path) > _SIGNATURES:
            raise UnreadableSource("too_large", source, f"{MEMBERS} 个文件")
        archive = zipfile.ZipFile(path)
    except BROKEN as error:
        raise UnreadableSource("unreadable", source) from error
    with archive:
        _check(archive, source)
        yield archive


def members(archive: zipfile.ZipFile) -> Sequence[Member]:
    """The files of an archive, folders left out, in the order of the archive."""
    return [_member(info) for info in archive.infolist() if not info.is_dir()]


def read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    """The bytes of a member, at most `limit`; raises one of `BROKEN`.

    `zipfile` never gives more bytes than the directory declares and compares their checksum, so a directory that lies
    about a size ends as a broken archive, not as a large one.
    """
    if info.file_size > limit:
        raise ValueError(f"{info.file_size} bytes")
    with archive.open(info) as stream:
        return stream.read()


def readable_name(raw: bytes) -> str:
    """A file name as its writer meant it, UTF-8 or in a Chinese code page; what cannot be seen becomes U+FFFD."""
    return _UNSEEN.sub("\ufffd", normalize("NFC", _decoded(raw)))


def swollen(packed: int, unpacked: int) -> bool:
    """Whether so much comes out of so little that the archive must be an attack."""
    return unpacked > max(_SMALL, RATIO * packed)


def _signatures(path: Path) -> int:
    """An upper bound of the members, found before `zipfile` makes an object for each of them."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return sum(1 for _ in islice(re.finditer(rb"PK\x01\x02", data), _SIGNATURES + 1))


def _check(archive: zipfile.ZipFile, source: str) -> None:
    infos = archive.infolist()
    unpacked = sum(info.file_size for info in infos)
    if len(infos) > MEMBERS:
        raise UnreadableSource("too_large", source, f"{MEMBERS} 个文件")
    if any(info.compress_type not in _METHODS for info in infos):
        raise UnreadableSource("unreadable", source)
    if _overlapping(infos, archive.start_dir):
        raise UnreadableSource("zip_bomb", source, "文件相互重叠")
    if unpacked > UNPACKED:
        raise UnreadableSource("zip_bomb", source, f"解压后 {unpacked // 2**20} MB")
    if any(swollen(info.compress_size, info.file_size) for info in infos):
        raise UnreadableSource("zip_bomb", source, f"压缩比超过 {RATIO}")


def _overlapping(infos: Sequence[zipfile.ZipInfo], directory: int) -> bool:
    """Whether two members share bytes of the archive, a way to unpack much from little."""
    spans = sorted((info.header_offset, info.header_offset + _LOCAL_HEADER + info.compress_size) for info in infos)
    return any(end > following for (_, end), (following, _) in pairwise([*spans, (directory, directory)]))


def _member(info: zipfile.ZipInfo) -> Member:
    name = readable_name(_raw_name(info)).replace("\\", "/")
    if info.flag_bits & _ENCRYPTED:
        return Member(name=name, info=info, fault="encrypted")
    if _unsafe(name) or stat.S_ISLNK(info.external_attr >> 16):
        return Member(name=name, info=info, fault="unsafe_path", about=name)
    return Member(name=name, info=info)


def _raw_name(info: zipfile.ZipInfo) -> bytes:
    """The bytes of a name. Without the UTF-8 flag `zipfile` has read them as cp437.

    Its ``metadata_encoding`` would be one choice for all names of the archive.
    """
    return info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437", "replace")


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp437")


def _unsafe(name: str) -> bool:
    return (
        "\ufffd" in name
        or name.startswith("/")
        or ".." in PurePosixPath(name).parts
        or bool(re.match(r"[A-Za-z]:", name))
    )
