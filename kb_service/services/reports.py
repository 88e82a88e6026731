"""Use cases on reports."""

from datetime import datetime

from kb_service.domain import report as domain
from kb_service.domain.access import Actor
from kb_service.domain.events import Event
from kb_service.errors import Denied, Duplicate, Invalid
from kb_service.inputs import Draft, ReportInput
from kb_service.results import Page, ReportRow, ReportVersionView, ReportView
from kb_service.services.clock import today
from kb_service.services.search import Search
from kb_service.store import articles, attachments, filing, people, reports
from kb_service.store.unit_of_work import Database

LONGEST = 32_767
"""Characters of one text of a report, as many as a spreadsheet cell holds."""


class Reports:
    """Problems as they were told."""

    def __init__(self, database: Database, search: Search, files: attachments.Files) -> None:
        self._database = database
        self._search = search
        self._files = files

    def file(self, actor: Actor, told: ReportInput) -> ReportView:
        """File one report by hand. Raises Denied where the actor would not see it, Invalid, Duplicate."""
        if not actor.may("file_report"):
            raise Denied
        _check(told)
        kept = self._files.keep(told.attachments)
        with self._database.begin() as tx:
            source = filing.Source(actor, people.home_of(tx.session, actor))
            filed = filing.file(tx, [Draft(source="", place="", value=told)], source, kept)
            number = domain.number(filed.ids[0])
            if not reports.visible(tx.session, actor, filed.ids):
                raise Denied("您不能为这个机构登记报告。")
            if filed.unchanged:
                raise Duplicate(f"同样的报告已经登记过，编号 {number}。", number=number)
            tx.record(Event(actor, "file_report", tx.session.get_one(domain.Report, filed.ids[0])))
        return self.get(actor, number)

    def get(self, actor: Actor, number: str) -> ReportView:
        """One report with all its versions. Raises NotFound."""
        with self._database.read() as session:
            report = reports.get(session, actor, number)
            drawn = articles.from_report(session, actor, report.id)
            day = today(self._database.now())
            return ReportView(
                id=report.id,
                number=report.number,
                key=report.key,
                title=report.versions[0].title,
                system=report.system,
                module=report.module,
                organisation=report.organisation.name,
                organisation_as_told=report.organisation_as_told,
                matched=report.matched,
                versions=tuple(map(_version, report.versions)),
                articles=tuple(articles.row(article, revision, day) for article, revision in drawn),
                attachments=tuple(map(attachments.view, report.attachments)),
                actions=("draft",) if actor.may("write") else (),
            )

    def list(
        self,
        actor: Actor,
        *,
        words: str = "",
        system: str = "",
        organisation: str = "",
        import_id: int | None = None,
        offset: int = 0,
        limit: int = 20,
    ) -> Page[ReportRow]:
        """Reports the actor sees, newest first."""
        with self._database.read() as session:
            return reports.page(
                session,
                actor,
                words=words,
                system=system,
                organisation=organisation,
                import_id=import_id,
                offset=offset,
                limit=limit,
            )

    def nearest(self, actor: Actor, number: str, limit: int = 10) -> tuple[ReportRow, ...]:
        """The reports most like this one, nearest first. Raises NotFound, SearchUnavailable."""
        with self._database.read() as session:
            report = reports.get(session, actor, number)
            told = report.versions[0]
            texts = (told.phenomenon, told.cause, *told.codes)
            own = report.id
        found = self._search.like(actor, texts, kinds=("report",), limit=limit + 1)
        near = [one for _, one in found if one != own][:limit]
        with self._database.read() as session:
            seen = reports.visible(session, actor, near)
            return tuple(reports.row(*seen[one]) for one in near if one in seen)


def _check(told: ReportInput) -> None:
    problems = {
        name: f"这一栏最多 {LONGEST} 个字，现有 {len(text)} 个。"
        for name in ("phenomenon", "environment", "cause", "resolution")
        if len(text := getattr(told, name)) > LONGEST
    }
    if not told.phenomenon.strip():
        problems["phenomenon"] = "请填写问题现象。"
    if len(told.attachments) > attachments.MOST:
        problems["attachments"] = f"最多 {attachments.MOST} 个附件。"
    if told.kind not in domain.KINDS:
        problems["kind"] = "请选择报告类别。"
    problems |= {
        name: "日期应写成 2026-03-05 或 2026-03-05 10:30 的形式。"
        for name in ("occurred", "resolved")
        if (day := getattr(told, name)) and not _is_day(day)
    }
    if told.occurred and told.resolved and told.resolved < told.occurred[: len(told.resolved)]:
        problems["resolved"] = "解决日期早于发生日期。"
    if problems:
        raise Invalid(problems=problems)


def _is_day(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M").startswith(text) and len(text) in (10, 16)
    except ValueError:
        return False


def _version(version: domain.ReportVersion) -> ReportVersionView:
    return ReportVersionView(
        version=version.version,
        phenomenon=version.phenomenon,
        environment=version.environment,
        cause=version.cause,
        resolution=version.resolution,
        codes=tuple(version.codes),
        severity=version.severity,
        kind=version.kind,
        status=version.status,
        occurred=version.occurred,
        resolved=version.resolved,
        handler=version.handler,
        contact=version.contact,
        phone=version.phone,
        filed_at=version.filed_at,
        filed_by=version.filed_by,
        source=version.source,
        place=version.place,
    )
