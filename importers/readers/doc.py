"""Filled-in forms in binary Word documents (Word 97 to 2003): main text and tables only, by the layout of [MS-DOC]."""

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from importers.errors import UnreadableSource
from importers.readers.forms import Rows, forms, no_form, told_forms
from importers.results import Settings, Told
from importers.sources import Source
from kb_service.inputs import Refusal

_IDENT = 0xA5EC
_WORD_97 = 0x00C1
_FLAGS, _CCP_TEXT, _FC_PAPX, _FC_CLX = 0x0A, 0x4C, 0x0102, 0x01A2
"""Offsets in the FIB: flags, characters of the main text, (offset, size) of PlcfBtePapx and Clx in the table stream."""
_ENCRYPTED, _FIRST_TABLE = 0x0100, 0x0200
_PRC, _PCDT = 1, 2
_COMPRESSED = 0x40000000
_PAGE, _BX, _PAGE_NUMBER = 512, 13, 0x3FFFFF
_IN_TABLE, _ROW_END, _DEPTH, _HUGE, _DEF_TABLE, _TABS = 0x2416, 0x2417, 0x6649, 0x6646, 0xD608, 0xC615
"""sprmPFInTable, sprmPFTtp, sprmPItap, sprmPHugePapx, sprmTDefTable, sprmPChgTabs."""
_OPERAND = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}
"""Bytes of an operand by the upper three bits of its sprm; kind 6 says its size itself."""

_CELL = "\x07"
_MARK = re.compile("[\r\x07\x0c]")
_FIELD_BEGIN, _FIELD_RESULT, _FIELD_END = "\x13", "\x14", "\x15"
_SHOWN = {0x0B: "\n", 0x1E: "-", **dict.fromkeys((0x01, 0x02, 0x03, 0x04, 0x05, 0x08, 0x1F))}
"""Line break, the hyphen that holds; hyphens that vanish and anchors of what is not text are left out."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Characters, one for each code unit, and where the first of them lies in the main stream."""

    units: str
    offset: int
    width: int


@dataclass(frozen=True, slots=True)
class _Traits:
    """What matters of a paragraph's properties, and where in the main stream they begin to hold."""

    offset: int
    in_table: bool = False
    row_end: bool = False


@dataclass(frozen=True, slots=True)
class _Streams:
    main: bytes
    table: bytes
    data: bytes


def read(source: Source, kind: str, settings: Settings) -> Iterator[Told | Refusal]:
    """The forms of a document; raises MissingColumns when it holds none."""
    try:
        blocks = list(_blocks(_streams(source)))
    except (struct.error, OSError, ValueError, IndexError, TypeError, RecursionError) as error:
        raise UnreadableSource("unreadable", source.name) from error
    found = forms(blocks, kind)
    if not found:
        raise no_form(source, kind)
    return told_forms(source, found)


def _streams(source: Source) -> _Streams:
    import olefile

    with olefile.OleFileIO(str(source.path)) as compound:
        main = compound.openstream("WordDocument").read()
        ident, version = struct.unpack_from("<HH", main)
        (flags,) = struct.unpack_from("<H", main, _FLAGS)
        if ident != _IDENT or version < _WORD_97:
            raise ValueError("not Word 97 or later")
        if flags & _ENCRYPTED:
            raise UnreadableSource("encrypted", source.name)
        return _Streams(
            main=main,
            table=compound.openstream("1Table" if flags & _FIRST_TABLE else "0Table").read(),
            data=compound.openstream("Data").read() if compound.exists("Data") else b"",
        )


def _blocks(streams: _Streams) -> Iterator[str | Rows]:
    """Paragraphs and tables: in a table one mark ends each cell, and a mark with properties of its own each row."""
    rows: list[list[str]] = []
    row: list[str] = []
    cell: list[str] = []
    for text, mark, traits in _paragraphs(streams):
        if not traits.in_table:
            if rows:
                yield rows
                rows = []
            yield text
        elif traits.row_end:
            rows.append(row)
            row, cell = [], []
        else:
            cell.append(text)
            if mark == _CELL:
                row.append("\n".join(cell))
                cell = []
    if rows:
        yield rows


def _paragraphs(streams: _Streams) -> Iterator[tuple[str, str, _Traits]]:
    """Each paragraph of the main text: what it shows, the mark that ends it, its traits."""
    traits = _traits(streams)
    offsets = [each.offset for each in traits]
    begun: list[str] = []
    for piece in _pieces(streams):
        start = 0
        for mark in _MARK.finditer(piece.units):
            at = piece.offset + mark.start() * piece.width
            found = traits[max(bisect_right(offsets, at) - 1, 0)] if traits else _Traits(0)
            yield _shown("".join([*begun, piece.units[start : mark.start()]])), mark[0], found
            begun, start = [], mark.end()
        begun.append(piece.units[start:])
    if any(begun):
        yield _shown("".join(begun)), "\r", _Traits(0)


def _pieces(streams: _Streams) -> Iterator[_Piece]:
    """The main text in its order: the piece table says where each run lies (section 2.8.35, PlcPcd)."""
    (remaining,) = struct.unpack_from("<i", streams.main, _CCP_TEXT)
    if not 0 <= remaining <= len(streams.main):
        raise ValueError("more text than bytes")
    plc = _piece_table(streams)
    count = (len(plc) - 4) // 12
    bounds = struct.unpack_from(f"<{count + 1}I", plc)
    for index in range(count):
        size = min(bounds[index + 1] - bounds[index], remaining)
        if size < 0:
            raise ValueError("pieces out of order")
        remaining -= size
        (place,) = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * index + 2)
        yield _piece(streams.main, place, size)


def _piece(main: bytes, place: int, size: int) -> _Piece:
    """Compressed pieces hold a byte of Windows-1252 for each character, the others UTF-16 (2.9.73, FcCompressed)."""
    offset = place & (_COMPRESSED - 1)
    if place & _COMPRESSED:
        offset //= 2
        return _Piece(main[offset : offset + size].decode("cp1252", "replace"), offset, 1)
    return _Piece("".join(map(chr, struct.unpack_from(f"<{size}H", main, offset))), offset, 2)


def _piece_table(streams: _Streams) -> bytes:
    """The PlcPcd in the Clx, behind any Prc (2.9.38)."""
    offset, size = struct.unpack_from("<II", streams.main, _FC_CLX)
    clx = streams.table[offset : offset + size]
    at = 0
    while clx[at] == _PRC:
        at += 3 + int(struct.unpack_from("<H", clx, at + 1)[0])
    if clx[at] != _PCDT:
        raise ValueError("no piece table")
    (length,) = struct.unpack_from("<I", clx, at + 1)
    return clx[at + 5 : at + 5 + length]


def _traits(streams: _Streams) -> Sequence[_Traits]:
    """The traits of all paragraphs by offset, from the pages PlcfBtePapx points to (2.8.6, 2.9.179)."""
    offset, size = struct.unpack_from("<II", streams.main, _FC_PAPX)
    count = max(size - 4, 0) // 8
    numbers = struct.unpack_from(f"<{count}I", streams.table, offset + 4 * (count + 1))
    pages = dict.fromkeys(number & _PAGE_NUMBER for number in numbers)
    return sorted(
        (each for number in pages for each in _page_traits(streams, number)), key=lambda traits: traits.offset
    )


def _page_traits(streams: _Streams, number: int) -> Iterator[_Traits]:
    page = streams.main[number * _PAGE : (number + 1) * _PAGE]
    count = page[_PAGE - 1]
    offsets = struct.unpack_from(f"<{count}I", page)
    for index, offset in enumerate(offsets):
        at = 2 * page[4 * (count + 1) + _BX * index]
        sprms = dict(_sprms(_properties(page, at), streams.data)) if at else {}
        yield _Traits(
            offset, any(sprms.get(_IN_TABLE, b"")) or any(sprms.get(_DEPTH, b"")), any(sprms.get(_ROW_END, b""))
        )


def _properties(page: bytes, at: int) -> bytes:
    """The property list of a PapxInFkp, without the style number in front of it (2.9.180)."""
    half = page[at]
    size = 2 * half - 1 if half else 2 * page[at + 1]
    start = at + 1 if half else at + 2
    return page[start + 2 : start + size]


def _sprms(properties: bytes, data: bytes) -> Iterator[tuple[int, bytes]]:
    """Codes and operands of a property list; a list too long for its page lies in the data stream (2.6.2)."""
    at = 0
    while at + 2 <= len(properties):
        (sprm,) = struct.unpack_from("<H", properties, at)
        start, size = _operand(properties, at + 2, sprm)
        operand = properties[start : start + size]
        if sprm == _HUGE and len(operand) == 4:
            (place,) = struct.unpack("<I", operand)
            (length,) = struct.unpack_from("<H", data, place)
            yield from _sprms(data[place + 2 : place + 2 + length], b"\0\0")
            return
        yield sprm, operand
        at = start + size


def _operand(properties: bytes, at: int, sprm: int) -> tuple[int, int]:
    """Where an operand begins, its bytes (2.2.5.1)."""
    kind = sprm >> 13
    if kind in _OPERAND:
        return at, _OPERAND[kind]
    if sprm == _DEF_TABLE:
        return at + 2, struct.unpack_from("<H", properties, at)[0] - 1
    if sprm == _TABS and properties[at : at + 1] == b"\xff":
        return at, len(properties) - at
    return at + 1, properties[at] if at < len(properties) else 0


def _shown(units: str) -> str:
    """A paragraph as people see it: of a field its result, of two code units beyond the plane one character."""
    fields: list[bool] = []
    hidden = 0
    shown: list[str] = []
    for part in re.split("([\x13\x14\x15])", units):
        if part == _FIELD_BEGIN:
            fields.append(True)
            hidden += 1
        elif part == _FIELD_RESULT and fields:
            hidden -= fields[-1]
            fields[-1] = False
        elif part == _FIELD_END and fields:
            hidden -= fields.pop()
        elif not hidden:
            shown.append(part)
    return "".join(shown).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").translate(_SHOWN)
