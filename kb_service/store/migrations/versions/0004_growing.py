"""Room for what grows: on PostgreSQL numbers of 64 bits, which those of SQLite are already.

Nothing but types becomes wider, so programs from 0003 on work with the tables as well.
"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None
oldest = '0003'

COUNTED = ('audit', 'outbox', 'import_refusal', 'feedback')
"""Tables whose ids are used up fastest: several for each thing that is kept."""
MEASURED = ('size', 'position', 'total', 'created', 'updated', 'unchanged', 'refused')
"""Columns of an import that count bytes or rows of a file."""


def upgrade() -> None:
    _change(sa.Integer(), sa.BigInteger())


def downgrade() -> None:
    _change(sa.BigInteger(), sa.Integer())


def _change(before: sa.Integer, after: sa.Integer) -> None:
    if op.get_bind().dialect.name != 'postgresql':
        return
    for table in COUNTED:
        op.alter_column(table, 'id', existing_type=before, type_=after)
        op.execute(f'ALTER SEQUENCE {table}_id_seq AS {after.compile()}')
    for column in MEASURED:
        op.alter_column('import', column, existing_type=before, type_=after)
