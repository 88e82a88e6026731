"""Reports: problems as they were told and solved. A filed version is never edited; a change files the next one."""

import hashlib
import json
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb_service.domain.base import Base
from kb_service.domain.organisation import Organisation
from kb_service.inputs import ReportInput

if TYPE_CHECKING:
    from kb_service.domain.attachment import Attachment

KINDS = ("fault", "tuning", "adjustment", "health_check", "emergency")
TITLE = 60
"""Characters of the phenomenon that stand for it in a list."""
TOLD = tuple(field.name for field in fields(ReportInput) if field.name != "attachments")


class Report(Base):
    """The identity of a report over all its versions. ``identity`` tells whether a told problem is this one again."""

    __tablename__ = "report"

    id: Mapped[int] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(String(64), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(200), default="", index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    organisation_as_told: Mapped[str] = mapped_column(String(200), default="")
    matched: Mapped[bool] = mapped_column(default=True)
    system_id: Mapped[int | None] = mapped_column(ForeignKey("system.id"), index=True)
    system: Mapped[str] = mapped_column(String(200), default="")
    module: Mapped[str] = mapped_column(String(200), default="")
    import_id: Mapped[int | None] = mapped_column(ForeignKey("import.id"), index=True)
    current: Mapped[int] = mapped_column(default=1)
    version: Mapped[int] = mapped_column(default=1)
    organisation: Mapped[Organisation] = relationship(lazy="joined")
    versions: Mapped[list["ReportVersion"]] = relationship(order_by="ReportVersion.version.desc()")
    attachments: Mapped[list["Attachment"]] = relationship(secondary="report_attachment", lazy="selectin")

    @property
    def number(self) -> str:
        return number(self.id)


class ReportVersion(Base):
    """What was told at one time: immutable."""

    __tablename__ = "report_version"

    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    phenomenon: Mapped[str] = mapped_column(Text)
    environment: Mapped[str] = mapped_column(Text, default="")
    cause: Mapped[str] = mapped_column(Text, default="")
    resolution: Mapped[str] = mapped_column(Text, default="")
    codes: Mapped[list[str]] = mapped_column(default=list)
    severity: Mapped[str] = mapped_column(String(40), default="")
    kind: Mapped[str] = mapped_column(String(20), default="fault")
    status: Mapped[str] = mapped_column(String(40), default="")
    occurred: Mapped[str] = mapped_column(String(16), default="", index=True)
    resolved: Mapped[str] = mapped_column(String(16), default="")
    handler: Mapped[str] = mapped_column(String(200), default="")
    contact: Mapped[str] = mapped_column(String(200), default="")
    phone: Mapped[str] = mapped_column(String(100), default="")
    source: Mapped[str] = mapped_column(String(300), default="")
    place: Mapped[str] = mapped_column(String(200), default="")
    filed_at: Mapped[datetime]
    filed_by: Mapped[str] = mapped_column(String(100))

    @property
    def title(self) -> str:
        return title(self.phenomenon)


def number(report_id: int) -> str:
    """BG000123 for 123."""
    return f"BG{report_id:06d}"


def title(phenomenon: str) -> str:
    """The first line of what was told, cut to ``TITLE`` characters."""
    line = next((line.strip() for line in phenomenon.splitlines() if line.strip()), "")
    return line if len(line) <= TITLE else line[: TITLE - 1] + "…"


def digest(told: ReportInput) -> str:
    """SHA-256 over all that was told, so that the same row again is recognised as unchanged."""
    files = [hashlib.sha256(file.data).hexdigest() for file in told.attachments]
    return _hash([*(getattr(told, name) for name in TOLD), *files])


def identity(told: ReportInput) -> str:
    """SHA-256 over key and organisation as told; without a key, the digest of all fields."""
    return _hash([told.key, told.organisation]) if told.key else digest(told)


def _hash(values: list[Any]) -> str:
    return hashlib.sha256(json.dumps(values, ensure_ascii=False).encode()).hexdigest()
