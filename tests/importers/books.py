"""Workbooks and sources made by the tests themselves."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from importers.sources import Source

Cell = object


def source(path: Path, format_name: str) -> Source:
    """The file as a lone source."""
    return Source(name=path.name, path=path, format=format_name, alone=True)


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Cell]]], *, merged: Sequence[str] = ()) -> Path:
    """Write an xlsx workbook with these rows; cells that begin with = are formulas, ranges are merged on each sheet."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for span in merged:
            sheet.merge_cells(span)
    book.save(path)
    return path
