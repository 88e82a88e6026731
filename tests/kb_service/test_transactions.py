"""A transaction ends whole or not at all, whoever else writes."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import create_engine

from kb_service.bootstrap import KnowledgeBase
from kb_service.domain.article import Article, Revision
from kb_service.domain.candidate import Candidate, Review
from kb_service.domain.events import Event
from kb_service.domain.feedback import SearchEvent
from kb_service.domain.report import Report
from kb_service.errors import Conflict, DatabaseBusy, Invalid, KBError
from kb_service.inputs import SearchRequest
from kb_service.services import search, writing
from kb_service.store import leases
from kb_service.store.audit import AuditLine
from kb_service.store.outbox import OutboxRow
from tests.base import Clock, actor
from tests.kb_service.making import contents, count, drafts, faq, published, running, solution, submitted, told


class Broken(Exception):
    """What goes wrong in the middle."""


def test_an_exception_in_the_middle_leaves_nothing(kb: KnowledgeBase) -> None:
    before = contents(kb)

    def half() -> None:
        with kb.database.begin() as tx:
            half = Candidate(kind="faq", title="半", fields={}, scope_id=1, author_name="x", updated_at=tx.now)
            tx.record(Event(kb.people.local(), "create", tx.add(half), concerns_index=True))
            raise Broken

    with pytest.raises(Broken):
        half()
    assert contents(kb) == before


def test_a_failure_after_the_decision_takes_the_decision_back(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = submitted(kb, actor(kb, "expert"), solution())
    before = contents(kb)

    def fail(*_: object) -> None:
        raise Broken

    monkeypatch.setattr(writing, "_note_links", fail)
    with pytest.raises(Broken):
        kb.reviews.accept(actor(kb, "reviewer"), waiting.id, seen_version=waiting.version)
    assert contents(kb) == before


def test_a_batch_that_fails_leaves_no_row_and_no_progress(kb: KnowledgeBase) -> None:
    one = running(kb, "report")
    before = contents(kb)
    with pytest.raises(Invalid):
        kb.imports.take(one.id, drafts([told(1), told(2, phenomenon="坏\ud800字")]), (), position=2)
    assert contents(kb) == before


def test_every_event_writes_one_audit_line(kb: KnowledgeBase) -> None:
    expert, reviewer, manager = (actor(kb, name) for name in ("expert", "reviewer", "manager"))
    first = count(kb, AuditLine)
    draft = kb.candidates.create(expert, solution())
    draft = kb.candidates.edit(expert, draft.id, solution("改"), seen_version=draft.version)
    waiting = kb.candidates.submit(expert, draft.id, seen_version=draft.version)
    waiting = kb.reviews.claim(reviewer, waiting.id, seen_version=waiting.version)
    done = kb.reviews.accept(reviewer, waiting.id, seen_version=waiting.version)
    view = kb.articles.get(manager, done.article)
    kb.articles.step(manager, done.article, "propose_retire", seen_version=view.version, reason="旧")
    kb.reports.file(expert, told())
    with kb.database.read() as session:
        lines = session.query(AuditLine).order_by(AuditLine.id).offset(first).all()
    assert [(line.noun, line.action, line.actor) for line in lines] == [
        ("candidate", "create", "expert"),
        ("candidate", "edit", "expert"),
        ("candidate", "submit", "expert"),
        ("candidate", "claim", "reviewer"),
        ("candidate", "accept", "reviewer"),
        ("article", "publish", "reviewer"),
        ("article", "propose_retire", "manager"),
        ("report", "file_report", "expert"),
    ]
    assert count(kb, OutboxRow) == 3


def test_reading_writes_nothing(kb: KnowledgeBase) -> None:
    number = published(kb, solution())
    before = contents(kb)
    expert = actor(kb, "expert")
    kb.articles.get(expert, number)
    kb.articles.list(expert)
    kb.candidates.list(expert)
    kb.reports.list(expert)
    kb.search.find(expert, SearchRequest(words="证书"))
    kb.index.check()
    assert contents(kb) == before


def test_feedback_counts_once_a_day_and_person(kb: KnowledgeBase, clock: Clock) -> None:
    number = published(kb, solution(audience="public"))
    expert, visitor = actor(kb, "expert"), kb.people.visitor()
    assert kb.feedback.answer(expert, number, solved=True) == (1, 0)
    assert kb.feedback.answer(expert, number, solved=True) == (1, 0)
    assert kb.feedback.answer(expert, number, solved=False, reason="不管用") == (0, 1)
    assert kb.feedback.answer(visitor, number, solved=True, who="甲") == (1, 1)
    assert kb.feedback.answer(visitor, number, solved=True, who="乙") == (2, 1)
    clock.forward(days=1)
    assert kb.feedback.answer(expert, number, solved=True) == (3, 1)


def test_events_of_a_commit_that_was_thought_lost_are_written_once(kb: KnowledgeBase) -> None:
    kb.search.find(kb.people.local(), SearchRequest(words="证书"))
    waiting = list(kb.search._events._waiting)
    assert kb.search.flush() == 1
    kb.search._events._waiting.extend(waiting)
    kb.search.find(kb.people.local(), SearchRequest(words="发票"))
    kb.search.flush()
    assert count(kb, SearchEvent) == 2


def test_a_full_queue_of_search_events_drops_and_counts(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "QUEUE", 2)
    events = [kb.search.find(kb.people.visitor(), SearchRequest(words="x")).event for _ in range(4)]
    assert [bool(event) for event in events] == [True, True, False, False]
    assert kb.search._events.dropped == 2
    assert kb.search.flush() == 2
    assert count(kb, SearchEvent) == 2
    assert kb.search.flush() == 0


def test_a_hostile_search_does_not_keep_the_others_from_being_noted(kb: KnowledgeBase) -> None:
    for words in ("证书", "\ud800\x00", "发票"):
        kb.search.find(kb.people.visitor(), SearchRequest(words=words))
    assert kb.search.flush() == 3


def test_search_events_wait_when_the_database_is_busy(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    kb.search.find(kb.people.visitor(), SearchRequest(words="证书"))

    def busy() -> None:
        raise DatabaseBusy

    with monkeypatch.context() as patch:
        patch.setattr(kb.database, "begin", busy)
        with pytest.raises(DatabaseBusy):
            kb.search.flush()
    assert kb.search.flush() == 1


@pytest.mark.sqlite
def test_a_locked_database_says_that_it_is_busy(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb_service.store.connections.PRAGMAS", ("busy_timeout=50",))
    kb.database.engine.dispose()
    other = create_engine(kb.settings.database_url())
    with other.connect() as holder:
        holder.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseBusy):
            kb.candidates.create(actor(kb, "expert"), solution())
        assert kb.articles.list(actor(kb, "expert")).total == 0
    other.dispose()
    assert kb.candidates.create(actor(kb, "expert"), solution()).id


def together(*works: Callable[[], object]) -> list[object]:
    """What came of works begun at the same moment: a value or a KBError each."""
    ready = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        ready.wait()
        try:
            return work()
        except KBError as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_of_two_reviewers_at_once_exactly_one_decides(kb: KnowledgeBase) -> None:
    waiting = submitted(kb, actor(kb, "expert"), solution())
    who = [actor(kb, name) for name in ("reviewer", "reviewer_hq")] * 4
    came = together(*(lambda one=one: kb.reviews.accept(one, waiting.id, seen_version=waiting.version) for one in who))
    assert sum(not isinstance(one, KBError) for one in came) == 1
    assert all(isinstance(one, Conflict) for one in came if isinstance(one, KBError))
    assert [count(kb, one) for one in (Review, Article, Revision, OutboxRow)] == [1, 1, 1, 1]


def test_fifty_writers_at_once_all_succeed(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    came = together(
        *(lambda n=n: [kb.reports.file(expert, told(n * 10 + m)).number for m in range(4)] for n in range(50))
    )
    assert [one for one in came if isinstance(one, KBError)] == []
    assert count(kb, Report) == 200
    assert count(kb, OutboxRow) == 200


def test_the_same_report_filed_at_once_is_filed_once(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    came = together(*(lambda: kb.reports.file(expert, told()) for _ in range(6)))
    assert sum(not isinstance(one, KBError) for one in came) == 1
    assert count(kb, Report) == 1


def test_the_same_import_taken_by_two_workers_is_taken_once(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    one = running(kb, "article")
    batch = drafts([faq(str(n), f"问题{n}") for n in range(20)])
    together(*(lambda: kb.imports.take(one.id, batch, (), position=20) for _ in range(4)))
    assert count(kb, Candidate) == 20
    assert kb.imports.get(expert, one.id).counts.created == 20


def test_an_import_is_claimed_by_one_worker_until_its_lease_ends(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = running(kb, "report")
    claims = together(*(kb.imports.claim for _ in range(5)))
    assert sorted(claims, key=str) == [one.id, None, None, None, None]
    monkeypatch.setattr(leases, "_now", lambda session, now=leases._now: now(session) + timedelta(minutes=2))
    assert kb.imports.claim(one.id) == one.id
    kb.imports.release(one.id)
    assert kb.imports.claim() == one.id


def test_an_import_whose_process_is_gone_is_free_within_ten_seconds_on_another_machine(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = running(kb, "report")
    monkeypatch.setattr(leases, "_holder", lambda: "elsewhere:1:1:1")
    assert kb.imports.claim() == one.id
    monkeypatch.setattr(leases, "RENEWAL", 0.01)
    with kb.imports.kept(one.id):
        kb.imports.take(one.id, (), (), position=20)
    assert kb.imports.claim() is None
    monkeypatch.setattr(leases, "_now", lambda session, now=leases._now: now(session) + timedelta(seconds=10))
    assert kb.imports.claim() == one.id
