"""A program of its own: writes the sheets of an xls workbook as JSON lines; what breaks it does not break its caller.

Of each sheet one object, ``{"sheet": name, "merged": [[[row, column], [row, column]]], "width": columns}``, then its
rows as lists of texts. It ends with 0, or with `ENCRYPTED` or `BROKEN`.
"""

import json
import sys
from datetime import date, datetime, time, timedelta

ENCRYPTED, BROKEN = 3, 4

_MEMORY = 1 << 30
_SECONDS = 60


def main(path: str) -> int:
    """Write the workbook at `path` to standard output."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        with CalamineWorkbook.from_path(path) as book:
            for name in book.sheet_names:
                sheet = book.get_sheet_by_name(name)
                _write({"sheet": name, "merged": sheet.merged_cell_ranges or [], "width": sheet.total_width})
                for cells in sheet.to_python(skip_empty_area=False):
                    _write([_text(cell) for cell in cells])
    except PasswordError:
        return ENCRYPTED
    except (CalamineError, OSError, ValueError):
        return BROKEN
    return 0


def _write(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


def _text(cell: object) -> str:
    match cell:
        case float() if cell.is_integer():
            return str(int(cell))
        case float():
            return f"{cell:.15g}"
        case datetime():
            return f"{cell:%Y-%m-%d %H:%M}".removesuffix(" 00:00")
        case date() | time() | timedelta():
            return str(cell)
    return str(cell)


def _limit() -> None:
    """A workbook of a few bytes may ask for all memory there is."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))


if __name__ == "__main__":
    _limit()
    sys.exit(main(sys.argv[1]))
