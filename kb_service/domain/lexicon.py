"""The lexicon of the base: words, synonym sets and stop words, and every act that ever changed them."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.domain.base import Base
from kb_service.domain.events import Event
from kb_service.errors import Invalid, StaleEdit

if TYPE_CHECKING:
    from kb_service.domain.access import Actor

KINDS = ("word", "synonyms", "stop_word")
REASON = 500
"""Characters of a reason."""


class LexiconEntry(Base):
    """One word, synonym set or stop word, written as one line of the text format of its kind.

    ``key`` is the same for entries that say the same; it is None once the entry is removed, whose row stays.
    ``author_name``, ``reason`` and ``changed_at`` are those of its last change.
    """

    __tablename__ = "lexicon_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    text: Mapped[str] = mapped_column(Text)
    key: Mapped[str | None] = mapped_column(String(64), unique=True)
    author_name: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(String(REASON))
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    def guard(self, seen_version: int, yours: str) -> None:
        """Raises StaleEdit when somebody saved since ``seen_version``; ``yours`` is the text that was to be saved."""
        if seen_version != self.version:
            theirs = {"title": self.text if self.key else "", "version": self.version, "author": self.author_name}
            raise StaleEdit(yours={"title": yours}, theirs=theirs | {"reason": self.reason})


class LexiconChange(Base):
    """One act on the lexicon, however many entries it touched; never edited. Its id is the revision it led to."""

    __tablename__ = "lexicon_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(String(20))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    author_name: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(String(REASON))
    at: Mapped[datetime]
    entries: Mapped[int]
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("lexicon_change.id"))

    @classmethod
    def of(
        cls, actor: "Actor", action: str, reason: str, *, entries: int, at: datetime, undoes_id: int | None = None
    ) -> "LexiconChange":
        """Raises what ``check_reason`` raises."""
        check_reason(reason)
        return cls(
            action=action,
            author_id=actor.person_id,
            author_name=actor.name,
            reason=reason.strip(),
            entries=entries,
            at=at,
            undoes_id=undoes_id,
        )

    def told(self, actor: "Actor") -> Event:
        """The event of this act."""
        return Event(actor, f"lexicon_{self.action}", self, {"entries": self.entries, "reason": self.reason})


class LexiconEdit(Base):
    """What one act did to one entry: its text before, "" where it was not there, and after, "" where it is gone."""

    __tablename__ = "lexicon_edit"

    change_id: Mapped[int] = mapped_column(ForeignKey("lexicon_change.id"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("lexicon_entry.id"), primary_key=True, index=True)
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)


class LexiconState(Base):
    """The one row everybody looks at all the time: the latest revision, and the latest that touched words."""

    __tablename__ = "lexicon_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(default=0)
    words_revision: Mapped[int] = mapped_column(default=0)


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be done to an entry, None for a new one: texts as in LexiconEdit, and the key it then has."""

    entry_id: int | None
    kind: str
    before: str
    after: str
    key: str | None


def check_reason(reason: str) -> None:
    """Raises Invalid without a reason: a year later nobody knows any more why a word is there."""
    if not reason.strip():
        raise Invalid(problems={"reason": "请写明理由。"})
    if len(reason) > REASON:
        raise Invalid(problems={"reason": f"理由最多 {REASON} 个字。"})
