"""The arithmetic of figures, and that the texts of the large base are as they are said to be."""

from itertools import islice
from pathlib import Path
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import corpus
from benchmarks.common import Figure, percentile, table


@given(st.lists(st.integers(), min_size=1), st.floats(0.01, 1))
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(values: list[int], share: float):
    found = percentile(values, share)
    assert sum(value <= found for value in values) >= share * len(values) - 1e-6
    assert sum(value < found for value in values) < share * len(values) + 1e-6


@pytest.mark.parametrize(
    ("value", "goal", "at_least", "relative", "met"),
    [
        (30, 40, False, False, True),
        (50, 40, False, False, False),
        (120, 100, True, False, True),
        (90, 100, True, False, False),
        (30, 4, False, True, True),
        (50, 4, False, True, False),
    ],
)
def test_a_goal_is_a_most_or_a_least_of_the_value_or_of_the_ratio(
    value: float, goal: float, at_least: bool, relative: bool, met: bool
):
    figure = Figure("search", value, "ms", 10, "bare", goal, at_least, relative)
    assert figure.is_met is met
    assert ("**no**" in table([figure])) is not met


def test_texts_of_the_large_base_have_three_hundred_characters_on_average(corpora: Path):
    lengths = [len(text) for _, text in islice(corpus.texts(corpora), 5_000)]
    assert 290 < mean(lengths) < 310
