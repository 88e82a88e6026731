"""What a database tells of itself: kind, version, clock and connections; nothing of what is in it."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from kb_service.results import DatabaseServer
from kb_service.store.connections import POSTGRESQL, SQLITE, is_postgresql

_OF_SQLITE = text("SELECT sqlite_version()")
_OF_POSTGRESQL = text(
    "SELECT current_setting('server_version_num')::int AS number, clock_timestamp() AS clock, "
    "current_setting('max_connections')::int AS most, "
    "(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS used"
)
"""https://www.postgresql.org/docs/current/monitoring-stats.html"""


def look(session: Session, now: datetime) -> DatabaseServer:
    """The condition of the database behind a session, its clock beside ours."""
    if not is_postgresql(session.get_bind()):
        told = str(session.scalar(_OF_SQLITE))
        return DatabaseServer(SQLITE, tuple(map(int, told.split("."))))
    row = session.execute(_OF_POSTGRESQL).one()
    version = divmod(row.number, 10_000)
    return DatabaseServer(POSTGRESQL, version, (row.clock - now).total_seconds(), (row.used, row.most))
