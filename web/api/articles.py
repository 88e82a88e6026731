"""Articles for programs: reading, comparing, saying whether one helped, and the steps of their workflow."""

from kb_service.results import ArticleRow, ArticleView, CandidateView, FieldDiff, Page, RevisionRow
from web.api.operations import Operation
from web.api.schemas import Answer, ArticleList, Comparison, Helped, Step
from web.auth import current_actor, visitor_key
from web.context import kb


def index(query: ArticleList) -> Page[ArticleRow]:
    """Articles, newest first."""
    return kb.articles.list(current_actor(), offset=query.offset, limit=query.limit, state=query.state)


def show(number: str) -> ArticleView:
    """One article as its current revision tells it."""
    return kb.articles.get(current_actor(), number)


def revisions(number: str) -> tuple[RevisionRow, ...]:
    """The revisions of an article."""
    return kb.articles.revisions(current_actor(), number)


def revision(number: str, revision: int) -> ArticleView:
    """One revision of an article."""
    return kb.articles.revision(current_actor(), number, revision)


def diff(number: str, query: Comparison) -> tuple[FieldDiff, ...]:
    """Two revisions side by side, field by field."""
    return kb.articles.diff(current_actor(), number, query.before, query.after)


def feedback(number: str, body: Answer) -> Helped:
    """Says whether an article helped; one person counts once a day."""
    solved, unsolved = kb.feedback.answer(
        current_actor(), number, solved=body.solved, reason=body.reason, who=visitor_key(), event=body.event
    )
    return Helped(solved, unsolved)


def forget(number: str, id: int) -> ArticleView:  # noqa: A002
    """Takes back for good what an article learned from use."""
    kb.learning.forget(current_actor(), number, id)
    return kb.articles.get(current_actor(), number)


def step(number: str, action: str, body: Step) -> ArticleView:
    """A step of the workflow: proposing to retire or restore, confirming it, or cancelling."""
    return kb.articles.step(current_actor(), number, action, seen_version=body.seen_version, reason=body.reason)


def revise(number: str) -> CandidateView:
    """Begins a new revision: a candidate with the current text as its start."""
    return kb.candidates.revise(current_actor(), number)


_ACTIONS = "any(propose_retire, confirm_retire, propose_restore, confirm_restore, cancel)"

OPERATIONS = (
    Operation("GET", "/articles", index),
    Operation("GET", "/articles/<number:number>", show),
    Operation("GET", "/articles/<number:number>/revisions", revisions),
    Operation("GET", "/articles/<number:number>/revisions/<id:revision>", revision),
    Operation("GET", "/articles/<number:number>/diff", diff),
    Operation("POST", "/articles/<number:number>/feedback", feedback),
    Operation("POST", "/articles/<number:number>/learned/<id:id>/remove", forget),
    Operation("POST", "/articles/<number:number>/revise", revise, status=201),
    Operation("POST", f"/articles/<number:number>/<{_ACTIONS}:action>", step),
)
