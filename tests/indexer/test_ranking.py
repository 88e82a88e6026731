"""Scores: BM25 per field, and what is exact before everything."""

import math
import time

import numpy as np
import pytest

from indexer.analysis.terms import term_ids
from indexer.ranking import Wanted, rank
from indexer.results import Candidate, Statistics
from indexer.schema import Schema, TextField

SCHEMA = Schema((TextField("title", 2.0), TextField("codes"), TextField("body")))


def candidate(key: str, **texts: str) -> Candidate:
    return Candidate(key, 1, 0.0, {name: term_ids(text.split()) for name, text in texts.items()})


def statistics(**frequency: int) -> Statistics:
    return Statistics(1_000, frequency, {"title": 2.0, "codes": 1.0, "body": 4.0})


def order(*candidates: Candidate, wanted: Wanted, found: Statistics) -> list[str]:
    return [hit.id for hit in rank(candidates, wanted, found, SCHEMA)]


def test_the_score_is_bm25_summed_over_weighted_fields():
    hits = rank(
        [candidate("a", body="x x y z"), candidate("b", title="x q", body="y")],
        Wanted({"x": 1.0, "y": 2.0}),
        statistics(x=9, y=99),
        SCHEMA,
    )
    idf_x, idf_y = math.log(1 + 991.5 / 9.5), math.log(1 + 901.5 / 99.5)
    a = idf_x * 2 * 2.2 / (2 + 1.2) + 2 * idf_y * 2.2 / (1 + 1.2)
    b = 2 * idf_x * 2.2 / (1 + 1.2) + 2 * idf_y * 2.2 / (1 + 1.2 * (0.25 + 0.75 / 4))
    assert {hit.id: hit.score for hit in hits} == pytest.approx({"b": 1.0, "a": a / b})


def test_a_rarer_word_counts_more():
    found = [candidate("common", body="x"), candidate("rare", body="y")]
    assert order(*found, wanted=Wanted({"x": 1.0, "y": 1.0}), found=statistics(x=900, y=3)) == ["rare", "common"]


def test_a_code_in_the_code_field_comes_first_whatever_the_rest():
    wanted = Wanted({"ora942": 2.0, "x": 9.0, "y": 9.0}, codes=("ora942",))
    found = [candidate("words", title="x y", body="x y x y ora942"), candidate("code", codes="ora942 ora 942")]
    assert order(*found, wanted=wanted, found=statistics(ora942=900, x=1, y=1)) == ["code", "words"]


def test_a_title_equal_to_the_query_comes_first():
    wanted = Wanted({"x": 1.0, "y": 1.0}, text=("x", "y"))
    found = [candidate("long", title="x y z", body="x y x y"), candidate("equal", title="x y")]
    assert order(*found, wanted=wanted, found=statistics(x=9, y=9)) == ["equal", "long"]


def test_equals_keep_the_order_of_the_engine():
    found = [candidate(key, body="x") for key in "cab"]
    assert order(*found, wanted=Wanted({"x": 1.0}), found=statistics(x=3)) == ["c", "a", "b"]


@pytest.mark.parametrize("weights", [{}, {"x": 1.0}])
def test_nothing_to_score_is_no_error(weights: dict[str, float]):
    hits = rank([candidate("a"), candidate("b", body="y")], Wanted(weights), Statistics(0, {}, {}), SCHEMA)
    assert [(hit.id, hit.score) for hit in hits] == [("a", 0.0), ("b", 0.0)]
    assert rank([], Wanted(weights), Statistics(0, {}, {}), SCHEMA) == ()


def test_a_hundred_candidates_are_ordered_at_once():
    tokens = [{"body": np.arange(start, start + 600, dtype=np.uint32)} for start in range(100)]
    found = [Candidate(str(at), 1, 0.0, each) for at, each in enumerate(tokens)]
    wanted = Wanted({f"t{n}": 1.0 for n in range(64)})
    began = time.process_time()
    for _ in range(20):
        rank(found, wanted, statistics(), SCHEMA)
    assert (time.process_time() - began) / 20 < 0.1  # some 2 ms; a loop over terms would be far beyond
