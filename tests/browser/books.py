"""The workbooks experts bring: a ledger of problems under a merged title, and a table of frequent questions."""

from collections.abc import Sequence
from pathlib import Path

LEDGER = ("编号", "申请单位", "系统名称", "问题现象", "原因分析", "解决方案", "状态", "发生日期")
QUESTIONS = ("编号", "分类", "标准问题", "相似问法", "答案")
BAD_ROWS = (
    ("坏-1", "澜东县税务局", "终端", "", "没有写现象", "重启", "已解决", "2026-03-01"),
    ("坏-2", "澜东县税务局", "终端", None, "也没有写现象", "重启", "已解决", "2026-03-02"),
)


def ledger(path: Path, mark: str, count: int) -> Path:
    """``count`` good rows, each with ``mark`` in its text, then two without a phenomenon."""
    rest = ("线松了", "重插视频线", "已解决", "2026-03-01")
    good = [(f"{mark}-{n}", "澜东县税务局", "终端", f"{mark}的叫号屏第{n}次黑屏", *rest) for n in range(count)]
    return _book(path, "2026年一季度运维问题台账", [LEDGER, *good, *BAD_ROWS])


def questions(path: Path, rows: Sequence[tuple[str, str, str, str, str]]) -> Path:
    return _book(path, "大厅常见问题", [QUESTIONS, *rows])


def _book(path: Path, title: str, rows: Sequence[Sequence[object]]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append([title])
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(rows[0]))
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path
