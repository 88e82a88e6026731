"""Use cases on articles: read, compare, retire, restore."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb_service.domain import workflow
from kb_service.domain.access import WRITERS, Actor, parts_in_article, visible_candidates
from kb_service.domain.article import Article, Revision
from kb_service.domain.candidate import Candidate
from kb_service.errors import NotFound, StaleEdit
from kb_service.results import ArticleRow, ArticleView, FieldDiff, LearnedView, Page, ReportRow, RevisionRow
from kb_service.services import diff
from kb_service.services.candidates import field_views
from kb_service.services.clock import today
from kb_service.services.learning import may_forget
from kb_service.store import articles, attachments, candidates, learned, reports
from kb_service.store.unit_of_work import Database

HISTORIANS = WRITERS
"""Roles that may see earlier revisions within their subtree: an old text may hold what was taken out on purpose."""


class Articles:
    """Published knowledge."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, actor: Actor, number: str) -> ArticleView:
        """The article as it reads now. Raises NotFound."""
        with self._database.read() as session:
            article = articles.get(session, actor, number)
            return self._view(session, actor, article, articles.revision(session, article))

    def recent(self, actor: Actor, limit: int = 10) -> tuple[ArticleRow, ...]:
        """What was published last."""
        return self.list(actor, limit=limit).rows

    def list(self, actor: Actor, *, offset: int = 0, limit: int = 20, state: str = "") -> Page[ArticleRow]:
        """Articles the actor sees, latest revision first; those that are found, unless ``state`` asks for others."""
        with self._database.read() as session:
            day = today(self._database.now())
            return articles.page(session, actor, today=day, offset=offset, limit=limit, state=state)

    def revisions(self, actor: Actor, number: str) -> tuple[RevisionRow, ...]:
        """All revisions, newest first. Raises NotFound for who may not see the history."""
        with self._database.read() as session:
            article = _with_history(session, actor, number)
            return tuple(
                RevisionRow(one.number, one.title, one.author, one.reviewer, one.published_at, one.comment)
                for one in articles.revisions(session, article)
            )

    def revision(self, actor: Actor, number: str, revision: int) -> ArticleView:
        """The article as one revision told it. Raises NotFound."""
        with self._database.read() as session:
            article = _with_history(session, actor, number)
            return self._view(session, actor, article, articles.revision(session, article, revision))

    def diff(self, actor: Actor, number: str, before: int, after: int) -> tuple[FieldDiff, ...]:
        """What changed from one revision to another. Raises NotFound."""
        with self._database.read() as session:
            article = _with_history(session, actor, number)
            old, new = (articles.revision(session, article, one) for one in (before, after))
            return diff.compare(article.kind, diff.of(old), diff.of(new))

    def step(self, actor: Actor, number: str, action: str, *, seen_version: int, reason: str = "") -> ArticleView:
        """Take one step of the article workflow. Raises NotFound, Denied, Invalid, InvalidTransition, StaleEdit."""
        with self._database.begin() as tx:
            article = articles.get(tx.session, actor, number)
            if article.version != seen_version:
                raise StaleEdit
            tx.record(article.act(action, actor, parts_in_article(actor, article), reason))
            return self._view(tx.session, actor, article, articles.revision(tx.session, article))

    def _view(self, session: Session, actor: Actor, article: Article, revision: Revision) -> ArticleView:
        solved, unsolved = articles.feedback(session, (article.id,)).get(article.id, (0, 0))
        return ArticleView(
            id=article.id,
            number=article.number,
            title=revision.title,
            kind=article.kind,
            fields=field_views(article.kind, revision.fields, revision.html),
            asked=tuple(revision.asked),
            codes=tuple(revision.codes),
            system=revision.system,
            module=revision.module,
            audience=article.audience,
            scope=article.scope.name,
            state=article.state,
            confidence=article.confidence,
            valid_from=revision.valid_from,
            valid_to=revision.valid_to,
            expired=articles.is_expired(revision.valid_to, today(self._database.now())),
            revision=revision.number,
            version=article.version,
            owner=article.owner.name if article.owner else "",
            author=revision.author,
            reviewer=revision.reviewer,
            published_at=revision.published_at,
            review_due=article.review_due,
            solved=solved,
            unsolved=unsolved,
            attachments=tuple(map(attachments.view, revision.attachments)),
            actions=_actions(actor, article),
            reports=_reports(session, actor, revision),
            learned=_learned(session, article),
            may_forget=may_forget(actor, article),
            open_revision=_open_revision(session, actor, article),
        )


def _with_history(session: Session, actor: Actor, number: str) -> Article:
    article = articles.get(session, actor, number)
    if not _may_see_history(actor, article):
        raise NotFound
    return article


def _may_see_history(actor: Actor, article: Article) -> bool:
    return actor.is_local or actor.holds(HISTORIANS, article.scope.path)


def _actions(actor: Actor, article: Article) -> tuple[str, ...]:
    history = ("history",) if _may_see_history(actor, article) else ()
    revise = ("revise",) if actor.may("write") and article.state in workflow.FINDABLE else ()
    return (*history, *revise, *workflow.allowed(workflow.ARTICLE, article.state, parts_in_article(actor, article)))


def _reports(session: Session, actor: Actor, revision: Revision) -> tuple[ReportRow, ...]:
    if not actor.is_staff:
        return ()
    seen = reports.visible(session, actor, [one.id for one in revision.reports])
    return tuple(reports.row(*seen[one]) for one in sorted(seen))


def _learned(session: Session, article: Article) -> tuple[LearnedView, ...]:
    found = learned.in_force(session, (article.id,)).get(article.id, ())
    return tuple(LearnedView(one.id, one.text, one.people, one.at) for one in found)


def _open_revision(session: Session, actor: Actor, article: Article) -> int | None:
    found = candidates.open_for(session, article.id) if actor.is_staff else None
    if found is None:
        return None
    wanted = select(Candidate.id).where(Candidate.id == found.id, visible_candidates(actor))
    return session.scalar(wanted)
