"""The tables of accounts: password, open sessions, API tokens, failed sign-ins; who a person is stands in kb_service.

They lie in the database of the base but have migrations of their own, so that the base can do without them; therefore
no foreign key crosses over, and a person is referred to by id.
"""

from datetime import datetime

from flask_login import UserMixin
from sqlalchemy import Index, MetaData, String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column

from kb_service.domain.base import NAMES, Instant
from kb_service.domain.person import Person


class AccountsBase(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: Instant}  # noqa: RUF012


class Account(UserMixin, AccountsBase):  # type: ignore[misc]
    """What a person signs in with. ``fs_uniquifier`` changes with the password, which ends every session."""

    __tablename__ = "account"

    person_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    password: Mapped[str] = mapped_column(String(255))
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    changed_at: Mapped[datetime]
    active: Mapped[bool] = column_property(
        select(Person.active).where(Person.id == person_id).correlate_except(Person).scalar_subquery()
    )
    username: Mapped[str] = column_property(
        select(Person.username).where(Person.id == person_id).correlate_except(Person).scalar_subquery()
    )

    @property
    def is_active(self) -> bool:
        return self.active

    def get_id(self) -> str:
        return self.fs_uniquifier


class AccountSession(AccountsBase):
    """A session somebody has open; ``digest`` is the SHA-256 of the secret in the cookie."""

    __tablename__ = "account_session"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(index=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class AccountToken(AccountsBase):
    """A token a program comes with: its SHA-256, and the first characters, by which people tell it from others."""

    __tablename__ = "account_token"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(index=True)
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class LoginFailure(AccountsBase):
    """A sign-in that failed. The name is kept as SHA-256: people type passwords into that field."""

    __tablename__ = "login_failure"

    id: Mapped[int] = mapped_column(primary_key=True)
    name_digest: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]

    __table_args__ = (
        Index("ix_login_failure_name", "name_digest", "at"),
        Index("ix_login_failure_address", "address", "at"),
    )
