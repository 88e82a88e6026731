"""Runs the migrations on the address given by ``kb_service.store.schema``."""

from alembic import context
from sqlalchemy import create_engine

from kb_service.store.tables import Base

engine = create_engine(context.config.attributes["url"])
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()
