"""Orders the candidates of any engine by their stored tokens: the one place where scores are made and explained."""

import math
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import groupby

import numpy as np
import numpy.typing as npt

from indexer.analysis.analyzer import CHARACTER, CODE, NAME, PAIR, REPAIR, WORD, Form, Question, Term
from indexer.analysis.terms import BREAK, term_id, term_ids
from indexer.results import Candidate, Explanation, Hit, Match, Statistics, TermIds
from indexer.schema import Schema

CODES = ("codes",)  # the field where a code of the query decides
LOOKED_AT = 20_000  # units of a text field that are looked at

_NOTHING: TermIds = np.empty(0, np.uint32)
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, so that multiplying loses nothing (golden ratio in 64 bits)
_BREAK = term_id(BREAK)
_SHINGLE = 8  # units that are looked for as a whole in another text
_SAMPLES = 16  # shingles of each text that are looked for
_CONTAINED = 0.8  # share of them that must be in the other text
_LONGER = 1.2  # how much longer that one must be
_OUTER = 10  # first hits that are looked into

Scores = npt.NDArray[np.float64]
Shingles = npt.NDArray[np.uint64]
Prior = Callable[[Mapping[str, int]], float]
"""What the numbers of a document say of its worth, from -1 to 1."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What ranking weighs how: see weights.toml."""

    k1: float
    b: float
    word: float
    pair: float
    character: float
    name: float
    seam: float
    synonym: float
    repair: float
    title: float
    container: float
    prior: float

    def of(self, term: Term) -> float:
        """What a term is worth before its rarity counts."""
        worth = {WORD: self.word, PAIR: self.pair, CHARACTER: self.character, NAME: self.name, CODE: self.name}[
            term.channel
        ]
        return worth if term.whole else worth * self.seam


@cache
def weights() -> Weights:
    """Those in force."""
    return Weights(**tomllib.loads((resources.files("indexer") / "weights.toml").read_text("utf-8")))


@dataclass(frozen=True, slots=True)
class Scored:
    """The candidates of one question with all that their scores are made of; one row a candidate.

    ``words`` is how many of the informative words of the question, in whatever form, the candidate with the most has.
    """

    candidates: Sequence[Candidate]
    order: npt.NDArray[np.intp]
    score: Scores
    parts: Mapping[str, Scores]
    exact: Sequence[str]
    words: int

    @property
    def hits(self) -> tuple[Hit, ...]:
        """The candidates best first; the first hit has score 1."""
        scale = max(float(self.score.max(initial=0)), 1e-9)
        told = ((self.candidates[at], max(float(self.score[at]), 0.0) / scale) for at in self.order.tolist())
        return tuple(Hit(one.id, one.version, score) for one, score in told)


def score(
    candidates: Sequence[Candidate],
    question: Question,
    statistics: Statistics,
    schema: Schema,
    *,
    exact: Collection[str] = CODES,
    carriers: Collection[str] = (),
    prior: Prior | None = None,
    weighing: Weights | None = None,
) -> Scored:
    """The scores of the candidates and their order, best first; equals keep the engine's order.

    Before all others come documents with a title that equals the question, or with one of its codes in one of the
    fields named by ``exact``; then those with ids in ``carriers``.
    """
    if not candidates:
        return Scored((), np.empty(0, np.intp), np.empty(0), {}, (), 0)
    by = weighing or weights()
    texts = _Texts(candidates, schema)
    terms, groups = _terms(question, by)
    counts = texts.counts([term for term, _ in terms])
    relevance = _relative(_relevance(_gains(texts, counts, terms, statistics, by), groups))
    likeness = _title_likeness(texts, question)
    parts = {
        "relevance": relevance,
        "title": by.title * likeness**2,
        "prior": by.prior * np.array([prior(one.numbers) if prior else 0.0 for one in candidates]),
    }
    named = _named(likeness, _with_code(texts.schema, question, counts, exact))
    plain = relevance + parts["title"]
    total = plain * (1 + parts["prior"])
    top = max(float(total.max()), 1e-9)
    first = np.where(
        [bool(one) for one in named], 2 * top, np.where([one.id in carriers for one in candidates], top, 0.0)
    )
    order_by = _without_containers(texts, total, by.container) + first
    words = _words_had(question, terms, groups, counts.max(axis=0) > 0)
    return Scored(candidates, np.argsort(-order_by, kind="stable"), order_by, parts, named, words)


def explanation(
    candidates: Sequence[Candidate],
    at: int,
    question: Question,
    statistics: Statistics,
    schema: Schema,
    *,
    exact: Collection[str] = CODES,
    carriers: Collection[str] = (),
    prior: Prior | None = None,
) -> Explanation:
    """Why the candidate in place ``at`` stands where ranking puts it among the candidates."""
    by = weights()
    scored = score(candidates, question, statistics, schema, exact=exact, carriers=carriers, prior=prior)
    texts = _Texts([candidates[at]], schema)
    found = tuple(_matches(texts, question, statistics, by))
    has = {match.term for match in found} | {match.through for match in found}
    return Explanation(
        rank=int(np.flatnonzero(scored.order == at)[0]) + 1,
        score=float(scored.score[at]),
        first=float(scored.score[scored.order[0]]),
        exact=scored.exact[at],
        parts={name: float(values[at]) for name, values in scored.parts.items()},
        matches=found,
        missing=tuple(word for word in question.words if not any(word in one for one in has)),
    )


class _Texts:
    """The unit ids of all candidates end to end, in pieces: those of the first field, then those of the next."""

    def __init__(self, candidates: Sequence[Candidate], schema: Schema) -> None:
        self.schema = schema
        self.count = len(candidates)
        told = (one.tokens.get(field.name, _NOTHING) for field in schema.texts for one in candidates)
        pieces = [one if len(one) <= LOOKED_AT else one[:LOOKED_AT] for one in told]
        sizes = np.array(list(map(len, pieces)), np.intp)
        self.ends = np.cumsum(sizes)
        self.units: TermIds = np.concatenate(pieces) if pieces else _NOTHING
        self.lengths = sizes.reshape(len(schema.texts), self.count)

    def counts(self, terms: Sequence[Term]) -> Scores:
        """How often each term stands in each field of each candidate: fields x candidates x terms."""
        found = np.zeros((self.lengths.size, len(terms)))
        if terms and len(self.units):
            places, pieces = self._places(terms)
            for length, columns in _by_length(terms).items():
                wanted = np.array([_hash(terms[column].units) for column in columns], np.uint64)
                found[:, columns] = self._counted(wanted, length, places, pieces)
        return found.reshape(*self.lengths.shape, len(terms))

    def _places(self, terms: Sequence[Term]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Where any unit of the terms stands, or one that shares its last bits with one, and in which piece."""
        present = np.zeros(1 << 16, bool)
        present[term_ids({unit for term in terms for unit in term.units}) & 0xFFFF] = True
        places = np.flatnonzero(present[self.units & 0xFFFF])
        return places, np.searchsorted(self.ends, places, side="right")

    def _counted(
        self,
        wanted: npt.NDArray[np.uint64],
        length: int,
        places: npt.NDArray[np.intp],
        pieces: npt.NDArray[np.intp],
    ) -> npt.NDArray[np.int64]:
        """How often each of the hashes of ``length`` neighbours stands in each piece."""
        last = len(places) - length + 1
        together = np.flatnonzero(
            (places[length - 1 :] - places[: max(last, 0)] == length - 1)
            & (pieces[length - 1 :] == pieces[: max(last, 0)])
        )
        hashes = _hashed_at(self.units, places[together], length)
        order = np.argsort(wanted)
        columns = order[np.minimum(np.searchsorted(wanted, hashes, sorter=order), len(wanted) - 1)]
        same = wanted[columns] == hashes
        cells = pieces[together[same]] * len(wanted) + columns[same]
        rows = self.lengths.size
        return np.bincount(cells, minlength=rows * len(wanted)).reshape(rows, len(wanted))


def _by_length(terms: Sequence[Term]) -> dict[int, list[int]]:
    columns: dict[int, list[int]] = {}
    for column, term in enumerate(terms):
        columns.setdefault(len(term.units), []).append(column)
    return columns


def _hashed_at(units: TermIds, places: npt.NDArray[np.intp], length: int) -> Shingles:
    """One value for the ``length`` neighbouring units from each of the places on."""
    hashes = np.zeros(places.shape, np.uint64)
    for at in range(length):
        hashes *= _FACTOR
        hashes += units[places + at]
    return hashes


def _hash(units: Sequence[str]) -> int:
    """The same value of these units alone: a term has too few of them for an array."""
    told = 0
    for unit in units:
        told = (told * int(_FACTOR) + term_id(unit)) % (1 << 64)
    return told


def _relevance(gains: Scores, groups: "_Groups") -> Scores:
    """BM25 of the question; where a part has other forms, the form that says most counts, and it alone."""
    scores: Scores = gains[:, groups.plain].sum(axis=1)
    for forms in groups.forms:
        scores += np.max([gains[:, columns].sum(axis=1) for columns in forms], axis=0)
    return scores


def _gains(
    texts: _Texts, counts: Scores, terms: Sequence[tuple[Term, float]], statistics: Statistics, by: Weights
) -> Scores:
    """What BM25 gives each candidate for each term: candidates x terms."""
    value = np.array([worth * _idf(statistics, term) for term, worth in terms])
    times = np.einsum("fct,f->ct", counts, np.array([field.weight for field in texts.schema.texts]))
    norm = by.k1 * (1 - by.b + by.b * texts.lengths.sum(axis=0) / (statistics.average_length or 1.0))
    gains: Scores = times * (by.k1 + 1) / (times + norm[:, None]) * value
    return gains


@dataclass(frozen=True, slots=True)
class _Groups:
    """Columns of terms: those of no other form, and for each part with other forms the columns of each of its forms."""

    plain: list[int]
    forms: list[list[list[int]]]


def _terms(question: Question, by: Weights) -> tuple[list[tuple[Term, float]], _Groups]:
    """All terms with what they are worth, and how they belong together."""
    terms = [(term, by.of(term)) for term in question.terms]
    plain = set(range(len(terms)))
    forms: list[list[list[int]]] = []
    for alternatives in _alternatives(question.forms):
        typed = [
            at for at in sorted(plain) if at < len(question.terms) and alternatives[0].replaces(question.terms[at])
        ]
        plain -= set(typed)
        columns = [typed]
        for form in alternatives:
            worth = by.repair if form.origin == REPAIR else by.synonym
            columns.append(list(range(len(terms), len(terms) + len(form.terms))))
            terms += [(term, worth * by.of(term)) for term in form.terms]
        forms.append(columns)
    return terms, _Groups(sorted(plain), forms)


def _words_had(
    question: Question, terms: Sequence[tuple[Term, float]], groups: _Groups, present: npt.NDArray[np.bool_]
) -> int:
    """How many of the informative words the candidate with the most of them has, as typed or in another form."""
    had = {word: np.zeros(len(present), bool) for word in question.words}
    for column, term in enumerate(question.terms):
        if term.text in had and term.channel != CHARACTER:
            had[term.text] |= present[:, column]
    for typed, *others in groups.forms:
        for columns in others:
            whole = present[:, [column for column in columns if terms[column][0].channel != CHARACTER]].all(axis=1)
            for text in {terms[column][0].text for column in typed} & had.keys():
                had[text] |= whole
    return int(np.sum(list(had.values()), axis=0).max()) if had else 0


def _alternatives(forms: Sequence[Form]) -> list[list[Form]]:
    """The forms of each part of the question."""
    parts: dict[tuple[int, int], list[Form]] = {}
    for form in forms:
        parts.setdefault((form.start, form.end), []).append(form)
    return list(parts.values())


def _idf(statistics: Statistics, term: Term) -> float:
    """Rarity of a term, never negative (Lucene's BM25)."""
    frequency = statistics.unit_frequency if term.channel == CHARACTER else statistics.frequency
    found = frequency.get(term.text, 0)
    return math.log(1 + (max(statistics.documents, found) - found + 0.5) / (found + 0.5))


def _relative(scores: Scores) -> Scores:
    top = float(scores.max())
    return scores / top if top > 0 else scores


def _title_likeness(texts: _Texts, question: Question) -> Scores:
    """How much of the question and of the nearest title is common to both, in order: 0 to 1 (Indel similarity)."""
    from rapidfuzz.distance import Indel

    asked = term_ids(question.units).tolist()
    likeness = [0.0] * texts.count
    for at, title in _titles(texts) if asked else ():
        if 2 * min(len(title), len(asked)) > likeness[at] * (len(title) + len(asked)):
            likeness[at] = max(likeness[at], Indel.normalized_similarity(asked, title))
    return np.array(likeness)


def _titles(texts: _Texts) -> Iterator[tuple[int, list[int]]]:
    """Every title with the place of its candidate."""
    for field in np.flatnonzero([field.titles for field in texts.schema.texts]).tolist():
        lengths = texts.lengths[field].tolist()
        begin = end = int(texts.ends[field * texts.count]) - lengths[0]
        units = texts.units[begin : begin + sum(lengths)].tolist()
        several = _BREAK in units
        for at, length in enumerate(lengths):
            start, end = end, end + length
            told = units[start - begin : end - begin]
            if several and _BREAK in told:
                yield from ((at, list(title)) for is_break, title in groupby(told, _BREAK.__eq__) if not is_break)
            elif told:
                yield at, told


def _named(likeness: Scores, with_code: npt.NDArray[np.bool_]) -> list[str]:
    """What names each candidate: a title that is the whole question, a code of the question, or nothing."""
    told = zip(likeness, with_code, strict=True)
    return ["title" if alike == 1 else "code" if coded else "" for alike, coded in told]


def _with_code(schema: Schema, question: Question, counts: Scores, exact: Collection[str]) -> npt.NDArray[np.bool_]:
    """Which candidates have a code of the question in one of the fields where it decides."""
    fields = [at for at, field in enumerate(schema.texts) if field.name in exact]
    codes = [column for column, term in enumerate(question.terms) if term.text in question.codes]
    found: npt.NDArray[np.bool_] = counts[fields][:, :, codes].max(axis=(0, 2), initial=0) > 0
    return found


def _without_containers(texts: _Texts, scores: Scores, share: float) -> Scores:
    """The scores, where each text that is contained in a higher one takes its place before it.

    Pages repeat the entries they consist of; who asks for one wants the entry. Looked at is the longest field.
    """
    field = int(texts.lengths.sum(axis=1).argmax())
    lengths, ends = texts.lengths[field], texts.ends.reshape(texts.lengths.shape)[field]
    first = np.argsort(-scores, kind="stable")[:_OUTER]
    outer_scores, outer_lengths = scores[first, None], lengths[first, None]
    lower = (scores >= share * outer_scores) & (scores < outer_scores)
    may_be_inside = lower & (lengths >= _SHINGLE) & (lengths * _LONGER < outer_lengths)
    first, may_be_inside = first[may_be_inside.any(axis=1)], may_be_inside[may_be_inside.any(axis=1)]
    placed = scores.copy()
    if len(first):
        samples = _samples(texts.units, ends - lengths, lengths)
        inside = may_be_inside & (_shares_had(texts.units, ends[first], lengths[first], samples) >= _CONTAINED)
        for outer, inner in zip(*np.nonzero(inside), strict=True):
            placed[inner] = max(placed[inner], placed[first[outer]] * (1 + 1e-6) + 1e-9 * scores[inner])
    return placed


def _shares_had(units: TermIds, ends: npt.NDArray[np.intp], lengths: npt.NDArray[np.intp], samples: Shingles) -> Scores:
    """What share of the samples of each text stands in each of the pieces with these ends: pieces x texts."""
    sizes = lengths - (_SHINGLE - 1)
    pieces = np.repeat(np.arange(len(ends)), sizes)
    places = np.arange(len(pieces)) + np.repeat(ends - lengths - np.cumsum(sizes) + sizes, sizes)
    hashes = _hashed_at(units, places, _SHINGLE)
    known, sample = np.unique(samples, return_inverse=True)
    at = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    same = np.flatnonzero(known[at] == hashes)
    had = np.zeros((len(ends), len(known)), bool)
    had[pieces[same], at[same]] = True
    shares: Scores = had[:, sample.reshape(samples.shape)].mean(axis=2)
    return shares


def _samples(units: TermIds, starts: npt.NDArray[np.intp], lengths: npt.NDArray[np.intp]) -> Shingles:
    """The hashes of some shingles of each text, evenly taken; what they are of a text without any is nothing's."""
    if len(units) < _SHINGLE:
        return np.zeros((len(starts), _SAMPLES), np.uint64)
    room = np.maximum(lengths - _SHINGLE, 0)
    places = starts[:, None] + (np.linspace(0, 1, _SAMPLES) * room[:, None]).astype(np.intp)
    return _hashed_at(units, np.minimum(places, len(units) - _SHINGLE), _SHINGLE)


def _matches(texts: _Texts, question: Question, statistics: Statistics, by: Weights) -> Iterator[Match]:
    """What one candidate has of the question, most telling first: words, not the pairs and characters in them."""
    terms, groups = _terms(question, by)
    counts = texts.counts([term for term, _ in terms])
    gains = _gains(texts, counts, terms, statistics, by)[0]
    typed = dict.fromkeys(groups.plain, "")
    for forms, alternatives in zip(groups.forms, _alternatives(question.forms), strict=True):
        best = max(range(len(forms)), key=lambda one: float(gains[forms[one]].sum()))
        typed |= dict.fromkeys(forms[best], alternatives[best - 1].typed if best else "")
    total = float(sum(gains[column] for column in typed)) or 1.0
    shares = _shares([(column, terms[column][0], through) for column, through in typed.items()], gains, counts)
    for column, share in sorted(shares.items(), key=lambda one: -one[1]):
        for field, times in zip(texts.schema.texts, counts[:, 0, column], strict=True):
            if times:
                yield Match(terms[column][0].text, field.name, int(times), share / total, typed[column])


def _shares(told: Sequence[tuple[int, Term, str]], gains: Scores, counts: Scores) -> dict[int, float]:
    """The gains by column of the longest matched terms, each with those of the terms in it, or else half in it."""
    present = [one for one in told if counts[:, 0, one[0]].any() and one[1].channel != CHARACTER and one[1].whole]
    longest_first = sorted(present, key=lambda one: (one[1].start - one[1].end, one[1].channel != WORD))
    shares: dict[int, float] = {}
    owners: list[tuple[int, Term, str]] = []
    for column, term, through in (*longest_first, *(one for one in told if one not in present)):
        alike = [one for one in owners if one[2] == through]
        owner = next((one for one in alike if _within(term, one[1])), None)
        owner = owner or (None if term.channel == WORD else next((one for one in alike if _meet(term, one[1])), None))
        if owner:
            shares[owner[0]] += float(gains[column])
        elif counts[:, 0, column].any():
            owners.append((column, term, through))
            shares[column] = float(gains[column])
    return shares


def _within(term: Term, other: Term) -> bool:
    return other.start <= term.start and term.end <= other.end


def _meet(term: Term, other: Term) -> bool:
    return other.start < term.end and term.start < other.end
