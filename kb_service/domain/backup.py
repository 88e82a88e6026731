"""Backups: each attempt with its outcome, and the rules by which the next is due and something is amiss."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.domain.base import Base

RETRY = timedelta(hours=1)
"""After an attempt that failed; sooner where backups are made oftener."""
SKEW = timedelta(minutes=5)
"""By no more than this do the clocks of the machines of one base differ."""
LATE = 2
"""Backups are overdue when none was good for so many times the hours between two."""
SHRUNK = 0.5
"""A backup that has less than this share of the bytes of the one before may lack something."""


class Backup(Base):
    """One attempt, good once it was written, read again and found whole; ``missing`` attachments were not there."""

    __tablename__ = "backup"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    path: Mapped[str] = mapped_column(Text)
    finished_at: Mapped[datetime | None]
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    missing: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    removed: Mapped[bool] = mapped_column(default=False)

    @property
    def good(self) -> bool:
        return self.finished_at is not None and not self.error


def due_at(attempts: Sequence[Backup], interval: timedelta, now: datetime) -> datetime:
    """When the next one is due, by the attempts so far, newest first.

    At once, where the clock was put back since the last one: nobody knows how long ago that was.
    """
    if not attempts or attempts[0].at > now + SKEW:
        return now
    last = attempts[0]
    return last.at + (interval if last.good else min(interval, RETRY))


def alarms(attempts: Sequence[Backup], interval: timedelta, now: datetime) -> tuple[str, ...]:
    """What is amiss, as codes, by the attempts that are over, newest first."""
    good = [one for one in attempts if one.good]
    amiss = {
        "overdue": not good or now - good[0].at > LATE * interval,
        "failed": bool(attempts) and not attempts[0].good,
        "shrunk": len(good) > 1 and good[0].size < SHRUNK * good[1].size,
        "incomplete": bool(good) and good[0].missing > 0,
    }
    return tuple(code for code, holds in amiss.items() if holds)
