"""What every change feed must do for the index, and what draining, rebuilding and checking make of it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from indexer.analysis.analyzer import Analyzer, Tokens
from indexer.engine import Change, Delete, Document, SearchEngine, Upsert
from indexer.engines import open_engine
from indexer.errors import EngineUnavailable, IndexMissing
from indexer.query import Everything, Phrase, Query
from indexer.results import Applied
from indexer.schema import Schema, TextField
from indexer.sync import Batch, ChangeFeed, Difference, Drained, FeedBusy, Rebuilt, check, drain, rebuild

SCHEMA = Schema((TextField("title"),))


@dataclass
class Shelf:
    """A collection in memory that feeds its changes: the plainest ChangeFeed there is, without a clock."""

    documents: dict[str, Document] = field(default_factory=dict)
    withdrawn: dict[str, int] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    put_off: dict[str, str] = field(default_factory=dict)
    keeping: list[str] | None = None
    drained_by: object = None

    def save(self, key: str, title: str) -> None:
        self.documents[key] = Document(key, self._next(key), {"title": title})
        self.withdrawn.pop(key, None)
        self.waiting.append(key)

    def withdraw(self, key: str) -> None:
        version = self._next(key)
        self.documents.pop(key, None)
        self.withdrawn[key] = version
        self.waiting.append(key)

    def wait_for_due(self) -> None:
        """Time passes: what was put off is due again."""
        self.waiting += self.put_off
        self.put_off = {}

    @contextmanager
    def draining(self, wait: float = 0) -> Iterator[None]:
        if self.drained_by:
            raise FeedBusy("另一个进程正在更新索引。")
        self.drained_by = object()
        try:
            yield
        finally:
            self.drained_by = None

    @contextmanager
    def rebuilding(self) -> Iterator[None]:
        if self.keeping is not None:
            raise FeedBusy("另一个进程正在重建索引。")
        self.keeping = []
        try:
            yield
        finally:
            self.keeping = None

    def take(self, limit: int) -> Batch:
        ids = tuple(dict.fromkeys(self.waiting))[:limit]
        receipt = [at for at, key in enumerate(self.waiting) if key in ids]
        return Batch(ids, receipt)

    def finish(self, batch: Batch, failed: Mapping[str, str]) -> None:
        taken = set(batch.receipt)
        self.waiting = [key for at, key in enumerate(self.waiting) if at not in taken]
        self.put_off |= failed
        if self.keeping is not None:
            self.keeping += batch.ids

    def kept(self, limit: int) -> Sequence[str]:
        assert self.keeping is not None
        given, self.keeping = self.keeping[:limit], self.keeping[limit:]
        return tuple(dict.fromkeys(given))

    def load(self, ids: Sequence[str]) -> Sequence[Change]:
        return [
            Upsert(self.documents[key]) if key in self.documents else Delete(key, self.withdrawn.get(key, 0))
            for key in ids
        ]

    def searchable(self) -> Iterator[Document]:
        yield from list(self.documents.values())

    def versions(self) -> Iterator[tuple[str, int]]:
        for document in list(self.documents.values()):
            yield document.id, document.version

    def _next(self, key: str) -> int:
        known = self.documents.get(key)
        return (known.version if known else self.withdrawn.get(key, 0)) + 1


class Choking(Analyzer):
    def tokens(self, text: str) -> Tokens:
        if "毒" in text:
            raise RecursionError("too deep")
        return super().tokens(text)


ANALYZER = Choking()


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf()
    for at in range(5):
        shelf.save(str(at), f"税务{at}")
    return shelf


@pytest.fixture
def engine() -> SearchEngine:
    return open_engine("memory:", SCHEMA, ANALYZER, Path())


@pytest.fixture
def synced(shelf: Shelf, engine: SearchEngine) -> SearchEngine:
    rebuild(shelf, engine)
    drain(shelf, engine)
    return engine


def titled(engine: SearchEngine, title: str) -> list[str]:
    return [candidate.id for candidate in engine.search(Query(Phrase(tuple(title)))).candidates]


# the feed


def test_taken_changes_stay_until_they_are_finished(shelf: Shelf) -> None:
    feed: ChangeFeed = shelf
    with feed.draining():
        first, again = feed.take(2), feed.take(2)
        assert first.ids == again.ids == ("0", "1")
        feed.finish(first, {})
        assert feed.take(9).ids == ("2", "3", "4")


def test_a_change_after_the_taking_is_not_finished_with_it(shelf: Shelf) -> None:
    with shelf.draining():
        batch = shelf.take(9)
        shelf.save("0", "新")
        shelf.finish(batch, {})
        assert shelf.take(9).ids == ("0",)


def test_one_document_is_taken_once_however_often_it_changed(shelf: Shelf) -> None:
    for _ in range(3):
        shelf.save("0", "新")
    with shelf.draining():
        assert shelf.take(9).ids == ("0", "1", "2", "3", "4")


def test_failed_documents_come_back_later(shelf: Shelf) -> None:
    with shelf.draining():
        shelf.finish(shelf.take(9), {"3": "坏了。"})
        assert shelf.take(9).ids == ()
        shelf.wait_for_due()
        assert shelf.take(9).ids == ("3",)


def test_there_is_one_lease_of_each_kind(shelf: Shelf) -> None:
    with shelf.draining(), shelf.rebuilding():
        for lease in (shelf.draining, shelf.rebuilding):
            with pytest.raises(FeedBusy), lease():
                pass
    with shelf.draining(), shelf.rebuilding():
        pass


def test_what_is_finished_during_a_rebuild_is_kept_for_it(shelf: Shelf) -> None:
    with shelf.rebuilding():
        with shelf.draining():
            shelf.finish(shelf.take(3), {})
        assert list(shelf.kept(2)) == ["0", "1"]
        assert list(shelf.kept(2)) == ["2"]
        assert list(shelf.kept(2)) == []
    with shelf.draining():
        shelf.finish(shelf.take(9), {})
    with shelf.rebuilding():
        assert list(shelf.kept(2)) == []


def test_a_document_is_loaded_as_it_is_now(shelf: Shelf) -> None:
    shelf.save("1", "新")
    shelf.withdraw("2")
    assert shelf.load(["1", "2"]) == [Upsert(Document("1", 2, {"title": "新"})), Delete("2", 2)]
    assert {document.id: document.version for document in shelf.searchable()} == dict(shelf.versions())


# draining


def test_a_drain_brings_changes_into_the_index(shelf: Shelf, synced: SearchEngine) -> None:
    shelf.save("new", "堡垒机")
    shelf.withdraw("3")
    assert drain(shelf, synced) == Drained(2)
    assert drain(shelf, synced) == Drained()
    assert titled(synced, "堡垒机") == ["new"]
    assert check(shelf, synced) == Difference()


def test_a_drain_takes_all_batches(shelf: Shelf, synced: SearchEngine) -> None:
    for at in range(10):
        shelf.save(str(at), "堡垒机")
    assert drain(shelf, synced, limit=3) == Drained(10)
    assert len(titled(synced, "堡垒机")) == 10


def test_a_drain_that_is_given_up_leaves_the_rest_to_the_next_one(shelf: Shelf, synced: SearchEngine) -> None:
    for number in range(10):
        shelf.save(str(number), "开票软件")

    def give_up() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        drain(shelf, synced, limit=3, go_on=give_up)
    assert len(titled(synced, "开票软件")) == 3
    assert drain(shelf, synced) == Drained(7)


def test_a_poisoned_document_does_not_hold_up_the_others(shelf: Shelf, synced: SearchEngine) -> None:
    shelf.save("1", "毒")
    shelf.save("2", "堡垒机")
    drained = drain(shelf, synced)
    assert (drained.taken, set(drained.failed), set(shelf.put_off)) == (1, {"1"}, {"1"})
    assert titled(synced, "堡垒机") == ["2"]
    assert check(shelf, synced) == Difference(stale=("1",))
    shelf.save("1", "解药")
    shelf.wait_for_due()
    assert drain(shelf, synced) == Drained(1)
    assert check(shelf, synced) == Difference()


def test_nothing_is_lost_while_there_is_no_index(shelf: Shelf, engine: SearchEngine) -> None:
    with pytest.raises(IndexMissing):
        drain(shelf, engine)
    assert len(shelf.waiting) == 5
    rebuild(shelf, engine)
    assert drain(shelf, engine) == Drained(0, 5)


def test_a_crash_between_applying_and_finishing_applies_again(shelf: Shelf, synced: SearchEngine) -> None:
    shelf.save("1", "堡垒机")
    with shelf.draining():
        synced.apply(shelf.load(shelf.take(9).ids))
    assert drain(shelf, synced) == Drained(0, 1)
    assert titled(synced, "堡垒机") == ["1"]


def test_a_busy_feed_is_left_alone(shelf: Shelf, synced: SearchEngine) -> None:
    with shelf.draining(), pytest.raises(FeedBusy):
        drain(shelf, synced)


# rebuilding


def test_a_rebuild_fills_the_index_and_tells_how_far_it_is(shelf: Shelf, engine: SearchEngine) -> None:
    told: list[int] = []
    assert rebuild(shelf, engine, told.append) == Rebuilt(5)
    assert told == [5]
    assert check(shelf, engine) == Difference()


def test_changes_drained_during_a_rebuild_are_in_both_generations(shelf: Shelf, synced: SearchEngine) -> None:
    def meanwhile(done: int) -> None:
        shelf.save("1", "堡垒机")
        shelf.withdraw("2")
        shelf.save("new", "堡垒机")
        assert drain(shelf, synced) == Drained(3)
        assert set(titled(synced, "堡垒机")) == {"1", "new"}

    assert rebuild(shelf, synced, meanwhile).documents == 5
    assert set(titled(synced, "堡垒机")) == {"1", "new"}
    assert check(shelf, synced) == Difference()


def test_a_rebuild_makes_true_what_changed_unseen(shelf: Shelf, synced: SearchEngine) -> None:
    def meanwhile(done: int) -> None:
        shelf.documents["1"] = Document("1", 9, {"title": "堡垒机"})
        del shelf.documents["2"]
        shelf.withdrawn["2"] = 9

    rebuild(shelf, synced, meanwhile)
    assert titled(synced, "堡垒机") == ["1"]
    assert check(shelf, synced) == Difference()


def test_a_rebuild_names_what_it_could_not_take(shelf: Shelf, engine: SearchEngine) -> None:
    shelf.save("1", "毒")
    rebuilt = rebuild(shelf, engine)
    assert (rebuilt.documents, set(rebuilt.failed)) == (4, {"1"})
    assert check(shelf, engine) == Difference(missing=("1",))


def test_a_rebuild_that_waits_for_a_drain_can_be_given_up(shelf: Shelf, synced: SearchEngine) -> None:
    told: list[int] = []

    def give_up_the_second_time(done: int) -> None:
        told.append(done)
        if len(told) == 2:
            raise InterruptedError

    with shelf.draining(), pytest.raises(InterruptedError):
        rebuild(shelf, synced, give_up_the_second_time)
    assert told == [5, 5]


def test_a_rebuild_gives_up_on_a_drain_that_does_not_end(shelf: Shelf, synced: SearchEngine) -> None:
    with shelf.draining(), pytest.raises(FeedBusy):
        rebuild(shelf, synced)


def test_a_rebuild_that_fails_leaves_index_and_feed_as_they_were(shelf: Shelf, synced: SearchEngine) -> None:
    before = synced.status()

    def broken(done: int) -> None:
        shelf.save("1", "堡垒机")
        raise EngineUnavailable("磁盘已满。")

    with pytest.raises(EngineUnavailable):
        rebuild(shelf, synced, broken)
    assert synced.status() == before
    assert drain(shelf, synced) == Drained(1)
    with shelf.rebuilding():
        pass


# checking


def test_a_check_names_what_is_missing_surplus_or_stale(shelf: Shelf, synced: SearchEngine) -> None:
    shelf.save("missing", "新")
    shelf.save("0", "新")
    shelf.withdraw("1")
    difference = check(shelf, synced)
    assert difference == Difference(("missing",), ("1",), ("0",))
    assert difference
    assert check(shelf, synced) == difference
    drain(shelf, synced)
    assert not check(shelf, synced)


KEYS = st.sampled_from("abcd")


class Syncing(RuleBasedStateMachine):
    """Whatever is saved, withdrawn, drained, crashed or rebuilt in whatever order, a drain makes the index true."""

    @initialize()
    def begin(self) -> None:
        self.shelf = Shelf()
        self.engine = open_engine("memory:", SCHEMA, ANALYZER, Path())
        rebuild(self.shelf, self.engine)

    @rule(key=KEYS, title=st.sampled_from(["税务", "毒"]))
    def save(self, key: str, title: str) -> None:
        self.shelf.save(key, title)

    @rule(key=KEYS)
    def withdraw(self, key: str) -> None:
        self.shelf.withdraw(key)

    @rule(limit=st.integers(1, 3))
    def drain(self, limit: int) -> None:
        drain(self.shelf, self.engine, limit)
        self.shelf.wait_for_due()

    @rule(limit=st.integers(1, 3))
    def crash_before_finishing(self, limit: int) -> None:
        with self.shelf.draining():
            applied = self.engine.apply(self.shelf.load(self.shelf.take(limit).ids))
        assert isinstance(applied, Applied)

    @rule(key=KEYS, drained=st.booleans())
    def rebuild(self, key: str, drained: bool) -> None:
        def meanwhile(done: int) -> None:
            self.shelf.save(key, "改")
            if drained:
                drain(self.shelf, self.engine)

        rebuild(self.shelf, self.engine, meanwhile)

    @invariant()
    def what_differs_is_waiting_or_poisoned(self) -> None:
        difference = check(self.shelf, self.engine)
        differing = {*difference.missing, *difference.surplus, *difference.stale}
        poisoned = {key for key, document in self.shelf.documents.items() if "毒" in document.texts["title"]}
        assert differing <= poisoned | set(self.shelf.waiting)

    @invariant()
    def every_document_is_found_once(self) -> None:
        found = [candidate.id for candidate in self.engine.search(Query(Everything())).candidates]
        assert sorted(found) == sorted(dict(self.engine.ids()))


def test_any_course_of_events_ends_in_a_true_index() -> None:
    calm = settings(max_examples=40, stateful_step_count=15, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Syncing, settings=calm)
