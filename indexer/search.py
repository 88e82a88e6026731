"""One search from typed text to ordered hits over any engine: reads, relaxes, lets the engine choose, then orders."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from indexer.analysed import Preparation
from indexer.analysis.analyzer import ADDED, CHARACTER, CODE, PAIR, REPAIR, Analyzer, Form, Question, Term
from indexer.analysis.pinyin import sounds_like
from indexer.engine import Document, SearchEngine
from indexer.mining import bounded, mine
from indexer.parser import LONGEST, STEPS, Parsed, parse
from indexer.query import And, Code, Filter, Ids, Not, Or, Query, Sort, Words
from indexer.ranking import CODES, Prior, Scored, Weights, explanation, score
from indexer.results import Candidate, Explanation, FacetCount, Hit, Results, Statistics
from indexer.schema import Schema

UNSEEN = 8  # pairs of a question that occur nowhere for which others are tried
REPAIRS = 3  # that are then searched as well
RARE = 10  # documents that may have a code which still tells them from all others
DIGITS = 3  # of such a code; with fewer it may be a version, unless it is very rare
VERY_RARE = 3
LONG_NUMBER = 5  # digits of a number that is asked like a code
TELLING = 24  # terms of a text that others are compared with
NEAR = 30  # documents that are then ordered


def find(
    engine: SearchEngine,
    analyzer: Analyzer,
    schema: Schema,
    text: str,
    *,
    filters: tuple[Filter, ...] = (),
    facets: tuple[str, ...] = (),
    sort: Sort | None = None,
    offset: int = 0,
    limit: int = 20,
    exact: Collection[str] = CODES,
    prior: Prior | None = None,
) -> Results:
    """The hits from ``offset`` on, at most ``limit``, for what a person typed or pasted.

    Found are the best CANDIDATES of what has any of the words, ordered by ranking, and behind them whatever else has
    all of the words, ordered by the engine; ``step`` tells the most that any of them has. A sorted search has all words
    if anything has. ``exact`` names text fields where a code of the question decides. Raises EngineUnavailable,
    SchemaMismatch, and BadQuery for a window or a field the engine does not have.
    """
    told = gather(engine, analyzer, text, filters)
    asked, best = told.asked, Ids(tuple(one.id for one in told.candidates))
    scored = told.scored(schema, exact=exact, prior=prior)
    first, *_ = steps = _steps(asked.parsed)
    step = next((one for one in steps if scored.words >= asked.parsed.required(one)), steps[-1])
    tree = asked.parsed.tree(step) if step == first else best
    if sort:
        page = engine.search(Query(tree, filters, (), sort, offset, limit, counted=False))
        hits = tuple(Hit(one.id, one.version, 0.0) for one in page.candidates)
    else:
        hits = scored.hits[offset : offset + limit]
        if tree != best:
            others = Query(And((tree, Not(best))), filters)
            hits += _beyond(engine, others, max(offset - len(told.candidates), 0), limit - len(hits))
    found = tree if sort or tree == best else Or((tree, best))
    counted = engine.search(Query(found, filters, facets, limit=0 if facets else 1))
    counts = counted.facets
    if tree == best:
        counts = {**counts, **_unfiltered(engine, asked, filters, facets)}
    return Results(counted.total, hits, counts, step, asked.synonyms)


def like(
    engine: SearchEngine,
    analyzer: Analyzer,
    schema: Schema,
    texts: Iterable[str],
    *,
    filters: tuple[Filter, ...] = (),
    limit: int = 10,
) -> Results:
    """The documents nearest to one given by its ``texts``; itself among them if it is indexed.

    It is asked while somebody types, so the rarest TELLING terms and the first NEAR candidates must do.
    """
    asked = _asked(engine, bounded(Parsed(mine("\n".join(texts), analyzer)), engine, TELLING))
    query = Query(asked.parsed.tree("any"), filters, limit=max(limit, NEAR), counted=False)
    head = engine.search(query).candidates
    hits = Gathered(asked, head, frozenset()).scored(schema, exact=()).hits
    return Results(len(head), hits[:limit], {}, "any")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as read, with what the collection says of its terms."""

    parsed: Parsed
    statistics: Statistics

    @property
    def synonyms(self) -> tuple[tuple[str, str], ...]:
        """What was also searched, as what, by the lexicon: what is built in goes without saying."""
        told = ((form.typed, form.meant) for form in self.parsed.question.forms if form.origin == ADDED)
        return tuple(dict.fromkeys(told))


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that ranking needs: the best candidates, with the ids of those that have a rare code of the question."""

    asked: _Asked
    candidates: tuple[Candidate, ...]
    carriers: frozenset[str]

    def scored(
        self,
        schema: Schema,
        *,
        exact: Collection[str] = CODES,
        prior: Prior | None = None,
        weighing: Weights | None = None,
    ) -> Scored:
        """The scores and the order of the candidates."""
        question, statistics = self.asked.parsed.question, self.asked.statistics
        return score(
            self.candidates,
            question,
            statistics,
            schema,
            exact=exact,
            carriers=self.carriers,
            prior=prior,
            weighing=weighing,
        )

    def explained(
        self,
        document: Document,
        analyzer: Analyzer,
        schema: Schema,
        *,
        exact: Collection[str] = CODES,
        prior: Prior | None = None,
    ) -> Explanation:
        """Why a document stands where it stands; it need not be among the candidates, nor be indexed.

        Raises ValueError for a document no index can hold.
        """
        place = next((at for at, one in enumerate(self.candidates) if one.id == document.id), None)
        candidates = self.candidates
        if place is None:
            tokens = Preparation(schema, analyzer).analysed(document).tokens
            candidates = (*candidates, Candidate(document.id, document.version, 0.0, tokens, document.numbers))
        told = explanation(
            candidates,
            len(candidates) - 1 if place is None else place,
            self.asked.parsed.question,
            self.asked.statistics,
            schema,
            exact=exact,
            carriers=self.carriers,
            prior=prior,
        )
        return replace(told, rank=0) if place is None else told


def gather(engine: SearchEngine, analyzer: Analyzer, text: str, filters: tuple[Filter, ...] = ()) -> Gathered:
    """Read what was typed or pasted and let the engine choose.

    People also quote a message as they remember it: where no text has a phrase, its words are asked.
    """
    asked = _read(engine, analyzer, text)
    head = _head(engine, asked, filters)
    if not head and asked.parsed.phrases:
        asked = replace(asked, parsed=replace(asked.parsed, phrases=()))
        head = _head(engine, asked, filters)
    carriers = _carriers(engine, asked, filters)
    known = {one.id for one in head}
    others = (one for key, one in carriers.items() if key not in known)
    return Gathered(asked, (*head, *others), frozenset(carriers))


def _read(engine: SearchEngine, analyzer: Analyzer, text: str) -> _Asked:
    """A short text is a question, a long one is evidence; a question is also asked as it may have been meant."""
    if len(text) > LONGEST:
        return _asked(engine, bounded(Parsed(mine(text, analyzer)), engine))
    asked = _asked(engine, bounded(parse(text, analyzer), engine))
    question = asked.parsed.question
    known = tuple(form for form in question.forms if _occurs(form, asked.statistics))
    repairs = tuple(_repairs(engine, analyzer, asked))
    if not repairs and known == question.forms:
        return asked
    parsed = replace(asked.parsed, question=replace(question, forms=(*known, *repairs)))
    return _asked(engine, parsed) if repairs else _Asked(parsed, asked.statistics)


def _occurs(form: Form, statistics: Statistics) -> bool:
    """Whether a form can be found at all; one of the lexicon is kept, so that it is told."""
    searched = [term.text for term in form.terms if term.channel != CHARACTER]
    return form.origin == ADDED or all(statistics.frequency.get(text) for text in searched)


def _asked(engine: SearchEngine, parsed: Parsed) -> _Asked:
    question = parsed.question
    return _Asked(parsed, _statistics(engine, question.searched, question.characters))


def _statistics(engine: SearchEngine, terms: Sequence[str], units: Sequence[str] = ()) -> Statistics:
    return engine.search(Query(Words(tuple(terms)), limit=0, units=tuple(units))).statistics


def _repairs(engine: SearchEngine, analyzer: Analyzer, asked: _Asked) -> Iterator[Form]:
    """For pairs that occur nowhere, those of the same sound that do, the most frequent ones."""
    question, frequency = asked.parsed.question, asked.statistics.frequency
    unseen = [term for term in question.terms if term.channel == PAIR and term.whole and not frequency.get(term.text)][
        :UNSEEN
    ]
    tried = {term: tuple(_same_sound(term.text)) for term in unseen if not _has_form(question, term)}
    if not any(tried.values()):
        return
    known = _statistics(engine, [pair for pairs in tried.values() for pair in pairs]).frequency
    for term, pairs in tried.items():
        best = sorted((pair for pair in pairs if known.get(pair)), key=lambda pair: -known[pair])[:REPAIRS]
        for pair in best:
            yield analyzer.form(question.units, term.start, term.end, pair, REPAIR)


def _has_form(question: Question, term: Term) -> bool:
    return any(form.replaces(term) for form in question.forms)


def _same_sound(pair: str) -> Iterator[str]:
    yield from (other + pair[1] for other in sounds_like(pair[0]))
    yield from (pair[0] + other for other in sounds_like(pair[1]))


def _head(engine: SearchEngine, asked: _Asked, filters: tuple[Filter, ...]) -> tuple[Candidate, ...]:
    return engine.search(Query(asked.parsed.tree("any"), filters, counted=False)).candidates


def _carriers(engine: SearchEngine, asked: _Asked, filters: tuple[Filter, ...]) -> dict[str, Candidate]:
    """The documents that have a rare code of the question: whoever names one means it, not the words around it."""

    def of(term: Term) -> int:
        return asked.statistics.frequency.get(term.text) or RARE + 1

    terms = asked.parsed.question.terms
    ways = (
        [term.text for term in terms if term.channel == CODE and _tells(term.text) and of(term) <= RARE],
        [term.text for term in terms if term.channel == CODE and of(term) <= VERY_RARE],
        [term.text for term in terms if term.text.isdecimal() and len(term.text) >= LONG_NUMBER and of(term) <= RARE],
    )
    rare = next(filter(None, ways), ())
    if not rare:
        return {}
    found = engine.search(Query(Or(tuple(map(Code, rare))), filters, counted=False)).candidates
    return {one.id: one for one in found}


def _tells(code: str) -> bool:
    """Whether it looks like the code of an error or form, and like no version."""
    return code.startswith("0x") or sum(map(str.isdigit, code)) >= DIGITS


def _beyond(engine: SearchEngine, query: Query, offset: int, limit: int) -> tuple[Hit, ...]:
    """Hits in the engine's order, whose scores say nothing here."""
    if limit <= 0:
        return ()
    found = engine.search(replace(query, offset=offset, limit=limit, counted=False)).candidates
    return tuple(Hit(one.id, one.version, 0.0) for one in found)


def _unfiltered(
    engine: SearchEngine, asked: _Asked, filters: tuple[Filter, ...], facets: tuple[str, ...]
) -> dict[str, tuple[FacetCount, ...]]:
    """The counts of facets that are filtered by, over the best without that filter."""
    counts: dict[str, tuple[FacetCount, ...]] = {}
    for field in {part.field for part in filters}.intersection(facets):
        others = tuple(part for part in filters if part.field != field)
        best = Ids(tuple(one.id for one in _head(engine, asked, others)))
        counts |= engine.search(Query(best, others, (field,), limit=0)).facets
    return counts


def _steps(parsed: Parsed) -> list[str]:
    """The steps that differ in what they demand, the strictest first."""
    first = {parsed.required(step): step for step in reversed(STEPS)}
    return list(reversed(first.values()))
