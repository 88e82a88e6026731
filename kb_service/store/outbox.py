"""The outbox: which objects changed since they were indexed. It is written in the transaction of the change."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, String, Text, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from kb_service.domain.base import Base, Long

TRIES = 8
"""After so many failures a change is parked: kept and shown, not tried again before the index is built anew."""
LONGEST = timedelta(seconds=2**TRIES)
"""No change is put off for longer."""
NO_INDEX = -1
"""Stands for the revision of the lexicon where no generation was built from this database yet."""


class OutboxRow(Base):
    """An object changed; the row tells which, never what."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(Long, primary_key=True)
    noun: Mapped[str] = mapped_column(String(20))
    object_id: Mapped[int]
    at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(index=True)
    parked: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str] = mapped_column(Text, default="")


class RebuildChange(Base):
    """A document whose change was drained while a rebuild was running: the new generation needs it too."""

    __tablename__ = "rebuild_change"

    document_id: Mapped[str] = mapped_column(String(24), primary_key=True)


class IndexState(Base):
    """The one row about the live generation: the revision of the lexicon whose words it was built with; and how many
    documents the running rebuild has done, and of how many.
    """

    __tablename__ = "index_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    words_revision: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)


class Lease(Base):
    """Who alone may do something, and until when unless renewed."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    holder: Mapped[str] = mapped_column(String(120))
    until: Mapped[datetime]


def put(session: Session, noun: str, ids: Iterable[int], *, at: datetime) -> None:
    """Note that these objects changed."""
    rows = [{"noun": noun, "object_id": one, "at": at, "due_at": at, "attempts": 0, "parked": False} for one in ids]
    if rows:
        session.execute(insert(OutboxRow), rows)


def is_waiting(session: Session, noun: str, object_id: int) -> bool:
    """Whether this object changed since it was indexed."""
    wanted = select(OutboxRow.id).where(OutboxRow.noun == noun, OutboxRow.object_id == object_id)
    return session.scalar(wanted.limit(1)) is not None


def due(now: datetime) -> ColumnElement[bool]:
    """Which changes are to be indexed by now: those that never failed, at once, the others after their pause.

    What seems to pause longer than any change does was noted before the clock was put back.
    """
    is_over = (OutboxRow.due_at <= now) | (OutboxRow.due_at > now + LONGEST)
    return OutboxRow.parked.is_(False) & ((OutboxRow.attempts == 0) | is_over)


def is_due(session: Session, now: datetime) -> bool:
    """Whether any change is to be indexed by now."""
    return session.scalar(select(OutboxRow.id).where(due(now)).limit(1)) is not None


def waiting(session: Session) -> tuple[int, int]:
    """How many changes wait to be indexed, and how many are parked."""
    counts = dict(session.execute(select(OutboxRow.parked, func.count()).group_by(OutboxRow.parked)).all())
    return counts.get(False, 0), counts.get(True, 0)


def parked(session: Session, limit: int) -> list[tuple[str, int, str]]:
    """Noun, id and reason of what is parked, the oldest first."""
    wanted = select(OutboxRow.noun, OutboxRow.object_id, OutboxRow.error).where(OutboxRow.parked)
    return [(noun, one, reason) for noun, one, reason in session.execute(wanted.order_by(OutboxRow.id).limit(limit))]


def try_again(session: Session) -> None:
    """Nothing is parked any more: what was is due, and may fail as often as anything new."""
    session.execute(update(OutboxRow).where(OutboxRow.parked).values(parked=False, attempts=0))


def oldest(session: Session) -> datetime | None:
    """Since when the oldest change waits that is not parked."""
    waiting = select(OutboxRow.at).where(OutboxRow.parked.is_(False)).order_by(OutboxRow.id)
    return session.scalar(waiting.limit(1))


def index_state(session: Session) -> IndexState:
    """The row about the live generation."""
    return session.get_one(IndexState, 1)


def tell(session: Session, done: int, total: int) -> None:
    """Keep how far the running rebuild is."""
    state = index_state(session)
    state.done, state.total = done, total
