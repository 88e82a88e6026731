"""Use cases of completion: texts kept in memory propose, the database says what may be shown."""

import logging
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice, takewhile
from typing import Any

from sqlalchemy import Row

from indexer.analysis.analyzer import Analyzer
from indexer.analysis.normalise import normalise
from indexer.suggest import Match, Permitted, Suggestions, Vocabulary, dictionary, written
from kb_service.domain import article
from kb_service.domain.access import Actor, tokens_of
from kb_service.errors import Invalid, Unavailable
from kb_service.results import Suggestion
from kb_service.store import suggestions
from kb_service.store.unit_of_work import Database

log = logging.getLogger(__name__)

LARGEST = 20
SPARE = 8
"""Matches looked at beyond those asked for: some may be gone, or no longer to be seen."""
PATIENCE = 0.8
"""Seconds a request waits for the texts to be loaded; a small base needs no more."""
FRESH = 1.0
"""Seconds after which the database is asked what changed."""
CHANGES = 1_000
"""Audit lines looked at in one request."""
BACKLOG = 5_000
"""Audit lines after which everything is loaded anew, in the background."""
POPULAR = 600.0
"""Seconds until it is looked anew what people search with."""
SINCE = timedelta(days=90)
"""How far back that is looked."""
_NUMBER = re.compile(r"kb ?0*([1-9][0-9]{0,8})")


class Suggest:
    """Completing what is being typed, and the words that questions are repaired with."""

    def __init__(self, database: Database, analyzer: Analyzer) -> None:
        self._database = database
        self._analyzer = analyzer
        self._texts = _Texts(database)

    def find(self, actor: Actor, typed: str, limit: int = 8, *, wait: float = PATIENCE) -> tuple[Suggestion, ...]:
        """What the actor may mean, best first; nothing where the texts are not loaded within ``wait`` seconds.

        Raises Invalid for a limit out of range.
        """
        if not 1 <= limit <= LARGEST:
            raise Invalid(problems={"limit": f"每次 1 到 {LARGEST} 条。"})
        told, popular = self._texts.permitted(tokens_of(actor), wait)
        matches = sorted((*told.matches(typed, limit + SPARE), *popular.matches(typed, SPARE)))
        return tuple(islice(self._shown(actor, [*_numbered(typed), *matches]), limit))

    def vocabulary(self, actor: Actor) -> Vocabulary:
        """The words of the texts the actor may see and of the dictionaries, for the repair of a question.

        The texts are waited for as a completion waits for them.
        """
        tokens, added = tokens_of(actor), self._analyzer.lexicon.words
        return Vocabulary(lambda: self._texts.permitted(tokens, PATIENCE)[0], lambda: dictionary(added))

    @property
    def size(self) -> int:
        """Bytes of memory the texts take."""
        return self._texts.size

    def warm_up(self) -> None:
        """Begin to load the texts, without waiting for them."""
        self._texts.permitted(frozenset(), 0)

    def close(self) -> None:
        self._texts.close()

    def _shown(self, actor: Actor, matches: Sequence[Match]) -> Iterator[Suggestion]:
        """Those that stand where the actor sees them, in the spelling of the database, each article once."""
        if not matches:
            return
        with self._database.read() as session:
            rows = suggestions.permitted(session, actor, {match.document for match in matches})
            searched = {match.document for match in matches if match.kind == "words"}.intersection(rows)
            said = suggestions.said(session, searched) if searched else {}
        for match in matches:
            row = rows.get(match.document)
            if row and (text := self._words(match, *said[row.id]) if match.kind == "words" else _spelling(match, row)):
                del rows[match.document]
                yield Suggestion(text, match.kind, article.number(row.id), row.title)

    def _words(self, match: Match, learned: Iterable[str], everything: str) -> str:
        """What people search with, "" unless it was learned on the article or the article says all of its words: what
        people typed may be of other articles.
        """
        if found := next((text for text in learned if written(text) == match.text), ""):
            return found
        typed = self._texts.typed.get(match.text, "")
        normal = normalise(everything)
        return typed if all(word in normal for word in self._analyzer.words(typed)) else ""


def _numbered(typed: str) -> Iterator[Match]:
    """The article whose number was typed: nobody wants a number completed to those of other articles."""
    if found := _NUMBER.fullmatch(normalise(typed).strip()):
        document = int(found[1])
        yield Match(False, -1, 0, -document, document, "code", written(article.number(document)))


def _spelling(match: Match, row: Row[*tuple[Any, ...]]) -> str:
    """How a title, asking or code is written in the database by now, "" where it is not there any more."""
    texts = {"title": (row.title,), "asked": row.asked, "code": (article.number(row.id), *row.codes)}[match.kind]
    return next((text for text in texts if written(text).startswith(match.text)), "")


class _Texts:
    """The texts of this process: loaded in the background, then brought up to date by whoever asks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._articles, self._popular = Suggestions(), Suggestions()
        self.typed: Mapping[str, str] = {}
        """What people search with, by the form it is compared in."""
        self._looking, self._starting = threading.Lock(), threading.Lock()
        self._loaded, self._closing = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._mark = 0
        self._lines: frozenset[int] = frozenset()
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
        self._closing.set()
        if self._thread:
            self._thread.join()

    def _begin(self) -> None:
        """Start to load what is missing or old, unless that is being done."""
        if self._loaded.is_set() and time.monotonic() < self._popular_due:
            return
        with self._starting:
            if not self._closing.is_set() and not (self._thread and self._thread.is_alive()):
                self._thread = threading.Thread(target=self._load, name="suggest", daemon=True)
                self._thread.start()

    def _load(self) -> None:
        try:
            if not self._loaded.is_set():
                self._load_articles()
            self._popular_due = time.monotonic() + POPULAR
            self._load_popular()
        except Unavailable as refusal:
            log.info("suggestions: %s", refusal)
        except Exception:
            log.exception("the texts to suggest could not be loaded; the next request tries again")

    def _load_articles(self) -> None:
        fresh = Suggestions()
        with self._database.read() as session:
            self._mark, self._lines = suggestions.mark(session), frozenset()
            fresh.put(takewhile(lambda _: not self._closing.is_set(), suggestions.entries(session)))
        self._articles = fresh
        self._loaded.set()

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
            self._look()
        finally:
            self._looking.release()

    def _look(self) -> None:
        with self._database.read() as session:
            if suggestions.mark(session) - self._mark > BACKLOG:
                self._loaded.clear()
                return
            lines = suggestions.changed(session, self._mark, CHANGES)
            articles = {one for line, one in lines.items() if one and line not in self._lines}
            if articles:
                self._articles.put(suggestions.entries(session, articles), articles)
        self._mark, self._lines = max(lines, default=self._mark), frozenset(lines)
        if len(lines) < CHANGES:
            self._looked = time.monotonic()
