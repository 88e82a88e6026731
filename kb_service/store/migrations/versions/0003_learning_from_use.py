"""Labelled queries, the history of their evaluation, and words learned from use."""

import sqlalchemy as sa
from alembic import op

import kb_service.domain.base

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('labelled_query',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('words', sa.String(length=200), nullable=False),
    sa.Column('answers', sa.JSON(), nullable=False),
    sa.Column('source', sa.String(length=20), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=True),
    sa.Column('author', sa.String(length=100), nullable=False),
    sa.Column('at', kb_service.domain.base.Instant(), nullable=False),
    sa.Column('removed', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_labelled_query_author_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_labelled_query')),
    sa.UniqueConstraint('words', name=op.f('uq_labelled_query_words'))
    )
    op.create_table('evaluation_run',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', kb_service.domain.base.Instant(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=True),
    sa.Column('author', sa.String(length=100), nullable=False),
    sa.Column('lexicon', sa.Integer(), nullable=False),
    sa.Column('queries', sa.Integer(), nullable=False),
    sa.Column('measures', sa.JSON(), nullable=False),
    sa.Column('places', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_evaluation_run_author_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evaluation_run'))
    )
    op.create_table('learned_words',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('article_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.String(length=60), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('at', kb_service.domain.base.Instant(), nullable=False),
    sa.Column('removed', sa.Boolean(), nullable=False),
    sa.Column('removed_by', sa.String(length=100), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['article.id'], name=op.f('fk_learned_words_article_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_learned_words')),
    sa.UniqueConstraint('article_id', 'text', name=op.f('uq_learned_words_article_id'))
    )
    with op.batch_alter_table('learned_words', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_learned_words_article_id'), ['article_id'], unique=False)

    with op.batch_alter_table('feedback', schema=None) as batch_op:
        batch_op.add_column(sa.Column('signed_in', sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table('feedback', schema=None) as batch_op:
        batch_op.drop_column('signed_in')

    with op.batch_alter_table('learned_words', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_learned_words_article_id'))

    op.drop_table('learned_words')
    op.drop_table('evaluation_run')
    op.drop_table('labelled_query')
