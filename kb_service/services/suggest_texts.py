"""The texts that completion proposes: in files that the processes of a machine share, and what changed since."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from indexer.engines.generations import Generations
from indexer.errors import EngineUnavailable
from indexer.suggest import Entry, Permitted, Suggestions, write, written
from kb_service.errors import Unavailable
from kb_service.store import suggestions
from kb_service.store.unit_of_work import Database

log = logging.getLogger(__name__)

FORMAT = "suggest-1"
"""Another one where the files are written or read otherwise."""
NOTE = "note.json"
FRESH = 1.0
"""Seconds after which the database is asked what changed."""
CHANGES = 1_000
"""Audit lines looked at in one request."""
BACKLOG = 5_000
"""Audit lines after which it is not left to a request to catch up with them."""
LATE = 50_000
"""Audit lines after which the files are written anew."""
OLD = timedelta(days=1)
"""Age at which they are."""
PAUSE = 0.5
"""Seconds between two looks whether another process has written the files."""
POPULAR = 600.0
"""Seconds until it is looked anew what people search with, and whether the files are old."""
SINCE = timedelta(days=90)
"""How far back that is looked."""


class _Closing(Exception):
    """The process ends: what is being written is given up."""


class Texts:
    """The texts of this process: opened in the background, then brought up to date by whoever asks."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._files = _Files(database, folder)
        self._articles, self._popular = Suggestions(), Suggestions()
        self.typed: Mapping[str, str] = {}
        """What people search with, by the form it is compared in."""
        self._looking, self._starting = threading.Lock(), threading.Lock()
        self._loaded, self._closing = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._mark = 0
        self._lines: frozenset[int] = frozenset()
        self._behind = False
        self._refusal = ""
        self._looked = self._popular_due = float("-inf")

    def permitted(self, tokens: frozenset[str], wait: float) -> tuple[Permitted, Permitted]:
        """The texts of articles, and what people search with, for who holds these tokens."""
        self._begin()
        if self._loaded.wait(wait):
            self._catch_up()
        return self._articles.permitted(tokens), self._popular.permitted(tokens)

    @property
    def size(self) -> int:
        return self._articles.size + self._popular.size

    def close(self) -> None:
        with self._starting:  # else one might be starting that is not seen here
            self._closing.set()
        if self._thread:
            self._thread.join()

    def _begin(self) -> None:
        """Start to load what is missing or old, unless that is being done."""
        if self._loaded.is_set() and not self._behind and time.monotonic() < self._popular_due:
            return
        with self._starting:
            if not self._closing.is_set() and not (self._thread and self._thread.is_alive()):
                self._thread = threading.Thread(target=self._load, name="suggest", daemon=True)
                self._thread.start()

    def _load(self) -> None:
        try:
            if self._behind or not self._loaded.is_set() or self._files.are_old():
                self._load_articles()
            self._popular_due = time.monotonic() + POPULAR
            self._load_popular()
        except (Unavailable, OSError) as refusal:
            log.info("suggestions: %s", refusal)
        except _Closing:
            pass
        except Exception:
            log.exception("the texts to suggest could not be loaded; the next request tries again")

    def _load_articles(self) -> None:
        while not (found := self._files.opened()):
            self._go_on()
            self._write()
        with self._looking:
            self._articles, self._mark = found
            self._lines, self._behind = frozenset(), False
            while self._look():
                self._go_on()
        self._loaded.set()

    def _write(self) -> None:
        """One process writes; the others wait for it."""
        try:
            self._files.write(self._go_on)
        except EngineUnavailable as refusal:
            if str(refusal) != self._refusal:
                log.info("suggestions: %s", refusal)
            self._refusal = str(refusal)
            self._closing.wait(PAUSE)
            self._go_on()

    def _go_on(self) -> None:
        if self._closing.is_set():
            raise _Closing

    def _load_popular(self) -> None:
        fresh = Suggestions()
        with self._database.read() as session:
            entries = suggestions.popular(session, self._database.now() - SINCE)
        fresh.put(entries)
        self.typed = {written(entry.text): entry.text for entry in entries}
        self._popular = fresh

    def _catch_up(self) -> None:
        """Take what changed since it was looked last; one request does, the others go on with what there is."""
        if time.monotonic() - self._looked < FRESH or not self._looking.acquire(blocking=False):
            return
        try:
            self._behind = self._behind or self._files.lines_since(self._mark) > BACKLOG
            if not self._behind and not self._look():
                self._looked = time.monotonic()
        finally:
            self._looking.release()

    def _look(self) -> bool:
        """Take the next changes; whether there may be more."""
        with self._database.read() as session:
            lines = suggestions.changed(session, self._mark, CHANGES)
            articles = {one for line, one in lines.items() if one and line not in self._lines}
            if articles:
                self._articles.put(suggestions.entries(session, articles), articles)
        self._mark, self._lines = max(lines, default=self._mark), frozenset(lines)
        return len(lines) >= CHANGES


class _Files:
    """The texts of all articles in files, each time by one process of this machine, with where the audit trail ended
    when it began.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._generations = Generations(folder, FORMAT, private=False)

    def opened(self) -> tuple[Suggestions, int] | None:
        """The texts and where the audit trail ended; None where they must be written first."""
        if self.are_old():
            return None
        try:
            live = self._generations.matching()
            return Suggestions.opened(live.folder), self._note()[0]
        except (EngineUnavailable, OSError, ValueError, KeyError, TypeError):
            return None  # damaged, or another process has written them anew just now

    def are_old(self) -> bool:
        """Whether they are missing, of yesterday, far behind, or of what this database was before it was restored."""
        try:
            mark, line, at = self._note()
        except (EngineUnavailable, OSError, ValueError, KeyError, TypeError):
            return True
        with self._database.read() as session:
            is_same = line == _text(suggestions.written_at(session, mark))
        return not is_same or self._database.now() - at > OLD or self.lines_since(mark) > LATE

    def lines_since(self, mark: int) -> int:
        with self._database.read() as session:
            return suggestions.mark(session) - mark

    def write(self, go_on: Callable[[], None]) -> None:
        """Write them anew. Raises EngineUnavailable while another process does, or where the folder is not writable;
        and what ``go_on`` raises, which is called again and again.
        """
        with self._generations.building() as folder:
            with self._database.read() as session:
                mark = suggestions.mark(session)
                line = _text(suggestions.written_at(session, mark))
            write(folder, _watched(suggestions.everything(self._database), go_on))
            note = {"mark": mark, "line": line, "at": self._database.now().isoformat()}
            (folder / NOTE).write_text(json.dumps(note), "utf-8")

    def _note(self) -> tuple[int, str, datetime]:
        told = json.loads((self._generations.matching().folder / NOTE).read_text("utf-8"))
        return int(told["mark"]), str(told["line"]), datetime.fromisoformat(told["at"])


def _watched(entries: Iterable[Entry], go_on: Callable[[], None]) -> Iterator[Entry]:
    for entry in entries:
        go_on()
        yield entry


def _text(at: datetime | None) -> str:
    return at.isoformat() if at else ""
