"""What the scripts say of imports: one that waits for a worker, how far it is, what of it is in the base."""

from pathlib import Path

from sqlalchemy import func, select

from benchmarks.victims import handed_over
from kb_service.domain.report import Report
from kb_service.results import ImportView
from tests.base import actor
from tests.faults.ground import Ground
from web import uploads


def begun(ground: Ground, book: Path, kind: str = "report") -> ImportView:
    """An import of the file that waits for a worker."""
    return handed_over(ground.kb, actor(ground.kb, "expert"), uploads.keep(ground.settings, book), kind)


def now(ground: Ground, view: ImportView) -> ImportView:
    """The import as it stands."""
    return ground.kb.imports.get(actor(ground.kb, "expert"), view.id)


def taken(ground: Ground, prefix: str) -> int:
    """How many reports of the workbook with these keys are in the base."""
    with ground.kb.database.read() as session:
        return session.scalar(select(func.count()).select_from(Report).where(Report.key.startswith(f"{prefix}-"))) or 0
