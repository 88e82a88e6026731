"""Which day it is for the people who use the base."""

from datetime import UTC, datetime, timedelta, timezone

ZONE = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China keeps one time all year."""


def now() -> datetime:
    return datetime.now(UTC)


def today(at: datetime) -> str:
    """ISO day in the organisation's zone."""
    return at.astimezone(ZONE).date().isoformat()
