"""The tables of the first version."""

import sqlalchemy as sa
from alembic import op

import kb_service.domain.base

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', kb_service.domain.base.Instant(), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('actor', sa.String(length=100), nullable=False),
    sa.Column('action', sa.String(length=40), nullable=False),
    sa.Column('noun', sa.String(length=40), nullable=False),
    sa.Column('subject_id', sa.String(length=40), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('door', sa.String(length=20), nullable=False),
    sa.Column('address', sa.String(length=60), nullable=False),
    sa.Column('request_id', sa.String(length=40), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit'))
    )
    op.create_table('lease',
    sa.Column('name', sa.String(length=20), nullable=False),
    sa.Column('holder', sa.String(length=120), nullable=False),
    sa.Column('until', kb_service.domain.base.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_lease'))
    )
    op.create_table('organisation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('parent_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('path', sa.String(length=500), nullable=False),
    sa.ForeignKeyConstraint(['parent_id'], ['organisation.id'], name=op.f('fk_organisation_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation')),
    sa.UniqueConstraint('name', name=op.f('uq_organisation_name'))
    )
    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_organisation_path'), ['path'], unique=False)

    op.create_table('outbox',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('noun', sa.String(length=20), nullable=False),
    sa.Column('object_id', sa.Integer(), nullable=False),
    sa.Column('at', kb_service.domain.base.Instant(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('due_at', kb_service.domain.base.Instant(), nullable=False),
    sa.Column('parked', sa.Boolean(), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox'))
    )
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_outbox_due_at'), ['due_at'], unique=False)

    op.create_table('rebuild_change',
    sa.Column('document_id', sa.String(length=24), nullable=False),
    sa.PrimaryKeyConstraint('document_id', name=op.f('pk_rebuild_change'))
    )
    op.create_table('search_event',
    sa.Column('key', sa.String(length=32), nullable=False),
    sa.Column('who', sa.String(length=64), nullable=False),
    sa.Column('at', kb_service.domain.base.Instant(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('filters', sa.JSON(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('shown', sa.JSON(), nullable=False),
    sa.Column('opened', sa.JSON(), nullable=False),
    sa.Column('solved', sa.String(length=12), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_search_event'))
    )
    op.create_table('system',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('aliases', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_system')),
    sa.UniqueConstraint('name', name=op.f('uq_system_name'))
    )
    op.create_table('module',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('system_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.ForeignKeyConstraint(['system_id'], ['system.id'], name=op.f('fk_module_system_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_module')),
    sa.UniqueConstraint('system_id', 'name', name=op.f('uq_module_system_id'))
    )
    op.create_table('organisation_alias',
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_organisation_alias_organisation_id')),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_organisation_alias'))
    )
    op.create_table('person',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('username', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_person_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
    sa.UniqueConstraint('username', name=op.f('uq_person_username'))
    )
    op.create_table('article',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('audience', sa.String(length=20), nullable=False),
    sa.Column('confidence', sa.String(length=20), nullable=False),
    sa.Column('scope_id', sa.Integer(), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=True),
    sa.Column('proposer_id', sa.Integer(), nullable=True),
    sa.Column('review_due', sa.String(length=10), nullable=False),
    sa.Column('identity', sa.String(length=64), nullable=True),
    sa.Column('key', sa.String(length=400), nullable=False),
    sa.Column('revision_number', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['person.id'], name=op.f('fk_article_owner_id')),
    sa.ForeignKeyConstraint(['proposer_id'], ['person.id'], name=op.f('fk_article_proposer_id')),
    sa.ForeignKeyConstraint(['scope_id'], ['organisation.id'], name=op.f('fk_article_scope_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_article')),
    sa.UniqueConstraint('identity', name=op.f('uq_article_identity'))
    )
    with op.batch_alter_table('article', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_article_key'), ['key'], unique=False)
        batch_op.create_index(batch_op.f('ix_article_scope_id'), ['scope_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_article_state'), ['state'], unique=False)

    op.create_table('attachment',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=300), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=True),
    sa.Column('created_at', kb_service.domain.base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['person.id'], name=op.f('fk_attachment_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachment'))
    )
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attachment_sha256'), ['sha256'], unique=False)

    op.create_table('import',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=300), nullable=False),
    sa.Column('path', sa.Text(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('profile', sa.String(length=100), nullable=False),
    sa.Column('mapping', sa.JSON(), nullable=False),
    sa.Column('options', sa.JSON(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=True),
    sa.Column('created', sa.Integer(), nullable=False),
    sa.Column('updated', sa.Integer(), nullable=False),
    sa.Column('unchanged', sa.Integer(), nullable=False),
    sa.Column('refused', sa.Integer(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=True),
    sa.Column('owner_name', sa.String(length=100), nullable=False),
    sa.Column('place', sa.String(length=500), nullable=False),
    sa.Column('created_at', kb_service.domain.base.Instant(), nullable=False),
    sa.Column('finished_at', kb_service.domain.base.Instant(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['person.id'], name=op.f('fk_import_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import'))
    )
    with op.batch_alter_table('import', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_import_owner_id'), ['owner_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_import_state'), ['state'], unique=False)

    op.create_table('role_grant',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=30), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_role_grant_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_role_grant_person_id')),
    sa.PrimaryKeyConstraint('person_id', 'role', 'organisation_id', name=op.f('pk_role_grant'))
    )
    op.create_table('article_reader',
    sa.Column('article_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['article.id'], name=op.f('fk_article_reader_article_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_article_reader_organisation_id')),
    sa.PrimaryKeyConstraint('article_id', 'organisation_id', name=op.f('pk_article_reader'))
    )
    op.create_table('candidate',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('fields', sa.JSON(), nullable=False),
    sa.Column('html', sa.JSON(), nullable=False),
    sa.Column('texts', sa.JSON(), nullable=False),
    sa.Column('asked', sa.JSON(), nullable=False),
    sa.Column('codes', sa.JSON(), nullable=False),
    sa.Column('links', sa.JSON(), nullable=False),
    sa.Column('notes', sa.JSON(), nullable=False),
    sa.Column('system', sa.String(length=200), nullable=False),
    sa.Column('module', sa.String(length=200), nullable=False),
    sa.Column('audience', sa.String(length=20), nullable=False),
    sa.Column('scope_id', sa.Integer(), nullable=False),
    sa.Column('restricted_to', sa.JSON(), nullable=False),
    sa.Column('valid_from', sa.String(length=10), nullable=False),
    sa.Column('valid_to', sa.String(length=10), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=True),
    sa.Column('author_name', sa.String(length=100), nullable=False),
    sa.Column('reviewer_id', sa.Integer(), nullable=True),
    sa.Column('accepter_id', sa.Integer(), nullable=True),
    sa.Column('due_at', kb_service.domain.base.Instant(), nullable=True),
    sa.Column('target_id', sa.Integer(), nullable=True),
    sa.Column('base_revision', sa.Integer(), nullable=True),
    sa.Column('article_id', sa.Integer(), nullable=True),
    sa.Column('import_id', sa.Integer(), nullable=True),
    sa.Column('identity', sa.String(length=64), nullable=True),
    sa.Column('digest', sa.String(length=64), nullable=True),
    sa.Column('key', sa.String(length=400), nullable=False),
    sa.Column('submitted_at', kb_service.domain.base.Instant(), nullable=True),
    sa.Column('updated_at', kb_service.domain.base.Instant(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['accepter_id'], ['person.id'], name=op.f('fk_candidate_accepter_id')),
    sa.ForeignKeyConstraint(['article_id'], ['article.id'], name=op.f('fk_candidate_article_id')),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_candidate_author_id')),
    sa.ForeignKeyConstraint(['import_id'], ['import.id'], name=op.f('fk_candidate_import_id')),
    sa.ForeignKeyConstraint(['reviewer_id'], ['person.id'], name=op.f('fk_candidate_reviewer_id')),
    sa.ForeignKeyConstraint(['scope_id'], ['organisation.id'], name=op.f('fk_candidate_scope_id')),
    sa.ForeignKeyConstraint(['target_id'], ['article.id'], name=op.f('fk_candidate_target_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_candidate'))
    )
    with op.batch_alter_table('candidate', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_candidate_author_id'), ['author_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_candidate_identity'), ['identity'], unique=False)
        batch_op.create_index(batch_op.f('ix_candidate_import_id'), ['import_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_candidate_scope_id'), ['scope_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_candidate_state'), ['state'], unique=False)
        batch_op.create_index(batch_op.f('ix_candidate_target_id'), ['target_id'], unique=False)

    op.create_table('feedback',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('article_id', sa.Integer(), nullable=False),
    sa.Column('who', sa.String(length=64), nullable=False),
    sa.Column('day', sa.String(length=10), nullable=False),
    sa.Column('solved', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('event', sa.String(length=32), nullable=False),
    sa.Column('at', kb_service.domain.base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['article.id'], name=op.f('fk_feedback_article_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feedback')),
    sa.UniqueConstraint('article_id', 'who', 'day', name=op.f('uq_feedback_article_id'))
    )
    with op.batch_alter_table('feedback', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_feedback_article_id'), ['article_id'], unique=False)

    op.create_table('import_refusal',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('import_id', sa.Integer(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('place', sa.Text(), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('cells', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['import.id'], name=op.f('fk_import_refusal_import_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_refusal'))
    )
    with op.batch_alter_table('import_refusal', schema=None) as batch_op:
        batch_op.create_index('ix_import_refusal_import', ['import_id', 'id'], unique=False)

    op.create_table('report',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('identity', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('organisation_as_told', sa.String(length=200), nullable=False),
    sa.Column('matched', sa.Boolean(), nullable=False),
    sa.Column('system_id', sa.Integer(), nullable=True),
    sa.Column('system', sa.String(length=200), nullable=False),
    sa.Column('module', sa.String(length=200), nullable=False),
    sa.Column('import_id', sa.Integer(), nullable=True),
    sa.Column('current', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['import.id'], name=op.f('fk_report_import_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_report_organisation_id')),
    sa.ForeignKeyConstraint(['system_id'], ['system.id'], name=op.f('fk_report_system_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report')),
    sa.UniqueConstraint('identity', name=op.f('uq_report_identity'))
    )
    with op.batch_alter_table('report', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_report_import_id'), ['import_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_report_key'), ['key'], unique=False)
        batch_op.create_index(batch_op.f('ix_report_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_report_system_id'), ['system_id'], unique=False)

    op.create_table('candidate_attachment',
    sa.Column('candidate_id', sa.Integer(), nullable=False),
    sa.Column('attachment_id', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['attachment_id'], ['attachment.id'], name=op.f('fk_candidate_attachment_attachment_id')),
    sa.ForeignKeyConstraint(['candidate_id'], ['candidate.id'], name=op.f('fk_candidate_attachment_candidate_id')),
    sa.PrimaryKeyConstraint('candidate_id', 'attachment_id', name=op.f('pk_candidate_attachment'))
    )
    with op.batch_alter_table('candidate_attachment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_candidate_attachment_attachment_id'), ['attachment_id'], unique=False)

    op.create_table('candidate_report',
    sa.Column('candidate_id', sa.Integer(), nullable=False),
    sa.Column('report_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['candidate_id'], ['candidate.id'], name=op.f('fk_candidate_report_candidate_id')),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], name=op.f('fk_candidate_report_report_id')),
    sa.PrimaryKeyConstraint('candidate_id', 'report_id', name=op.f('pk_candidate_report'))
    )
    with op.batch_alter_table('candidate_report', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_candidate_report_report_id'), ['report_id'], unique=False)

    op.create_table('report_attachment',
    sa.Column('report_id', sa.Integer(), nullable=False),
    sa.Column('attachment_id', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['attachment_id'], ['attachment.id'], name=op.f('fk_report_attachment_attachment_id')),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], name=op.f('fk_report_attachment_report_id')),
    sa.PrimaryKeyConstraint('report_id', 'attachment_id', name=op.f('pk_report_attachment'))
    )
    with op.batch_alter_table('report_attachment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_report_attachment_attachment_id'), ['attachment_id'], unique=False)

    op.create_table('report_version',
    sa.Column('report_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('phenomenon', sa.Text(), nullable=False),
    sa.Column('environment', sa.Text(), nullable=False),
    sa.Column('cause', sa.Text(), nullable=False),
    sa.Column('resolution', sa.Text(), nullable=False),
    sa.Column('codes', sa.JSON(), nullable=False),
    sa.Column('severity', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('status', sa.String(length=40), nullable=False),
    sa.Column('occurred', sa.String(length=16), nullable=False),
    sa.Column('resolved', sa.String(length=16), nullable=False),
    sa.Column('handler', sa.String(length=200), nullable=False),
    sa.Column('contact', sa.String(length=200), nullable=False),
    sa.Column('phone', sa.String(length=100), nullable=False),
    sa.Column('source', sa.String(length=300), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('filed_at', kb_service.domain.base.Instant(), nullable=False),
    sa.Column('filed_by', sa.String(length=100), nullable=False),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], name=op.f('fk_report_version_report_id')),
    sa.PrimaryKeyConstraint('report_id', 'version', name=op.f('pk_report_version'))
    )
    with op.batch_alter_table('report_version', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_report_version_occurred'), ['occurred'], unique=False)

    op.create_table('review',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('candidate_id', sa.Integer(), nullable=False),
    sa.Column('reviewer_id', sa.Integer(), nullable=True),
    sa.Column('reviewer_name', sa.String(length=100), nullable=False),
    sa.Column('decision', sa.String(length=20), nullable=False),
    sa.Column('comment', sa.String(length=2000), nullable=False),
    sa.Column('reason', sa.String(length=2000), nullable=False),
    sa.Column('candidate_version', sa.Integer(), nullable=False),
    sa.Column('at', kb_service.domain.base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['candidate_id'], ['candidate.id'], name=op.f('fk_review_candidate_id')),
    sa.ForeignKeyConstraint(['reviewer_id'], ['person.id'], name=op.f('fk_review_reviewer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review'))
    )
    with op.batch_alter_table('review', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_review_candidate_id'), ['candidate_id'], unique=False)

    op.create_table('revision',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('article_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('fields', sa.JSON(), nullable=False),
    sa.Column('html', sa.JSON(), nullable=False),
    sa.Column('texts', sa.JSON(), nullable=False),
    sa.Column('asked', sa.JSON(), nullable=False),
    sa.Column('codes', sa.JSON(), nullable=False),
    sa.Column('system', sa.String(length=200), nullable=False),
    sa.Column('module', sa.String(length=200), nullable=False),
    sa.Column('valid_from', sa.String(length=10), nullable=False),
    sa.Column('valid_to', sa.String(length=10), nullable=False),
    sa.Column('author', sa.String(length=100), nullable=False),
    sa.Column('reviewer', sa.String(length=100), nullable=False),
    sa.Column('comment', sa.String(length=2000), nullable=False),
    sa.Column('candidate_id', sa.Integer(), nullable=True),
    sa.Column('published_at', kb_service.domain.base.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['article.id'], name=op.f('fk_revision_article_id')),
    sa.ForeignKeyConstraint(['candidate_id'], ['candidate.id'], name=op.f('fk_revision_candidate_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_revision'))
    )
    with op.batch_alter_table('revision', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_revision_article_id'), ['article_id'], unique=False)

    op.create_table('revision_attachment',
    sa.Column('revision_id', sa.Integer(), nullable=False),
    sa.Column('attachment_id', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['attachment_id'], ['attachment.id'], name=op.f('fk_revision_attachment_attachment_id')),
    sa.ForeignKeyConstraint(['revision_id'], ['revision.id'], name=op.f('fk_revision_attachment_revision_id')),
    sa.PrimaryKeyConstraint('revision_id', 'attachment_id', name=op.f('pk_revision_attachment'))
    )
    with op.batch_alter_table('revision_attachment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_revision_attachment_attachment_id'), ['attachment_id'], unique=False)

    op.create_table('revision_link',
    sa.Column('revision_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=400), nullable=False),
    sa.ForeignKeyConstraint(['revision_id'], ['revision.id'], name=op.f('fk_revision_link_revision_id')),
    sa.PrimaryKeyConstraint('revision_id', 'key', name=op.f('pk_revision_link'))
    )
    with op.batch_alter_table('revision_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_revision_link_key'), ['key'], unique=False)

    op.create_table('revision_report',
    sa.Column('revision_id', sa.Integer(), nullable=False),
    sa.Column('report_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], name=op.f('fk_revision_report_report_id')),
    sa.ForeignKeyConstraint(['revision_id'], ['revision.id'], name=op.f('fk_revision_report_revision_id')),
    sa.PrimaryKeyConstraint('revision_id', 'report_id', name=op.f('pk_revision_report'))
    )
    with op.batch_alter_table('revision_report', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_revision_report_report_id'), ['report_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('revision_report', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_revision_report_report_id'))

    op.drop_table('revision_report')
    with op.batch_alter_table('revision_link', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_revision_link_key'))

    op.drop_table('revision_link')
    with op.batch_alter_table('revision_attachment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_revision_attachment_attachment_id'))

    op.drop_table('revision_attachment')
    with op.batch_alter_table('revision', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_revision_article_id'))

    op.drop_table('revision')
    with op.batch_alter_table('review', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_review_candidate_id'))

    op.drop_table('review')
    with op.batch_alter_table('report_version', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_report_version_occurred'))

    op.drop_table('report_version')
    with op.batch_alter_table('report_attachment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_report_attachment_attachment_id'))

    op.drop_table('report_attachment')
    with op.batch_alter_table('candidate_report', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_candidate_report_report_id'))

    op.drop_table('candidate_report')
    with op.batch_alter_table('candidate_attachment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_candidate_attachment_attachment_id'))

    op.drop_table('candidate_attachment')
    with op.batch_alter_table('report', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_report_system_id'))
        batch_op.drop_index(batch_op.f('ix_report_organisation_id'))
        batch_op.drop_index(batch_op.f('ix_report_key'))
        batch_op.drop_index(batch_op.f('ix_report_import_id'))

    op.drop_table('report')
    with op.batch_alter_table('import_refusal', schema=None) as batch_op:
        batch_op.drop_index('ix_import_refusal_import')

    op.drop_table('import_refusal')
    with op.batch_alter_table('feedback', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_feedback_article_id'))

    op.drop_table('feedback')
    with op.batch_alter_table('candidate', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_candidate_target_id'))
        batch_op.drop_index(batch_op.f('ix_candidate_state'))
        batch_op.drop_index(batch_op.f('ix_candidate_scope_id'))
        batch_op.drop_index(batch_op.f('ix_candidate_import_id'))
        batch_op.drop_index(batch_op.f('ix_candidate_identity'))
        batch_op.drop_index(batch_op.f('ix_candidate_author_id'))

    op.drop_table('candidate')
    op.drop_table('article_reader')
    op.drop_table('role_grant')
    with op.batch_alter_table('import', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_import_state'))
        batch_op.drop_index(batch_op.f('ix_import_owner_id'))

    op.drop_table('import')
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attachment_sha256'))

    op.drop_table('attachment')
    with op.batch_alter_table('article', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_article_state'))
        batch_op.drop_index(batch_op.f('ix_article_scope_id'))
        batch_op.drop_index(batch_op.f('ix_article_key'))

    op.drop_table('article')
    op.drop_table('person')
    op.drop_table('organisation_alias')
    op.drop_table('module')
    op.drop_table('system')
    op.drop_table('search_event')
    op.drop_table('rebuild_change')
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_outbox_due_at'))

    op.drop_table('outbox')
    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_organisation_path'))

    op.drop_table('organisation')
    op.drop_table('lease')
    op.drop_table('audit')
