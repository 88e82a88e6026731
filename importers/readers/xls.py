"""The sheets of an old binary workbook (xls) as tables; number formats are lost, a number shows no leading zeros.

The library that knows the format ends the whole process on some broken workbooks, so it works in a child process.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from importers.errors import UnreadableSource
from importers.readers import old_workbook
from importers.readers.sheets import COLUMNS
from importers.results import Settings
from importers.sources import Source
from importers.tables import Row, Table

_Range = tuple[tuple[int, int], tuple[int, int]]


def tables(source: Source, settings: Settings) -> Iterator[Table]:
    """The sheets in their order; raises `UnreadableSource` for what is no sound workbook."""
    with _child(source) as lines:
        for about, values in _sheets(lines):
            if about["width"] > COLUMNS:
                raise UnreadableSource("too_large", source.name, f"表格最多 {COLUMNS} 列")
            yield Table(sheet=about["sheet"], rows=_rows(values, about["merged"]))


@contextmanager
def _child(source: Source) -> Iterator[IO[str]]:
    """What the reading program writes; raises `UnreadableSource` when it did not come to its end."""
    command = [sys.executable, "-P", old_workbook.__file__, str(Path(source.path).absolute())]
    with subprocess.Popen(  # noqa: S603 -- our own program and a path, no shell
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8"
    ) as child:
        try:
            yield cast(IO[str], child.stdout)
            ended = child.wait()
        finally:
            child.kill()
    if ended:
        raise UnreadableSource("encrypted" if ended == old_workbook.ENCRYPTED else "unreadable", source.name)


def _sheets(lines: IO[str]) -> Iterator[tuple[dict[str, Any], list[list[str]]]]:
    """Each sheet with its rows; they are few enough to be held (65,536 at most)."""
    about: dict[str, Any] | None = None
    values: list[list[str]] = []
    for line in lines:
        told = json.loads(line)
        if isinstance(told, dict):
            if about is not None:
                yield about, values
            about, values = told, []
        else:
            values.append(told)
    if about is not None:
        yield about, values


def _rows(values: Sequence[Sequence[str]], merged: Sequence[_Range]) -> Iterator[Row]:
    """The rows that hold something; a merged cell holds for every row it goes down over."""
    tops = {
        (row, column): first
        for (first, column), (last, _) in merged
        for row in range(first + 1, min(last + 1, len(values)))
    }
    above = {row for row, _ in tops}
    for at, cells in enumerate(values):
        texts, top = list(cells), at
        for column in range(len(texts)) if at in above else ():
            first = tops.get((at, column), at)
            texts[column], top = texts[column] or values[first][column], min(top, first)
        if any(texts):
            yield Row(at + 1, tuple(texts), top=top + 1)
