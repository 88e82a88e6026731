"""Runs the migrations of accounts on the connection handed over; the base has its own."""

from alembic import context

from web.accounts.store import VERSION_TABLE

attributes = context.config.attributes
metadata = attributes["metadata"]

context.configure(
    connection=attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
    include_name=lambda name, kind, _: kind != "table" or name in metadata.tables,
)
with context.begin_transaction():
    context.run_migrations()
