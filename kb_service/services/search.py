"""Use cases of searching: the engine chooses and counts, the database says what may be shown."""

import hashlib
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.orm import Session

from indexer import highlight, spelling
from indexer import search as finder
from indexer.analysis.analyzer import Analyzer
from indexer.engine import SearchEngine
from indexer.query import WINDOW, Filter, Sort
from indexer.results import FacetCount, Facets, Hit, Results
from indexer.spelling import Vocabulary
from kb_service.documents import FACETS, SCHEMA, parse_id, worth
from kb_service.domain import article, report
from kb_service.domain.access import Actor, tokens_of
from kb_service.domain.article import KINDS
from kb_service.domain.feedback import SearchEvent
from kb_service.errors import Invalid, Unavailable
from kb_service.inputs import SearchRequest
from kb_service.results import FacetValue, SearchHit, SearchResults
from kb_service.services.clock import today
from kb_service.services.searching import Progress, searching
from kb_service.store import articles, people, reports
from kb_service.store.unit_of_work import Database

SORTS: Mapping[str, Sort | None] = {"relevance": None, "newest": Sort("updated")}
LARGEST_PAGE = 50
SPARE = 10
"""Hits asked for beyond the page: some may be gone, or no longer to be seen."""
SNIPPET = 140
"""Characters of a snippet."""
FACET_VALUES = 20
QUEUE = 1_000
"""Search events that wait to be written; further ones are dropped and counted."""
KEPT_WORDS = 500
REPAIRS = 3
"""What may have been meant, shown at most."""
FIRST_STEP, LAST_STEP = "all", "any"
"""The step at which something has all of the words, and that at which nothing has even most of them."""

_Present = tuple[Hit, str, Row[*tuple[Any, ...]]]


class Search:
    """Finding articles and reports, also where a question was misspelt."""

    def __init__(
        self,
        database: Database,
        engine: SearchEngine,
        analyzer: Analyzer,
        progress: Progress,
        keep_up: Callable[[], None],
        vocabulary: Callable[[Actor], Vocabulary],
    ) -> None:
        """``keep_up`` is called before a search, to have the latest lexicon in force; ``vocabulary`` gives the words
        that an actor's questions are repaired with.
        """
        self._database = database
        self._engine = engine
        self._analyzer = analyzer
        self._progress = progress
        self._keep_up = keep_up
        self._vocabulary = vocabulary
        self._events = Events(database)

    def find(self, actor: Actor, request: SearchRequest, *, who: str = "") -> SearchResults:
        """The page of hits asked for. Raises Invalid, SearchUnavailable, IndexBuilding; never for the words."""
        begun = time.perf_counter()
        _check(request)
        found, repaired, others = self._repaired(actor, request, self._asked(actor, request, request.words))
        with self._database.read() as session:
            shown, hidden = self._shown(session, actor, found, request, repaired or request.words)
            facets = _labelled(session, found.facets, request)
        event = self._events.searched(who, request, found.total, [hit.number for hit in shown], self._database.now())
        return SearchResults(
            words=request.words,
            total=max(found.total - hidden, len(shown)),
            hits=tuple(shown),
            facets=facets,
            step=found.step,
            took_ms=round((time.perf_counter() - begun) * 1000, 1),
            event=event,
            repaired=repaired,
            did_you_mean=others,
            also_searched=found.synonyms,
            offset=request.offset,
            limit=request.limit,
        )

    def opened(self, event: str, number: str) -> None:
        """Note that a hit of a search was opened."""
        self._events.opened(event, number)

    def like(self, actor: Actor, texts: Iterable[str], *, kinds: Collection[str], limit: int) -> list[tuple[str, int]]:
        """Noun and database id of what is most like the texts, nearest first, within the actor's rights as indexed."""
        filters = (Filter("readers", tokens_of(actor)), Filter("kind", frozenset(kinds)))
        self._keep_up()
        with searching(self._progress):
            found = finder.like(self._engine, self._analyzer, SCHEMA, texts, filters=filters, limit=limit)
        return [parse_id(hit.id) for hit in found.hits]

    def flush(self) -> int:
        """Write the search events that wait; how many there were."""
        return self._events.flush()

    def _asked(self, actor: Actor, request: SearchRequest, words: str) -> Results:
        self._keep_up()
        with searching(self._progress):
            return finder.find(
                self._engine,
                self._analyzer,
                SCHEMA,
                words,
                filters=_filters(actor, request),
                facets=FACETS,
                sort=SORTS[request.sort],
                offset=request.offset,
                limit=request.limit + SPARE,
                prior=worth(self._database.now()),
            )

    def _repaired(self, actor: Actor, request: SearchRequest, found: Results) -> tuple[Results, str, tuple[str, ...]]:
        """The results to show, what was searched for instead of what was typed, and what may have been meant besides.

        A repair is searched by itself only where nothing has even most of the words typed, and something has those of
        the repair; otherwise it is offered.
        """
        repairs = () if request.exact else self._repairs(actor, request, found)
        texts = tuple(repair.text for repair in repairs)
        if texts and (found.step == LAST_STEP or not found.total):
            instead = self._asked(actor, request, texts[0])
            if instead.total and instead.step != LAST_STEP:
                return instead, texts[0], texts[1:]
        return found, "", texts

    def _repairs(self, actor: Actor, request: SearchRequest, found: Results) -> tuple[spelling.Repair, ...]:
        with searching(self._progress):
            return spelling.repairs(
                request.words,
                self._analyzer,
                self._engine,
                _filters(actor, request),
                self._vocabulary(actor),
                limit=REPAIRS,
                answered=bool(found.total) and found.step == FIRST_STEP,
            )

    def _shown(
        self, session: Session, actor: Actor, found: Results, request: SearchRequest, words: str
    ) -> tuple[list[SearchHit], int]:
        """The hits of the page as the database has them now, and how many of those looked at may not be shown.

        The hits to spare are looked at where some of the page may not be shown, and where they are the last ones: then
        they decide whether there is another page.
        """
        page, spare = found.hits[: request.limit], found.hits[request.limit :]
        present, looked_at = _present(session, actor, page), page
        if len(present) < len(page) or found.total <= request.offset + len(found.hits):
            present, looked_at = [*present, *_present(session, actor, spare)], found.hits
        view = _View(self._analyzer, words, today(self._database.now()))
        return [view.of(*one) for one in present[: request.limit]], len(looked_at) - len(present)


class _View:
    """Makes hits of what the database gave."""

    def __init__(self, analyzer: Analyzer, words: str, day: str) -> None:
        self._analyzer = analyzer
        self._terms = analyzer.question(words[:KEPT_WORDS]).shown
        self._day = day

    def of(self, hit: Hit, noun: str, row: Row[*tuple[Any, ...]]) -> SearchHit:
        return self._article(hit, row) if noun == "article" else self._report(hit, row)

    def _article(self, hit: Hit, told: Row[*tuple[Any, ...]]) -> SearchHit:
        texts = [told.texts.get(field.name, "") for field in KINDS[told.kind].fields]
        return SearchHit(
            number=article.number(told.id),
            kind=told.kind,
            title=told.title,
            title_html=self._title(told.title),
            system=told.system,
            module=told.module,
            score=hit.score,
            snippet=self._snippet(texts),
            organisation=told.name,
            confidence=told.confidence,
            audience=told.audience,
            valid_to=told.valid_to,
            expired=articles.is_expired(told.valid_to, self._day),
            solved=told.solved,
            day=today(told.published_at),
        )

    def _report(self, hit: Hit, told: Row[*tuple[Any, ...]]) -> SearchHit:
        title = report.title(told.phenomenon)
        return SearchHit(
            number=report.number(told.id),
            kind="report",
            title=title,
            title_html=self._title(title),
            system=told.system,
            module=told.module,
            score=hit.score,
            snippet=self._snippet([told.phenomenon, told.resolution, told.cause, told.environment]),
            organisation=told.name,
            audience="internal",
            day=told.occurred[:10],
        )

    def _title(self, title: str) -> str:
        return highlight.to_html(highlight.mark(title, self._terms, self._analyzer))

    def _snippet(self, texts: Sequence[str]) -> str:
        text = "\n".join(filter(None, texts))
        return highlight.to_html(highlight.snippet(text, self._terms, self._analyzer, SNIPPET))


def _present(session: Session, actor: Actor, hits: Sequence[Hit]) -> list[_Present]:
    """Those of the hits that the actor sees, with their nouns and what the database has of them."""
    ids: dict[str, list[int]] = {"article": [], "report": []}
    for hit in hits:
        noun, object_id = parse_id(hit.id)
        ids[noun].append(object_id)
    seen = {
        "article": articles.found(session, actor, ids["article"]) if ids["article"] else {},
        "report": reports.found(session, actor, ids["report"]) if ids["report"] else {},
    }
    told = ((hit, noun, seen[noun].get(one)) for hit, noun, one in ((hit, *parse_id(hit.id)) for hit in hits))
    return [(hit, noun, row) for hit, noun, row in told if row is not None]


class Events:
    """Search events on their way to the database: a search never waits for a write."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[dict[str, Any]] = deque()
        self._opened: deque[tuple[str, str]] = deque(maxlen=QUEUE)
        self._lock = threading.Lock()
        self.dropped = 0

    def searched(self, who: str, request: SearchRequest, total: int, shown: list[str], at: Any) -> str:
        """Note a search; its random key, "" where the queue was full."""
        key = secrets.token_hex(8)
        with self._lock:
            if len(self._waiting) >= QUEUE:
                self.dropped += 1
                return ""
            self._waiting.append(
                {
                    "key": key,
                    "who": pseudonym(who),
                    "at": at,
                    "words": _storable(request.words[:KEPT_WORDS]),
                    "filters": {name: list(map(_storable, values)) for name, values in request.filters.items()},
                    "total": total,
                    "shown": shown,
                    "opened": [],
                }
            )
        return key

    def opened(self, key: str, number: str) -> None:
        self._opened.append((key, number))

    def flush(self) -> int:
        """Write what waits; how many searches. What cannot be written now goes on waiting. Raises Unavailable."""
        with self._lock:
            rows = list(self._waiting)
            self._waiting.clear()
            opened = list(self._opened)
            self._opened.clear()
        if not rows and not opened:
            return 0
        try:
            self._write(rows, opened)
        except Unavailable:
            self._waiting.extendleft(reversed(rows))
            self._opened.extendleft(reversed(opened))
            raise
        return len(rows)

    def _write(self, rows: list[dict[str, Any]], opened: list[tuple[str, str]]) -> None:
        with self._database.begin() as tx:
            if new := _not_yet_kept(tx.session, rows):
                tx.session.execute(insert(SearchEvent), new)
            wanted = select(SearchEvent).where(SearchEvent.key.in_([key for key, _ in opened]))
            mine = wanted.order_by(SearchEvent.key).with_for_update()  # in one order, lest two wait for each other
            events = {event.key: event for event in tx.session.scalars(mine)}
            for key, number in opened:
                if (event := events.get(key)) and number not in event.opened:
                    event.opened = [*event.opened, number]


def _not_yet_kept(session: Session, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events without those of a commit that was thought lost and came true."""
    keys = [row["key"] for row in rows]
    kept = set(session.scalars(select(SearchEvent.key).where(SearchEvent.key.in_(keys)))) if keys else set()
    return [row for row in rows if row["key"] not in kept]


def _filters(actor: Actor, request: SearchRequest) -> tuple[Filter, ...]:
    """What limits a search: the rights of the actor, and what was chosen."""
    chosen = (Filter(name, frozenset(values)) for name, values in request.filters.items() if values)
    return Filter("readers", tokens_of(actor)), *chosen


def _storable(text: str) -> str:
    """The text without lone surrogates and NUL: one search that cannot be written would take the whole batch along."""
    return text.encode(errors="replace").decode().replace("\0", "")


def pseudonym(who: str) -> str:
    """What stands for somebody in search events and feedback: it leads to nobody without the key in ``who``."""
    return hashlib.sha256(who.encode()).hexdigest()[:32] if who else ""


def _check(request: SearchRequest) -> None:
    problems = {}
    if request.sort not in SORTS:
        problems["sort"] = "排序方式只能是 relevance（相关）或 newest（最新）。"
    if not 1 <= request.limit <= LARGEST_PAGE:
        problems["limit"] = f"每页 1 到 {LARGEST_PAGE} 条。"
    if not 0 <= request.offset <= WINDOW - request.limit:
        problems["offset"] = f"最多看到第 {WINDOW} 条，请补充检索词缩小范围。"
    if unknown := [name for name in request.filters if name not in FACETS]:
        problems[unknown[0]] = "没有这个筛选条件。"
    if problems:
        raise Invalid(problems=problems)


def _labelled(session: Session, facets: Facets, request: SearchRequest) -> dict[str, tuple[FacetValue, ...]]:
    """The most frequent values of each facet, and the chosen ones."""
    told = {name: _told(facets.get(name, ()), request.filters.get(name, ())) for name in FACETS}
    names = people.names(session, [int(one.value) for one in told["organisation"]])
    return {name: tuple(_facet_value(name, one, names, request) for one in told[name]) for name in FACETS}


def _told(counts: Sequence[FacetCount], chosen: Collection[str]) -> list[FacetCount]:
    return [one for at, one in enumerate(counts) if at < FACET_VALUES or one.value in chosen]


def _facet_value(name: str, one: FacetCount, names: Mapping[int, str], request: SearchRequest) -> FacetValue:
    label = names.get(int(one.value), one.value) if name == "organisation" else one.value
    return FacetValue(one.value, label, one.count, one.value in request.filters.get(name, ()))
