"""Runs the migrations on the address given by ``kb_service.store.schema``, all of them in one transaction."""

from alembic import context

from kb_service.store import texts, versions
from kb_service.store.connections import open_engine
from kb_service.store.tables import Base

engine = open_engine(context.config.attributes["url"], unhurried=True)
# One transaction, begun as a writer: a kill would leave half a base, and two programs would both make one.
with engine.connect().execution_options(kb_writing=True) as connection:
    versions.alone(connection)
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        transactional_ddl=True,
        on_version_apply=versions.noted,
    )
    with context.begin_transaction():
        context.run_migrations()
    texts.settle(connection)
    connection.commit()
engine.dispose()
