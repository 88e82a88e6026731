"""Feedback on an article: solved it or not, counted once a day and person; and what was searched and opened."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.domain.base import Base, Long


class Feedback(Base):
    """One person's 解决了 or 没解决 on one day. ``who`` is a pseudonym, never a name.

    A visitor may have many, so learning counts only those who were ``signed_in``.
    """

    __tablename__ = "feedback"
    __table_args__ = (UniqueConstraint("article_id", "who", "day"),)

    id: Mapped[int] = mapped_column(Long, primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), index=True)
    who: Mapped[str] = mapped_column(String(64))
    day: Mapped[str] = mapped_column(String(10))
    solved: Mapped[bool]
    signed_in: Mapped[bool] = mapped_column(default=False, server_default=false())
    reason: Mapped[str] = mapped_column(String(500), default="")
    event: Mapped[str] = mapped_column(String(32), default="")
    at: Mapped[datetime]


class SearchEvent(Base):
    """One search: words, filters, what was shown, what was opened and what solved it."""

    __tablename__ = "search_event"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    who: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(index=True)
    words: Mapped[str] = mapped_column(Text)
    filters: Mapped[dict[str, Any]]
    total: Mapped[int]
    shown: Mapped[list[str]]
    opened: Mapped[list[str]] = mapped_column(default=list)
    solved: Mapped[str] = mapped_column(String(12), default="")
