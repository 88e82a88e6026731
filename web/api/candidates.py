"""Candidates for programs: drafting from reports, writing, and what their authors do with them."""

from kb_service.results import CandidateRow, CandidateView, Page
from web.api.operations import Operation
from web.api.schemas import CandidateList, ChangedCandidate, NewCandidate, Numbers, Prefilled, Seen
from web.auth import current_actor
from web.context import kb


def index(query: CandidateList) -> Page[CandidateRow]:
    """My candidates."""
    return kb.candidates.list(current_actor(), state=query.state, offset=query.offset, limit=query.limit)


def from_reports(query: Numbers) -> Prefilled:
    """An article filled from reports; nothing is saved."""
    return Prefilled(*kb.candidates.from_reports(current_actor(), query.reports))


def create(body: NewCandidate) -> CandidateView:
    """Saves a new candidate as a draft."""
    return kb.candidates.create(current_actor(), body.value(), reports=body.reports)


def show(id: int) -> CandidateView:  # noqa: A002
    """One candidate with its reports, reviews and what may be done with it."""
    return kb.candidates.get(current_actor(), id)


def edit(id: int, body: ChangedCandidate) -> CandidateView:  # noqa: A002
    """Replaces the text of a candidate."""
    return kb.candidates.edit(current_actor(), id, body.value(), seen_version=body.seen_version)


def submit(id: int, body: Seen) -> CandidateView:  # noqa: A002
    """Hands a candidate in for review."""
    return kb.candidates.submit(current_actor(), id, seen_version=body.seen_version)


def withdraw(id: int, body: Seen) -> CandidateView:  # noqa: A002
    """Takes a candidate back for good."""
    return kb.candidates.withdraw(current_actor(), id, seen_version=body.seen_version)


OPERATIONS = (
    Operation("GET", "/candidates", index),
    Operation("GET", "/candidates/from_reports", from_reports),
    Operation("POST", "/candidates", create, status=201),
    Operation("GET", "/candidates/<id:id>", show),
    Operation("PUT", "/candidates/<id:id>", edit),
    Operation("POST", "/candidates/<id:id>/submit", submit),
    Operation("POST", "/candidates/<id:id>/withdraw", withdraw),
)
