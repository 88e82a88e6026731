"""Runs the migrations on the address given by ``kb_service.store.schema``, all of them in one transaction."""

from alembic import context
from sqlalchemy import create_engine, event

from kb_service.store.tables import Base

engine = create_engine(context.config.attributes["url"])
if engine.dialect.name == "sqlite":
    # The driver would commit each statement: a kill would leave half a base, and two programs would both make one.
    event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=Base.metadata, render_as_batch=True, transactional_ddl=True
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()
