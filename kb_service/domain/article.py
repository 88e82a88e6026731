"""Articles: knowledge people may rely on, as a line of immutable revisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.attributes import flag_modified

from kb_service.domain import workflow
from kb_service.domain.attachment import REVISION_ATTACHMENT, Attachment
from kb_service.domain.base import Base
from kb_service.domain.events import Event
from kb_service.domain.organisation import Organisation
from kb_service.domain.person import Person
from kb_service.domain.report import Report
from kb_service.errors import StaleEdit

if TYPE_CHECKING:
    from kb_service.domain.access import Actor
    from kb_service.domain.candidate import Candidate

AUDIENCES = ("public", "internal", "restricted")
VALIDATED = "validated"
CONFIDENCES = ("unvalidated", VALIDATED)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a kind of article; ``text`` names the text field of the index it feeds."""

    name: str
    text: str
    required: bool = False
    steps: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of article and its fields, in the order they are read."""

    name: str
    fields: tuple[Field, ...]


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "solution",
            (
                Field("symptom", "symptom", required=True),
                Field("environment", "body"),
                Field("cause", "body"),
                Field("resolution", "resolution", required=True, steps=True),
                Field("prevention", "body"),
            ),
        ),
        Kind("faq", (Field("answer", "resolution", required=True),)),
        Kind(
            "howto",
            (
                Field("purpose", "body"),
                Field("steps", "resolution", required=True, steps=True),
                Field("notes", "body"),
            ),
        ),
        Kind("reference", (Field("body", "body", required=True),)),
    )
}


class ArticleReader(Base):
    """An organisation whose people may read a restricted article."""

    __tablename__ = "article_reader"

    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True)


REVISION_REPORT = Table(
    "revision_report",
    Base.metadata,
    Column("revision_id", ForeignKey("revision.id"), primary_key=True),
    Column("report_id", ForeignKey("report.id"), primary_key=True, index=True),
)


REVISION_LINK = Table(
    "revision_link",
    Base.metadata,
    Column("revision_id", ForeignKey("revision.id"), primary_key=True),
    Column("key", String(400), primary_key=True, index=True),
)
"""Keys of imported articles that a revision refers to, published or not."""


class Article(Base):
    """The lasting identity of a piece of knowledge; what it says is its current revision."""

    __tablename__ = "article"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), default="published", index=True)
    audience: Mapped[str] = mapped_column(String(20), default="internal")
    confidence: Mapped[str] = mapped_column(String(20), default="unvalidated")
    scope_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    proposer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    review_due: Mapped[str] = mapped_column(String(10), default="")
    identity: Mapped[str | None] = mapped_column(String(64), unique=True)
    key: Mapped[str] = mapped_column(String(400), default="", index=True)
    revision_number: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    scope: Mapped[Organisation] = relationship(lazy="joined")
    owner: Mapped[Person | None] = relationship(foreign_keys=[owner_id])
    readers: Mapped[list[ArticleReader]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    revisions: Mapped[list["Revision"]] = relationship(order_by="Revision.number.desc()", back_populates="article")
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def number(self) -> str:
        return number(self.id)

    @classmethod
    def begun(cls, candidate: "Candidate") -> "Article":
        """A new article, still without a revision, for what a candidate tells."""
        return cls(
            kind=candidate.kind,
            state="published",
            audience=candidate.audience,
            scope=candidate.scope,
            owner_id=candidate.author_id,
            identity=candidate.identity,
            key=candidate.key,
            revision_number=0,
        )

    def publish(self, revision: "Revision", candidate: "Candidate", actor: "Actor") -> Event:
        """Make ``revision`` the text that is read. Raises StaleEdit when the article moved since the draft began."""
        if (candidate.base_revision or 0) != self.revision_number:
            raise StaleEdit("这条知识在起草之后已有新版本，请退回作者，按新版本修改后再提交。")
        self.revision_number += 1
        revision.number = self.revision_number
        self.kind = candidate.kind
        self.audience = candidate.audience
        self.scope = candidate.scope
        self.readers = [ArticleReader(organisation_id=place) for place in candidate.restricted_to]
        revision.article = self
        return Event(actor, "publish", self, {"revision": revision.number}, concerns_index=True)

    def learn(self, actor: "Actor", texts: Sequence[str]) -> Event:
        """These askings become searchable on it: words of many people, so nobody's name stands by them."""
        self._index_anew()
        return Event(actor, "learn", self, {"texts": list(texts)}, concerns_index=True)

    def forget(self, actor: "Actor", text: str) -> Event:
        """An asking that was learned is searchable on it no longer."""
        self._index_anew()
        return Event(actor, "forget", self, {"text": text}, concerns_index=True)

    def reuse(self, actor: "Actor", people: int) -> Event:
        """So many have been helped by it that it counts for more."""
        self._index_anew()
        return Event(actor, "reuse", self, {"people": people}, concerns_index=True)

    def _index_anew(self) -> None:
        """An engine takes a document only in a higher version, and what is learned stands in rows of its own."""
        flag_modified(self, "revision_number")

    def act(self, action: str, actor: "Actor", parts: frozenset[str], reason: str) -> Event:
        """Take one step of the article workflow. Raises what ``workflow.step`` raises."""
        before = self.state
        given = ("reason",) if reason.strip() else ()
        self.state = workflow.step(workflow.ARTICLE, self.state, action, parts, given=given)
        self.proposer_id = actor.person_id if action.startswith("propose") else None
        return Event(actor, action, self, {"from": before, "to": self.state, "reason": reason}, concerns_index=True)


class Revision(Base):
    """What an article said from one publication to the next: immutable.

    ``fields`` holds Markdown, ``html`` the safe HTML and ``texts`` the plain text made from it, each by field name.
    """

    __tablename__ = "revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), index=True)
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(300))
    fields: Mapped[dict[str, str]]
    html: Mapped[dict[str, str]]
    texts: Mapped[dict[str, str]]
    asked: Mapped[list[str]] = mapped_column(default=list)
    codes: Mapped[list[str]] = mapped_column(default=list)
    system: Mapped[str] = mapped_column(String(200), default="")
    module: Mapped[str] = mapped_column(String(200), default="")
    valid_from: Mapped[str] = mapped_column(String(10), default="")
    valid_to: Mapped[str] = mapped_column(String(10), default="")
    author: Mapped[str] = mapped_column(String(100))
    reviewer: Mapped[str] = mapped_column(String(100))
    comment: Mapped[str] = mapped_column(String(2000), default="")
    candidate_id: Mapped[int | None] = mapped_column(ForeignKey("candidate.id"))
    published_at: Mapped[datetime]
    article: Mapped[Article] = relationship(back_populates="revisions")
    reports: Mapped[list[Report]] = relationship(secondary=REVISION_REPORT)
    attachments: Mapped[list[Attachment]] = relationship(secondary=REVISION_ATTACHMENT, lazy="selectin")


def number(article_id: int) -> str:
    """KB000123 for 123."""
    return f"KB{article_id:06d}"
