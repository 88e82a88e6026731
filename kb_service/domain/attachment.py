"""Attachments: files that came along with a report or article, kept by their content."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.domain.base import Base


class Attachment(Base):
    """One file; its bytes lie in the home folder under their SHA-256, its id is random and cannot be guessed."""

    __tablename__ = "attachment"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(300))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]


def _joined(noun: str) -> Table:
    return Table(
        f"{noun}_attachment",
        Base.metadata,
        Column(f"{noun}_id", ForeignKey(f"{noun}.id"), primary_key=True),
        Column("attachment_id", ForeignKey("attachment.id"), primary_key=True, index=True),
    )


REPORT_ATTACHMENT, CANDIDATE_ATTACHMENT, REVISION_ATTACHMENT = map(_joined, ("report", "candidate", "revision"))
