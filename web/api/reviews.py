"""Reviews for programs: the queue of what waits for a decision, and the decisions on one candidate."""

from kb_service.results import CandidateRow, CandidateView, Page
from web.api.operations import Operation
from web.api.schemas import Approval, Rejection, Seen, SentBack, Stretch
from web.auth import current_actor
from web.context import kb


def queue(query: Stretch) -> Page[CandidateRow]:
    """Candidates that wait for a decision of mine, due first."""
    return kb.reviews.queue(current_actor(), offset=query.offset, limit=query.limit)


def claim(id: int, body: Seen) -> CandidateView:  # noqa: A002
    """Takes a candidate on for review."""
    return kb.reviews.claim(current_actor(), id, seen_version=body.seen_version)


def accept(id: int, body: Approval) -> CandidateView:  # noqa: A002
    """Accepts exactly the version that was read."""
    return kb.reviews.accept(current_actor(), id, seen_version=body.seen_version, comment=body.comment)


def sign_off(id: int, body: Approval) -> CandidateView:  # noqa: A002
    """Signs off what was accepted for everybody or for a few."""
    return kb.reviews.sign_off(current_actor(), id, seen_version=body.seen_version, comment=body.comment)


def send_back(id: int, body: SentBack) -> CandidateView:  # noqa: A002
    """Sends a candidate back to its author with a reason."""
    return kb.reviews.send_back(current_actor(), id, seen_version=body.seen_version, reason=body.reason)


def reject(id: int, body: Rejection) -> CandidateView:  # noqa: A002
    """Rejects a candidate for good, with the code of the reason."""
    return kb.reviews.reject(
        current_actor(), id, seen_version=body.seen_version, reason=body.reason, comment=body.comment
    )


OPERATIONS = (
    Operation("GET", "/reviews", queue),
    Operation("POST", "/candidates/<id:id>/claim", claim),
    Operation("POST", "/candidates/<id:id>/accept", accept),
    Operation("POST", "/candidates/<id:id>/sign_off", sign_off),
    Operation("POST", "/candidates/<id:id>/send_back", send_back),
    Operation("POST", "/candidates/<id:id>/reject", reject),
)
