"""Learned words: what people searched with before an article solved their problem becomes searchable on it.

One person can push nothing: only askings that PEOPLE different signed-in persons agree on are learned, however often
and on however many days one of them says so. What was removed once is never learned again.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.domain.base import Base

PEOPLE = 3
"""Different persons who must have asked alike before anything is learned."""
MOST = 20
"""Learned askings of one article; what is agreed on beyond them is left out."""
SHORTEST, LONGEST = 2, 60
"""Characters of an asking that can be learned."""
_PERSONAL = re.compile(r"(?:\d[\s\-－—]?){6,}|[@＠]")

Meaning = frozenset[str]
"""The informative words of an asking: who uses the same ones asks the same."""


class LearnedWords(Base):
    """One asking learned on one article: by how many people, and who removed it if anybody did."""

    __tablename__ = "learned_words"
    __table_args__ = (UniqueConstraint("article_id", "text"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), index=True)
    text: Mapped[str] = mapped_column(String(LONGEST))
    people: Mapped[int]
    at: Mapped[datetime]
    removed: Mapped[bool] = mapped_column(default=False)
    removed_by: Mapped[str] = mapped_column(String(100), default="")


@dataclass(frozen=True, slots=True)
class Asking:
    """What one person searched with before an article solved it. ``who`` is a pseudonym."""

    text: str
    who: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """An asking in the words most people used for it, and how many people asked so."""

    text: str
    people: int


def is_fit(text: str) -> bool:
    """Whether an asking may be shown to others at all: neither too short nor too long, and nothing personal in it.

    Six digits, also with spaces or dashes between them, may be a telephone or tax number; @ is in mail addresses.
    """
    return SHORTEST <= len(text) <= LONGEST and text.isprintable() and not _PERSONAL.search(text)


def agreed(
    askings: Iterable[Asking], meaning: Callable[[str], Meaning], people: int = PEOPLE
) -> dict[Meaning, Agreement]:
    """What at least ``people`` different persons asked alike, by its meaning; most people first."""
    told: defaultdict[Meaning, dict[str, set[str]]] = defaultdict(dict)
    people_by_text: defaultdict[str, set[str]] = defaultdict(set)
    for one in askings:
        if one.who:
            people_by_text[" ".join(one.text.split())].add(one.who)
    for text, who in people_by_text.items():
        if is_fit(text) and (meant := meaning(text)):
            told[meant][text] = who
    found = {meant: _agreement(texts) for meant, texts in told.items()}
    kept = [(meant, one) for meant, one in found.items() if one.people >= people]
    return dict(sorted(kept, key=lambda pair: (-pair[1].people, pair[1].text)))


def _agreement(texts: dict[str, set[str]]) -> Agreement:
    """The spelling most people used, the shortest of equals."""
    counts = Counter({text: len(who) for text, who in texts.items()})
    text = min(counts, key=lambda one: (-counts[one], len(one), one))
    return Agreement(text, len(set[str]().union(*texts.values())))


def fresh(
    found: dict[Meaning, Agreement], known: Collection[str], in_force: int, meaning: Callable[[str], Meaning]
) -> tuple[Agreement, ...]:
    """What of it is new to an article that already says ``known`` or once learned it, as far as there is room."""
    told = {meaning(text) for text in known}
    return tuple(one for meant, one in found.items() if meant not in told)[: max(0, MOST - in_force)]
