"""Queries on what people searched for of late, never on who did: only what several people asked is told."""

from datetime import datetime, timedelta

from sqlalchemy import Subquery, func, select
from sqlalchemy.orm import Session

from kb_service.domain.feedback import SearchEvent

LATELY = timedelta(days=90)
LATEST = 100_000
"""Searches that are looked at, so that a busy base is not read for minutes."""
PEOPLE = 2
"""Who must have asked the same; what one person asked is nobody else's business."""


def common(session: Session, now: datetime, limit: int) -> list[tuple[str, int]]:
    """Words that several people asked and how many did, the most frequent first."""
    return _grouped(session, _latest(now), limit)


def unanswered(session: Session, now: datetime, limit: int) -> list[tuple[str, int]]:
    """The same of words that found nothing."""
    latest = _latest(now)
    nothing = select(latest.c.words, latest.c.who).where(latest.c.total == 0).subquery()
    return _grouped(session, nothing, limit)


def _latest(now: datetime) -> Subquery:
    columns = (SearchEvent.words, SearchEvent.who, SearchEvent.total)
    lately = select(*columns).where(SearchEvent.at >= now - LATELY, SearchEvent.who != "", SearchEvent.words != "")
    return lately.order_by(SearchEvent.at.desc()).limit(LATEST).subquery()


def _grouped(session: Session, searches: Subquery, limit: int) -> list[tuple[str, int]]:
    people = func.count(searches.c.who.distinct())
    grouped = select(searches.c.words, people).group_by(searches.c.words).having(people >= PEOPLE)
    ordered = grouped.order_by(people.desc(), searches.c.words).limit(limit)
    return [(words, count) for words, count in session.execute(ordered)]
