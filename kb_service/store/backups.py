"""Queries on the attempts at backups."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kb_service.domain.backup import Backup

SHOWN = 50


def latest(session: Session, limit: int = SHOWN) -> Sequence[Backup]:
    """The last attempts, newest first; beside them the last two good ones, however long ago they were."""
    newest = select(Backup).order_by(Backup.id.desc())
    attempts = session.scalars(newest.limit(limit)).all()
    good = session.scalars(newest.where(Backup.finished_at.is_not(None), Backup.error == "").limit(2)).all()
    return sorted({*attempts, *good}, key=lambda one: one.id, reverse=True)


def interrupted(session: Session) -> Sequence[Backup]:
    """Attempts that never ended. Whoever holds the lease knows that nobody is at them any more."""
    return session.scalars(select(Backup).where(Backup.finished_at.is_(None))).all()


def kept(session: Session) -> Sequence[Backup]:
    """Good ones whose files were not removed, newest first."""
    good = select(Backup).where(Backup.finished_at.is_not(None), Backup.error == "", ~Backup.removed)
    return session.scalars(good.order_by(Backup.id.desc())).all()


def note_removed(session: Session, ids: Sequence[int]) -> None:
    session.execute(update(Backup).where(Backup.id.in_(ids)).values(removed=True))
