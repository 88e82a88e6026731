"""Persons and the roles granted to them; passwords live elsewhere."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb_service.domain.base import Base
from kb_service.domain.organisation import Organisation


class Person(Base):
    """Somebody who belongs to one organisation."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    active: Mapped[bool] = mapped_column(default=True)
    organisation: Mapped[Organisation] = relationship(lazy="joined")
    grants: Mapped[list["Grant"]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class Grant(Base):
    """A role, held for an organisation and everything below it."""

    __tablename__ = "role_grant"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(30), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    organisation: Mapped[Organisation] = relationship(lazy="joined")
