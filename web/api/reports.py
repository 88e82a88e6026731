"""Reports for programs: filing one, reading, and what resembles it."""

from kb_service.results import Page, ReportRow, ReportView
from web.api.operations import Operation
from web.api.schemas import Report, ReportList
from web.auth import current_actor
from web.context import kb


def index(query: ReportList) -> Page[ReportRow]:
    """Reports, newest first."""
    return kb.reports.list(
        current_actor(),
        words=query.words,
        system=query.system,
        organisation=query.organisation,
        import_id=query.import_id or None,
        offset=query.offset,
        limit=query.limit,
    )


def file(body: Report) -> ReportView:
    """Files a report; a known key with other content files a new version of it."""
    return kb.reports.file(current_actor(), body.value())


def show(number: str) -> ReportView:
    """One report with all its versions, newest first."""
    return kb.reports.get(current_actor(), number)


def nearest(number: str) -> tuple[ReportRow, ...]:
    """The reports that resemble this one most."""
    return kb.reports.nearest(current_actor(), number)


OPERATIONS = (
    Operation("GET", "/reports", index),
    Operation("POST", "/reports", file, status=201),
    Operation("GET", "/reports/<number:number>", show),
    Operation("GET", "/reports/<number:number>/nearest", nearest),
)
