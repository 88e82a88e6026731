"""The pairs of database and engine that are promised: what holds on one of them holds on all."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import databases, servers
from tests.conftest import absent

PROFILES = ("tantivy", "whoosh", "cluster")
"""SQLite with either embedded engine, and PostgreSQL with Elasticsearch."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Two addresses."""

    name: str
    database: str
    index: str

    @property
    def is_cluster(self) -> bool:
        return self.name == "cluster"

    def at(self, folder: Path) -> "Profile":
        """The same with database and index in the folder, unless they lie on servers."""
        if self.is_cluster:
            return self
        return Profile(self.name, f"sqlite:///{folder / 'kb.sqlite'}", f"{self.name}:{folder / 'index'}")


@contextmanager
def opened(name: str) -> Iterator[Profile]:
    """The addresses of an empty database and of no index yet, which no other test has."""
    if name != "cluster":
        yield Profile(name, "sqlite:///kb.sqlite", f"{name}:index")
        return
    if not databases.POSTGRESQL:
        absent("no PostgreSQL: set KB_TEST_POSTGRESQL to the address of a database")
    with databases.fresh(databases.POSTGRESQL) as database, servers.fresh_index(servers.elasticsearch_nodes()) as index:
        yield Profile(name, database, index)
