"""The XML of a worksheet and of the shared strings as rows and texts, in one pass and little memory.

Element and attribute names: ECMA-376 part 1, 18.3 (worksheets) and 18.4 (shared strings).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO
from xml.parsers import expat

from importers.fields import CELL
from importers.tables import Row

COLUMNS = 200
"""Columns a table may have."""

_CHUNK = 1 << 16
_OVERLAP = 1 << 10
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]+)(\d+):([A-Z]+)(\d+)")
_HIDDEN = re.compile(rb"<(?:\w+:)?col\s(?=[^>]*hidden=[\"'](?:1|true))[^>]*>")
_SPAN = re.compile(rb"\s(min|max)=[\"'](\d+)")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")

Format = Callable[[str], str]
"""From the number a cell holds to the text people see."""


class TooWide(Exception):
    """A cell stands beyond the last column a table may have."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands below the rows or above them and yet concerns them.

    ``merged`` are the cells that go down over rows: first row -> (column, last row). Columns count from 0.
    """

    merged: Mapping[int, Sequence[tuple[int, int]]]
    hidden: frozenset[int]


def layout(part: IO[bytes]) -> Layout:
    """Merged cells and hidden columns, found without parsing the cells: they may stand behind gigabytes of them."""
    merged: dict[int, dict[int, int]] = {}
    hidden: set[int] = set()
    seen = b""
    while chunk := part.read(_CHUNK):
        seen = seen[-_OVERLAP:] + chunk
        for found in _MERGED.finditer(seen) if b"mergeCell" in seen else ():
            column, first, last = column_of(found[1].decode()), int(found[2]), int(found[4])
            if last > first and column < COLUMNS:
                merged.setdefault(first, {})[column] = last
        for tag in _HIDDEN.finditer(seen) if b"hidden=" in seen else ():
            span = {name: int(value) for name, value in _SPAN.findall(tag[0])}
            hidden.update(range(span.get(b"min", 1) - 1, min(span.get(b"max", 0), COLUMNS)))
    return Layout({first: tuple(columns.items()) for first, columns in merged.items()}, frozenset(hidden))


def column_of(letters: str) -> int:
    """A -> 0, Z -> 25, AA -> 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


class _Texts:
    """Gathers the text of elements that hold some, without phonetic readings, little more than a cell may have."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.kept = 0
        self.open = False
        self.reading = False

    def clear(self) -> None:
        self.parts.clear()
        self.kept = 0

    def add(self, data: str) -> None:
        if self.open and not self.reading and self.kept <= CELL:
            self.parts.append(data)
            self.kept += len(data)

    def __str__(self) -> str:
        text = "".join(self.parts)
        return _ESCAPED.sub(_unescaped, text) if "_x" in text else text


def _unescaped(found: re.Match[str]) -> str:
    """``_x000D_`` is how a workbook writes a character XML cannot hold (18.4.12, ST_Xstring in part 1, 22.9.2.19)."""
    return chr(int(found[1], 16))


def _parser(start: Callable[..., None], end: Callable[..., None], texts: _Texts) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = texts.add
    return parser


def strings(part: IO[bytes]) -> list[str]:
    """The shared strings in their order."""
    found: list[str] = []
    texts = _Texts()

    def start(name: str, attributes: Mapping[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "si":
            texts.clear()
        elif name == "rPh":
            texts.reading = True
        texts.open = name == "t"

    def end(name: str) -> None:
        name = name.rpartition(":")[2]
        texts.open = False
        if name == "si":
            found.append(str(texts))
        elif name == "rPh":
            texts.reading = False

    _parser(start, end, texts).ParseFile(part)
    return found


class _Cells:
    """Turns the events of a worksheet into rows of texts."""

    def __init__(self, shared: Sequence[str], formats: Sequence[Format]) -> None:
        self.shared = shared
        self.formats = formats
        self.texts = _Texts()
        self.rows: list[tuple[int, dict[int, str], dict[int, str]]] = []
        self.number = 0
        self.column = -1
        self.type = self.style = ""
        self.formula = False
        self.values: dict[int, str] = {}
        self.faults: dict[int, str] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        texts = self.texts
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "c":
            place = attributes.get("r")
            self.column = column_of(place.rstrip("0123456789")) if place else self.column + 1
            self.type, self.style = attributes.get("t", "n"), attributes.get("s", "0")
            self.formula = False
            texts.clear()
        elif name in ("v", "t"):
            texts.open = True
        elif name == "row":
            self.number = int(attributes.get("r") or self.number + 1)
            self.column, self.values, self.faults = -1, {}, {}
        elif name == "f":
            self.formula = True
        elif name == "rPh":
            texts.reading = True

    def end(self, name: str) -> None:
        texts = self.texts
        if ":" in name:
            name = name.rpartition(":")[2]
        if name in ("v", "t"):
            texts.open = False
        elif name == "c":
            if texts.parts or self.formula:
                self._cell()
        elif name == "row":
            if self.values or self.faults:
                self.rows.append((self.number, self.values, self.faults))
        elif name == "rPh":
            texts.reading = False

    def _cell(self) -> None:
        raw, at = str(self.texts), self.column
        if at >= COLUMNS:
            raise TooWide
        if self.type == "e":
            self.values[at], self.faults[at] = raw, "formula_error"
        elif raw:
            self.values[at] = self._text(raw)
        elif self.formula and self.type == "n":
            self.faults[at] = "formula_unsaved"

    def _text(self, raw: str) -> str:
        if self.type == "s":
            return self.shared[int(raw)]
        if self.type == "n":
            return self.formats[int(self.style)](raw)
        return {"0": "FALSE", "1": "TRUE"}.get(raw, raw) if self.type == "b" else raw


def rows(part: IO[bytes], shared: Sequence[str], formats: Sequence[Format], found: Layout) -> Iterator[Row]:
    """The rows that hold something. A merged cell holds for every row it goes down over.

    Raises ExpatError, ValueError, IndexError or TooWide for what is no sound worksheet.
    """
    cells = _Cells(shared, formats)
    parser = _parser(cells.start, cells.end, cells.texts)
    spread = _Spread(found.merged)
    while chunk := part.read(_CHUNK):
        parser.Parse(chunk, False)
        for number, values, faults in cells.rows:
            yield spread.row(number, values, faults)
        cells.rows.clear()
    parser.Parse(b"", True)


class _Spread:
    """Carries the text of merged cells down."""

    def __init__(self, merged: Mapping[int, Sequence[tuple[int, int]]]) -> None:
        self.merged = merged
        self.down: dict[int, tuple[int, int, str]] = {}

    def row(self, number: int, values: dict[int, str], faults: dict[int, str]) -> Row:
        top = number
        for column, (first, last, text) in list(self.down.items()):
            if number > last:
                del self.down[column]
            elif text:
                values[column], top = text, min(top, first)
        for column, last in self.merged.get(number, ()):
            self.down[column] = number, last, values.get(column, "")
        width = max(max(values, default=-1), max(faults, default=-1)) + 1
        return Row(number, tuple(values.get(at, "") for at in range(width)), faults, top)
