"""A connection to PostgreSQL that gives up a server that hangs: one that takes what it is sent and says nothing."""

from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus

ANSWER = 35.0
"""Seconds to wait for an answer: a little longer than the server lets a statement run."""
PING = 3.0
"""The same where the pool asks whether a connection still lives; nothing else of ours commits by itself."""


class Patient(psycopg.Connection[Any]):
    """Raises psycopg.OperationalError for an answer that does not come, and is closed then."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        try:
            return super().wait(gen, interval, timeout or (PING if self.autocommit else ANSWER))
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise
