"""The form of an archive: what was written comes back, and nothing else is taken for an archive."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.errors import BadArchive, OldSchema
from kb_service.store import archive, encryption

pyrage = pytest.importorskip("pyrage")

PLAIN = b"SQLite format 3\0" + bytes(range(256)) * 40
FILES = (b"", b"\x89PNG", b"x" * 70_000)
MADE = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
IDENTITY = pyrage.x25519.Identity.generate()


def manifest(packed: bytes, **other: object) -> archive.Manifest:
    told = {
        "format": archive.FORMAT,
        "program": "1",
        "made_at": MADE,
        "versions": {"alembic_version": "0005"},
        "rows": {"article": 3},
        "database": {"bytes": len(packed), "sha256": hashlib.sha256(packed).hexdigest(), "unpacked": len(PLAIN)},
        "attachments": {"count": len(FILES), "bytes": sum(map(len, FILES))},
    }
    return archive.Manifest.model_validate(told | other)


def written(folder: Path, files: tuple[bytes, ...] = FILES) -> bytes:
    packed = gzip.compress(PLAIN, mtime=0)
    (folder / "packed").write_bytes(packed)
    pairs = [(hashlib.sha256(one).hexdigest(), one) for one in files]
    return b"".join(archive.packed(manifest(packed), folder / "packed", pairs))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return written(tmp_path_factory.mktemp("archive"))


@pytest.fixture(scope="module")
def sealed(whole: bytes) -> bytes:
    return pyrage.encrypt(whole, [IDENTITY.to_public()])


def read(data: bytes) -> tuple[archive.Manifest, bytes, dict[str, bytes]]:
    reader = archive.Reader(io.BytesIO(data))
    return reader.manifest, b"".join(reader.database()), dict(reader.attachments())


def test_what_was_written_comes_back(whole: bytes) -> None:
    told, database, files = read(whole)
    assert (told.made_at, told.rows, database) == (MADE, {"article": 3}, PLAIN)
    assert tuple(files.values()) == FILES


def test_any_tar_program_can_read_it(whole: bytes) -> None:
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        names = tar.getnames()
    assert [names[0], names[1], names[-1]] == [archive.MANIFEST, archive.DATABASE, archive.SEAL]
    assert len(names) == 3 + len(FILES)


@given(at=st.floats(0, 1, exclude_max=True))
def test_one_that_was_cut_off_is_refused(whole: bytes, at: float) -> None:
    with pytest.raises(BadArchive):
        read(whole[: int(at * len(whole))])


@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_with_a_bit_turned_over_is_refused(whole: bytes, at: float, bit: int) -> None:
    spoilt = bytearray(whole)
    spoilt[int(at * len(whole))] ^= 1 << bit
    with pytest.raises((BadArchive, OldSchema)):
        read(bytes(spoilt))


@given(more=st.binary(min_size=1, max_size=2000))
def test_one_with_something_behind_it_is_refused(whole: bytes, more: bytes) -> None:
    with pytest.raises(BadArchive):
        read(whole + more)


@given(data=st.binary(max_size=3000))
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    with pytest.raises(BadArchive):
        read(data)


def hostile(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.GNU_FORMAT) -> bytes:
    """A tar that begins like an archive."""
    packed = gzip.compress(PLAIN, mtime=0)
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as tar:
        for name, data in ((archive.MANIFEST, manifest(packed).model_dump_json().encode()), (archive.DATABASE, packed)):
            tar.addfile(*member(name, data))
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    return file.getvalue()


def member(name: str, data: bytes = b"", **other: object) -> tuple[tarfile.TarInfo, io.BytesIO]:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o600
    for key, value in other.items():
        setattr(info, key, value)
    return info, io.BytesIO(data)


NAME = "attachments/" + hashlib.sha256(b"x").hexdigest()
HOSTILE: Mapping[str, tuple[tarfile.TarInfo, bytes]] = {
    "a name that climbs": (member("attachments/../../etc/passwd", b"x")[0], b"x"),
    "an absolute name": (member("/etc/passwd", b"x")[0], b"x"),
    "a name of another kind": (member("kb.toml", b"x")[0], b"x"),
    "a symbolic link": (member(NAME, type=tarfile.SYMTYPE, linkname="/etc/passwd")[0], b""),
    "a hard link": (member(NAME, type=tarfile.LNKTYPE, linkname="manifest.json")[0], b""),
    "a device": (member(NAME, type=tarfile.CHRTYPE, devmajor=1, devminor=5)[0], b""),
    "a folder": (member(NAME, type=tarfile.DIRTYPE)[0], b""),
    "bytes that are not those of the name": (member(NAME, b"y")[0], b"y"),
    "a name that is far too long": (member("attachments/" + "a" * 5000, b"x")[0], b"x"),
    "another mode": (member(NAME, b"x", mode=0o4755)[0], b"x"),
    "a seal that is not its own": (member(archive.SEAL, b"{}")[0], b"{}"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_tar_with_something_else_in_it_is_refused(what: str) -> None:
    with pytest.raises(BadArchive):
        read(hostile(HOSTILE[what]))


@pytest.mark.parametrize("size", [8 << 30, 1 << 62])
def test_an_absurd_size_is_refused_before_anything_is_read(size: int) -> None:
    header = tarfile.TarInfo(NAME)
    header.size, header.mode = size, 0o600
    begun = hostile()
    end = len(begun.rstrip(b"\0")) // 512 * 512 + 512
    with pytest.raises(BadArchive):
        read(begun[:end] + header.tobuf(tarfile.GNU_FORMAT) + b"x" * 512)


def test_a_database_that_unpacks_to_more_than_it_says_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(bytes(50_000_000), mtime=0)
    (tmp_path / "packed").write_bytes(packed)
    told = manifest(packed)
    reader = archive.Reader(io.BytesIO(b"".join(archive.packed(told, tmp_path / "packed", ()))))
    with pytest.raises(BadArchive):
        list(reader.database())


def test_the_archive_of_a_newer_program_is_told_from_a_bad_one(tmp_path: Path) -> None:
    packed = gzip.compress(PLAIN, mtime=0)
    (tmp_path / "packed").write_bytes(packed)
    newer = manifest(packed, format=archive.FORMAT + 1)
    with pytest.raises(OldSchema):
        archive.Reader(io.BytesIO(b"".join(archive.packed(newer, tmp_path / "packed", ()))))


def opened(path: Path, identity: object) -> bytes:
    key = path.with_name("identity")
    key.write_text(f"# public key: {IDENTITY.to_public()}\n{identity}\n")
    with encryption.opened(path, key) as stream:
        reader = archive.Reader(stream)
        database = b"".join(reader.database())
        list(reader.attachments())
        return database


def test_what_was_encrypted_opens_with_its_key_alone(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "kb.tar.age"
    with path.open("wb") as file:
        encryption.write((whole[at : at + 1000] for at in range(0, len(whole), 1000)), file, str(IDENTITY.to_public()))
    assert PLAIN not in path.read_bytes()
    assert opened(path, IDENTITY) == PLAIN
    with pytest.raises(BadArchive, match="私钥"):
        opened(path, pyrage.x25519.Identity.generate())
    with pytest.raises(BadArchive, match="identity"), encryption.opened(path, None):
        pass


@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_an_encrypted_one_with_a_bit_turned_over_is_refused(
    tmp_path_factory: pytest.TempPathFactory, sealed: bytes, at: float, bit: int
) -> None:
    spoilt = bytearray(sealed)
    spoilt[int(at * len(sealed))] ^= 1 << bit
    path = tmp_path_factory.mktemp("spoilt") / "kb.tar.age"
    path.write_bytes(spoilt)
    with pytest.raises((BadArchive, OldSchema)):
        opened(path, IDENTITY)


def test_what_stops_the_writing_is_told_as_it_is(tmp_path: Path) -> None:
    def failing():
        yield b"x" * 200_000
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"), (tmp_path / "x").open("wb") as file:
        encryption.write(failing(), file, str(IDENTITY.to_public()))
