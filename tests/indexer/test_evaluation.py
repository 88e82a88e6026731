"""Measures of rankings, against the definitions worked out by hand, and the paired test of two runs."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.evaluation import compare, geometric_mean, measures, mrr, ndcg, recall

JUDGED = {"a": 2, "b": 1}
RANKINGS = st.lists(st.sampled_from("abcdefgh"), unique=True)


def test_ndcg_divides_the_gain_by_that_of_the_best_order():
    best = 2 + 1 / math.log2(3)
    assert ndcg(["a", "b", "x"], JUDGED) == 1
    assert ndcg(["b", "x", "a"], JUDGED) == pytest.approx((1 + 2 / 2) / best)
    assert ndcg(["x"] * 10 + ["a"], JUDGED) == 0


def test_mrr_and_recall_look_at_the_first_places_only():
    assert mrr(["x", "b", "a"], JUDGED) == 1 / 2
    assert mrr(["x"] * 10 + ["a"], JUDGED) == 0
    assert recall(["x", "b", "a"], JUDGED, 2) == 1 / 2
    assert recall(["x", "b", "a"], JUDGED, 3) == 1


def test_a_grade_of_nothing_is_no_answer():
    assert (ndcg(["a"], {"a": 0}), mrr(["a"], {"a": 0}), recall(["a"], {"a": 0}, 10)) == (0, 0, 0)


@given(RANKINGS)
def test_measures_lie_between_nothing_and_one(ranked: list[str]):
    assert 0 <= ndcg(ranked, JUDGED) <= 1
    assert 0 <= mrr(ranked, JUDGED) <= 1
    assert recall(ranked, JUDGED, 2) <= recall(ranked, JUDGED, 10) <= 1


def test_a_question_without_a_ranking_is_not_answered():
    told = measures({"one": ["a", "b"]}, {"one": JUDGED, "two": {"c": 1}})
    assert (told.ndcg_10, told.mrr_10, told.recall_10, told.recall_100) == (0.5, 0.5, 0.5, 0.5)
    assert measures({}, {}).ndcg_10 == 0


def test_equal_runs_do_not_differ():
    told = compare([0.5, 1.0], [0.5, 1.0])
    assert (told.difference, told.p, told.better, told.worse) == (0, 1, 0, 0)


def test_what_chance_alone_explains_is_told_from_what_it_does_not():
    small = compare([0.1, 0.9, 0.5, 0.5], [0.2, 0.8, 0.5, 0.6])
    large = compare([0.2] * 40, [0.6] * 40)
    assert small.difference == pytest.approx(0.025)
    assert (small.better, small.worse) == (2, 1)
    assert small.p > 0.4
    assert large.difference == pytest.approx(0.4)
    assert large.p < 0.001


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=12))
def test_the_paired_test_is_the_same_either_way_round(pairs: list[tuple[float, float]]):
    first, second = [one for one, _ in pairs], [two for _, two in pairs]
    there, back = compare(first, second, rounds=200), compare(second, first, rounds=200)
    assert there.difference == pytest.approx(-back.difference)
    assert (there.p, there.better, there.worse) == (back.p, back.worse, back.better)


def test_a_geometric_mean_is_nothing_where_one_value_is():
    assert geometric_mean([2.0, 8.0]) == pytest.approx(4)
    assert geometric_mean([0.0, 8.0]) == geometric_mean([]) == 0
