"""Labelled queries: words people search with and the articles that answer them, a base's own yardstick of search."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.domain.base import Base
from kb_service.domain.events import Event
from kb_service.errors import Invalid, StaleEdit

if TYPE_CHECKING:
    from kb_service.domain.access import Actor

SOURCES = ("edited", "solved", "demo")
"""Whence a labelled query comes: written or confirmed by a manager, agreed on by users, or told by the demo."""
LONGEST = 200
"""Characters of the words: as many as are read as a query."""
MOST = 20
"""Articles that may answer one query."""
NO_ANSWER = "请至少写一个知识编号，如 KB000123。"


class LabelledQuery(Base):
    """Words and the ids of the articles that answer them. One that was removed stays known, and is not used."""

    __tablename__ = "labelled_query"

    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str] = mapped_column(String(LONGEST), unique=True)
    answers: Mapped[list[int]]
    source: Mapped[str] = mapped_column(String(20))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    author: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]
    removed: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    def guard(self, seen_version: int) -> None:
        """Raises StaleEdit when somebody changed it since it was read."""
        if self.version != seen_version:
            theirs = {"words": self.words, "answers": list(self.answers), "removed": self.removed}
            raise StaleEdit(theirs=theirs)

    def tell(self, actor: "Actor", answers: Collection[int], source: str, *, at: datetime) -> Event:
        """These articles answer it from now on, also where it had been removed. Raises Invalid for none or too many."""
        before = list(self.answers or ())
        self.answers, self.source, self.removed = _checked(answers), source, False
        self.author_id, self.author, self.at = actor.person_id, actor.name, at
        return Event(actor, "label", self, {"before": before, "answers": self.answers, "source": source})

    def remove(self, actor: "Actor", *, at: datetime) -> Event:
        """It is no longer used, and not collected again."""
        self.removed, self.author_id, self.author, self.at = True, actor.person_id, actor.name, at
        return Event(actor, "unlabel", self, {"answers": list(self.answers)})


class EvaluationRun(Base):
    """The labelled queries were asked: with which lexicon, how well they were answered, and each answer's place.

    ``measures`` are means by name, ``places`` map the id of a query to the place of its first answer, 0 for none.
    """

    __tablename__ = "evaluation_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    author: Mapped[str] = mapped_column(String(100))
    lexicon: Mapped[int] = mapped_column(default=0)
    queries: Mapped[int]
    measures: Mapped[dict[str, Any]]
    places: Mapped[dict[str, Any]]


def checked(words: str) -> str:
    """The words with single spaces. Raises Invalid for what cannot be asked."""
    tidy = " ".join(words.split())
    if not tidy:
        raise Invalid(problems={"words": "请填写检索词。"})
    if len(tidy) > LONGEST:
        raise Invalid(problems={"words": f"检索词最多 {LONGEST} 个字，现有 {len(tidy)} 个。"})
    return tidy


def _checked(answers: Collection[int]) -> list[int]:
    told = sorted(set(answers))
    if not told:
        raise Invalid(problems={"answers": NO_ANSWER})
    if len(told) > MOST:
        raise Invalid(problems={"answers": f"一个检索词最多对应 {MOST} 条知识。"})
    return told
