"""Use cases on candidates: write, change, submit, withdraw."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.orm import Session

from kb_service import rendering
from kb_service.domain import workflow
from kb_service.domain.access import Actor, parts_in_candidate
from kb_service.domain.article import KINDS, Article, Revision
from kb_service.domain.article import number as article_number
from kb_service.domain.candidate import Candidate, Review
from kb_service.domain.events import Event
from kb_service.domain.report import Report, ReportVersion
from kb_service.errors import Denied, Duplicate, Invalid, InvalidTransition
from kb_service.inputs import ArticleInput
from kb_service.results import (
    CandidateRow,
    CandidateView,
    FieldDiff,
    FieldView,
    Page,
    ReportRow,
    ReviewView,
)
from kb_service.services import diff, writing
from kb_service.store import articles, attachments, candidates, people, reports
from kb_service.store.unit_of_work import Database, Tx

ASKED = 5
"""Ways of asking that a draft takes from its reports."""


class Candidates:
    """Articles in waiting, as their authors see them."""

    def __init__(self, database: Database, files: attachments.Files) -> None:
        self._database = database
        self._files = files

    def from_reports(self, actor: Actor, numbers: Sequence[str]) -> tuple[ArticleInput, tuple[ReportRow, ...]]:
        """A solution begun from reports: their texts side by side, codes and names joined. Nothing is saved.

        Raises Denied, Invalid, NotFound.
        """
        _demand_writer(actor)
        if not numbers:
            raise Invalid("请先选择报告。")
        with self._database.read() as session:
            found = reports.by_numbers(session, actor, numbers)
            return _drawn_from(found), tuple(reports.row(*one) for one in found)

    def create(self, actor: Actor, told: ArticleInput, *, reports: Sequence[str] = ()) -> CandidateView:
        """Save a new draft, linked to the reports it came from. Raises Denied, Invalid, NotFound."""
        _demand_writer(actor)
        writing.check(told)
        kept = self._files.keep(told.attachments)
        with self._database.begin() as tx:
            candidate = _new(tx, actor, told)
            candidate.reports = _reports(tx.session, actor, reports)
            tx.add(writing.fill(tx, candidate, told, actor, kept, people.taxonomy(tx.session)))
            tx.record(Event(actor, "create", candidate, {"title": candidate.title}))
            return view(tx.session, candidate, actor)

    def edit(self, actor: Actor, candidate_id: int, told: ArticleInput, *, seen_version: int) -> CandidateView:
        """Save another text for a draft of one's own. Raises NotFound, Denied, Invalid, Conflict, StaleEdit."""
        writing.check(told)
        kept = self._files.keep(told.attachments)
        with self._database.begin() as tx:
            candidate = candidates.get(tx.session, actor, candidate_id)
            _demand_author(actor, candidate)
            candidate.guard(seen_version, yours={"title": told.title, "fields": dict(told.fields)})
            writing.rebase(tx.session, candidate)
            tx.record(candidate.change(actor, at=tx.now))
            writing.fill(tx, candidate, told, actor, kept, people.taxonomy(tx.session))
            tx.session.flush()
            return view(tx.session, candidate, actor)

    def get(self, actor: Actor, candidate_id: int) -> CandidateView:
        """One candidate with its reports, reviews and comparison. Raises NotFound."""
        with self._database.read() as session:
            return view(session, candidates.get(session, actor, candidate_id), actor)

    def input_of(self, actor: Actor, candidate_id: int) -> ArticleInput:
        """What the form of a candidate starts from. Raises NotFound."""
        with self._database.read() as session:
            return _input(candidates.get(session, actor, candidate_id))

    def list(self, actor: Actor, *, state: str = "", offset: int = 0, limit: int = 20) -> Page[CandidateRow]:
        """One's own candidates, last changed first."""
        mine = [Candidate.author_id == actor.person_id]
        if state:
            mine.append(Candidate.state == state)
        order = (Candidate.updated_at.desc(), Candidate.id.desc())
        with self._database.read() as session:
            return candidates.page(session, actor, *mine, order=order, offset=offset, limit=limit)

    def submit(self, actor: Actor, candidate_id: int, *, seen_version: int) -> CandidateView:
        """Hand a draft to the reviewers. Raises NotFound, Denied, Invalid, InvalidTransition, StaleEdit."""
        return self._step(actor, candidate_id, "submit", seen_version)

    def withdraw(self, actor: Actor, candidate_id: int, *, seen_version: int) -> CandidateView:
        """Take a candidate back for good. Raises NotFound, Denied, InvalidTransition, StaleEdit."""
        return self._step(actor, candidate_id, "withdraw", seen_version)

    def revise(self, actor: Actor, number: str) -> CandidateView:
        """Begin a new revision from the live text. Raises NotFound, Denied, InvalidTransition, Duplicate."""
        _demand_writer(actor)
        with self._database.begin() as tx:
            tx.alone("revise")
            article = articles.get(tx.session, actor, number)
            if article.state not in workflow.FINDABLE:
                raise InvalidTransition("这条知识已经停用，恢复之后才能修订。")
            if open_one := candidates.open_for(tx.session, article.id):
                raise Duplicate(f"已有一份对 {article.number} 的修订正在进行，由 {open_one.author_name} 起草。")
            candidate = tx.add(_revising(tx, actor, article, articles.revision(tx.session, article)))
            tx.record(Event(actor, "revise", candidate, {"target": article.number}))
            return view(tx.session, candidate, actor)

    def preview(self, kind: str, fields: Mapping[str, str]) -> tuple[FieldView, ...]:
        """How the fields will look."""
        page = rendering.render(fields)
        return field_views(kind, fields, page.html)

    def _step(self, actor: Actor, candidate_id: int, action: str, seen_version: int) -> CandidateView:
        with self._database.begin() as tx:
            candidate = candidates.get(tx.session, actor, candidate_id)
            candidate.guard(seen_version)
            if action == "submit":
                writing.check_complete(candidate)
            tx.record(candidate.act(action, actor, parts_in_candidate(actor, candidate), at=tx.now))
            return view(tx.session, candidate, actor)


def view(session: Session, candidate: Candidate, actor: Actor) -> CandidateView:
    """A candidate as the actor sees it; the session must be open, or have loaded reports and reviews."""
    parts = parts_in_candidate(actor, candidate)
    actions = workflow.allowed(workflow.CANDIDATE, candidate.state, parts)
    if "author" in parts and candidate.state in workflow.EDITABLE:
        actions = ("edit", *actions)
    seen = reports.visible(session, actor, [one.id for one in candidate.reports])
    return CandidateView(
        id=candidate.id,
        title=candidate.title,
        kind=candidate.kind,
        state=candidate.state,
        version=candidate.version,
        fields=field_views(candidate.kind, candidate.fields, candidate.html),
        asked=tuple(candidate.asked),
        codes=tuple(candidate.codes),
        system=candidate.system,
        module=candidate.module,
        audience=candidate.audience,
        scope_id=candidate.scope.id,
        scope=candidate.scope.name,
        restricted_to=tuple(candidate.restricted_to),
        valid_from=candidate.valid_from,
        valid_to=candidate.valid_to,
        author=candidate.author_name,
        reviewer=candidate.reviewer.name if candidate.reviewer else "",
        due=candidate.due_at.date().isoformat() if candidate.due_at else "",
        target=article_number(candidate.target_id) if candidate.target_id else "",
        base_revision=candidate.base_revision,
        article=article_number(candidate.article_id) if candidate.article_id else "",
        reports=tuple(reports.row(*seen[one]) for one in sorted(seen)),
        reviews=tuple(map(_review, candidate.reviews)),
        attachments=tuple(map(attachments.view, candidate.attachments)),
        diff=_diff(session, candidate),
        actions=actions,
        notes=tuple(candidate.notes),
    )


def field_views(kind: str, fields: Mapping[str, str], html: Mapping[str, str]) -> tuple[FieldView, ...]:
    """The filled fields in the order of their kind."""
    order = [field.name for field in KINDS[kind].fields]
    return tuple(FieldView(name, fields[name], html.get(name, "")) for name in order if fields.get(name, "").strip())


def _demand_writer(actor: Actor) -> None:
    if not actor.may("write"):
        raise Denied


def _demand_author(actor: Actor, candidate: Candidate) -> None:
    if "author" not in parts_in_candidate(actor, candidate):
        raise Denied("只有作者本人可以修改。")


def _new(tx: Tx, actor: Actor, told: ArticleInput) -> Candidate:
    return Candidate(
        kind=told.kind,
        state="draft",
        author_id=actor.person_id,
        author_name=actor.name,
        notes=[],
        reviews=[],
        attachments=[],
        updated_at=tx.now,
    )


def _revising(tx: Tx, actor: Actor, article: Article, live: Revision) -> Candidate:
    return Candidate(
        kind=article.kind,
        title=live.title,
        state="draft",
        fields=live.fields,
        html=live.html,
        texts=live.texts,
        asked=live.asked,
        codes=live.codes,
        links=[],
        notes=[],
        system=live.system,
        module=live.module,
        audience=article.audience,
        scope=article.scope,
        restricted_to=[reader.organisation_id for reader in article.readers],
        valid_from=live.valid_from,
        valid_to=live.valid_to,
        author_id=actor.person_id,
        author_name=actor.name,
        target_id=article.id,
        base_revision=article.revision_number,
        identity=article.identity,
        key=article.key,
        reports=list(live.reports),
        attachments=list(live.attachments),
        reviews=[],
        updated_at=tx.now,
    )


def _reports(session: Session, actor: Actor, numbers: Sequence[str]) -> list[Report]:
    return [report for report, _ in reports.by_numbers(session, actor, numbers)] if numbers else []


def _drawn_from(found: Sequence[tuple[Report, ReportVersion]]) -> ArticleInput:
    told = [version for _, version in found]
    best = max(told, key=lambda version: len(version.resolution))
    titles = list(dict.fromkeys(version.title for version in told))
    return ArticleInput(
        kind="solution",
        title=titles[0],
        fields={
            "symptom": _joined(version.phenomenon for version in told),
            "environment": _joined(version.environment for version in told),
            "cause": _joined(version.cause for version in told),
            "resolution": _joined([best.resolution, *(version.resolution for version in told)]),
        },
        asked=tuple(titles[1 : ASKED + 1]),
        codes=tuple(dict.fromkeys(code for version in told for code in version.codes)),
        system=_commonest(report.system for report, _ in found),
        module=_commonest(report.module for report, _ in found),
    )


def _joined(texts: Iterable[str]) -> str:
    """Each text once, in its own paragraph."""
    return "\n\n".join(dict.fromkeys(text.strip() for text in texts if text.strip()))


def _commonest(names: Iterable[str]) -> str:
    counted = Counter(name for name in names if name)
    return counted.most_common(1)[0][0] if counted else ""


def _input(candidate: Candidate) -> ArticleInput:
    return ArticleInput(
        kind=candidate.kind,
        title=candidate.title,
        fields=candidate.fields,
        key=candidate.key,
        asked=tuple(candidate.asked),
        codes=tuple(candidate.codes),
        system=candidate.system,
        module=candidate.module,
        audience=candidate.audience,
        scope=candidate.scope.id,
        restricted_to=tuple(candidate.restricted_to),
        valid_from=candidate.valid_from,
        valid_to=candidate.valid_to,
    )


def _diff(session: Session, candidate: Candidate) -> tuple[FieldDiff, ...]:
    article = session.get(Article, candidate.target_id) if candidate.target_id else None
    if article is None:
        return ()
    live = articles.revision(session, article)
    return diff.compare(candidate.kind, diff.of(live), diff.of(candidate))


def _review(review: Review) -> ReviewView:
    return ReviewView(
        review.reviewer_name, review.decision, review.comment, review.reason, review.candidate_version, review.at
    )
