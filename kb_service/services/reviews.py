"""Use cases of deciding: claim, accept, sign off, send back, reject; one candidate or a whole import."""

from collections.abc import Callable

from kb_service.domain.access import Actor, parts_in_candidate
from kb_service.domain.candidate import Candidate
from kb_service.domain.workflow import REASONS
from kb_service.errors import Denied, Invalid
from kb_service.results import CandidateRow, CandidateView, Page
from kb_service.services import writing
from kb_service.services.candidates import view
from kb_service.store import candidates, imports
from kb_service.store.unit_of_work import Database, Tx


class Reviews:
    """What reviewers and group heads decide. Nobody decides on what is his own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def queue(self, actor: Actor, *, offset: int = 0, limit: int = 20) -> Page[CandidateRow]:
        """Candidates of others that wait for a decision, due first."""
        waiting = Candidate.state.in_(candidates.OPEN)
        others = Candidate.author_id.is_distinct_from(actor.person_id)
        order = (Candidate.due_at, Candidate.id)
        with self._database.read() as session:
            return candidates.page(session, actor, waiting, others, order=order, offset=offset, limit=limit)

    def claim(self, actor: Actor, candidate_id: int, *, seen_version: int) -> CandidateView:
        """Take a candidate upon oneself. Raises NotFound, Denied, InvalidTransition, StaleEdit."""
        return self._decide(actor, candidate_id, "claim", seen_version)

    def accept(self, actor: Actor, candidate_id: int, *, seen_version: int, comment: str = "") -> CandidateView:
        """Publish it, or hand it on to be signed off. Raises NotFound, Denied, InvalidTransition, StaleEdit."""
        return self._decide(actor, candidate_id, "accept", seen_version, comment=comment)

    def sign_off(self, actor: Actor, candidate_id: int, *, seen_version: int, comment: str = "") -> CandidateView:
        """Publish what was accepted already. Raises NotFound, Denied, InvalidTransition, StaleEdit."""
        return self._decide(actor, candidate_id, "sign_off", seen_version, comment=comment)

    def send_back(self, actor: Actor, candidate_id: int, *, seen_version: int, reason: str) -> CandidateView:
        """Return it to its author with a reason. Raises NotFound, Denied, Invalid, InvalidTransition, StaleEdit."""
        return self._decide(actor, candidate_id, "send_back", seen_version, reason=reason)

    def reject(
        self, actor: Actor, candidate_id: int, *, seen_version: int, reason: str, comment: str = ""
    ) -> CandidateView:
        """End it with a reason code. Raises NotFound, Denied, Invalid, InvalidTransition, StaleEdit."""
        if reason and reason not in REASONS:
            raise Invalid(problems={"reason": "请选择驳回的原因。"})
        return self._decide(actor, candidate_id, "reject", seen_version, reason=reason, comment=comment)

    def accept_import(self, actor: Actor, import_id: int, comment: str = "") -> int:
        """Accept, or sign off, every waiting candidate of an import; how many. Raises NotFound, Denied, StaleEdit."""
        return self._decide_all(actor, import_id, lambda one: _ACCEPTING[one.state], comment=comment)

    def send_back_import(self, actor: Actor, import_id: int, reason: str) -> int:
        """Return every waiting candidate of an import with one reason; how many. Raises NotFound, Denied, Invalid."""
        return self._decide_all(actor, import_id, lambda _: "send_back", reason=reason)

    def _decide(
        self, actor: Actor, candidate_id: int, action: str, seen_version: int, *, comment: str = "", reason: str = ""
    ) -> CandidateView:
        with self._database.begin() as tx:
            candidate = candidates.get(tx.session, actor, candidate_id)
            candidate.guard(seen_version)
            _act(tx, candidate, actor, action, comment=comment, reason=reason)
            return view(tx.session, candidate, actor)

    def _decide_all(
        self,
        actor: Actor,
        import_id: int,
        action: Callable[[Candidate], str],
        *,
        comment: str = "",
        reason: str = "",
    ) -> int:
        with self._database.begin() as tx:
            imports.get(tx.session, actor, import_id)
            waiting = candidates.of_import(tx.session, import_id)
            if not waiting and not (actor.may("review") or actor.may("sign_off")):
                raise Denied
            for candidate in waiting:
                _act(tx, candidate, actor, action(candidate), comment=comment, reason=reason)
            return len(waiting)


_ACCEPTING = {"in_review": "accept", "in_signoff": "sign_off"}


def _act(tx: Tx, candidate: Candidate, actor: Actor, action: str, *, comment: str, reason: str) -> None:
    parts = parts_in_candidate(actor, candidate)
    tx.record(candidate.act(action, actor, parts, at=tx.now, comment=comment, reason=reason))
    if candidate.state == "accepted":
        writing.publish(tx, candidate, actor, comment)
    tx.session.flush()
