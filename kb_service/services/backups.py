"""Use cases on backups: make one, keep so many, tell how they stand. Restoring needs no base and is not here."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from indexer.sync import FeedBusy
from kb_service.config import Settings
from kb_service.domain.access import LOCAL, Actor
from kb_service.domain.backup import Backup, alarms, due_at
from kb_service.domain.events import Event
from kb_service.errors import BackupFailed, Conflict, KBError, NotFound, Unavailable
from kb_service.results import BackupState, BackupView
from kb_service.store import backups, encryption, leases, packing
from kb_service.store.attachments import Files
from kb_service.store.packing import GoOn
from kb_service.store.snapshots import Beside
from kb_service.store.unit_of_work import Database

LEASE = "backup"
SCRATCH = "backup.tmp"
"""Folder in the home folder for what is not packed yet: no less private than the base."""
INTERRUPTED = "这次备份中途停止，没有写完的文件已经删除。"


class Backups:
    """Backups of one base. One process makes one at a time."""

    def __init__(self, database: Database, files: Files, settings: Settings) -> None:
        self._database = database
        self._files = files
        self._settings = settings

    def make(
        self, target: Path, beside: Beside, *, recipient: str | None = None, go_on: GoOn = lambda: None
    ) -> BackupView:
        """Write a backup of the base as it is now into the folder ``target``, read it again, and note how it went.

        It is encrypted for ``recipient``, the one of the settings where that is None. ``go_on`` is called all along;
        what it raises gives the backup up. Raises Conflict while one is being made, BackupFailed, Invalid.
        """
        key = self._settings.backup_recipient if recipient is None else recipient
        try:
            with leases.held(self._database, LEASE), self._scratch() as scratch:
                return self._attempt(target.absolute(), beside, key, scratch, go_on)
        except FeedBusy as error:
            raise Conflict("已经有一个备份正在进行，请等它结束。") from error

    def keep_up(self, beside: Beside, go_on: GoOn = lambda: None) -> bool:
        """Make the scheduled backup if it is due, then remove those beyond the number to keep; whether one was made."""
        if self.target is None or not self.is_due():
            return False
        self.make(self.target, beside, go_on=go_on)
        self._remove_old(self.target)
        return True

    def is_due(self) -> bool:
        """Whether backups are scheduled, the next one is due, and nobody is at it."""
        if self.target is None:
            return False
        now = self._database.now()
        with self._database.read() as session:
            attempts = backups.latest(session)
            return due_at(attempts, self._interval, now) <= now and not leases.is_held(session, LEASE)

    def state(self) -> BackupState:
        """How backups stand, for whoever watches over the service."""
        now = self._database.now()
        with self._database.read() as session:
            attempts = backups.latest(session)
            running = leases.is_held(session, LEASE)
        over = attempts[1:] if running and attempts and attempts[0].finished_at is None else attempts
        good = next((one for one in attempts if one.good), None)
        return BackupState(
            target=str(self.target or ""),
            last_good_at=good.at if good else None,
            last_good_bytes=good.size if good else 0,
            last_error="" if not over or over[0].good else over[0].error or INTERRUPTED,
            next_due=due_at(attempts, self._interval, now) if self.target else None,
            running=running,
            alarms=alarms(over, self._interval, now) if self.target else (),
        )

    def list(self, actor: Actor) -> tuple[BackupView, ...]:
        """The last attempts, newest first. Raises NotFound for who does not administer the service."""
        if not actor.may("administer_index"):
            raise NotFound
        with self._database.read() as session:
            running = leases.is_held(session, LEASE)
            return tuple(_view(one, running) for one in backups.latest(session))

    @property
    def target(self) -> Path | None:
        """The folder of the settings, None where there is none."""
        told = self._settings.backup_target
        return self._settings.home.absolute() / told if told else None

    @property
    def _interval(self) -> timedelta:
        return timedelta(hours=self._settings.backup_hours)

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        """An empty private folder, for the holder of the lease; what a killed backup left there is removed first."""
        folder = self._settings.home.absolute() / SCRATCH
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _attempt(self, target: Path, beside: Beside, key: str, scratch: Path, go_on: GoOn) -> BackupView:
        attempt = self._begin(target, key)
        try:
            _demand(target, key)
            size, missing = packing.pack(
                self._database.url,
                beside,
                self._files,
                Path(attempt.path),
                at=attempt.at,
                key=key,
                scratch=scratch,
                go_on=go_on,
            )
        except BaseException as error:
            told = error.message if isinstance(error, KBError) else INTERRUPTED
            with suppress(Unavailable):  # an attempt without an end counts as interrupted
                self._end(attempt.id, error=told)
            raise
        return self._end(attempt.id, size=size, missing=missing)

    def _begin(self, target: Path, key: str) -> Backup:
        """Note the attempt, having ended the interrupted ones. Raises Conflict where its file exists."""
        self._end_interrupted()
        with self._database.begin() as tx:
            path = target / f"kb-{tx.now:%Y%m%dT%H%M%SZ}.tar{'.age' if key else ''}"
            if path.exists():
                raise Conflict(f"{path} 已经存在，没有覆盖。请过一秒再试。")
            return tx.add(
                Backup(at=tx.now, path=str(path), finished_at=None, size=0, missing=0, error="", removed=False)
            )

    def _end_interrupted(self) -> None:
        """What lies in its place was whole before it came there; anything else is cleared away."""
        with self._database.read() as session:
            interrupted = backups.interrupted(session)
        for one in interrupted:
            path = Path(one.path)
            packing.part(path).unlink(missing_ok=True)
            whole = path.stat().st_size if path.exists() else 0
            self._end(one.id, size=whole, error="" if whole else INTERRUPTED)

    def _end(self, attempt_id: int, *, size: int = 0, missing: int = 0, error: str = "") -> BackupView:
        with self._database.begin() as tx:
            attempt = tx.session.get_one(Backup, attempt_id)
            attempt.finished_at, attempt.size, attempt.missing, attempt.error = tx.now, size, missing, error
            tx.record(Event(LOCAL, "make_backup", attempt, {"path": attempt.path, "good": attempt.good}))
            return _view(attempt, running=False)

    def _remove_old(self, target: Path) -> None:
        """Of the backups in the folder of the settings, only those this base made are ever removed."""
        with self._database.read() as session:
            ours = [one for one in backups.kept(session) if Path(one.path).parent == target]
        old = ours[self._settings.backup_keep :]
        for one in old:
            Path(one.path).unlink(missing_ok=True)
        with self._database.begin() as tx:
            backups.note_removed(tx.session, [one.id for one in old])


def _demand(target: Path, key: str) -> None:
    """Raises BackupFailed where the folder is not there (a disk may not be mounted), Invalid for a bad key."""
    if not target.is_dir():
        raise BackupFailed(f"备份目录 {target} 不存在，备份没有完成。请先建立目录或挂载磁盘，再备份。")
    if key:
        encryption.check_recipient(key)


def _view(one: Backup, running: bool) -> BackupView:
    unfinished = "running" if running else "interrupted"
    state = unfinished if one.finished_at is None else "good" if one.good else "failed"
    return BackupView(one.at, one.path, state, one.size, one.missing, one.error, one.removed)
