"""`kb import` of a workbook of 100,000 reports into an empty base, until all can be found."""

import subprocess
import sys
import time
from pathlib import Path

from benchmarks import processes
from benchmarks.common import Figure, data, timed
from kb_service.bootstrap import open_base
from kb_service.config import Settings
from web.cli.db import upgraded

ROWS = 100_000


def measure(folder: Path) -> list[Figure]:
    """Seconds, beside the mere reading of the workbook, and the largest process, beside its own size on disk."""
    book, home = folder / "ledger.xlsx", folder / "import"
    if not book.exists():
        subprocess.run([sys.executable, str(data() / "files" / "大台账.py"), str(ROWS), str(book)], check=True)
    _prepare(home)
    begun = time.perf_counter()
    process = processes.start(home, "import", str(book), "--kind", "report")
    peaks = processes.peaks(process)
    seconds = time.perf_counter() - begun
    if process.returncode:
        raise RuntimeError(f"kb import ended with {process.returncode}")
    told = ", ".join(f"{peak:,.0f}" for peak in sorted(peaks.values(), reverse=True))
    of = "reading its rows with python-calamine"
    size = book.stat().st_size / 2**20
    return [
        Figure(f"import of {ROWS:,} rows until searchable", seconds, "s", timed(lambda: _read(book)), of, 60),
        Figure(f"largest memory of its processes ({told})", max(peaks.values()), "MB", size, "the file", 500),
    ]


def _prepare(home: Path) -> None:
    """A base with an organisation and an empty index. Raises FileExistsError where there is one."""
    if (home / "kb.sqlite").exists():
        raise FileExistsError(home)
    settings = Settings(home=home, index="tantivy:index")
    upgraded(settings)
    kb = open_base(settings)
    kb.people.add_organisation(kb.people.local(), name="总局", kind="headquarters")
    kb.index.rebuild()
    kb.close()


def _read(book: Path) -> None:
    from python_calamine import CalamineWorkbook

    for _ in CalamineWorkbook.from_path(str(book)).get_sheet_by_index(0).iter_rows():
        pass
