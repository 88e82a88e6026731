"""Queries on articles and their revisions."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.orm import Session, selectinload

from kb_service.domain.access import Actor, visible_articles
from kb_service.domain.article import REVISION_REPORT, Article, Revision
from kb_service.domain.article import number as article_number
from kb_service.domain.feedback import Feedback
from kb_service.domain.organisation import Organisation
from kb_service.domain.workflow import FINDABLE
from kb_service.errors import NotFound
from kb_service.results import ArticleRow, Page

NUMBER = "KB"


def parse_number(number: str) -> int:
    """123 of KB000123. Raises NotFound for anything else."""
    digits = number.upper().removeprefix(NUMBER)
    if not number.upper().startswith(NUMBER) or not digits.isascii() or not digits.isdigit() or len(digits) > 12:
        raise NotFound
    return int(digits)


def get(session: Session, actor: Actor, number: str) -> Article:
    """The article as far as the actor sees it. Raises NotFound."""
    article = session.scalar(select(Article).where(Article.id == parse_number(number), visible_articles(actor)))
    if article is None:
        raise NotFound
    return article


def revision(session: Session, article: Article, number: int | None = None) -> Revision:
    """One revision, the current one unless told otherwise. Raises NotFound."""
    wanted = select(Revision).where(
        Revision.article_id == article.id,
        Revision.number == (article.revision_number if number is None else number),
    )
    found = session.scalar(wanted)
    if found is None:
        raise NotFound
    return found


def revisions(session: Session, article: Article) -> list[Revision]:
    """All revisions, newest first."""
    return list(
        session.scalars(select(Revision).where(Revision.article_id == article.id).order_by(Revision.number.desc()))
    )


def visible(session: Session, actor: Actor, ids: Iterable[int]) -> dict[int, tuple[Article, Revision]]:
    """Those of the articles that the actor sees, with their current revision, by id."""
    wanted = current().where(Article.id.in_(set(ids)), visible_articles(actor))
    return {article.id: (article, revision) for article, revision in session.execute(wanted)}


def found(session: Session, actor: Actor, ids: Iterable[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    """What a list of hits shows of those of the articles that the actor sees, by id; entities would take too long."""
    return {one.id: one for one in session.execute(_found(actor), {"ids": list(ids)})}


@lru_cache(maxsize=256)
def _found(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Kept, because putting it together takes longer than running it."""
    told = (Revision.title, Revision.texts, Revision.system, Revision.module, Revision.valid_to, Revision.published_at)
    solved = select(func.count()).where(Feedback.article_id == Article.id, Feedback.solved).scalar_subquery()
    state = (Article.id, Article.kind, Article.audience, Article.confidence, Article.state, Organisation.name)
    is_current = (Revision.article_id == Article.id) & (Revision.number == Article.revision_number)
    joined = select(*state, *told, solved.label("solved")).join(Revision, is_current)
    placed = joined.join(Organisation, Organisation.id == Article.scope_id)
    return placed.where(Article.id.in_(bindparam("ids", expanding=True)), visible_articles(actor))


def page(
    session: Session, actor: Actor, *, today: str, offset: int = 0, limit: int = 20, state: str = ""
) -> Page[ArticleRow]:
    """Articles the actor sees, latest revision first; without ``state`` those that are found."""
    states = (state,) if state else FINDABLE
    wanted = current().where(visible_articles(actor), Article.state.in_(states))
    total = session.scalar(select(func.count()).select_from(wanted.order_by(None).subquery())) or 0
    latest = wanted.order_by(Revision.published_at.desc(), Article.id.desc()).offset(offset).limit(limit)
    return Page(tuple(row(one, text, today) for one, text in session.execute(latest)), total, offset, limit)


def from_report(session: Session, actor: Actor, report_id: int) -> list[tuple[Article, Revision]]:
    """Articles the actor sees whose current revision came from the report."""
    joined = current().join(REVISION_REPORT, REVISION_REPORT.c.revision_id == Revision.id)
    wanted = joined.where(REVISION_REPORT.c.report_id == report_id, visible_articles(actor))
    return [(article, revision) for article, revision in session.execute(wanted)]


def feedback(session: Session, ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """How often each article solved it and did not, by id."""
    solved = func.count().filter(Feedback.solved)
    counts = select(Feedback.article_id, solved, func.count()).where(Feedback.article_id.in_(set(ids)))
    rows = session.execute(counts.group_by(Feedback.article_id))
    return {article: (good, total - good) for article, good, total in rows}


def people_helped(session: Session, ids: Iterable[int]) -> dict[int, int]:
    """How many different signed-in people each article helped, by id; those it helped none are left out."""
    people = func.count(Feedback.who.distinct()).label("people")
    helped = select(Feedback.article_id, people).where(Feedback.solved, Feedback.signed_in)
    wanted = helped.where(Feedback.article_id.in_(set(ids))).group_by(Feedback.article_id)
    return {one.article_id: one.people for one in session.execute(wanted)}


def by_identity(session: Session, identities: Iterable[str]) -> dict[str, Article]:
    """The articles of these identities that there are, seen or not: for rules, never to be shown."""
    wanted = select(Article).where(Article.identity.in_(set(identities)))
    return {str(article.identity): article for article in session.scalars(wanted)}


def row(article: Article, revision: Revision, today: str) -> ArticleRow:
    return ArticleRow(
        number=article.number,
        title=revision.title,
        kind=article.kind,
        system=revision.system,
        module=revision.module,
        audience=article.audience,
        confidence=article.confidence,
        state=article.state,
        valid_to=revision.valid_to,
        expired=is_expired(revision.valid_to, today),
        published_at=revision.published_at,
    )


def row_of(told: Row[*tuple[Any, ...]], today: str) -> ArticleRow:
    """The same of what ``found`` gives."""
    return ArticleRow(
        number=article_number(told.id),
        title=told.title,
        kind=told.kind,
        system=told.system,
        module=told.module,
        audience=told.audience,
        confidence=told.confidence,
        state=told.state,
        valid_to=told.valid_to,
        expired=is_expired(told.valid_to, today),
        published_at=told.published_at,
    )


def is_expired(valid_to: str, today: str) -> bool:
    """Whether the last day of validity is past."""
    return bool(valid_to) and valid_to < today


def current() -> Select[Article, Revision]:
    """Articles with their current revision."""
    is_current = (Revision.article_id == Article.id) & (Revision.number == Article.revision_number)
    loaded = selectinload(Revision.attachments)
    return select(Article, Revision).join(Revision, is_current).options(loaded)
