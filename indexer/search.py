"""One search from typed text to ordered hits over any engine: reads, relaxes, lets the engine choose, then orders."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from indexer.analysis.analyzer import Analyzer
from indexer.engine import SearchEngine
from indexer.mining import bounded, mine
from indexer.parser import LONGEST, STEPS, Parsed, parse
from indexer.query import CANDIDATES, Filter, Query, Sort, Words
from indexer.ranking import CODES, Wanted, rank
from indexer.results import Candidate, Candidates, Hit, Results
from indexer.schema import Schema


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
) -> Results:
    """The hits from ``offset`` on, at most ``limit``, for what a person typed or pasted.

    The first CANDIDATES hits are ordered by ranking, later ones and sorted ones by the engine. The words are relaxed
    until ranking has CANDIDATES to choose from; for a sorted search only until anything is found, because there the
    best would drown in the rest. ``exact`` names text fields where a code of the query decides. Raises
    EngineUnavailable, SchemaMismatch, and BadQuery for a window or a field the engine does not have.
    """
    short = len(text) <= LONGEST
    parsed = bounded(parse(text, analyzer) if short else Parsed(mine(text, analyzer)), engine)
    wanted = Wanted(parsed.question.weights, parsed.question.codes, tuple(analyzer.tokens(text).terms) if short else ())
    query = Query(parsed.tree("any"), filters, facets, sort, *_window(offset, limit, sort))
    enough = 1 if sort else CANDIDATES
    step, found = _relaxed(engine, parsed, query, enough)
    if parsed.phrases and not found.total:  # people also quote a message as they remember it
        step, found = _relaxed(engine, replace(parsed, phrases=()), query, enough)
    ordered_here = not sort and offset < CANDIDATES
    hits = _ranked(found, wanted, schema, exact) if ordered_here else _as_given(found.candidates)
    begin = offset - query.offset
    return Results(found.total, hits[begin : begin + limit], found.facets, step)


def like(
    engine: SearchEngine,
    analyzer: Analyzer,
    schema: Schema,
    texts: Iterable[str],
    *,
    filters: tuple[Filter, ...] = (),
    limit: int = 10,
) -> Results:
    """The documents nearest to one given by its ``texts``, at most CANDIDATES; itself among them if it is indexed."""
    parsed = bounded(Parsed(mine("\n".join(texts), analyzer)), engine)
    found = engine.search(Query(parsed.tree("any"), filters))
    hits = _ranked(found, Wanted(parsed.question.weights), schema, exact=())
    return Results(found.total, hits[:limit], found.facets, "any")


def _window(offset: int, limit: int, sort: Sort | None) -> tuple[int, int]:
    """Offset and limit to ask the engine for: all that is ranked, where what is wanted begins within it."""
    if sort or offset >= CANDIDATES:
        return offset, limit
    return 0, max(CANDIDATES, offset + limit)


def _relaxed(engine: SearchEngine, parsed: Parsed, query: Query, enough: int) -> tuple[str, Candidates]:
    """The first step that finds enough, or the last. Whether it does is asked without facets and candidates."""
    *strict, last = _steps(parsed)
    for step in _promising(engine, parsed, strict, enough):
        wanted = replace(query, tree=parsed.tree(step))
        if engine.search(replace(wanted, facets=(), offset=0, limit=1)).total >= enough:
            return step, engine.search(wanted)
    return last, engine.search(replace(query, tree=parsed.tree(last)))


def _promising(engine: SearchEngine, parsed: Parsed, steps: Sequence[str], enough: int) -> Iterator[str]:
    """The steps that can find enough, as far as the frequencies of the words tell; asking for these costs little."""
    if not steps:
        return
    words, codes = parsed.question.words, parsed.question.codes
    frequency = engine.search(Query(Words((*words, *codes)), limit=0)).statistics.frequency
    rarest = sorted(frequency.get(word, 0) for word in words)
    for step in steps:
        # A document that lacks no more than the spare words has one of the rarest spare + 1.
        spare = len(words) - parsed.required(step)
        if sum(rarest[: spare + 1]) + sum(frequency.get(code, 0) for code in codes) >= enough:
            yield step


def _steps(parsed: Parsed) -> list[str]:
    """The steps that differ in what they demand."""
    first = {parsed.required(step): step for step in reversed(STEPS)}
    return list(reversed(first.values()))


def _ranked(found: Candidates, wanted: Wanted, schema: Schema, exact: Collection[str]) -> tuple[Hit, ...]:
    """The first CANDIDATES in their ranked order, the others behind them."""
    first, others = found.candidates[:CANDIDATES], found.candidates[CANDIDATES:]
    return rank(first, wanted, found.statistics, schema, exact) + _as_given(others)


def _as_given(candidates: Sequence[Candidate]) -> tuple[Hit, ...]:
    """Hits in the engine's order. Its scores compare with nobody's, so they are told as 0."""
    return tuple(Hit(candidate.id, candidate.version, 0.0) for candidate in candidates)
