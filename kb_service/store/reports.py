"""Queries on reports, and the fast way to file many."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session, lazyload, selectinload

from kb_service.domain.access import Actor, visible_reports
from kb_service.domain.organisation import Organisation
from kb_service.domain.report import Report, ReportVersion
from kb_service.errors import NotFound
from kb_service.results import Page, ReportRow

NUMBER = "BG"


def parse_number(number: str) -> int:
    """123 of BG000123. Raises NotFound for anything else."""
    digits = number.upper().removeprefix(NUMBER)
    if not number.upper().startswith(NUMBER) or not digits.isascii() or not digits.isdigit() or len(digits) > 12:
        raise NotFound
    return int(digits)


def get(session: Session, actor: Actor, number: str) -> Report:
    """The report with all versions, as far as the actor sees it. Raises NotFound."""
    wanted = select(Report).where(Report.id == parse_number(number), visible_reports(actor))
    report = session.scalar(wanted.options(selectinload(Report.versions)))
    if report is None:
        raise NotFound
    return report


def visible(session: Session, actor: Actor, ids: Iterable[int]) -> dict[int, tuple[Report, ReportVersion]]:
    """Those of the reports that the actor sees, with their current version, by id."""
    wanted = _current().where(Report.id.in_(set(ids)), visible_reports(actor))
    return {report.id: (report, version) for report, version in session.execute(wanted)}


def found(session: Session, actor: Actor, ids: Iterable[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    """What a list of hits shows of those of the reports that the actor sees, by id; entities would take too long."""
    return {one.id: one for one in session.execute(_found(actor), {"ids": list(ids)})}


@lru_cache(maxsize=256)
def _found(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Kept, because putting it together takes longer than running it."""
    told = (ReportVersion.phenomenon, ReportVersion.resolution, ReportVersion.cause, ReportVersion.environment)
    columns = select(Report.id, Report.system, Report.module, Organisation.name, ReportVersion.occurred, *told)
    is_current = (ReportVersion.report_id == Report.id) & (ReportVersion.version == Report.current)
    joined = columns.join(ReportVersion, is_current).join(Organisation, Organisation.id == Report.organisation_id)
    return joined.where(Report.id.in_(bindparam("ids", expanding=True)), visible_reports(actor))


def by_numbers(session: Session, actor: Actor, numbers: Sequence[str]) -> list[tuple[Report, ReportVersion]]:
    """The reports of these numbers in their order. Raises NotFound when one of them is not to be seen."""
    ids = list(dict.fromkeys(parse_number(number) for number in numbers))
    found = visible(session, actor, ids)
    if len(found) < len(ids):
        raise NotFound
    return [found[one] for one in ids]


def page(
    session: Session,
    actor: Actor,
    *,
    words: str = "",
    system: str = "",
    organisation: str = "",
    import_id: int | None = None,
    offset: int = 0,
    limit: int = 20,
) -> Page[ReportRow]:
    """Reports the actor sees, newest first, with what is asked of them."""
    wanted = _current().where(visible_reports(actor))
    if words:
        wanted = wanted.where(
            or_(
                ReportVersion.phenomenon.icontains(words, autoescape=True),
                Report.key.icontains(words, autoescape=True),
            )
        )
    if system:
        wanted = wanted.where(Report.system == system)
    if organisation:
        wanted = wanted.where(Report.organisation.has(Organisation.name == organisation))
    if import_id is not None:
        wanted = wanted.where(Report.import_id == import_id)
    total = session.scalar(select(func.count()).select_from(wanted.order_by(None).subquery())) or 0
    found = session.execute(wanted.order_by(Report.id.desc()).offset(offset).limit(limit))
    return Page(tuple(row(report, version) for report, version in found), total, offset, limit)


def row(report: Report, version: ReportVersion) -> ReportRow:
    return ReportRow(
        number=report.number,
        key=report.key,
        title=version.title,
        system=report.system,
        module=report.module,
        organisation=report.organisation.name,
        occurred=version.occurred,
        status=version.status,
        matched=report.matched,
        versions=report.current,
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What filing needs to know of a report that is there already."""

    id: int
    digest: str
    current: int
    version: int


def known(session: Session, identities: Sequence[str]) -> dict[str, Known]:
    """The reports with these identities that are there already."""
    columns = select(Report.identity, Report.id, Report.digest, Report.current, Report.version)
    found = session.execute(columns.where(Report.identity.in_(identities)))
    return {one.identity: Known(one.id, one.digest, one.current, one.version) for one in found}


def next_id(session: Session) -> int:
    """The id the next report gets; only inside a writing transaction does it stay free."""
    return (session.scalar(select(func.max(Report.id))) or 0) + 1


def insert_many(session: Session, reports: list[dict[str, Any]], versions: list[dict[str, Any]]) -> None:
    """New reports and versions as plain rows: entities would take most of the time of a large import."""
    if reports:
        session.execute(insert(Report), reports)
    if versions:
        session.execute(insert(ReportVersion), versions)


def update_many(session: Session, reports: list[dict[str, Any]]) -> None:
    """Change rows of Report by primary key."""
    if reports:
        session.execute(update(Report), reports)


def _current() -> Select[Report, ReportVersion]:
    is_current = (ReportVersion.report_id == Report.id) & (ReportVersion.version == Report.current)
    return select(Report, ReportVersion).join(ReportVersion, is_current).options(lazyload(Report.attachments))
