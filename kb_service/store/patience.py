"""A connection to PostgreSQL that gives up a server that hangs: one that takes what it is sent and says nothing."""

from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.pq import PipelineStatus, TransactionStatus

PING = 3.0
"""Seconds to wait where the pool asks whether a connection still lives; nothing else of ours commits by itself."""
ANSWER = 35.0
"""The same for the answer to a statement: a little longer than the server lets one run by connections.PATIENCE."""
ANSWERS = 300.0
"""The same for those to a statement with many rows of values, which are sent and awaited together."""


class Patient(psycopg.Connection[Any]):
    """Raises psycopg.OperationalError for an answer that does not come, and is closed then."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        try:
            return super().wait(gen, interval, timeout or self._patience())
        except psycopg.OperationalError as error:
            if error.sqlstate is None and self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise

    def _patience(self) -> float:
        if self.pgconn.pipeline_status != PipelineStatus.OFF:
            return ANSWERS
        return PING if self.autocommit else ANSWER
