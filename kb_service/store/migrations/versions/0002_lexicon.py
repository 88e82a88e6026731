"""The lexicon desk, and the time of searches as an index: what was asked of late is looked at there."""

import sqlalchemy as sa
from alembic import op

import kb_service.domain.base

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('lexicon_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=True),
    sa.Column('author_name', sa.String(length=100), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('changed_at', kb_service.domain.base.Instant(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lexicon_entry')),
    sa.UniqueConstraint('key', name=op.f('uq_lexicon_entry_key'))
    )
    with op.batch_alter_table('lexicon_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_lexicon_entry_kind'), ['kind'], unique=False)

    op.create_table('lexicon_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('action', sa.String(length=20), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=True),
    sa.Column('author_name', sa.String(length=100), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('at', kb_service.domain.base.Instant(), nullable=False),
    sa.Column('entries', sa.Integer(), nullable=False),
    sa.Column('undoes_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_lexicon_change_author_id')),
    sa.ForeignKeyConstraint(['undoes_id'], ['lexicon_change.id'], name=op.f('fk_lexicon_change_undoes_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lexicon_change'))
    )
    op.create_table('lexicon_edit',
    sa.Column('change_id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('before', sa.Text(), nullable=False),
    sa.Column('after', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['change_id'], ['lexicon_change.id'], name=op.f('fk_lexicon_edit_change_id')),
    sa.ForeignKeyConstraint(['entry_id'], ['lexicon_entry.id'], name=op.f('fk_lexicon_edit_entry_id')),
    sa.PrimaryKeyConstraint('change_id', 'entry_id', name=op.f('pk_lexicon_edit'))
    )
    with op.batch_alter_table('lexicon_edit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_lexicon_edit_entry_id'), ['entry_id'], unique=False)

    lexicon_state = op.create_table('lexicon_state',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('words_revision', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lexicon_state'))
    )
    op.bulk_insert(lexicon_state, [{'id': 1, 'revision': 0, 'words_revision': 0}])
    index_state = op.create_table('index_state',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('words_revision', sa.Integer(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_index_state'))
    )
    op.bulk_insert(index_state, [{'id': 1, 'words_revision': 0, 'done': 0, 'total': 0}])
    with op.batch_alter_table('search_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_search_event_at'), ['at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('search_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_search_event_at'))

    op.drop_table('index_state')
    op.drop_table('lexicon_state')
    with op.batch_alter_table('lexicon_edit', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_lexicon_edit_entry_id'))

    op.drop_table('lexicon_edit')
    op.drop_table('lexicon_change')
    with op.batch_alter_table('lexicon_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_lexicon_entry_kind'))

    op.drop_table('lexicon_entry')
