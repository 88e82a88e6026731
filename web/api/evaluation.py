"""Evaluation for programs: the labelled queries of the base, and how well search answers them."""

from kb_service.results import EvaluationView, LabelledRow, Page, ProposedQuery
from web.api.operations import Operation
from web.api.schemas import ChangedLabels, LabelList, Labels, Seen
from web.auth import current_actor
from web.context import kb


def history() -> tuple[EvaluationView, ...]:
    """The latest evaluations, latest first."""
    return kb.evaluation.history(current_actor())


def run() -> EvaluationView:
    """Asks every labelled query now and keeps how well it was answered."""
    return kb.evaluation.run(current_actor())


def queries(query: LabelList) -> Page[LabelledRow]:
    """Labelled queries, each with the place of its answer in the latest evaluation."""
    return kb.labelled.list(current_actor(), words=query.words, offset=query.offset, limit=query.limit)


def proposals() -> tuple[ProposedQuery, ...]:
    """What several people asked before an article helped them, and is not labelled yet."""
    return kb.labelled.proposals(current_actor())


def label(body: Labels) -> LabelledRow:
    """Labels words with articles that answer them, beside those that do already."""
    return kb.labelled.add(current_actor(), body.words, body.answers)


def change(id: int, body: ChangedLabels) -> LabelledRow:  # noqa: A002
    """Replaces the articles that answer a labelled query."""
    return kb.labelled.change(current_actor(), id, body.answers, seen_version=body.seen_version)


def remove(id: int, body: Seen) -> LabelledRow:  # noqa: A002
    """Uses a labelled query no longer."""
    return kb.labelled.remove(current_actor(), id, seen_version=body.seen_version)


OPERATIONS = (
    Operation("GET", "/evaluation", history),
    Operation("POST", "/evaluation", run, status=201),
    Operation("GET", "/evaluation/queries", queries),
    Operation("POST", "/evaluation/queries", label, status=201),
    Operation("GET", "/evaluation/proposals", proposals),
    Operation("PUT", "/evaluation/queries/<id:id>", change),
    Operation("POST", "/evaluation/queries/<id:id>/remove", remove),
)
