"""Binary Word documents, written here byte by byte: tables, pieces, fields, and what is broken about some."""

import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.errors import ImportFailed
from importers.readers import doc
from importers.results import Settings, Told
from importers.sources import Source, opened

SECTOR = 512
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
TEXT_AT = 0x800
IN_TABLE = struct.pack("<HB", 0x2416, 1)
ROW_END = IN_TABLE + struct.pack("<HB", 0x2417, 1)
WIDTHS = struct.pack("<HHB", 0xD608, 4, 1) + bytes(2)
ROW = ("系统", "核心征管"), ("编号", "BG-1"), ("问题现象", "很慢\r再试\x0b也慢")


def compound(streams: dict[str, bytes]) -> bytes:
    """An OLE compound file of version 3 with one FAT sector; streams are padded beyond the size of small ones."""
    bodies = {name: data.ljust(4096, b"\0") for name, data in streams.items()}
    directory = [entry("Root Entry", 5, END, 0, child=1)]
    chains: list[list[int]] = []
    sector = 2
    data = b""
    for number, (name, body) in enumerate(bodies.items(), start=1):
        count = -(-len(body) // SECTOR)
        chains.append(list(range(sector, sector + count)))
        right = number + 1 if number < len(bodies) else FREE
        directory.append(entry(name, 2, sector, len(body), right=right))
        data += body.ljust(count * SECTOR, b"\0")
        sector += count
    fat = [FAT, END]
    for chain in chains:
        fat += [*(index + 1 for index in chain[:-1]), END]
    table = struct.pack(f"<{SECTOR // 4}I", *fat, *[FREE] * (SECTOR // 4 - len(fat)))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, END, 0, END, 0)
    header += struct.pack("<109I", 0, *[FREE] * 108)
    return header + table + b"".join(directory).ljust(SECTOR, b"\0") + data


def entry(name: str, kind: int, start: int, size: int, *, child: int = FREE, right: int = FREE) -> bytes:
    raw = f"{name}\0".encode("utf-16-le")
    return raw.ljust(64, b"\0") + struct.pack("<HBBIII36xIQ", len(raw), kind, 1, FREE, right, child, start, size)


def table_of(rows: Sequence[Sequence[str]]) -> list[tuple[str, bytes]]:
    """Paragraphs, each ending in its mark, with their properties."""
    paragraphs: list[tuple[str, bytes]] = []
    for row in rows:
        for cell in row:
            *first, last = cell.split("\r")
            paragraphs += [(f"{text}\r", IN_TABLE) for text in first] + [(f"{last}\x07", IN_TABLE)]
        paragraphs.append(("\x07", WIDTHS + ROW_END))
    return paragraphs


def word(
    paragraphs: Sequence[tuple[str, bytes]], *, flags: int = 0x0200, latin: bool = False, ident: int = 0xA5EC
) -> bytes:
    """A Word 97 document of one piece and one page of paragraph properties."""
    encoding = "cp1252" if latin else "utf-16-le"
    texts = [text.encode(encoding) for text, _ in paragraphs]
    bounds = [TEXT_AT]
    for text in texts:
        bounds.append(bounds[-1] + len(text))
    body = b"".join(texts)
    page_number = -(-bounds[-1] // SECTOR)
    characters = len(body) // (1 if latin else 2)
    place = TEXT_AT * 2 | 0x40000000 if latin else TEXT_AT
    clx = struct.pack("<BHH", 1, 2, 0) + struct.pack("<BIIIHIH", 2, 16, 0, characters, 0, place, 0)
    bins = struct.pack("<III", bounds[0], bounds[-1], page_number)
    fib = bytearray(TEXT_AT)
    struct.pack_into("<HH", fib, 0, ident, 0xC1)
    struct.pack_into("<H", fib, 0x0A, flags)
    struct.pack_into("<i", fib, 0x4C, characters)
    struct.pack_into("<II", fib, 0x102, 0, len(bins))
    struct.pack_into("<II", fib, 0x1A2, len(bins), len(clx))
    main = (bytes(fib) + body).ljust(page_number * SECTOR, b"\0") + properties(bounds, [each for _, each in paragraphs])
    return compound({"WordDocument": main, "1Table" if flags & 0x0200 else "0Table": bins + clx})


def properties(bounds: Sequence[int], lists: Sequence[bytes]) -> bytes:
    page = bytearray(SECTOR)
    struct.pack_into(f"<{len(bounds)}I", page, 0, *bounds)
    end = SECTOR - 2
    placed: dict[bytes, int] = {}
    for index, each in enumerate(lists):
        if each and each not in placed:
            size = 3 + len(each) + (len(each) + 3) % 2
            end -= size + size % 2
            page[end] = (size + 1) // 2
            page[end + 3 : end + 3 + len(each)] = each
            placed[each] = end // 2
        page[4 * len(bounds) + 13 * index] = placed.get(each, 0)
    page[SECTOR - 1] = len(lists)
    return bytes(page)


def read(path: Path, data: bytes, kind: str = "report") -> Told:
    path.write_bytes(data)
    with opened(path) as sources:
        (source,) = sources
        assert isinstance(source, Source)
        (told,) = doc.read(source, kind, Settings())
    assert isinstance(told, Told)
    return told


def failure(path: Path, data: bytes) -> str:
    with pytest.raises(ImportFailed) as failed:
        read(path, data)
    return failed.value.code


def test_cells_rows_and_paragraphs_are_told_apart(tmp_path: Path) -> None:
    paragraphs = [("报告单\r", b""), ("申请单位：甲局　　日期：2024年3月5日\r", b""), *table_of(ROW), ("注。\r", b"")]
    told = read(tmp_path / "单.doc", word(paragraphs))
    assert told.fields == {
        "organisation": "甲局",
        "occurred": "2024年3月5日",
        "system": "核心征管",
        "key": "BG-1",
        "phenomenon": "很慢\n再试\n也慢",
    }


def test_empty_cells_do_not_shift_the_others(tmp_path: Path) -> None:
    rows = [("系统", "", "模块", "申报"), ("编号", "7", "电话", ""), ("问题现象", "慢")]
    told = read(tmp_path / "单.doc", word(table_of(rows)))
    assert told.fields == {"system": "", "module": "申报", "key": "7", "phone": "", "phenomenon": "慢"}


def test_pieces_of_one_byte_a_character_are_read(tmp_path: Path) -> None:
    rows = [("system", "SAP"), ("key", "7"), ("phenomenon", "caf\xe9 \u201cslow\u201d")]
    told = read(tmp_path / "单.doc", word(table_of(rows), latin=True))
    assert told.fields["phenomenon"] == "caf\xe9 \u201cslow\u201d"


def test_of_a_field_its_result_is_shown(tmp_path: Path) -> None:
    text = "见\x13 HYPERLINK \x13 X \x14y\x15 \x14第\u4e00\x1e章\x1f\x15后\x13 PAGE \x15。\x01𠮷"
    told = read(tmp_path / "单.doc", word(table_of([*ROW[:2], ("问题现象", text)])))
    assert told.fields["phenomenon"] == "见第一-章后。𠮷"


def test_the_other_table_stream_is_used_when_the_flags_say_so(tmp_path: Path) -> None:
    assert read(tmp_path / "单.doc", word(table_of(ROW), flags=0)).fields["key"] == "BG-1"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (word(table_of(ROW), flags=0x0300), "encrypted"),
        (compound({"EncryptedPackage": b"x"}), "encrypted"),
        (compound({"Workbook": b"x"}), "wrong_type"),
        (compound({"WordDocument": b"x", "1Table": b"x"}), "unreadable"),
        (word(table_of(ROW), ident=0xA5DC), "unreadable"),
        (word([("只有文字\r", b"")]), "missing_columns"),
        (word(table_of(ROW))[:3000], "unreadable"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, data: bytes, code: str) -> None:
    assert failure(tmp_path / "单.doc", data) == code


@given(st.data())
@pytest.mark.filterwarnings("ignore")
def test_a_document_damaged_anywhere_is_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    raw = bytearray(DOCUMENT)
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("doc") / "单.doc"
    with suppress(ImportFailed):
        assert read(path, bytes(raw[: data.draw(st.integers(1, len(raw)))])).fields


DOCUMENT = word(table_of(ROW))
