"""Organisations: a tree of those who ask, solve and decide."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb_service.domain.base import Base

KINDS = ("headquarters", "province", "city", "county", "subcentre", "department", "supplier")


class Organisation(Base):
    """A node of the tree. ``path`` holds the ids from the root down to itself, as in ``/1/4/9/``."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    path: Mapped[str] = mapped_column(String(500), default="", index=True)
    aliases: Mapped[list["OrganisationAlias"]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    @property
    def above(self) -> tuple[int, ...]:
        """Ids from the root down to this organisation, itself included."""
        return above(self.path)

    @property
    def is_root(self) -> bool:
        return self.parent_id is None


class OrganisationAlias(Base):
    """Another name people use for an organisation."""

    __tablename__ = "organisation_alias"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))


def above(path: str) -> tuple[int, ...]:
    """The ids in a path such as ``/1/4/9/``, from the root down."""
    return tuple(int(part) for part in path.split("/") if part)
