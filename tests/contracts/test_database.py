"""What every database must do for the base: SQLite on disk, and PostgreSQL where there is a server."""

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, text, update

from indexer.sync import FeedBusy
from kb_service.bootstrap import KnowledgeBase, open_base
from kb_service.config import Settings
from kb_service.domain.article import Article
from kb_service.domain.feedback import SearchEvent
from kb_service.domain.organisation import Organisation, OrganisationAlias
from kb_service.domain.person import Person
from kb_service.domain.report import Report
from kb_service.errors import (
    Conflict,
    DatabaseAway,
    DatabaseBusy,
    Duplicate,
    Invalid,
    KBError,
    NotFound,
    OldSchema,
    StaleEdit,
)
from kb_service.inputs import SearchRequest
from kb_service.services import clock as real_clock
from kb_service.store import copying, leases, outbox, patience, schema, versions
from kb_service.store.audit import AuditLine
from kb_service.store.feed import Feed
from kb_service.store.outbox import Lease, OutboxRow
from kb_service.store.tables import Base
from kb_service.store.unit_of_work import Database, Tx
from tests import databases
from tests.base import Clock, actor, base_at, populate
from tests.conftest import absent
from tests.kb_service.making import drafts, published, solution, told, uploaded
from tests.web.cli import done, kb
from web.cli import errors

KINDS = ("sqlite", "postgresql")
PROCESSES, TIMES = 3, 20
ON_SERVER = pytest.mark.parametrize("url", ["postgresql"], indirect=True)
"""A file can be opened any number of times, and has one writer at a time: there is nothing to tell of it."""


@contextmanager
def empty(kind: str, folder: Path) -> Iterator[str]:
    """The address of a database without anything in it."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'kb.sqlite'}"
        return
    if not databases.POSTGRESQL:
        absent("no PostgreSQL: set KB_TEST_POSTGRESQL to the address of a database")
    with databases.fresh(databases.POSTGRESQL) as url:
        yield url


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty(request.param, tmp_path) as address:
        yield address


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    schema.upgrade(url)
    with _opened(url) as database:
        yield database


@pytest.fixture
def base(url: str, tmp_path: Path, clock: Clock) -> Iterator[KnowledgeBase]:
    with base_at(tmp_path / "home", clock, database=url) as kb:
        populate(kb)
        yield kb


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = Database(url, real_clock.now)
    try:
        yield database
    finally:
        database.close()


def aliases(tx: Tx, *names: str) -> None:
    tx.session.execute(insert(OrganisationAlias), [{"name": name, "organisation_id": 1} for name in names])


def kept(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(OrganisationAlias.name).order_by(OrganisationAlias.name)))


def rooted(database: Database) -> None:
    with database.begin() as tx:
        tx.add(Organisation(id=1, name="总局", kind="headquarters", path="/1/"))


def together(*works: Callable[[], object]) -> list[object]:
    """What came of works begun at the same moment: a value or a KBError each."""
    ready, came = threading.Barrier(len(works)), list[object]()

    def run(work: Callable[[], object]) -> None:
        ready.wait()
        try:
            came.append(work())
        except KBError as error:
            came.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


def in_processes(work: Callable[..., None], *told: object) -> list[int | None]:
    """The exit codes of processes that all do the same at once."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=work, args=told) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    return [process.exitcode for process in processes]


# values


def test_values_come_back_as_they_were(database: Database) -> None:
    at = datetime(2026, 3, 5, 1, 2, 3, 456789, tzinfo=UTC)
    row = {"key": "k", "who": "", "at": at, "words": "㐀𠀀 ' \\ %_\n", "total": 0, "opened": [], "solved": ""}
    row |= {"filters": {"kind": ["faq"]}, "shown": ["KB000001"]}
    with database.begin() as tx:
        tx.session.execute(insert(SearchEvent), row)
    with database.read() as session:
        found = session.get_one(SearchEvent, "k")
    assert {name: getattr(found, name) for name in row} == row


def test_texts_stand_in_the_order_of_their_code_points(database: Database) -> None:
    rooted(database)
    names = ["税务", "增值税", "A", "a", "B", "_", "é", "𠀀", "阿", "1", " 1"]
    with database.begin() as tx:
        aliases(tx, *names)
    assert kept(database) == sorted(names, key=str.encode)


def test_a_long_text_is_kept_whole(database: Database) -> None:
    rooted(database)
    with database.begin() as tx:
        aliases(tx, "长" * 400)
    assert kept(database) == ["长" * 400]


def test_a_number_no_column_can_hold_is_not_found(base: KnowledgeBase) -> None:
    for number in ("KB999999999999", "KB2147483648"):
        with pytest.raises(NotFound):
            base.articles.get(actor(base, "expert"), number)
    with pytest.raises(NotFound):
        base.people.actor(10**30)


def test_a_text_no_database_can_hold_is_refused_and_nothing_kept(database: Database) -> None:
    rooted(database)
    with pytest.raises(Invalid), database.begin() as tx:
        aliases(tx, "好", "坏\ud800")
    assert kept(database) == []


def test_ids_go_on_beyond_32_bits(database: Database) -> None:
    line = dict.fromkeys(("actor", "action", "noun", "subject_id", "door", "address", "request_id"), "")
    with database.begin() as tx:
        tx.session.execute(insert(AuditLine), line | {"id": 2**40, "at": tx.now, "detail": {}})
    with database.read() as session:
        assert session.scalar(select(AuditLine.id).where(AuditLine.id >= 2**40)) == 2**40


# transactions


def test_what_is_committed_is_there_and_nothing_else(database: Database) -> None:
    rooted(database)

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=6))
    @settings(max_examples=15)
    def holds(steps: list[tuple[str, bool]]) -> None:
        expected = set()
        with database.begin() as tx:
            tx.session.execute(delete(OrganisationAlias))
        for at, (name, good) in enumerate(steps):
            try:
                with database.begin() as tx:
                    aliases(tx, f"{name}{at}")
                    if not good:
                        raise ZeroDivisionError
                expected.add(f"{name}{at}")
            except ZeroDivisionError:
                pass
        assert set(kept(database)) == expected

    holds()


def test_a_reading_transaction_sees_one_state(database: Database) -> None:
    rooted(database)
    with database.read() as session:
        before = session.scalar(select(func.count()).select_from(OrganisationAlias))
        with database.begin() as tx:
            aliases(tx, "后来的")
        assert session.scalar(select(func.count()).select_from(OrganisationAlias)) == before == 0
    assert kept(database) == ["后来的"]


def test_what_is_there_already_is_a_duplicate(database: Database) -> None:
    rooted(database)
    with database.begin() as tx:
        aliases(tx, "甲")
    with pytest.raises(Duplicate), database.begin() as tx:
        aliases(tx, "乙", "甲")
    assert kept(database) == ["甲"]


def test_nobody_does_the_same_at_the_same_time(database: Database) -> None:
    rooted(database)

    def next_one() -> None:
        with database.begin() as tx:
            tx.alone("count")
            so_far = tx.session.scalar(select(func.count()).select_from(OrganisationAlias))
            aliases(tx, f"{so_far:03}")

    came = together(*(next_one,) * 8)
    assert came == [None] * 8
    assert kept(database) == [f"{at:03}" for at in range(8)]


def test_who_is_kept_waiting_too_long_is_told_that_the_database_is_busy(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema.upgrade(url)
    monkeypatch.setattr("kb_service.store.connections.PRAGMAS", ("busy_timeout=50",))
    monkeypatch.setattr("kb_service.store.connections.PATIENCE", {"lock_timeout": "50ms"})
    with _opened(url) as holder, _opened(url) as waiting, holder.begin() as tx:
        _alone(tx, "x")
        with pytest.raises(DatabaseBusy), waiting.begin() as other:
            _alone(other, "x")


def _alone(tx: Tx, what: str) -> None:
    tx.alone(what)
    tx.session.execute(select(1))  # a transaction of SQLite begins with its first statement


@ON_SERVER
def test_when_all_connections_are_in_use_the_database_is_busy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"POOL": 1, "OVERFLOW": 0, "QUEUE": 0.05}.items():
        monkeypatch.setattr(f"kb_service.store.connections.{name}", value)
    schema.upgrade(url)
    with _opened(url) as database:
        with database.read() as session:
            session.execute(select(1))
            with pytest.raises(DatabaseBusy), database.read() as another:
                another.execute(select(1))
        with database.read() as another:
            another.execute(select(1))


# people at once


def test_one_of_two_edits_of_the_same_text_is_told_so(base: KnowledgeBase) -> None:
    expert = actor(base, "expert")
    draft = base.candidates.create(expert, solution())
    edits = (
        lambda title=title: base.candidates.edit(expert, draft.id, solution(title), seen_version=draft.version)
        for title in ("甲", "乙", "丙")
    )
    came = together(*edits)
    assert sum(isinstance(one, StaleEdit) for one in came) == 2


def test_the_same_report_filed_at_once_is_filed_once(base: KnowledgeBase) -> None:
    expert = actor(base, "expert")
    together(*(lambda: base.reports.file(expert, told()) for _ in range(5)))
    with base.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Report)) == 1


def test_reports_filed_at_once_all_get_numbers_of_their_own(base: KnowledgeBase) -> None:
    expert = actor(base, "expert")
    came = together(*(lambda at=at: base.reports.file(expert, told(at)).number for at in range(8)))
    assert len(set(came)) == 8


def test_two_people_added_under_one_name_at_once_are_one(base: KnowledgeBase) -> None:
    local = base.people.local()

    def add() -> object:
        return base.people.add(local, username="twice", name="甲", organisation="总局", roles=[])

    came = together(*(add,) * 4)
    assert sum(isinstance(one, Duplicate) for one in came) == 3


def test_answers_given_at_once_are_all_counted_once(base: KnowledgeBase) -> None:
    number = published(base, solution(audience="public"))
    visitor = base.people.visitor()
    names = ("甲", "甲", "乙", "丙", "丙", "丁")
    together(*(lambda who=who: base.feedback.answer(visitor, number, solved=True, who=who) for who in names))
    assert base.articles.get(visitor, number).solved == 4


def test_batches_taken_at_once_are_counted_once(base: KnowledgeBase) -> None:
    expert = actor(base, "expert")
    one = uploaded(base, expert, "report")
    base.imports.run(expert, one.id, seen_version=one.version)
    batch = drafts([told(at) for at in range(10)])
    together(*(lambda: base.imports.take(one.id, batch, (), position=10) for _ in range(4)))
    assert base.imports.get(expert, one.id).counts.created == 10


def _edit_until_done(url: str, home: Path, number: str, times: int) -> None:
    """Read, change, write again ``times`` times; whoever was overtaken begins again."""
    kb = open_base(Settings(home=home, index="memory:", database=url))
    try:
        done = 0
        while done < times:
            try:
                with kb.database.begin() as tx:
                    article = tx.session.get_one(Article, int(number[2:]))
                    article.review_due = f"{int(article.review_due or 0) + 1}"
                done += 1
            except (StaleEdit, DatabaseBusy):
                continue
    finally:
        kb.close()


def test_no_edit_of_three_processes_is_lost(base: KnowledgeBase, url: str) -> None:
    number = published(base, solution())
    base.database.close()
    assert in_processes(_edit_until_done, url, base.settings.home, number, TIMES) == [0] * PROCESSES
    with base.database.read() as session:
        assert session.get_one(Article, int(number[2:])).review_due == str(PROCESSES * TIMES)


# the outbox


def _put(tx: Tx, *ids: int) -> None:
    outbox.put(tx.session, "article", ids, at=tx.now)


def test_taken_changes_stay_until_they_are_finished_and_failed_ones_come_later(database: Database) -> None:
    feed = Feed(database)
    with database.begin() as tx:
        _put(tx, 1, 2, 1, 3)
    first, again = feed.take(3), feed.take(3)
    assert first.ids == again.ids == ("a1", "a2")
    with database.begin() as tx:
        _put(tx, 2)
    feed.finish(first, {"a1": "坏了。"})
    assert feed.take(10).ids == ("a3", "a2")
    with database.begin() as tx:
        tx.session.execute(update(OutboxRow).values(due_at=tx.now))
    assert feed.take(10).ids == ("a1", "a3", "a2")


def test_what_is_finished_during_a_rebuild_is_kept_for_it(database: Database) -> None:
    feed = Feed(database)
    for _ in range(2):
        with database.begin() as tx:
            _put(tx, 1, 2)
        with feed.rebuilding():
            with pytest.raises(FeedBusy), feed.rebuilding():
                pass
            with feed.draining():
                feed.finish(feed.take(10), {})
            assert sorted(feed.kept(10)) == ["a1", "a2"]
            assert list(feed.kept(10)) == []
        assert feed.take(10).ids == ()


def test_two_who_drain_at_once_take_nothing_from_each_other(database: Database) -> None:
    feed = Feed(database)
    with database.begin() as tx:
        _put(tx, *range(1, 30))
    batches = [feed.take(20), feed.take(20)]  # as when one was held up until its lease ended
    assert together(*(lambda one=one: feed.finish(one, {"a3": "坏了。"}) for one in batches)) == [None, None]
    assert len(feed.take(100).ids) == 9


@ON_SERVER
def test_a_change_that_commits_after_a_younger_one_is_not_missed(database: Database) -> None:
    feed = Feed(database)
    with database.begin() as slow:
        _put(slow, 1)
        slow.session.flush()
        with database.begin() as quick:
            _put(quick, 2)
        first = feed.take(10)
        feed.finish(first, {})
    second = feed.take(10)
    assert (first.ids, second.ids) == (("a2",), ("a1",))
    feed.finish(second, {})
    with database.read() as session:
        assert session.scalars(select(OutboxRow)).all() == []


# leases


def test_of_many_one_takes_a_lease(database: Database) -> None:
    def take() -> bool:
        with database.begin() as tx:
            return leases.take(tx, "x")

    assert sorted(map(bool, together(*(take,) * 6))) == [False] * 5 + [True]


def test_a_lease_of_a_dead_host_is_free_within_ten_seconds(database: Database) -> None:
    now = moved(database, timedelta())
    with database.begin() as tx:
        assert leases.take(tx, "x", holder="elsewhere:1:1:1")
        assert not leases.take(tx, "x")
    assert timedelta(seconds=10) > leases.LENGTH
    with database.begin() as tx:
        tx.session.execute(update(Lease).values(until=now))
        assert leases.take(tx, "x")


def moved(database: Database, by: timedelta) -> datetime:
    with database.read() as session:
        return leases._now(session) + by


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_jumps_neither_frees_nor_blocks_a_lease(url: str, hours: int) -> None:
    schema.upgrade(url)
    later = Database(url, lambda: real_clock.now() + timedelta(hours=hours))
    with _opened(url) as database:
        with leases.held(database, "x"), pytest.raises(FeedBusy), leases.held(later, "x"):
            pass
        with leases.held(later, "x"), pytest.raises(FeedBusy), leases.held(database, "x"):
            pass
        with leases.held(database, "x"):
            pass
    later.close()


def test_what_a_lease_of_another_clock_says_does_not_last(database: Database) -> None:
    with database.begin() as tx:
        tx.add(Lease(name="x", holder="elsewhere:1:1:1", until=moved(database, timedelta(hours=1))))
    with leases.held(database, "x"):
        pass


def test_a_lease_is_renewed_as_long_as_it_is_held(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "RENEWAL", 0.01)
    with leases.held(database, "x"):
        first = until_of(database, "x")
        wait_for(lambda: until_of(database, "x") > first)


def test_a_lease_is_kept_by_another_process_than_the_one_that_took_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "RENEWAL", 0.01)
    with database.begin() as tx:
        leases.take(tx, "x", timedelta(seconds=60), holder="elsewhere:1:1:1")
    soon = moved(database, timedelta(seconds=30))
    with leases.kept(database, "x"):
        wait_for(lambda: until_of(database, "x") < soon)
        kept = until_of(database, "x")
        wait_for(lambda: until_of(database, "x") > kept)
    with database.begin() as tx:
        leases.drop(tx.session, "x")
        assert leases.take(tx, "x")


def until_of(database: Database, name: str) -> datetime:
    with database.read() as session:
        return session.get_one(Lease, name).until


def wait_for(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "never renewed"


# away and back


def hang_up(server: Database, database: Database) -> None:
    """End all connections to a database, as the server does when it is shut down."""
    ending = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
    with server.begin() as tx:
        tx.session.execute(ending, {"name": database.engine.url.database})


def test_a_lost_connection_costs_one_refusal_and_heals(postgresql_url: str) -> None:
    with databases.fresh(postgresql_url) as url:
        schema.upgrade(url)
        with _opened(url) as database, _opened(postgresql_url) as other:
            rooted(database)

            def half() -> None:
                with database.begin() as tx:
                    aliases(tx, "没有保存")
                    hang_up(other, database)
                    aliases(tx, "也没有")

            with pytest.raises(DatabaseAway, match="没有保存"):
                half()
            assert kept(database) == []
            hang_up(other, database)  # while it is not in use, nobody notices
            with database.begin() as tx:
                aliases(tx, "保存了")
            assert kept(database) == ["保存了"]


def test_a_connection_lost_while_saving_leaves_it_open_whether_it_was_saved(postgresql_url: str) -> None:
    with databases.fresh(postgresql_url) as url:
        schema.upgrade(url)
        with _opened(url) as database, _opened(postgresql_url) as other:
            rooted(database)

            def save() -> None:
                with database.begin() as tx:
                    aliases(tx, "甲")
                    hang_up(other, database)

            with pytest.raises(DatabaseAway, match="无法确定"):
                save()


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    nowhere = "postgresql://kb:geheim@127.0.0.1:9/kb"
    with _opened(nowhere) as database, pytest.raises(DatabaseAway), database.read() as session:
        session.scalar(select(Person.id))
    with pytest.raises(DatabaseAway, match=r"127\.0\.0\.1:9/kb") as refused:
        schema.demand(nowhere)
    assert "geheim" not in refused.value.message


def test_a_statement_that_takes_too_long_is_given_up(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb_service.store.connections.PATIENCE", {"statement_timeout": "50ms"})
    with _opened(postgresql_url) as database, pytest.raises(DatabaseBusy), database.read() as session:
        session.execute(select(func.pg_sleep(60)))


def test_an_answer_that_does_not_come_is_given_up(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with _opened(postgresql_url) as database:

        def hang() -> None:
            with database.read() as session:
                session.scalar(select(1))  # what is to be answered may take its time
                monkeypatch.setattr(patience, "ANSWER", 0.2)
                session.execute(select(func.pg_sleep(60)))

        with pytest.raises(DatabaseAway):
            hang()
        monkeypatch.undo()
        with database.read() as session:
            assert session.scalar(select(1)) == 1


def test_many_rows_at_once_may_take_longer(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "ANSWER", 1)
    sleeps = text("SELECT pg_sleep(:seconds)"), [{"seconds": 0.15}] * 10
    with _opened(postgresql_url) as database:

        def send(patient: float) -> None:
            with database.begin() as tx:
                tx.session.scalar(select(1))
                monkeypatch.setattr(patience, "ANSWERS", patient)
                tx.session.execute(*sleeps)

        send(patience.ANSWERS)
        with pytest.raises(DatabaseAway):
            send(0.2)


def test_an_address_with_options_of_its_own_says_how_long_to_wait(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "ANSWER", 0.2)
    told = f"{postgresql_url}?options=-c%20statement_timeout%3D60s"
    with _opened(told) as database, database.read() as session:
        session.execute(select(func.pg_sleep(0.5)))


def test_a_refusal_amid_many_rows_costs_no_connection(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb_service.store.connections.PATIENCE", {"lock_timeout": "1ms"})
    change = text("UPDATE many SET t = :t WHERE n = :n"), [{"n": n, "t": ""} for n in range(20_000)]
    with databases.fresh(postgresql_url) as url, _opened(url) as database, _opened(url) as other:
        with database.begin() as tx:
            tx.session.execute(text("CREATE TABLE many AS SELECT n, '' AS t FROM generate_series(0, 19999) AS n"))
            tx.session.execute(text("CREATE INDEX many_n ON many (n)"))
            mine = tx.session.scalar(select(func.pg_backend_pid()))
        with other.begin() as holder:
            holder.session.execute(text("SELECT n FROM many WHERE n = 0 FOR UPDATE"))
            with pytest.raises(DatabaseBusy), database.begin() as tx:
                tx.session.execute(*change)
        with database.read() as session:
            assert session.scalar(select(func.pg_backend_pid())) == mine


def test_of_two_who_wait_for_each_other_one_is_told_to_try_again(postgresql_url: str) -> None:
    with databases.fresh(postgresql_url) as url:
        schema.upgrade(url)
        with _opened(url) as database:
            both = threading.Barrier(2)

            def cross(first: str, second: str) -> None:
                with database.begin() as tx:
                    tx.alone(first)
                    both.wait(30)
                    tx.alone(second)

            came = together(lambda: cross("a", "b"), lambda: cross("b", "a"))
    assert sorted(type(one).__name__ for one in came) == ["DatabaseBusy", "NoneType"]


# the schema


def test_tables_go_up_down_and_up_again(url: str) -> None:
    for _ in range(2):
        schema.upgrade(url)
        assert schema.version(url) == schema.head()
        schema.downgrade(url, "base")
        assert schema.version(url) is None


def _demand(url: str) -> None:
    schema.demand(url, create=True)


def test_programs_that_start_at_once_make_one_base(url: str) -> None:
    assert in_processes(_demand, url) == [0] * PROCESSES
    assert schema.version(url) == schema.head()


NEXT = '''\
"""What the next version of the program adds."""

import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "{head}"
branch_labels = None
depends_on = None
{oldest}


def upgrade():
    with op.batch_alter_table("article") as article:
        article.add_column(sa.Column("colour", sa.String(20), server_default="", nullable=False))


def downgrade():
    with op.batch_alter_table("article") as article:
        article.drop_column("colour")
'''


def _upgrade_further(url: str, folder: Path, oldest: str) -> None:
    """What ``kb db upgrade`` of the next version does."""
    (folder / "9000_next.py").write_text(NEXT.format(head=schema.head(), oldest=oldest))
    config = schema._config(url)
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", f"{schema.MIGRATIONS / 'versions'}:{folder}")
    command.upgrade(config, "head")


def test_the_program_goes_on_while_the_next_version_adds_to_the_schema(
    base: KnowledgeBase, url: str, tmp_path: Path
) -> None:
    expert, stop, saved = actor(base, "expert"), threading.Event(), list[int]()

    def serve() -> None:
        while not stop.wait(0.05):  # who waits for a SQLite file only looks now and then whether it is free
            draft = base.candidates.create(expert, solution())
            saved.append(base.candidates.submit(expert, draft.id, seen_version=draft.version).id)

    serving = threading.Thread(target=serve)
    serving.start()
    try:
        _upgrade_further(url, tmp_path, f'oldest = "{schema.head()}"')
    finally:
        stop.set()
        serving.join()
    assert schema.version(url) == "9000"
    assert published(base, solution())
    again = open_base(base.settings)  # the same program, started once more
    assert {base.candidates.get(expert, one).state for one in saved} <= {"in_review"}
    assert published(again, solution())
    again.close()


def test_a_schema_that_ends_older_programs_is_not_opened_by_them(url: str, tmp_path: Path) -> None:
    schema.upgrade(url)
    _upgrade_further(url, tmp_path, "")
    with pytest.raises(OldSchema, match="9000"):
        schema.demand(url)


def test_no_migration_lets_in_programs_that_one_before_it_ended() -> None:
    from alembic.script import ScriptDirectory

    steps = ScriptDirectory.from_config(schema._config("sqlite://")).walk_revisions("base", "head")
    told = [getattr(step.module, "oldest", step.revision) for step in reversed(list(steps))]
    assert told[3:] == sorted(told[3:])


# copies


def contents(url: str) -> dict[str, list[Any]]:
    with _opened(url) as database, database.read() as session:
        tables = [one for one in Base.metadata.sorted_tables if one.name not in copying.OF_PROCESSES]
        return {
            table.name: sorted(map(repr, session.execute(select(table))))
            for table in tables
            if table.name not in copying.OF_THE_INDEX
        }


@pytest.mark.parametrize("to", KINDS)
def test_a_copy_is_the_same_and_goes_on(base: KnowledgeBase, url: str, to: str, tmp_path: Path) -> None:
    published(base, solution())
    base.reports.file(actor(base, "expert"), told())
    base.database.close()
    (tmp_path / "copy").mkdir()
    with empty(to, tmp_path / "copy") as target:
        copied = copying.copy(url, target)
        assert contents(target) == contents(url)
        assert copied.rows["article"] == copied.rows["report"] == 1
        with base_at(tmp_path / "other", Clock(), database=target) as kb:
            assert published(kb, solution("第二条")) == "KB000002"
            assert kb.index.check().clean


def test_only_an_empty_database_is_copied_into(base: KnowledgeBase, url: str) -> None:
    before = contents(url)
    with pytest.raises(Conflict, match="不是空的"):
        copying.copy(url, url)
    assert contents(url) == before


@pytest.mark.parametrize("to", KINDS)
def test_a_copy_that_broke_off_is_no_base(base: KnowledgeBase, url: str, to: str, tmp_path: Path) -> None:
    def breaking(rows: int) -> None:
        if rows > 20:
            raise KeyboardInterrupt

    (tmp_path / "copy").mkdir()
    with empty(to, tmp_path / "copy") as target:
        with pytest.raises(KeyboardInterrupt):
            copying.copy(url, target, progress=breaking)
        for again in (schema.demand, schema.upgrade):
            with pytest.raises(OldSchema, match="没有完成"):
                again(target)
        with pytest.raises(Conflict, match="没有完成"):
            copying.copy(url, target)


def test_a_copy_that_differs_is_not_called_done(
    base: KnowledgeBase, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = copying._put
    monkeypatch.setattr(
        copying, "_put", lambda target, table, rows: whole(target, table, rows[1:]) if rows[1:] else None
    )
    (tmp_path / "copy").mkdir()
    with empty("sqlite", tmp_path / "copy") as target:
        with pytest.raises(KBError, match="核对不符"):
            copying.copy(url, target)
        assert schema.version(target) == versions.INCOMPLETE


def test_a_row_that_cannot_be_held_is_named(tmp_path: Path, postgresql_url: str) -> None:
    source = f"sqlite:///{tmp_path / 'kb.sqlite'}"
    schema.upgrade(source)
    with _opened(source) as database:
        rooted(database)
        with database.begin() as tx:
            aliases(tx, "好", "坏\0")
    with databases.fresh(postgresql_url) as target, pytest.raises(Invalid, match="organisation_alias"):
        copying.copy(source, target)


def test_searches_with_characters_no_text_can_hold_are_noted(base: KnowledgeBase) -> None:
    for words in ("证书\0口令", "\ud800"):
        base.search.find(actor(base, "expert"), SearchRequest(words=words), who="甲")
    assert base.search.flush() == 2


@pytest.mark.parametrize("to", KINDS)
def test_a_base_is_moved_by_a_command_and_people_sign_in_as_before(
    to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_HOME", str(tmp_path / "home"))
    done("db", "upgrade")
    done("person", "add", "writer", "--name", "甲", "--organisation", "测试局", "--role", "expert")
    (tmp_path / "copy").mkdir()
    with empty(to, tmp_path / "copy") as target:
        assert "index rebuild" in done("db", "copy", "sqlite:///kb.sqlite", target)
        monkeypatch.setenv("KB_DATABASE", target)
        assert "writer" in done("person", "list")
        assert kb("db", "copy", "sqlite:///kb.sqlite", target).exit_code == errors.EXIT_CODES[Conflict]
