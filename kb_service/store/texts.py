"""Makes texts on PostgreSQL what they are on SQLite: as long as they come, and in the order of their code points."""

from collections import defaultdict

from sqlalchemy import Connection, text

from kb_service.store.connections import is_postgresql

_OTHERS = text("""
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name NOT IN ('alembic_version', 'accounts_version')
    AND (data_type = 'character varying' OR data_type = 'text' AND collation_name IS DISTINCT FROM 'C')
    ORDER BY table_name, column_name
""")
"""Texts that have a limit, or the order of a language."""


def settle(connection: Connection) -> None:
    """Called after migrations, which need not think of it. Neither database then refuses, or sorts, what the other
    does not; what people may write is limited by the rules of the use cases.
    """
    if not is_postgresql(connection):
        return
    found = defaultdict(list)
    for table, column in connection.execute(_OTHERS):
        found[table].append(f'ALTER COLUMN "{column}" TYPE text COLLATE "C"')
    for table, changes in found.items():
        connection.exec_driver_sql(f'ALTER TABLE "{table}" {", ".join(changes)}')
