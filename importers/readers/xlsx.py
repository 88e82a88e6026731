"""The sheets of an xlsx workbook as tables, streamed; formulas are never computed and nothing outside is followed."""

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import IO
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.parsers.expat import ExpatError
from zlib import error as zlib_error

from importers import sources
from importers.cleaning import serial_day
from importers.errors import UnreadableSource
from importers.readers import sheets
from importers.readers.sheets import COLUMNS, Format
from importers.results import Calendar, Settings
from importers.sources import Source
from importers.tables import Row, Table

_BROKEN = (
    zipfile.BadZipFile, zlib_error, EOFError, OSError, KeyError, IndexError, ValueError, ParseError, ExpatError,
    NotImplementedError, RuntimeError, OverflowError,
)  # fmt: skip
_CHINESE_DAYS = frozenset((*range(27, 32), 36, 50, 51, 52, 53, 54, 57, 58))
"""Built-in number formats that are days in Chinese workbooks: ECMA-376 part 1, 18.8.30."""

_ZEROS = re.compile(r"0+")


def tables(source: Source, settings: Settings) -> Iterator[Table]:
    """The sheets in their order, hidden ones too; raises `UnreadableSource` for what is no sound workbook."""
    sources.check_package(source)
    with _sound(source), zipfile.ZipFile(source.path) as package:
        book_path = next(iter(_related(package, "").values()))
        book, related = _tree(package, book_path), _related(package, book_path)
        calendar = Calendar(date1904=any(_flag(element, "date1904") for element in _all(book, "workbookPr")))
        shared = _shared(package, related)
        formats = _formats(package, related, calendar)
        for sheet in _all(book, "sheet"):
            path = related.get(_relation(sheet), "")
            if "worksheets/" in path:
                with package.open(path) as part:
                    layout = sheets.layout(part)
                read = partial(sheets.rows, shared=shared, formats=formats, found=layout)
                yield Table(
                    sheet=sheet.get("name", ""),
                    rows=_rows(source, package, path, read),
                    hidden=layout.hidden,
                    date1904=calendar.date1904,
                )


def _rows(
    source: Source, package: zipfile.ZipFile, path: str, read: Callable[[IO[bytes]], Iterator[Row]]
) -> Iterator[Row]:
    with _sound(source), package.open(path) as part:
        yield from read(part)


@contextmanager
def _sound(source: Source) -> Iterator[None]:
    try:
        yield
    except sheets.TooWide:
        raise UnreadableSource("too_large", source.name, f"表格最多 {COLUMNS} 列") from None
    except _BROKEN as error:
        raise UnreadableSource("unreadable", source.name) from error


def _tree(package: zipfile.ZipFile, path: str) -> Element:
    return fromstring(package.read(path))  # noqa: S314 -- no part that declares a document type gets this far


def _all(tree: Element, name: str) -> Iterator[Element]:
    """The elements of a local name, whichever of the two namespaces the workbook uses."""
    return (element for element in tree.iter() if element.tag.rpartition("}")[2] == name)


def _flag(element: Element, name: str) -> bool:
    return element.get(name, "").lower() in ("1", "true")


def _relation(element: Element) -> str:
    return next((value for name, value in element.items() if name.rpartition("}")[2] == "id" and "}" in name), "")


def _related(package: zipfile.ZipFile, path: str) -> Mapping[str, str]:
    """Paths of the parts a part refers to, by relation id; of the package the workbook alone; nothing external."""
    folder, name = posixpath.split(path)
    relations = posixpath.join(folder, "_rels", f"{name}.rels")
    return {
        relation.get("Id", ""): posixpath.normpath(posixpath.join("/", folder, relation.get("Target", ""))).lstrip("/")
        for relation in _all(_tree(package, relations), "Relationship")
        if relation.get("TargetMode") != "External" and (path or relation.get("Type", "").endswith("/officeDocument"))
    }


def _part(related: Mapping[str, str], name: str) -> str:
    return next((path for path in related.values() if path.lower().endswith(name)), "")


def _shared(package: zipfile.ZipFile, related: Mapping[str, str]) -> list[str]:
    if not (path := _part(related, "sharedstrings.xml")):
        return []
    with package.open(path) as part:
        return sheets.strings(part)


def _formats(package: zipfile.ZipFile, related: Mapping[str, str], calendar: Calendar) -> list[Format]:
    """How the cells of each style show their numbers."""
    if not (path := _part(related, "styles.xml")):
        return [_number]
    tree = _tree(package, path)
    own = {int(form.get("numFmtId", 0)): form.get("formatCode", "") for form in _all(tree, "numFmt")}
    styles = (style for group in _all(tree, "cellXfs") for style in _all(group, "xf"))
    return [_format(int(style.get("numFmtId", 0)), own, calendar) for style in styles] or [_number]


def _format(number: int, own: Mapping[int, str], calendar: Calendar) -> Format:
    from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

    code = own.get(number) or BUILTIN_FORMATS.get(number, "General")
    if _ZEROS.fullmatch(code):
        return partial(_padded, len(code))
    if number in _CHINESE_DAYS or is_date_format(code):
        return partial(_day, calendar)
    return _number


def _number(raw: str) -> str:
    """A number as a sheet shows it: 15 digits, none after the point that say nothing."""
    return raw if raw.isdigit() and len(raw) < 16 else _plain(float(raw))


def _plain(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else f"{number:.15g}"


def _padded(width: int, raw: str) -> str:
    return _number(f"{float(raw):.0f}").zfill(width)


def _day(calendar: Calendar, raw: str) -> str:
    """A day; the number itself when it is none."""
    return serial_day(float(raw), calendar) or _number(raw)
