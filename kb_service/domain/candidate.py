"""Candidates: articles in waiting, and the reviews that decide on them."""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb_service.domain import workflow
from kb_service.domain.attachment import CANDIDATE_ATTACHMENT, Attachment
from kb_service.domain.base import Base
from kb_service.domain.events import Event
from kb_service.domain.organisation import Organisation
from kb_service.domain.person import Person
from kb_service.domain.report import Report
from kb_service.errors import Conflict, Invalid, StaleEdit
from kb_service.inputs import ArticleInput

if TYPE_CHECKING:
    from kb_service.domain.access import Actor
    from kb_service.domain.article import Article

REVIEW_TIME = timedelta(days=5)

CANDIDATE_REPORT = Table(
    "candidate_report",
    Base.metadata,
    Column("candidate_id", ForeignKey("candidate.id"), primary_key=True),
    Column("report_id", ForeignKey("report.id"), primary_key=True, index=True),
)


class Candidate(Base):
    """An article in waiting: a new one, or a new revision of ``target_id`` that began from ``base_revision``."""

    __tablename__ = "candidate"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(20), default="draft", index=True)
    fields: Mapped[dict[str, str]]
    html: Mapped[dict[str, str]] = mapped_column(default=dict)
    texts: Mapped[dict[str, str]] = mapped_column(default=dict)
    asked: Mapped[list[str]] = mapped_column(default=list)
    codes: Mapped[list[str]] = mapped_column(default=list)
    links: Mapped[list[str]] = mapped_column(default=list)
    notes: Mapped[list[str]] = mapped_column(default=list)
    system: Mapped[str] = mapped_column(String(200), default="")
    module: Mapped[str] = mapped_column(String(200), default="")
    audience: Mapped[str] = mapped_column(String(20), default="internal")
    scope_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    restricted_to: Mapped[list[int]] = mapped_column(default=list)
    valid_from: Mapped[str] = mapped_column(String(10), default="")
    valid_to: Mapped[str] = mapped_column(String(10), default="")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    author_name: Mapped[str] = mapped_column(String(100))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    accepter_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    due_at: Mapped[datetime | None]
    target_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"), index=True)
    base_revision: Mapped[int | None]
    article_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("import.id"), index=True)
    identity: Mapped[str | None] = mapped_column(String(64), index=True)
    digest: Mapped[str | None] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(400), default="")
    submitted_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    scope: Mapped[Organisation] = relationship(lazy="joined")
    target: Mapped["Article | None"] = relationship(foreign_keys=[target_id])
    reviewer: Mapped[Person | None] = relationship(foreign_keys=[reviewer_id])
    reports: Mapped[list[Report]] = relationship(secondary=CANDIDATE_REPORT)
    attachments: Mapped[list[Attachment]] = relationship(secondary=CANDIDATE_ATTACHMENT, lazy="selectin")
    reviews: Mapped[list["Review"]] = relationship(order_by="Review.id", cascade="all, delete-orphan")
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def scopes(self) -> tuple[Organisation, ...]:
        """Where it would hold, and where the article it revises holds now: who decides must be at home in both."""
        return (self.scope, self.target.scope) if self.target else (self.scope,)

    @property
    def weight(self) -> str:
        """The condition of the workflow table: what holds for all or for few takes a second signature."""
        return "weighty" if self.scope.is_root or self.audience == "restricted" else "ordinary"

    def guard(self, seen_version: int, yours: object = None) -> None:
        """Raises StaleEdit when somebody saved since ``seen_version``."""
        if seen_version != self.version:
            raise StaleEdit(yours=yours, theirs={"title": self.title, "fields": self.fields, "version": self.version})

    def change(self, actor: "Actor", *, at: datetime) -> Event:
        """Note that the author changed the text. Raises Conflict once it is submitted."""
        if self.state not in workflow.EDITABLE:
            raise Conflict("已提交的待审条目不能再改；需要修改时请先撤回，或等审核人退回。")
        self.updated_at = at
        return Event(actor, "edit", self)

    def act(
        self,
        action: str,
        actor: "Actor",
        parts: Collection[str],
        *,
        at: datetime,
        comment: str = "",
        reason: str = "",
    ) -> Event:
        """Take one step of the candidate workflow and keep the review. Raises what ``workflow.step`` raises."""
        before = self.state
        given = ("reason",) if reason.strip() else ()
        self.state = workflow.step(workflow.CANDIDATE, self.state, action, parts, when=self.weight, given=given)
        self.updated_at = at
        _CONSEQUENCES.get(action, _nothing)(self, actor, at)
        if action in DECISIONS:
            self.reviews.append(Review.of(self, actor, action, comment=comment, reason=reason, at=at))
        return Event(actor, action, self, {"from": before, "to": self.state, "reason": reason, "title": self.title})

    def _submitted(self, actor: "Actor", at: datetime) -> None:
        if not self.title.strip():
            raise Invalid(problems={"title": "请填写标题。"})
        self.submitted_at, self.due_at = at, at + REVIEW_TIME

    def _claimed(self, actor: "Actor", at: datetime) -> None:
        self.reviewer_id, self.due_at = actor.person_id, at + REVIEW_TIME

    def _accepted(self, actor: "Actor", at: datetime) -> None:
        self.accepter_id = actor.person_id


class Review(Base):
    """One person's decision on one version of a candidate."""

    __tablename__ = "review"

    id: Mapped[int] = mapped_column(primary_key=True)
    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidate.id"), index=True)
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reviewer_name: Mapped[str] = mapped_column(String(100))
    decision: Mapped[str] = mapped_column(String(20))
    comment: Mapped[str] = mapped_column(String(2000), default="")
    reason: Mapped[str] = mapped_column(String(2000), default="")
    candidate_version: Mapped[int]
    at: Mapped[datetime]

    @classmethod
    def of(
        cls, candidate: Candidate, actor: "Actor", decision: str, *, comment: str, reason: str, at: datetime
    ) -> "Review":
        return cls(
            reviewer_id=actor.person_id,
            reviewer_name=actor.name,
            decision=decision,
            comment=comment[:2000],
            reason=reason[:2000],
            candidate_version=candidate.version,
            at=at,
        )


DECISIONS = ("accept", "sign_off", "send_back", "reject")
_CONSEQUENCES = {"submit": Candidate._submitted, "claim": Candidate._claimed, "accept": Candidate._accepted}


def _nothing(candidate: Candidate, actor: "Actor", at: datetime) -> None:
    """What follows from most steps."""


def digest(told: ArticleInput) -> str:
    """SHA-256 over what an imported article says, so that the same text again is recognised as unchanged."""
    values = [told.kind, told.title, *sorted(told.fields.items()), told.asked, told.codes]
    values += [told.system, told.module, told.valid_from, told.valid_to]
    return hashlib.sha256(repr(values).encode()).hexdigest()


def identity(told: ArticleInput, scope_id: int) -> str:
    """SHA-256 over scope and key, or all it says where it has no key: nobody's import touches what others wrote for
    another scope.
    """
    return hashlib.sha256(f"{scope_id}\n{told.key or digest(told)}".encode()).hexdigest()
