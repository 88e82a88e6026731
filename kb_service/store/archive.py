"""The archive of a backup: a tar of one exact form, in which every byte is accounted for; not what it is made from.

In this order: ``manifest.json``, ``database.sqlite.gz``, ``attachments/SHA256`` each, ``seal.json``. The seal holds the
SHA-256 of every byte before it, so a file that was cut off, or changed anywhere, is not taken for a good one. Nothing
outside the form is read: no other names, no links, no sizes beyond those told.
"""

import hashlib
import json
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, BinaryIO

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from kb_service.errors import BadArchive, OldSchema
from kb_service.store.attachments import LARGEST

FORMAT = 1
CHUNK = 1 << 16
BLOCK = tarfile.BLOCKSIZE
END = bytes(2 * BLOCK)
LONGEST_TEXT = 1 << 20
"""Bytes of a manifest."""
MANIFEST, DATABASE, SEAL = "manifest.json", "database.sqlite.gz", "seal.json"
ATTACHMENT = re.compile(r"attachments/([0-9a-f]{64})")

Size = Annotated[int, Field(ge=0)]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)


class PackedDatabase(_Told):
    """The database: bytes and SHA-256 as they lie in the archive, and bytes unpacked."""

    bytes: Size
    sha256: str
    unpacked: Size


class AttachmentTotals(_Told):
    """The files the database names, and the bytes it says they have."""

    count: Size
    bytes: Size


class Manifest(_Told):
    """What an archive says of itself. ``versions``: the revision by version table; ``rows``: rows by table."""

    format: int
    program: str
    made_at: Annotated[AwareDatetime, Field(strict=False)]
    versions: dict[str, str]
    rows: dict[str, Size]
    database: PackedDatabase
    attachments: AttachmentTotals


def packed(manifest: Manifest, database: Path, attachments: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """The bytes of an archive. ``attachments`` are pairs of SHA-256 and the bytes it is of."""
    digest, found = hashlib.sha256(), 0
    told = manifest.model_dump_json().encode()
    for piece in (*_member(MANIFEST, told), _header(DATABASE, manifest.database.bytes)):
        digest.update(piece)
        yield piece
    with database.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
            yield piece
    digest.update(rest := _padding(manifest.database.bytes))
    yield rest
    for sha256, data in attachments:
        found += 1
        for piece in _member(f"attachments/{sha256}", data):
            digest.update(piece)
            yield piece
    yield from _member(SEAL, _seal(digest.hexdigest(), found))
    yield END


class Reader:
    """An archive read from beginning to end: ``manifest``, then ``database``, then ``attachments``, which ends only
    where the seal holds; until then nothing that was read is known to be whole. Raises BadArchive, and OldSchema for
    the archive of a newer program.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()
        self.found = 0
        """Attachments read so far."""
        self.manifest = self._manifest()

    def database(self) -> Iterator[bytes]:
        """The bytes of the database, unpacked."""
        told = self.manifest.database
        if self._next() != (DATABASE, told.bytes):
            raise BadArchive
        digest, unzip, unpacked = hashlib.sha256(), zlib.decompressobj(wbits=31), 0
        for piece in self._content(told.bytes):
            digest.update(piece)
            plain = _unzipped(unzip, piece)
            unpacked += len(plain)
            if unpacked > told.unpacked:
                raise BadArchive
            yield plain
        if not unzip.eof or unzip.unused_data or unpacked != told.unpacked or digest.hexdigest() != told.sha256:
            raise BadArchive

    def attachments(self) -> Iterator[tuple[str, bytes]]:
        """Pairs of SHA-256 and the bytes it is of; at the end the seal."""
        while True:
            before = self._digest.hexdigest()
            name, size = self._next()
            if name == SEAL:
                return self._end(before, size)
            named = ATTACHMENT.fullmatch(name)
            if not named or size > LARGEST:
                raise BadArchive
            data = b"".join(self._content(size))
            if hashlib.sha256(data).hexdigest() != named[1]:
                raise BadArchive
            self.found += 1
            yield named[1], data

    def _manifest(self) -> Manifest:
        name, size = self._next()
        if name != MANIFEST or size > LONGEST_TEXT:
            raise BadArchive("这不是本程序的备份文件，没有读取。")
        text = b"".join(self._content(size))
        try:
            if json.loads(text)["format"] > FORMAT:
                raise OldSchema("这份备份由更新版本的程序制作：请先升级程序，再核对或恢复。")
            return Manifest.model_validate_json(text)
        except (ValidationError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise BadArchive from error

    def _end(self, digest: str, size: int) -> None:
        """What follows the header of the seal is known to the byte."""
        text = _seal(digest, self.found)
        rest = text + _padding(len(text)) + END
        if size != len(text) or self._stream.read(len(rest) + 1) != rest:
            raise BadArchive

    def _next(self) -> tuple[str, int]:
        """Name and size of the next member. Its header must be the very one we would write."""
        block = self._take(BLOCK)
        try:
            info = tarfile.TarInfo.frombuf(block, "ascii", "strict")
            known = block == _header(info.name, info.size)
        except (tarfile.HeaderError, ValueError) as error:
            raise BadArchive from error
        if not known:
            raise BadArchive
        return info.name, info.size

    def _content(self, size: int) -> Iterator[bytes]:
        left = size
        while left:
            piece = self._take(min(CHUNK, left))
            left -= len(piece)
            yield piece
        if self._take(len(_padding(size))).strip(b"\0"):
            raise BadArchive

    def _take(self, size: int) -> bytes:
        piece = self._stream.read(size)
        if len(piece) != size:
            raise BadArchive("备份文件不完整：还没有读到结尾就断了。请换一份备份。")
        self._digest.update(piece)
        return piece


def _member(name: str, data: bytes) -> tuple[bytes, bytes, bytes]:
    return _header(name, len(data)), data, _padding(len(data))


def _header(name: str, size: int) -> bytes:
    """Always the same for the same name and size. Raises ValueError for a size no header can hold."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.GNU_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % BLOCK)


def _seal(digest: str, attachments: int) -> bytes:
    return json.dumps({"sha256": digest, "attachments": attachments}).encode()


def _unzipped(unzip: "zlib._Decompress", piece: bytes) -> bytes:
    try:
        return unzip.decompress(piece)
    except zlib.error as error:
        raise BadArchive from error
