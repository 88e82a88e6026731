"""The background work of the service: index, imports, periodic chores; the one place that knows importers and base."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from kb_service.errors import IndexBuilding, KBError, Unavailable
from web import uploads
from web.cli import base, index, language
from web.cli.index import Stopped
from web.cli.job import Job

if TYPE_CHECKING:
    from kb_service.bootstrap import KnowledgeBase

_ = language.text
log = logging.getLogger(__name__)

PAUSE = 0.25
"""Seconds between two rounds."""
STOPPING = 20
"""Seconds to wait for what runs beside the chores; what ends with the process then is cleared up by the next one."""
LONGEST = 5.0
"""Seconds until a chore comes again that is needed more often, but finds something it needs away time after time."""


@click.command("worker", help=_("单独运行后台任务：更新索引、执行导入。kb serve 已包含，多进程部署时才需要。"))
def command() -> None:
    from web import logs

    with base.opened() as opened:
        logs.configure(opened.settings)
        worker = Worker(opened)

        def end(*_: object) -> None:
            worker.stop()
            base.end_in_time()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        worker.run(lambda: click.echo(_("后台任务已开始。（按 Ctrl+C 停止）")))


@dataclass(slots=True)
class Chore:
    """What is done every so many seconds; ``due`` is a moment of the monotonic clock."""

    do: Callable[[], object]
    seconds: float
    due: float = 0.0
    failures: int = 0

    def put_off(self, now: float) -> None:
        """The next time is later the oftener the last ones failed."""
        pause = min(self.seconds * 2**self.failures, max(LONGEST, self.seconds))
        self.due = now + pause


class Worker:
    """A loop around the chores, each when it is due. Several processes may run one: the base knows who holds what.

    Without ``background`` it does only what every process has to do for itself.
    """

    def __init__(self, base: "KnowledgeBase", *, background: bool = True) -> None:
        self._base = base
        self._job: Job | None = None
        self._rebuild: threading.Thread | None = None
        self._backup: threading.Thread | None = None
        self._is_stopping = False
        self._chores = [*self._own_chores(), *(self._shared_chores() if background else ())]

    def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Work until ``stop``; a running import then ends between two batches and goes on with the next worker.

        ``ready`` is called when all that takes its time is loaded.
        """
        self._warm_up()
        ready()
        try:
            while not self._is_stopping:
                time.sleep(PAUSE)
                self.round(time.monotonic())
        finally:
            self._end()

    def stop(self) -> None:
        """End soon. It takes no lock: the handler of a signal may have interrupted the very one who holds it."""
        self._is_stopping = True

    def _end(self) -> None:
        """What runs beside the chores has seen that it is to end; all of it has the same seconds for that."""
        until = time.monotonic() + STOPPING
        if self._job:
            self._job.stop()
        for thread in (self._rebuild, self._backup):
            if thread:
                thread.join(max(0.0, until - time.monotonic()))
        self._base.search.flush()

    def round(self, now: float) -> None:
        """Do what is due. A chore that fails is logged and comes again: the others must not suffer."""
        for chore in self._chores:
            if now >= chore.due and not self._is_stopping:
                chore.failures = 0 if self._done(chore) else chore.failures + 1
                chore.put_off(now)

    def _done(self, chore: Chore) -> bool:
        """Whether it could be done; the same refusal again is not worth a line."""
        try:
            chore.do()
        except Stopped:
            return False
        except Unavailable as refusal:
            if not chore.failures:
                log.warning("%s: %s", chore.do.__name__, refusal)
            return False
        except Exception:
            log.exception("%s failed and will be tried again", chore.do.__name__)
            return False
        return True

    def _own_chores(self) -> Iterable[Chore]:
        """What every process does for itself."""
        return Chore(self._base.search.flush, 2), Chore(self._forget_uploads, 3600)

    def _shared_chores(self) -> Iterable[Chore]:
        """What any one process does for all of the base."""
        return (
            Chore(self._ensure_index, 10),
            Chore(self._drain, 0.25),
            Chore(self._take_in_words, 1),
            Chore(self._run_imports, 0.5),
            Chore(self._back_up, 30),
        )

    def _warm_up(self) -> None:
        """Load dictionaries, index and what completes a question before somebody needs them."""
        self._base.suggest.warm_up()
        with suppress(Unavailable):
            self._base.search.like(self._base.people.visitor(), ["知解"], kinds=("faq",), limit=1)

    def _ensure_index(self) -> None:
        with suppress(IndexBuilding):
            index.ensure(self._base, self._go_on)

    def _drain(self) -> None:
        self._base.index.drain(go_on=self._demand_time)

    def _take_in_words(self) -> None:
        """Words the lexicon got since the index was built: build it anew, beside the other chores."""
        if not (self._rebuild and self._rebuild.is_alive()) and self._base.index.lacks_words():
            self._rebuild = threading.Thread(target=self._rebuild_index, name="rebuild", daemon=True)
            self._rebuild.start()

    def _rebuild_index(self) -> None:
        try:
            self._base.index.rebuild(self._go_on)
        except (Unavailable, Stopped) as refusal:
            log.info("rebuild: %s", refusal)
        except Exception:
            log.exception("the rebuild failed and will be tried again")

    def _go_on(self, done: int, total: int) -> None:
        self._demand_time()

    def _back_up(self) -> None:
        """The backup that is due, beside the other chores."""
        if not (self._backup and self._backup.is_alive()) and self._base.backups.is_due():
            self._backup = threading.Thread(target=self._make_backup, name="backup", daemon=True)
            self._backup.start()

    def _make_backup(self) -> None:
        from web.accounts import renewal

        try:
            self._base.backups.keep_up(renewal.accounts(), self._demand_time)
        except (KBError, Stopped) as refusal:
            log.warning("backup: %s", refusal)
        except Exception:
            log.exception("the backup failed and will be tried again")

    def _demand_time(self) -> None:
        if self._is_stopping:
            raise Stopped

    def _forget_uploads(self) -> None:
        uploads.forget(self._base.settings)

    def _run_imports(self) -> None:
        """One import at a time, in a process of its own."""
        if self._job and self._job.ended():
            self._job = None
        if self._job is None and (claimed := self._base.imports.claim()) is not None:
            self._job = Job(self._base, claimed)
