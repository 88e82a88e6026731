"""Use cases on archives that need no base: look whether one is whole, and make a base of one where there is none."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete

from kb_service.config import Settings
from kb_service.domain.access import LOCAL
from kb_service.domain.backup import Backup
from kb_service.domain.events import Event
from kb_service.errors import BadArchive, OldSchema, Unavailable
from kb_service.results import ArchiveView
from kb_service.services import clock
from kb_service.store import archive, backups, encryption, outbox, schema, snapshots, versions
from kb_service.store.packing import GoOn
from kb_service.store.snapshots import Beside
from kb_service.store.staging import Staging
from kb_service.store.unit_of_work import Database

SPARE = 64 << 20
"""Bytes that should stay free."""


def verify(
    path: Path, identity: Path | None = None, *, room: Path | None = None, go_on: GoOn = lambda: None
) -> ArchiveView:
    """Read an archive to the end and open its database; what it holds.

    The database is unpacked to a private folder in ``room`` (else the one for temporary files) meanwhile. Raises
    BadArchive, WrongKey, OldSchema, Unavailable where there is not enough room.
    """
    with tempfile.TemporaryDirectory(prefix="kb-verify-", dir=room) as folder, _opened(path, identity) as reader:
        database = Path(folder) / "database.sqlite"
        _demand_room(reader.manifest.database.unpacked, shutil.disk_usage(folder).free)
        _unpack_database(reader, database, go_on)
        for _ in reader.attachments():
            go_on()
        _demand_same(reader.manifest, snapshots.examine(database))
        return _view(reader, path)


def restore(
    settings: Settings,
    path: Path,
    identity: Path | None = None,
    *,
    beside: Beside,
    now: Callable[[], datetime] = clock.now,
    go_on: GoOn = lambda: None,
) -> ArchiveView:
    """Make the base the settings name from an archive. Nothing is one before the whole archive was found good.

    Older archives are brought up to date. The index is not restored: whoever opens the base builds it anew. A restore
    that is interrupted leaves no base and can be done again. Raises Conflict where there is a base already, BadArchive,
    WrongKey, OldSchema, Unavailable.
    """
    staging = Staging(settings, beside)
    with _opened(path, identity) as reader:
        _demand_known(reader.manifest, {versions.BASE: schema.head(), **beside.needed})
        staging.begin()
        try:
            _unpack(reader, staging, go_on)
        except BaseException:
            staging.clear()
            raise
        view = _view(reader, path)
    schema.upgrade(staging.url)
    beside.upgrade(staging.url)
    beside.renew(staging.url)
    _note(staging.url, view, path, now)
    staging.swap()
    return view


@contextmanager
def _opened(path: Path, identity: Path | None) -> Iterator[archive.Reader]:
    with encryption.opened(path, identity) as stream:
        yield archive.Reader(stream)


def _unpack(reader: archive.Reader, staging: Staging, go_on: GoOn) -> None:
    told = reader.manifest
    _demand_room(told.database.unpacked + told.attachments.bytes, staging.room())
    _unpack_database(reader, staging.database, go_on)
    for sha256, data in reader.attachments():
        go_on()
        staging.files.put(sha256, data)
    _demand_same(told, snapshots.examine(staging.database))


def _unpack_database(reader: archive.Reader, path: Path, go_on: GoOn) -> None:
    with path.open("xb") as file:
        path.chmod(0o600)
        for piece in reader.database():
            go_on()
            file.write(piece)


def _demand_room(needed: int, free: int) -> None:
    if needed + SPARE > free:
        raise Unavailable(
            f"磁盘空间不够：需要 {(needed + SPARE) >> 20} MB，只有 {free >> 20} MB。没有写入，请腾出空间后再试。"
        )


def _demand_known(told: archive.Manifest, needed: Mapping[str, str]) -> None:
    if versions.BASE not in told.versions:
        raise BadArchive("备份里没有知识库的数据，没有采用。")
    if any(told.versions.get(table, "") > revision for table, revision in needed.items()):
        raise OldSchema("这份备份由更新版本的程序制作：请先升级程序，再恢复。")


def _demand_same(told: archive.Manifest, held: snapshots.Held) -> None:
    found = (held.versions, held.rows, held.attachments, held.attachment_bytes)
    if found != (told.versions, told.rows, told.attachments.count, told.attachments.bytes):
        raise BadArchive("备份里的数据与清单不符，没有采用。请换一份备份。")


def _note(url: str, view: ArchiveView, path: Path, now: Callable[[], datetime]) -> None:
    """End what was going on when the archive was made; keep where the base comes from; demand a new index."""
    database = Database(url, now)
    try:
        with database.begin() as tx:
            tx.session.execute(delete(outbox.Lease))
            for one in backups.interrupted(tx.session):
                tx.session.delete(one)
            outbox.index_state(tx.session).words_revision = outbox.NO_INDEX
            source = Backup(at=view.made_at, path=str(path.absolute()), finished_at=tx.now, size=view.size)
            source.missing, source.error, source.removed = view.missing, "", False
            tx.record(Event(LOCAL, "restore_backup", tx.add(source), {"made_at": view.made_at.isoformat()}))
    finally:
        database.close()


def _view(reader: archive.Reader, path: Path) -> ArchiveView:
    told = reader.manifest
    return ArchiveView(
        told.program,
        told.made_at,
        told.versions,
        told.rows,
        attachments=reader.found,
        missing=told.attachments.count - reader.found,
        encrypted=encryption.is_encrypted(path),
        size=path.stat().st_size,
    )
