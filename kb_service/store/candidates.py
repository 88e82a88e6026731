"""Queries on candidates."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, selectinload

from kb_service.domain.access import Actor, visible_candidates
from kb_service.domain.article import number as article_number
from kb_service.domain.candidate import Candidate
from kb_service.errors import NotFound
from kb_service.results import CandidateRow, Page

OPEN = ("in_review", "in_signoff")


def get(session: Session, actor: Actor, candidate_id: int) -> Candidate:
    """The candidate with its reports and reviews, as far as the actor sees it. Raises NotFound."""
    wanted = select(Candidate).where(Candidate.id == candidate_id, visible_candidates(actor))
    found = session.scalar(wanted.options(selectinload(Candidate.reports), selectinload(Candidate.reviews)))
    if found is None:
        raise NotFound
    return found


def page(
    session: Session, actor: Actor, *conditions: ColumnElement[bool], order: Any, offset: int, limit: int
) -> Page[CandidateRow]:
    """Candidates the actor sees that meet the conditions."""
    wanted = select(Candidate).where(visible_candidates(actor), *conditions)
    total = session.scalar(select(func.count()).select_from(wanted.order_by(None).subquery())) or 0
    found = session.scalars(wanted.order_by(*order).offset(offset).limit(limit))
    return Page(tuple(map(row, found)), total, offset, limit)


def of_import(session: Session, import_id: int, states: Sequence[str] = OPEN) -> list[Candidate]:
    """Candidates of one import in these states."""
    wanted = select(Candidate).where(Candidate.import_id == import_id, Candidate.state.in_(states))
    loaded = (selectinload(Candidate.reviews), selectinload(Candidate.reports), selectinload(Candidate.target))
    return list(session.scalars(wanted.options(*loaded).order_by(Candidate.id)))


def waiting(session: Session, import_ids: Sequence[int]) -> dict[int, int]:
    """How many candidates of each import still wait for a decision."""
    counts = select(Candidate.import_id, func.count()).where(
        Candidate.import_id.in_(import_ids), Candidate.state.in_(OPEN)
    )
    return {one: count for one, count in session.execute(counts.group_by(Candidate.import_id)) if one}


def latest_imported(session: Session, identities: Sequence[str]) -> dict[str, Candidate]:
    """The newest imported candidate of each identity."""
    imported = (Candidate.identity.in_(identities), Candidate.import_id.is_not(None))
    newest = select(func.max(Candidate.id)).where(*imported).group_by(Candidate.identity).scalar_subquery()
    return {str(found.identity): found for found in session.scalars(select(Candidate).where(Candidate.id.in_(newest)))}


def row(candidate: Candidate) -> CandidateRow:
    return CandidateRow(
        id=candidate.id,
        title=candidate.title,
        kind=candidate.kind,
        state=candidate.state,
        author=candidate.author_name,
        scope=candidate.scope.name,
        system=candidate.system,
        target=article_number(candidate.target_id) if candidate.target_id else "",
        import_id=candidate.import_id,
        submitted_at=candidate.submitted_at,
        due=candidate.due_at.date().isoformat() if candidate.due_at else "",
        updated_at=candidate.updated_at,
    )


def open_for(session: Session, article_id: int) -> Candidate | None:
    """The candidate that is about to revise the article, if any."""
    undecided = ("draft", "returned", *OPEN)
    wanted = select(Candidate).where(Candidate.target_id == article_id, Candidate.state.in_(undecided))
    return session.scalars(wanted.order_by(Candidate.id)).first()
