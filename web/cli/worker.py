"""The background work of the service: index, imports, periodic chores; the one place that knows importers and base."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from kb_service.errors import Unavailable
from web import uploads
from web.cli import base, index, language
from web.cli.job import Job

if TYPE_CHECKING:
    from kb_service.bootstrap import KnowledgeBase

_ = language.text
log = logging.getLogger(__name__)

PAUSE = 0.25
"""Seconds between two rounds."""


class Stopped(Exception):
    """The worker is to end before a rebuild is done; what is searched stays as it was."""


@click.command("worker", help=_("单独运行后台任务：更新索引、执行导入。kb serve 已包含，多进程部署时才需要。"))
def command() -> None:
    with base.opened() as opened:
        worker = Worker(opened)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        worker.run()


class Worker:
    """A loop around the chores, each when it is due. Several processes may run one: the base knows who holds what."""

    def __init__(self, base: "KnowledgeBase") -> None:
        self._base = base
        self._job: Job | None = None
        self._rebuild: threading.Thread | None = None
        self._stopping = threading.Event()
        self._due = dict.fromkeys(self._chores(), 0.0)

    def run(self) -> None:
        """Work until ``stop``; a running import then ends between two batches and goes on with the next worker."""
        self._warm_up()
        try:
            while not self._stopping.wait(PAUSE):
                self.round(time.monotonic())
        finally:
            if self._rebuild:
                self._rebuild.join()
            if self._job:
                self._job.stop()
            self._base.search.flush()

    def stop(self) -> None:
        self._stopping.set()

    def round(self, now: float) -> None:
        """Do what is due. A chore that fails is logged and comes again: the others must not suffer."""
        for chore, seconds in self._chores().items():
            if now < self._due[chore] or self._stopping.is_set():
                continue
            self._due[chore] = now + seconds
            try:
                chore()
            except Unavailable as refusal:
                log.info("%s: %s", chore.__name__, refusal)
            except Exception:
                log.exception("%s failed and will be tried again", chore.__name__)

    def _chores(self) -> dict[Callable[[], object], float]:
        """What is done, and every how many seconds."""
        return {
            self._ensure_index: 30,
            self._base.index.drain: 0.25,
            self._take_in_words: 1,
            self._run_imports: 0.5,
            self._base.search.flush: 2,
            self._forget_uploads: 3600,
        }

    def _warm_up(self) -> None:
        """Load dictionaries, index and what completes a question before somebody needs them."""
        self._base.suggest.warm_up()
        with suppress(Unavailable):
            self._base.search.like(self._base.people.visitor(), ["知解"], kinds=("faq",), limit=1)

    def _ensure_index(self) -> None:
        index.ensure(self._base)

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
        if self._stopping.is_set():
            raise Stopped

    def _forget_uploads(self) -> None:
        uploads.forget(self._base.settings)

    def _run_imports(self) -> None:
        """One import at a time, in a process of its own."""
        if self._job and self._job.ended():
            self._job = None
        if self._job is None and (claimed := self._base.imports.claim()) is not None:
            self._job = Job(self._base, claimed)
