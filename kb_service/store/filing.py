"""Writes told problems into the tables of reports: new ones, new versions, or nothing new."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from kb_service.domain import report as domain
from kb_service.domain.access import Actor
from kb_service.domain.attachment import REPORT_ATTACHMENT
from kb_service.inputs import Draft, ReportInput
from kb_service.store import attachments, outbox, people, reports
from kb_service.store.unit_of_work import Tx

VERSION_FIELDS = (
    *("phenomenon", "environment", "cause", "resolution", "severity", "kind", "status"),
    *("occurred", "resolved", "handler", "contact", "phone"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """Whence reports come: who files them, the organisation of those whose own is unknown, and the import if any."""

    actor: Actor
    home: int
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of told problems; ``ids`` are those of their reports, in the order told."""

    ids: tuple[int, ...]
    created: int
    updated: int
    unchanged: int


def file(tx: Tx, drafts: Sequence[Draft], source: Source, kept: Mapping[str, attachments.Kept]) -> Filed:
    """File every draft of a report, with an outbox row for each change. ``kept`` maps digests of bytes to files."""
    tx.alone("report")  # ids are given and identities compared here, not by the database
    taxonomy = people.taxonomy(tx.session)
    told = [(draft, _told(draft)) for draft in drafts]
    identities = [domain.identity(value) for _, value in told]
    known = reports.known(tx.session, identities)
    fresh_id = reports.next_id(tx.session)
    created: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    versions: list[dict[str, Any]] = []
    files: list[tuple[int, ReportInput]] = []
    for (draft, value), identity in zip(told, identities, strict=True):
        digest = domain.digest(value)
        before = known.get(identity)
        if before and before.digest == digest:
            continue
        row = _report_row(value, identity, digest, taxonomy, source)
        if before is None:
            before = reports.Known(fresh_id, digest, 0, 0)
            fresh_id += 1
            created.append(row | {"id": before.id, "current": 1, "version": 1})
        else:
            del row["import_id"]
            changed.append(row | {"id": before.id, "current": before.current + 1, "version": before.version + 1})
        known[identity] = reports.Known(before.id, digest, before.current + 1, before.version + 1)
        versions.append(_version_row(draft, value, before, source, tx))
        files.append((before.id, value))
    reports.insert_many(tx.session, created, [])
    reports.update_many(tx.session, changed)
    reports.insert_many(tx.session, [], versions)
    _attach(tx, files, source, kept)
    outbox.put(tx.session, "report", dict.fromkeys(row["report_id"] for row in versions), at=tx.now)
    ids = tuple(known[identity].id for identity in identities)
    return Filed(ids, len(created), len(changed), len(drafts) - len(versions))


def _told(draft: Draft) -> ReportInput:
    assert isinstance(draft.value, ReportInput)  # noqa: S101 - narrows the type; the caller sorts drafts by kind
    return draft.value


def _report_row(
    told: ReportInput, identity: str, digest: str, taxonomy: people.Taxonomy, source: Source
) -> dict[str, Any]:
    node = taxonomy.organisation(told.organisation) if told.organisation else None
    system_id, system = taxonomy.system(told.system)
    return {
        "identity": identity,
        "digest": digest,
        "key": told.key[:200],
        "organisation_id": node or source.home,
        "organisation_as_told": told.organisation[:200],
        "matched": node is not None or not told.organisation,
        "system_id": system_id,
        "system": system[:200],
        "module": told.module.strip()[:200],
        "import_id": source.import_id,
    }


def _version_row(draft: Draft, told: ReportInput, before: reports.Known, source: Source, tx: Tx) -> dict[str, Any]:
    return {name: getattr(told, name) for name in VERSION_FIELDS} | {
        "report_id": before.id,
        "version": before.current + 1,
        "codes": list(told.codes),
        "source": draft.source[:300],
        "place": draft.place[:200],
        "filed_at": tx.now,
        "filed_by": source.actor.name,
    }


def _attach(
    tx: Tx, files: Sequence[tuple[int, ReportInput]], source: Source, kept: Mapping[str, attachments.Kept]
) -> None:
    rows = [
        {"report_id": report_id, "attachment_id": attachments.add(tx, one, kept, source.actor).id}
        for report_id, told in files
        for one in told.attachments
    ]
    if rows:
        tx.session.flush()
        tx.session.execute(insert(REPORT_ATTACHMENT), rows)
