"""The audit trail: one line for every event, written in the transaction of what it tells."""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from kb_service.domain.base import Base, Long
from kb_service.domain.events import Event


@dataclass(frozen=True, slots=True)
class Origin:
    """By which door a request came: page, api, cli or worker; from which address; under which id."""

    door: str = ""
    address: str = ""
    request_id: str = ""


NOWHERE = Origin()
origin: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)
"""Set by the doors at the beginning of a request."""


class AuditLine(Base):
    """Who did what to what, when, from where."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(Long, primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(40))
    noun: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(40))
    detail: Mapped[dict[str, Any]]
    door: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(60))
    request_id: Mapped[str] = mapped_column(String(40))


def write(session: Session, happened: Event, *, at: datetime) -> None:
    """Add the line of an event; its subject must have been flushed."""
    via = origin.get()
    session.add(
        AuditLine(
            at=at,
            actor_id=happened.actor.person_id,
            actor=happened.actor.username or happened.actor.name,
            action=happened.action,
            noun=happened.subject.__tablename__,
            subject_id=str(happened.subject.id),
            detail=dict(happened.detail),
            door=via.door,
            address=via.address,
            request_id=via.request_id,
        )
    )
