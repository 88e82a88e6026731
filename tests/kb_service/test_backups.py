"""Backups of a real base: what comes back, what is due, what is kept, what is amiss, and what is left when it fails."""

import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from kb_service.bootstrap import KnowledgeBase, open_base
from kb_service.config import Settings
from kb_service.errors import BackupFailed, BadArchive, Conflict, Invalid, NotFound, OldSchema, Unavailable
from kb_service.inputs import AttachmentInput
from kb_service.services import restoring
from kb_service.services.backups import SCRATCH, Backups
from kb_service.store import leases, packing, schema
from kb_service.store.attachments import Files
from kb_service.store.connections import open_engine
from kb_service.store.tables import Base
from tests import databases
from tests.base import Clock, actor, populate
from tests.kb_service.making import found, published, solution
from web import accounts
from web.accounts import renewal, tokens
from web.accounts.models import AccountsBase

PICTURE = AttachmentInput(name="界面.png", media_type="image/png", data=b"\x89PNG" + bytes(100_000))
CHANGED = {"backup", "audit", "lease", "index_state", "account_session", "account_token"}
"""Tables a restore writes to."""
OLD = Path(__file__).with_name("archives") / "schema-0003.tar"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups"


@pytest.fixture
def scheduled(kb: KnowledgeBase, target: Path) -> Backups:
    """The backups of a base that makes one every day and keeps three."""
    return with_settings(kb, backup_target=str(target), backup_keep=3)


def with_settings(kb: KnowledgeBase, **told: object) -> Backups:
    files = Files(kb.settings.home / "attachments")
    return Backups(kb.database, files, kb.settings.model_copy(update=told))


def restored(home: Path, archive: Path, identity: Path | None = None) -> Settings:
    """The settings of a base made from an archive."""
    told = Settings(home=home, index="memory:")
    restoring.restore(told, archive, identity, beside=renewal.accounts(), now=Clock())
    return told


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    tables = [*Base.metadata.sorted_tables, *AccountsBase.metadata.sorted_tables]
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            return {table.name: sorted(map(tuple, connection.execute(select(table))), key=repr) for table in tables}
    finally:
        engine.dispose()


def held(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def opens(url: str, token: str) -> bool:
    """Whether a token opens anything."""
    store = accounts.open_store(url, Clock())
    try:
        return tokens.owner_of(store, token) is not None
    finally:
        store.database.close()


def test_every_row_and_every_attachment_comes_back(kb: KnowledgeBase, target: Path, tmp_path: Path) -> None:
    url = kb.settings.database_url()
    accounts.upgrade(url)
    accounts.set_password(url, actor(kb, "officer").person_id, "早上先喝一大杯水")
    token = accounts.add_token(url, actor(kb, "officer").person_id, name="报表")
    number = published(kb, solution(attachments=(PICTURE,)))
    made = kb.backups.make(target, renewal.accounts())
    assert (made.state, made.missing) == ("good", 0)
    assert stat.S_IMODE(Path(made.path).stat().st_mode) == 0o600
    settings = restored(tmp_path / "new", Path(made.path))
    before, after = rows(url), rows(settings.database_url())
    assert [table for table in before if before[table] != after[table] and table not in CHANGED] == []
    assert held(tmp_path / "new" / "attachments") == held(tmp_path / "home" / "attachments")
    assert opens(settings.database_url(), token) is False
    assert opens(url, token) is True
    with closing(open_base(settings, now=Clock())) as again:
        assert again.index.lacks_words()
        again.index.rebuild()
        assert found(again, actor(again, "officer"), "证书过期") == [number]
        assert again.backups.state().last_good_at == made.at


def test_a_restore_is_told_in_the_audit(kb: KnowledgeBase, target: Path, tmp_path: Path) -> None:
    told = restored(tmp_path / "new", Path(kb.backups.make(target, renewal.accounts()).path))
    (last,) = [row for row in rows(told.database_url())["audit"] if "restore_backup" in row]
    assert last


def test_edits_acknowledged_before_a_backup_are_in_it_though_writers_go_on(
    kb: KnowledgeBase, target: Path, tmp_path: Path
) -> None:
    before = [published(kb, solution(f"第{n}个问题")) for n in range(3)]
    over, written = threading.Event(), []

    def write() -> None:
        while not over.is_set():
            written.append(published(kb, solution(f"又一个问题{len(written)}")))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while not written:
            over.wait(0.01)
        before += written
        made = kb.backups.make(target, renewal.accounts())
    finally:
        over.set()
        writer.join()
    assert len(written) > len(before) - 3
    told = restored(tmp_path / "new", Path(made.path))
    articles = len(rows(told.database_url())["article"])
    assert [number for number in before if int(number.removeprefix("KB")) > articles] == []
    assert restoring.verify(Path(made.path)).rows["article"] >= len(before)


def test_an_attachment_that_is_gone_or_damaged_is_told(kb: KnowledgeBase, target: Path) -> None:
    published(kb, solution(attachments=(PICTURE, AttachmentInput(name="b", media_type="", data=b"b"))))
    paths = sorted((path for path in (kb.settings.home / "attachments").rglob("*") if path.is_file()), key=str)
    paths[0].unlink()
    paths[1].write_bytes(b"rotten")
    made = kb.backups.make(target, renewal.accounts())
    assert (made.state, made.missing) == ("good", 2)
    assert restoring.verify(Path(made.path)).missing == 2


def test_a_base_is_restored_into_an_empty_place_only(tmp_path: Path) -> None:
    told = restored(tmp_path / "new", OLD)
    before = rows(told.database_url())
    with pytest.raises(Conflict):
        restored(tmp_path / "new", OLD)
    assert rows(told.database_url()) == before
    for left in ("attachments/ab/file", "kb.sqlite-wal"):
        home = tmp_path / left.replace("/", "_")
        (home / left).parent.mkdir(parents=True)
        (home / left).write_bytes(b"x")
        with pytest.raises(Conflict):
            restored(home, OLD)
        assert held(home) == {left: b"x"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(at=st.floats(0, 1, exclude_max=True))
def test_a_torn_archive_leaves_nothing_behind(tmp_path: Path, at: float) -> None:
    torn, whole = tmp_path / "torn.tar", OLD.read_bytes()
    torn.write_bytes(whole[: int(at * len(whole))])
    with pytest.raises(BadArchive):
        restoring.verify(torn)
    with pytest.raises(BadArchive):
        restored(tmp_path / "new", torn)
    assert not (tmp_path / "new").exists() or held(tmp_path / "new") == {}


def test_the_archive_of_an_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    assert restoring.verify(OLD).versions["alembic_version"] == "0003"
    told = restored(tmp_path / "new", OLD)
    assert schema.version(told.database_url()) == schema.head()
    assert accounts.is_current(told.database_url())
    with closing(open_base(told)) as kb:
        kb.index.rebuild()
        assert found(kb, actor(kb, "officer"), "证书过期") == ["KB000001"]
    (attachment,) = held(tmp_path / "new" / "attachments").values()
    assert attachment.decode() == "先更新证书，再登录"


def test_the_archive_of_a_newer_version_is_refused(
    tmp_path: Path, kb: KnowledgeBase, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Path(kb.backups.make(target, renewal.accounts()).path)
    monkeypatch.setattr(schema, "head", lambda: "0001")
    with pytest.raises(OldSchema):
        restored(tmp_path / "new", archive)
    assert not (tmp_path / "new").exists()


def test_there_must_be_room_for_what_is_restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb_service.store.staging.Staging.room", lambda _: 1 << 20)
    with pytest.raises(Unavailable, match="磁盘空间不够"):
        restored(tmp_path / "new", OLD)
    assert held(tmp_path / "new") == {}


@pytest.mark.parametrize("step", ["rename", "rmdir"])
def test_a_restore_that_stops_while_swapping_can_be_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """At every change of a name: the base is there in the end, and never before."""
    real, done = getattr(Path, step), 0
    for stop in range(1, 5):
        home, done = tmp_path / f"{step}-{stop}", 0
        (home / "attachments").mkdir(parents=True)

        def stopping(path: Path, *given: Path, stop: int = stop, home: Path = home) -> object:
            nonlocal done
            done += path.is_relative_to(home)
            if path.is_relative_to(home) and done == stop:
                raise KeyboardInterrupt
            return real(path, *given)

        monkeypatch.setattr(Path, step, stopping)
        try:
            restored(home, OLD)
        except KeyboardInterrupt:
            assert not (home / "kb.sqlite").exists()
            monkeypatch.setattr(Path, step, real)
            restored(home, OLD)
        monkeypatch.setattr(Path, step, real)
        assert sorted(path.name for path in home.iterdir()) == ["attachments", "kb.sqlite"]
        assert len(held(home / "attachments")) == 1


def test_one_is_made_when_it_is_due_and_the_oldest_go(scheduled: Backups, clock: Clock, target: Path) -> None:
    assert scheduled.state().alarms == ("overdue",)
    assert scheduled.keep_up(renewal.accounts())
    assert not scheduled.keep_up(renewal.accounts())
    assert (scheduled.state().alarms, scheduled.state().last_good_at) == ((), clock.at)
    assert scheduled.state().next_due == clock.at + scheduled._interval
    (target / "kb-20200101T000000Z.tar").write_text("somebody else's")
    for _ in range(4):
        clock.forward(hours=24)
        assert scheduled.keep_up(renewal.accounts())
    names = sorted(path.name for path in target.iterdir())
    assert names == [
        "kb-20200101T000000Z.tar",
        "kb-20260307T010000Z.tar",
        "kb-20260308T010000Z.tar",
        "kb-20260309T010000Z.tar",
    ]


def test_a_clock_that_was_put_back_holds_no_backup_up(scheduled: Backups, clock: Clock) -> None:
    assert scheduled.keep_up(renewal.accounts())
    clock.forward(minutes=-1)
    assert not scheduled.is_due()
    clock.forward(minutes=-59)
    assert scheduled.keep_up(renewal.accounts())
    assert scheduled.state().last_good_at == clock.at
    assert not scheduled.keep_up(renewal.accounts())
    clock.forward(hours=24)
    assert scheduled.keep_up(renewal.accounts())


def test_what_is_amiss_is_told(kb: KnowledgeBase, scheduled: Backups, clock: Clock, target: Path) -> None:
    published(kb, solution(attachments=(AttachmentInput(name="大", media_type="", data=bytes(2_000_000)),)))
    scheduled.keep_up(renewal.accounts())
    clock.forward(hours=49)
    assert scheduled.state().alarms == ("overdue",)
    for path in (kb.settings.home / "attachments").rglob("*"):
        if path.is_file():
            path.unlink()
    scheduled.keep_up(renewal.accounts())
    assert scheduled.state().alarms == ("shrunk", "incomplete")
    clock.forward(hours=24)
    target.rename(target.with_name("away"))
    with pytest.raises(BackupFailed, match="不存在"):
        scheduled.keep_up(renewal.accounts())
    state = scheduled.state()
    assert "failed" in state.alarms
    assert "不存在" in state.last_error
    assert not scheduled.is_due()
    clock.forward(hours=1)
    assert scheduled.is_due()


def test_where_none_is_scheduled_nothing_is_made_and_nothing_amiss(kb: KnowledgeBase) -> None:
    assert not kb.backups.keep_up(renewal.accounts())
    state = kb.backups.state()
    assert (state.target, state.next_due, state.alarms) == ("", None, ())


def test_one_process_makes_one_at_a_time(kb: KnowledgeBase, target: Path) -> None:
    with leases.held(kb.database, "backup"), pytest.raises(Conflict):
        kb.backups.make(target, renewal.accounts())
    assert list(target.iterdir()) == []


def test_a_file_that_is_there_is_never_overwritten(kb: KnowledgeBase, target: Path) -> None:
    kb.backups.make(target, renewal.accounts())
    before = held(target)
    with pytest.raises(Conflict):
        kb.backups.make(target, renewal.accounts())
    assert held(target) == before


def test_a_bad_public_key_is_refused_before_anything_is_written(kb: KnowledgeBase, target: Path) -> None:
    with pytest.raises(Invalid):
        kb.backups.make(target, renewal.accounts(), recipient="age1nonsense")
    assert list(target.iterdir()) == []


def test_one_that_is_given_up_leaves_nothing(kb: KnowledgeBase, target: Path) -> None:
    steps = iter(range(3))

    def go_on() -> None:
        if next(steps, None) is None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kb.backups.make(target, renewal.accounts(), go_on=go_on)
    assert list(target.iterdir()) == []
    assert not (kb.settings.home / SCRATCH).exists()
    assert "停止" in kb.backups.state().last_error


def test_what_was_written_is_read_again(kb: KnowledgeBase, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that loses a byte."""
    written = packing._written

    def losing(pieces: Iterator[bytes], file, key: str) -> str:
        digest = written(pieces, file, key)
        file.truncate(file.tell() - 1)
        return digest

    monkeypatch.setattr(packing, "_written", losing)
    with pytest.raises(BackupFailed, match="不一样"):
        kb.backups.make(target, renewal.accounts())
    assert list(target.iterdir()) == []


def test_a_damaged_database_is_not_backed_up_as_if_it_were_whole(tmp_path: Path, target: Path) -> None:
    with closing(open_base(Settings(home=tmp_path / "bad", index="memory:"), create=True)) as kb:
        populate(kb)
    path = tmp_path / "bad" / "kb.sqlite"
    spoilt = bytearray(path.read_bytes())
    for page in range(20, len(spoilt) // 4096):
        spoilt[page * 4096 : page * 4096 + 200] = b"\xff" * 200
    path.write_bytes(spoilt)
    with pytest.raises(BackupFailed, match="损坏"):
        packing.pack(
            f"sqlite:///{path}",
            renewal.accounts(),
            Files(tmp_path),
            target / "x",
            at=Clock().at,
            key="",
            scratch=tmp_path,
            go_on=lambda: None,
        )
    assert list(target.iterdir()) == []


def test_the_list_is_for_who_administers_the_service(kb: KnowledgeBase, target: Path) -> None:
    kb.backups.make(target, renewal.accounts())
    (one,) = kb.backups.list(actor(kb, "sysadmin"))
    assert one.state == "good"
    assert one.size == Path(one.path).stat().st_size
    for username in ("manager", "officer"):
        with pytest.raises(NotFound):
            kb.backups.list(actor(kb, username))


def test_a_base_of_postgresql_comes_back_as_it_was(tmp_path: Path, target: Path, postgresql_url: str) -> None:
    """From SQLite to PostgreSQL, where it grows, and back."""
    with databases.fresh(postgresql_url) as url:
        there = Settings(home=tmp_path / "there", index="memory:", database=url)
        restoring.restore(there, OLD, beside=renewal.accounts(), now=Clock())
        with pytest.raises(Conflict):
            restoring.restore(there, OLD, beside=renewal.accounts(), now=Clock())
        with closing(open_base(there, now=Clock())) as kb:
            kb.index.rebuild()
            number = published(kb, solution("第二个问题", attachments=(PICTURE,)))
            made = kb.backups.make(target, renewal.accounts())
            before = rows(url)
        back = restored(tmp_path / "back", Path(made.path))
        after = rows(back.database_url())
        assert [table for table in before if before[table] != after[table] and table not in CHANGED] == []
        assert held(tmp_path / "back" / "attachments") == held(tmp_path / "there" / "attachments")
    with closing(open_base(back, now=Clock())) as kb:
        kb.index.rebuild()
        assert number in found(kb, actor(kb, "officer"), "第二个问题")
