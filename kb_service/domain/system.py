"""Application systems and their modules: the taxonomy of what breaks, managed as data."""

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb_service.domain.base import Base


class System(Base):
    """An application system with the other names people give it."""

    __tablename__ = "system"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    aliases: Mapped[list[str]] = mapped_column(default=list)
    modules: Mapped[list["Module"]] = relationship(order_by="Module.id", cascade="all, delete-orphan", lazy="selectin")


class Module(Base):
    """A part of a system."""

    __tablename__ = "module"
    __table_args__ = (UniqueConstraint("system_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("system.id"))
    name: Mapped[str] = mapped_column(String(100))
