"""Which row of a table holds the titles, which column is which field, and rows told under field names."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, zip_longest

from importers import cleaning, fields, markup
from importers.errors import refusal
from importers.fields import CELL
from importers.results import Calendar, Column, Told
from importers.tables import Row, Table
from kb_service.inputs import Refusal

SEARCHED = 20
"""Rows at the top of a table among which the titles stand."""

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_TOTALS = re.compile(r"\s*(合|总|小|共)\s*计\s*[:：]?\s*")
_SIGNATURE = re.compile(r"\s*((制表|填表|填报|审核|复核)(人|人员|单位|日期)?|备注|注)\s*[:：]")
_FEW = 4
_DAYS = ("occurred", "resolved", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Where the titles of a table stand and which field each column is taken for (column number -> field name).

    A title that stands twice bears a number the second time.
    """

    rows: tuple[int, ...]
    titles: tuple[str, ...]
    columns: Mapping[int, str]
    year: int = 0


@dataclass(frozen=True, slots=True)
class Opened:
    """A table whose titles were found, the rows below them still to be read; ``first`` are those already seen."""

    source: str
    kind: str
    table: Table
    header: Header
    first: Sequence[Row]

    def rows(self) -> Iterator[Row]:
        """The rows below the titles, once."""
        return chain(self.first, self.table.rows)

    @property
    def missing(self) -> tuple[str, ...]:
        """The required fields no column was found for."""
        return tuple(name for name in fields.required(self.kind) if name not in self.header.columns.values())

    @property
    def calendar(self) -> Calendar:
        """What days mean in this table."""
        return Calendar(year=self.header.year, date1904=self.table.date1904)


def opened(table: Table, kind: str, chosen: Mapping[str, str], source: str) -> Opened | None:
    """The table with its titles found, None when no row among the first looks like titles.

    ``chosen`` takes titles to fields as a person or a profile wants it ("" leaves a column out); a year in the lines
    above the titles, the sheet's or the source's name holds for days without one.
    """
    top = list(islice(table.rows, SEARCHED))
    wanted = {fields.folded(title): name for title, name in chosen.items()}
    found = [
        _header(lines, table, kind, wanted) for at in range(len(top)) for lines in (top[at : at + 1], top[at : at + 2])
    ]
    best = max(found, key=lambda header: (len(header.columns), -len(header.rows)), default=None)
    if best is None or not best.columns:
        return None
    above = "\n".join(value for row in top if row.number < best.rows[0] for value in row.values)
    header = replace(best, year=_year(above, table.sheet, source))
    return Opened(source, kind, table, header, [row for row in top if row.number > best.rows[-1]])


def _header(lines: Sequence[Row], table: Table, kind: str, wanted: Mapping[str, str]) -> Header:
    """The titles of one row, or of two that complete each other: what stands lower says it more exactly."""
    last = lines[-1]
    titles = tuple(
        next(filter(None, cells), "") for cells in zip_longest(*(row.values for row in reversed(lines)), fillvalue="")
    )
    titles = _distinct(titles, table.hidden)
    first = min(row.top or row.number for row in lines)
    return Header(
        rows=tuple(range(first, last.number + 1)),
        titles=titles,
        columns=matched(titles, kind, wanted, table.hidden),
    )


def _distinct(titles: Sequence[str], hidden: frozenset[int]) -> tuple[str, ...]:
    seen: Counter[str] = Counter()
    distinct = list(titles)
    for at in sorted(range(len(titles)), key=lambda at: (at in hidden, at)):
        seen[titles[at]] += 1
        if titles[at] and seen[titles[at]] > 1:
            distinct[at] = f"{titles[at]} {seen[titles[at]]}"
    return tuple(distinct)


def matched(
    titles: Sequence[str], kind: str, wanted: Mapping[str, str], hidden: frozenset[int] = frozenset()
) -> dict[int, str]:
    """The field of each column, a field once. Wanted ones (folded title -> field) go before those known by title,
    columns people see before hidden ones, left before right."""
    known = {title: wanted.get(title, fields.field_of(title, kind)) for title in map(fields.folded, titles)}
    order = sorted(range(len(titles)), key=lambda at: (fields.folded(titles[at]) not in wanted, at in hidden, at))
    columns: dict[int, str] = {}
    for at in order:
        name = known[fields.folded(titles[at])]
        if name and name not in columns.values():
            columns[at] = name
    return columns


def _year(*places: str) -> int:
    return next((int(found[0]) for place in places if (found := _YEAR.search(place))), 0)


def told(opened: Opened) -> Iterator[Told | Refusal]:
    """The rows under field names.

    Rows that say nothing under any field, such as numbered empty ones, are passed over in sheets and refused in text
    tables; the closing lines (totals, signatures) are no rows.
    """
    sheet, strict = opened.table.sheet, opened.table.strict
    for count, row in enumerate(opened.rows(), 1):
        place = f"工作表“{sheet}”第 {row.number} 行" if sheet else f"第 {count} 条（第 {row.number} 行）"
        cells = _cells(opened.header, row)
        if strict and (about := _uneven(opened.header, row)):
            yield refusal(opened.source, place, "field_count", about, cells)
        elif not _says(opened.header, row):
            if strict:
                yield refusal(opened.source, place, "empty", cells=cells)
        elif not _closing(row):
            yield _told(opened, row, place, cells)


def _cells(header: Header, row: Row) -> dict[str, str]:
    """The cells by title; untitled ones that hold something by the number of their column."""
    titles, values = header.titles, row.values
    cells = {title: values[at] if at < len(values) else "" for at, title in enumerate(titles) if title}
    untitled = (at for at, value in enumerate(values) if value and (at >= len(titles) or not titles[at]))
    cells.update((f"第 {at + 1} 列", values[at]) for at in untitled)
    return cells


def _says(header: Header, row: Row) -> bool:
    """Whether any field holds something, be it spaces or an error."""
    return any(_has(row, at) or at in row.faults for at in header.columns)


def _uneven(header: Header, row: Row) -> str:
    """How the row differs in width from the titles, "" when it does not or only by empty cells at its end."""
    wide, wanted = len(row.values), len(header.titles)
    even = wide == wanted or (wide > wanted and not any(row.values[wanted:]))
    return "" if even and "field_count" not in row.faults.values() else f"应有 {wanted} 列，实有 {wide} 列"


def _closing(row: Row) -> bool:
    """Whether it is a line of totals, or begins like one of signatures or remarks and has hardly a cell more."""
    begin = next((value for value in row.values if value), "")
    signed = len(row.values) - row.values.count("") <= _FEW and _SIGNATURE.match(begin)
    return bool(signed or _TOTALS.fullmatch(begin))


def _told(opened: Opened, row: Row, place: str, cells: Mapping[str, str]) -> Told:
    header, calendar = opened.header, opened.calendar
    values = {name: row.values[at] for at, name in header.columns.items() if at < len(row.values)}
    fault, about = _fault(row, header, values, calendar)
    if opened.kind == "article" and not fault:
        values = {name: markup.markdown(value) if name in fields.CONTENTS else value for name, value in values.items()}
    return Told(
        source=opened.source,
        place=place,
        fields=values,
        cells=cells,
        calendar=calendar,
        fault=fault,
        about=about,
    )


def _fault(row: Row, header: Header, values: Mapping[str, str], calendar: Calendar) -> tuple[str, str]:
    """What only the table shows: cells without a value, cells too long, values beside their columns."""
    for at, name in header.columns.items():
        if at in row.faults:
            return row.faults[at], header.titles[at]
        if len(values.get(name, "")) > CELL:
            return "too_long", f"“{header.titles[at]}”，单元格最多 {CELL} 个字符"
    for at, code in row.faults.items():
        if code == "undecodable":
            return code, header.titles[at] if at < len(header.titles) else f"第 {at + 1} 列"
    astray = _astray(row, header, calendar)
    return ("shifted", astray) if astray else ("", "")


def _astray(row: Row, header: Header, calendar: Calendar) -> str:
    """The title of a day column whose day stands in the next column, or that holds a word where another is no day."""
    wrong = [at for at, name in header.columns.items() if name in _DAYS and _day(row, at, calendar) is None]
    worded = any(not any(sign.isdigit() for sign in row.values[at]) for at in wrong)
    for at in wrong:
        if (len(wrong) > 1 and worded) or (header.columns.get(at + 1) not in _DAYS and _day(row, at + 1, calendar)):
            return header.titles[at]
    return ""


def _day(row: Row, at: int, calendar: Calendar) -> str | None:
    return cleaning.day(row.values[at], calendar) if at < len(row.values) else ""


def columns(opened: Opened, samples: int = 3) -> tuple[Column, ...]:
    """The titled columns with their first values, for a person to check; reads no further than the rows seen."""
    header = opened.header
    return tuple(
        Column(
            title=title,
            field=header.columns.get(at, ""),
            samples=tuple(islice((row.values[at] for row in opened.first if _has(row, at)), samples)),
        )
        for at, title in enumerate(header.titles)
        if title
    )


def _has(row: Row, at: int) -> bool:
    return at < len(row.values) and bool(row.values[at])
