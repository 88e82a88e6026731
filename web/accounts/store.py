"""Where accounts are kept: opens the database of the base for them and brings their tables up to date."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from sqlalchemy.orm import Session, lazyload

from kb_service.domain.access import Actor
from kb_service.domain.events import Event
from kb_service.domain.person import Person
from kb_service.store import audit, versions
from kb_service.store.faults import translated
from kb_service.store.unit_of_work import Database
from web.accounts.models import AccountsBase

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).with_name("migrations")
VERSION_TABLE = "accounts_version"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Store:
    """An open database and a clock."""

    database: Database
    now: Callable[[], datetime]

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """One transaction that may write: committed on leaving, undone when an error leaves it. Raises DatabaseBusy."""
        with self.database.begin() as tx:
            yield tx.session

    @contextmanager
    def alone(self, what: str) -> Iterator[Session]:
        """The same, while nobody else does ``what``. Raises DatabaseBusy."""
        with self.database.begin() as tx:
            tx.alone(what)
            yield tx.session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One look at the database. Raises DatabaseBusy."""
        with self.database.read() as session:
            yield session


def open_store(where: "str | Store", now: Callable[[], datetime] = _now) -> Store:
    """The store at a database address; an open one is returned as it is."""
    return where if isinstance(where, Store) else Store(Database(where, now), now)


@contextmanager
def opened(where: "str | Store") -> Iterator[Store]:
    """The store, closed again when it was opened for this."""
    store = open_store(where)
    try:
        yield store
    finally:
        if store is not where:
            store.database.close()


def record(session: Session, action: str, person_id: int, *, actor: Actor | None = None, at: datetime) -> None:
    """One audit line in the caller's transaction: what `actor`, or else the person, did to the person's account."""
    person = session.get_one(Person, person_id, options=[lazyload("*")])
    told = actor or Actor(person.name, person.username, person.id)
    audit.write(session, Event(told, action, person), at=at)


def upgrade(where: str | Store) -> None:
    """Brings the tables of accounts up to date; those of the base have migrations of their own."""
    from alembic import command

    with opened(where) as store:
        writing = store.database.engine.execution_options(kb_writing=True)
        with translated(), writing.begin() as connection:
            command.upgrade(_config(connection), "head")


def is_current(where: str | Store) -> bool:
    """Whether this program works with the tables. Raises Unavailable."""
    with opened(where) as store, translated(), store.database.engine.connect() as connection:
        return versions.works(connection, MIGRATIONS, VERSION_TABLE)


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config(attributes={"connection": connection, "metadata": AccountsBase.metadata})
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config
