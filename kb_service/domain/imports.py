"""Imports: files taken in, from upload to done, with the rows that could not be taken."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb_service.domain import workflow
from kb_service.domain.base import Base, Long
from kb_service.domain.events import Event
from kb_service.domain.person import Person
from kb_service.errors import StaleEdit

if TYPE_CHECKING:
    from kb_service.domain.access import Actor

ENDED = ("done", "failed", "abandoned")


class Import(Base):
    """One file (or folder) taken in. ``position`` counts the rows already dealt with, so a killed run goes on there.

    ``version`` counts the steps people see, not the batches: who abandons a running import has seen the latest.
    """

    __tablename__ = "import"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(300))
    path: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Long)
    state: Mapped[str] = mapped_column(String(20), default="uploaded", index=True)
    profile: Mapped[str] = mapped_column(String(100), default="")
    mapping: Mapped[dict[str, str]] = mapped_column(default=dict)
    options: Mapped[dict[str, str]] = mapped_column(default=dict)
    position: Mapped[int] = mapped_column(Long, default=0)
    total: Mapped[int | None] = mapped_column(Long)
    created: Mapped[int] = mapped_column(Long, default=0)
    updated: Mapped[int] = mapped_column(Long, default=0)
    unchanged: Mapped[int] = mapped_column(Long, default=0)
    refused: Mapped[int] = mapped_column(Long, default=0)
    message: Mapped[str] = mapped_column(Text, default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    owner_name: Mapped[str] = mapped_column(String(100))
    place: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    owner: Mapped[Person | None] = relationship(foreign_keys=[owner_id])
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012

    def act(self, action: str, actor: "Actor", parts: frozenset[str], *, at: datetime) -> Event:
        """Take one step of the import workflow. Raises what ``workflow.step`` raises."""
        before, self.state = self.state, workflow.step(workflow.IMPORT, self.state, action, parts)
        self.version += 1
        if self.state in ("checking", "running"):
            self.position, self.total = 0, None
            self.created = self.updated = self.unchanged = self.refused = 0
        if self.state in ENDED:
            self.finished_at = at
        return Event(actor, f"import_{action}", self, {"from": before, "to": self.state, "name": self.name})

    def guard(self, seen_version: int) -> None:
        """Raises StaleEdit when the import moved on since ``seen_version``."""
        if seen_version != self.version:
            raise StaleEdit()


class ImportRefusal(Base):
    """A row, page or file of an import that was not taken, with its place and reason."""

    __tablename__ = "import_refusal"
    __table_args__ = (Index("ix_import_refusal_import", "import_id", "id"),)

    id: Mapped[int] = mapped_column(Long, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("import.id"))
    source: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(40))
    message: Mapped[str] = mapped_column(Text)
    cells: Mapped[dict[str, Any]]
