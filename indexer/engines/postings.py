"""Answers a query over any inverted index that can hand out postings, in plain Python: no storage, no analysis.

It is the meaning of a query written down once, and serves the engines that have no matching of their own.
"""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Generic, Protocol, TypeVar

from indexer.query import And, Code, Everything, Filter, Ids, Node, Not, Or, Phrase, Query, Words
from indexer.results import FacetCount, Facets

K1, B = 1.2, 0.75  # those tantivy has built in, so that engines propose the same candidates
# The lengths that fit the byte Lucene and tantivy keep of each: exact to 40, then four significant bits.
_LENGTHS: tuple[int, ...] = (
    *range(24),
    *(24 + at if at < 8 else 24 + ((at & 7 | 8) << (at >> 3) - 1) for at in range(232)),
)

Key = TypeVar("Key", bound=Hashable)


class Postings(Protocol[Key]):
    """An inverted index over live documents, each known by a key."""

    def everything(self) -> Collection[Key]:
        """The keys of all documents."""

    def identified(self, ids: Sequence[str]) -> Collection[Key]:
        """The documents with these ids, as many of them as there are."""

    def term(self, term: str) -> Mapping[Key, int]:
        """How often the term occurs, in the documents where it does."""

    def phrase(self, units: tuple[str, ...]) -> Mapping[Key, int]:
        """How often the units occur next to each other within one field, in the documents where they do."""

    def keyword(self, field: str, value: str) -> Collection[Key]:
        """The documents that have this value."""

    def values(self, field: str) -> Iterable[str]:
        """The known values of a keyword field."""

    def number(self, field: str, key: Key) -> int | None: ...

    def length(self, key: Key) -> int:
        """The number of terms of a document, all text fields together."""

    def mean_length(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Answer(Generic[Key]):
    """The keys of the asked window with their scores, best first."""

    total: int
    ordered: list[tuple[Key, float]]
    facets: Facets


def answer(query: Query, postings: Postings[Key]) -> Answer[Key]:
    """Match, filter, count and order."""
    matched, scores = matching(query.tree, postings), scored(query.tree, postings)
    allowed = {part: _allowed(part, postings) for part in query.filters}

    found = matched.intersection(*allowed.values())
    facets = {field: _counts(field, matched.intersection(*_others(field, allowed)), postings) for field in query.facets}
    return Answer(len(found), _window(query, found, scores, postings), facets)


def matching(node: Node, postings: Postings[Key]) -> set[Key]:
    """The documents the tree asks for."""
    found: set[Key] = set()
    match node:
        case Everything():
            found = set(postings.everything())
        case Ids(ids):
            found = set(postings.identified(ids))
        case Code(term):
            found = set(postings.term(term))
        case Phrase(units):
            found = set(postings.phrase(units))
        case Words(_, demanded, required) if required > 0:
            seen = Counter(key for part in demanded for key in matching(part, postings))
            found = {key for key, count in seen.items() if count >= required}
        case Words(terms):
            found = found.union(*(postings.term(term) for term in terms))
        case And(parts):
            found = set(postings.everything()).intersection(*_each(parts, postings))
        case Or(parts):
            found = found.union(*_each(parts, postings))
        case Not(part):
            unwanted = matching(part, postings)
            found = set(postings.everything()) - unwanted
    return found


def _each(parts: tuple[Node, ...], postings: Postings[Key]) -> list[set[Key]]:
    return [matching(part, postings) for part in parts]


def _allowed(part: Filter, postings: Postings[Key]) -> set[Key]:
    return set[Key]().union(*(postings.keyword(part.field, value) for value in part.values))


def _others(field: str, allowed: Mapping[Filter, set[Key]]) -> list[set[Key]]:
    return [keys for part, keys in allowed.items() if part.field != field]


def _counts(field: str, found: set[Key], postings: Postings[Key]) -> tuple[FacetCount, ...]:
    counts = {value: len(found.intersection(postings.keyword(field, value))) for value in postings.values(field)}
    return ordered_counts(counts)


def ordered_counts(counts: Mapping[str, int]) -> tuple[FacetCount, ...]:
    """Values that occur, the most frequent first, equals by value."""
    present = (FacetCount(value, count) for value, count in counts.items() if count)
    return tuple(sorted(present, key=lambda facet: (-facet.count, facet.value)))


def _window(
    query: Query, found: set[Key], scores: Mapping[Key, float], postings: Postings[Key]
) -> list[tuple[Key, float]]:
    end = query.offset + query.limit
    if query.sort is None:
        best = nsmallest(end, found, key=lambda key: (-scores.get(key, 0.0), key))
    else:
        field, sign = query.sort.field, -1 if query.sort.descending else 1
        numbers = {key: postings.number(field, key) for key in found}
        best = nsmallest(end, found, key=lambda key: (numbers[key] is None, sign * (numbers[key] or 0), key))
    return [(key, scores.get(key, 0.0)) for key in best[query.offset :]]


def scored(node: Node, postings: Postings[Key]) -> dict[Key, float]:
    """BM25 (k1 1.2, b 0.75) over all text fields together; what is under Not adds nothing."""
    match node:
        case Words(terms, demanded):
            others = [part for part in demanded if not _is_among(part, terms)]
            parts = [_bm25([term], postings.term(term), postings) for term in dict.fromkeys(terms)]
            return _sum([*parts, *(scored(part, postings) for part in others)])
        case Code(term):
            return _bm25([term], postings.term(term), postings)
        case Phrase(units):
            return _bm25(units, postings.phrase(units), postings)
        case And(parts) | Or(parts):
            return _sum(scored(part, postings) for part in parts)
    return {}


def _is_among(part: Node, terms: Collection[str]) -> bool:
    """Whether what is demanded is a term that is scored anyway."""
    return isinstance(part, Words) and len(part.terms) == 1 and part.terms[0] in terms


def _sum(parts: Iterable[Mapping[Key, float]]) -> dict[Key, float]:
    total: dict[Key, float] = {}
    for part in parts:
        for key, score in part.items():
            total[key] = total.get(key, 0.0) + score
    return total


def _bm25(parts: Collection[str], found: Mapping[Key, int], postings: Postings[Key]) -> dict[Key, float]:
    documents, mean = len(postings.everything()), postings.mean_length() or 1.0
    weight = len(parts) * math.log(1 + (documents - len(found) + 0.5) / (len(found) + 0.5)) * (K1 + 1)
    return {
        key: weight * count / (count + K1 * (1 - B + B * kept_length(postings.length(key)) / mean))
        for key, count in found.items()
    }


def kept_length(length: int) -> int:
    """What the libraries remember of a length: the greatest of _LENGTHS that is not above it."""
    return _LENGTHS[bisect_right(_LENGTHS, length) - 1]
