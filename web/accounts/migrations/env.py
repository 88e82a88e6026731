"""Runs the migrations of accounts on the connection handed over; the base has its own."""

from alembic import context

from kb_service.store import texts, versions
from web.accounts.store import VERSION_TABLE

attributes = context.config.attributes
metadata = attributes["metadata"]

versions.alone(attributes["connection"])
context.configure(
    connection=attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
    include_name=lambda name, kind, _: kind != "table" or name in metadata.tables,
    on_version_apply=versions.noted,
)
with context.begin_transaction():
    context.run_migrations()
texts.settle(attributes["connection"])
