"""The refused rows as a workbook to mend and import again; every cell is text, none a formula."""

from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO, Protocol

from importers import cleaning
from importers.fields import CELL


class Refused(Protocol):
    """What a refusal tells; `kb_service.inputs.Refusal` is one."""

    @property
    def source(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def cells(self) -> Mapping[str, str]: ...


_TITLES = ("来源文件", "位置", "未导入代码", "未导入原因")
"""None of them is the title of a field: the mended workbook is taken as it stands."""

_CUT = "……（过长，此处截断）"
_SHEETS = 50
_REST = ("内容",)


def write(refusals: Iterable[Refused], stream: BinaryIO) -> None:
    """Write the refusals as xlsx, one sheet for all that share their titles, holding one row at a time."""
    from xlsxwriter import Workbook

    with Workbook(stream, {"constant_memory": True}) as book:
        sheets: dict[tuple[str, ...], _Sheet] = {}
        for refused in refusals:
            titles = tuple(refused.cells)
            if titles not in sheets and len(sheets) >= _SHEETS:
                titles = _REST
            if titles not in sheets:
                sheets[titles] = _Sheet(book.add_worksheet(f"未导入 {len(sheets) + 1}"), titles)
            sheets[titles].add(refused)
        if not sheets:
            _Sheet(book.add_worksheet("未导入"), ())


class _Sheet:
    """A sheet that is written from top to bottom."""

    def __init__(self, sheet: Any, titles: tuple[str, ...]) -> None:
        self.sheet, self.titles, self.row = sheet, titles, 0
        self._write((*_TITLES, *titles))

    def add(self, refused: Refused) -> None:
        known = tuple(refused.cells) == self.titles
        rest = "\n".join(f"{title}：{value}" for title, value in refused.cells.items())
        cells = refused.cells.values() if known else (rest,)
        self._write((refused.source, refused.place, refused.reason, refused.message, *cells))

    def _write(self, values: Iterable[str]) -> None:
        for column, value in enumerate(values):
            text = cleaning.text(value)
            self.sheet.write_string(self.row, column, text if len(text) <= CELL else text[: CELL - len(_CUT)] + _CUT)
        self.row += 1
