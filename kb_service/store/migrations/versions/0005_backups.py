"""Backups: when, where, and how it went."""

import sqlalchemy as sa
from alembic import op

import kb_service.domain.base

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None
oldest = '0003'


def upgrade() -> None:
    op.create_table('backup',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', kb_service.domain.base.Instant(), nullable=False),
    sa.Column('path', sa.Text(), nullable=False),
    sa.Column('finished_at', kb_service.domain.base.Instant(), nullable=True),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('missing', sa.Integer(), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('removed', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_backup'))
    )
    with op.batch_alter_table('backup', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_backup_at'), ['at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('backup', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_backup_at'))

    op.drop_table('backup')
