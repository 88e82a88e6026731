"""Judges rankings: measures of one list, means over questions, and whether two runs differ by more than chance."""

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

ROUNDS = 10_000

Judgements = Mapping[str, int]
"""Document ids that answer a question, with their grade (1 or more)."""


def ndcg(ranked: Sequence[str], judged: Judgements, k: int = 10) -> float:
    """Normalised discounted cumulative gain of the first ``k``: gain is the grade, discount log2(place + 1)."""
    ideal = _gain(sorted(judged.values(), reverse=True)[:k])
    return _gain([judged.get(one, 0) for one in ranked[:k]]) / ideal if ideal else 0.0


def mrr(ranked: Sequence[str], judged: Judgements, k: int = 10) -> float:
    """One over the place of the first answer among the first ``k``; 0 where there is none."""
    return next((1 / place for place, one in enumerate(ranked[:k], 1) if judged.get(one, 0) > 0), 0.0)


def recall(ranked: Sequence[str], judged: Judgements, k: int) -> float:
    """Share of the answers that are among the first ``k``."""
    answers = {one for one, grade in judged.items() if grade > 0}
    return len(answers.intersection(ranked[:k])) / len(answers) if answers else 0.0


def _gain(grades: Iterable[int]) -> float:
    return sum(grade / math.log2(place + 1) for place, grade in enumerate(grades, 1))


@dataclass(frozen=True, slots=True)
class Measures:
    """Means over questions."""

    ndcg_10: float
    mrr_10: float
    recall_10: float
    recall_100: float


def measures(rankings: Mapping[str, Sequence[str]], judged: Mapping[str, Judgements]) -> Measures:
    """Means over every judged question; one without a ranking counts as unanswered."""
    told = [(rankings.get(question, ()), answers) for question, answers in judged.items()]
    count = len(told) or 1
    return Measures(
        sum(ndcg(*one) for one in told) / count,
        sum(mrr(*one) for one in told) / count,
        sum(recall(*one, 10) for one in told) / count,
        sum(recall(*one, 100) for one in told) / count,
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """``difference`` of the means, second minus first, and how likely chance alone makes one as large."""

    difference: float
    p: float
    better: int
    worse: int


def compare(first: Sequence[float], second: Sequence[float], *, rounds: int = ROUNDS, seed: int = 1) -> Comparison:
    """Paired randomisation test of two runs over the same questions, two-sided (Smucker et al., CIKM 2007)."""
    differences = [b - a for a, b in zip(first, second, strict=True)]
    better, worse = sum(one > 0 for one in differences), sum(one < 0 for one in differences)
    moved = [one for one in differences if one]
    if not moved:
        return Comparison(0.0, 1.0, 0, 0)
    observed = abs(sum(moved))
    dice = random.Random(seed)  # noqa: S311
    larger = sum(
        abs(sum(one if dice.random() < 0.5 else -one for one in moved)) >= observed - 1e-12 for _ in range(rounds)
    )
    return Comparison(sum(moved) / len(differences), (larger + 1) / (rounds + 1), better, worse)


def geometric_mean(values: Sequence[float]) -> float:
    """Of positive values; 0 where one is not, or there are none."""
    if not values or min(values) <= 0:
        return 0.0
    return math.exp(sum(map(math.log, values)) / len(values))
