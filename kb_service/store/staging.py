"""Where a base is made before it is one: beside its place, under names nobody takes for a base, until it is whole.

``NAME.restoring`` is what may be half; ``NAME.whole`` is a database that is whole and being put in place.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from kb_service.config import Settings
from kb_service.errors import Conflict
from kb_service.store import copying, snapshots
from kb_service.store.attachments import Files
from kb_service.store.connections import file_of
from kb_service.store.packing import sync
from kb_service.store.snapshots import Beside

HALF, WHOLE = ".restoring", ".whole"
BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database in use; left over from another one, it would be taken for part of the new."""


class Staging:
    """The place of the base the settings name, and where it is made."""

    def __init__(self, settings: Settings, beside: Beside) -> None:
        self._beside = beside
        self._home = settings.home.absolute()
        self._url = settings.database_url()
        self._file = file_of(self._url)
        self._database = self._file or self._home / "kb.sqlite"
        self._attachments = self._home / "attachments"
        self.database = self._ending(HALF)
        self.files = Files(self._half_attachments)

    @property
    def url(self) -> str:
        """The address of the database while it is made."""
        return f"sqlite:///{self.database}"

    def begin(self) -> None:
        """Clear away what an interrupted restore left. Raises Conflict where there is a base, or part of one."""
        is_ours = self._ending(WHOLE).exists()
        self._demand_no_database()
        if not is_ours and self._attachments.is_dir() and any(self._attachments.iterdir()):
            raise Conflict(f"{self._attachments} 里已经有附件。恢复只能在空的地方进行：请换一个 KB_HOME，或先移走。")
        if is_ours:
            shutil.rmtree(self._attachments, ignore_errors=True)
        self.clear()
        self._database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._half_attachments.mkdir(parents=True, mode=0o700)

    def clear(self) -> None:
        """Remove what is not in its place yet."""
        shutil.rmtree(self._half_attachments, ignore_errors=True)
        for path in (self.database, self._ending(WHOLE)):
            for name in ("", *BESIDE):
                path.with_name(path.name + name).unlink(missing_ok=True)

    def room(self) -> int:
        """Bytes that are free where the larger part goes."""
        return min(shutil.disk_usage(folder).free for folder in (self._database.parent, self._home))

    def swap(self) -> None:
        """Put everything in place, the database last: with it the base is there. Raises Conflict, Unavailable."""
        _settle(self.database)
        whole = self.database.rename(self._ending(WHOLE))
        sync(whole.parent)
        if self._attachments.is_dir():
            self._attachments.rmdir()
        self._half_attachments.rename(self._attachments)
        sync(self._home)
        self._demand_no_database()
        if self._file:
            whole.rename(self._file)
            sync(self._file.parent)
        else:
            snapshots.transfer(f"sqlite:///{whole}", self._url, self._beside)
            whole.unlink()

    def _demand_no_database(self) -> None:
        if self._file is None:
            copying.demand_empty(self._url)
            return
        left = [
            path for path in (self._file.with_name(self._file.name + one) for one in ("", *BESIDE)) if path.exists()
        ]
        if left:
            raise Conflict(f"{left[0]} 已经存在。恢复只能在空的地方进行：请换一个 KB_HOME，或先移走。")

    @property
    def _half_attachments(self) -> Path:
        return self._attachments.with_name(self._attachments.name + HALF)

    def _ending(self, ending: str) -> Path:
        return self._database.with_name(self._database.name + ending)


def _settle(path: Path) -> None:
    """All of the database in its one file, and on the disk."""
    with closing(sqlite3.connect(path)) as connection:
        snapshots.settle(connection)
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
