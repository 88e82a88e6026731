"""Orders the candidates of any engine by their stored tokens: the one place where scores are made."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.analysis.terms import term_ids
from indexer.results import Candidate, Hit, Statistics, TermIds
from indexer.schema import Schema

K1 = 1.2
B = 0.75
CODES = ("codes",)  # the field where a code of the query decides

_NOTHING: TermIds = np.empty(0, np.uint32)

Scores = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a query wants of a document: weighted terms, whole codes, and the text's own terms in their order."""

    weights: Mapping[str, float]
    codes: tuple[str, ...] = ()
    text: tuple[str, ...] = ()


def rank(
    candidates: Sequence[Candidate],
    wanted: Wanted,
    statistics: Statistics,
    schema: Schema,
    exact: Collection[str] = CODES,
) -> tuple[Hit, ...]:
    """The candidates as hits, best first; equals keep the engine's order.

    Before all others come documents with a text field that equals the query, or with one of its codes in one of the
    fields named by ``exact``. The first hit has score 1.
    """
    if not candidates:
        return ()
    scores = _relevance(candidates, wanted.weights, statistics, schema)
    top = scores.max()
    scores = scores / top if top > 0 else scores
    scores = (scores + _exactness(candidates, wanted, schema, exact)) / 2
    order = np.argsort(-scores, kind="stable")
    scale = scores[order[0]] or 1.0
    return tuple(Hit(candidates[at].id, candidates[at].version, float(scores[at] / scale)) for at in order)


def _relevance(
    candidates: Sequence[Candidate], weights: Mapping[str, float], statistics: Statistics, schema: Schema
) -> Scores:
    terms = list(weights)
    value = np.array([weights[term] * _idf(statistics, term) for term in terms])
    scores = np.zeros(len(candidates))
    for field in schema.texts:
        average = statistics.average_length.get(field.name, 0.0)
        scores += field.weight * (_saturation(_texts(candidates, field.name), term_ids(terms), average) @ value)
    return scores


def _idf(statistics: Statistics, term: str) -> float:
    """Rarity of a term, never negative (Lucene's BM25)."""
    found = statistics.frequency.get(term, 0)
    return math.log(1 + (max(statistics.documents, found) - found + 0.5) / (found + 0.5))


def _saturation(tokens: Sequence[TermIds], terms: TermIds, average: float) -> Scores:
    """What BM25 makes of the term counts of each text: one row per text, one column per term."""
    lengths = np.array([len(text) for text in tokens], float)
    counts = _counts(tokens, terms)
    norm = K1 * (1 - B + B * lengths / (average or 1.0))
    saturated: Scores = counts * (K1 + 1) / (counts + norm[:, None])
    return saturated


def _counts(tokens: Sequence[TermIds], terms: TermIds) -> Counts:
    """How often each term occurs in each text."""
    shape = len(tokens), len(terms)
    if not len(terms):
        return np.zeros(shape, np.int64)
    order = np.argsort(terms)
    everything = np.concatenate(tokens)
    texts = np.repeat(np.arange(len(tokens)), [len(text) for text in tokens])
    places = np.minimum(np.searchsorted(terms, everything, sorter=order), len(terms) - 1)
    columns = order[places]
    same = terms[columns] == everything
    cells = texts[same] * len(terms) + columns[same]
    return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)


def _exactness(
    candidates: Sequence[Candidate], wanted: Wanted, schema: Schema, exact: Collection[str]
) -> npt.NDArray[np.bool_]:
    """Whether each candidate is what was named: by the whole of a text, such as its title, or by a code."""
    named = np.zeros(len(candidates), bool)
    if wanted.text:
        text = term_ids(wanted.text)
        for field in schema.texts:
            named |= [
                len(found) == len(text) and bool((found == text).all()) for found in _texts(candidates, field.name)
            ]
    if wanted.codes:
        for name in exact:
            named |= _counts(_texts(candidates, name), term_ids(wanted.codes)).any(axis=1)
    return named


def _texts(candidates: Sequence[Candidate], field: str) -> list[TermIds]:
    return [candidate.tokens.get(field, _NOTHING) for candidate in candidates]
