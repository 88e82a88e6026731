"""Shows what each weight of ranking gives: every other value beside the one in force, and values chosen without a
family of sets judged on that family. ``python -m benchmarks.tuning`` prints both tables.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from benchmarks.asking import SCHEMA, indexed
from benchmarks.judged import SETS, Judged, load
from benchmarks.relevance import BASELINES, COMPARED, baseline
from indexer.analysis.analyzer import Analyzer
from indexer.evaluation import geometric_mean, ndcg
from indexer.ranking import Weights, weights
from indexer.search import Gathered, gather

QUESTIONS = 300
"""Of each set, evenly taken."""
OTHERS: Mapping[str, Sequence[float]] = {
    "k1": (0.6, 1.2, 1.6),
    "b": (0.5, 0.75, 1.0),
    "word": (0.0, 1.0),
    "pair": (0.5, 2.0),
    "character": (0.0, 0.5, 1.0, 2.0),
    "name": (1.0, 3.0),
    "seam": (0.0, 1.0),
    "synonym": (0.0, 0.5, 1.0),
    "repair": (0.0, 0.7),
    "title": (0.0, 0.8, 1.6),
    "container": (0.2, 0.5, 1.0),
}
"""Values beside the one in force; 0 leaves a part out, as 1 does with containers."""
FAMILIES: Mapping[str, Sequence[str]] = {
    "law": ("stard", "lecoqa"),
    "database": ("tidb",),
    "errors": ("sql_errors/zh_cn", "sql_errors/zh_tw"),
    "encyclopedia": ("drcd",),
}
"""Sets of one origin, which are left out together."""

Scores = Mapping[str, float]


class Trial:
    """The candidates of every set, gathered once, so that any weights can be tried."""

    def __init__(self, names: Sequence[str]) -> None:
        self._sets: dict[str, Judged] = {}
        self._gathered: dict[str, dict[str, Gathered]] = {}
        self.baselines: dict[str, dict[str, float]] = {}
        analyzer = Analyzer()
        for name in names:
            judged = load(name, QUESTIONS)
            with indexed(judged, None, analyzer) as engine:
                gathered = {key: gather(engine, analyzer, text) for key, text in judged.questions.items()}
            self._sets[name], self._gathered[name] = judged, gathered
            self.baselines[name] = {one: baseline(judged, BASELINES[one]()).ndcg_10 for one in COMPARED}
            print(f"{name} gathered", file=sys.stderr)

    def scores(self, weighing: Weights) -> Scores:
        """nDCG@10 of each set under these weights."""
        return {name: self._score(name, weighing) for name in self._sets}

    def ratio(self, scores: Scores, names: Sequence[str], baseline: str = COMPARED[0]) -> float:
        """Geometric mean of the ratios to a baseline."""
        return geometric_mean([scores[name] / self.baselines[name][baseline] for name in names])

    def _score(self, name: str, weighing: Weights) -> float:
        judged = self._sets[name]
        gained = [
            ndcg([hit.id for hit in found.scored(SCHEMA, weighing=weighing).hits[:10]], judged.answers[key])
            for key, found in self._gathered[name].items()
        ]
        return sum(gained) / len(gained)


def settings(now: Weights) -> Iterator[tuple[str, float, Weights]]:
    """Every weight with every other value."""
    for name, values in OTHERS.items():
        for value in values:
            yield name, value, replace(now, **{name: value})


def main(given: Sequence[str]) -> None:
    """Print both tables in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tuning", description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", default=list(SETS))
    names = parser.parse_args(given).sets
    trial, now = Trial(names), weights()
    kept = trial.scores(now)
    tried = {(name, value): trial.scores(weighing) for name, value, weighing in settings(now)}
    print(*_effects(trial, names, kept, tried), "", *_left_out(trial, names, kept, tried), sep="\n")


def _effects(
    trial: Trial, names: Sequence[str], kept: Scores, tried: Mapping[tuple[str, float], Scores]
) -> Iterator[str]:
    """What each other value changes in nDCG@10 x100, and the geometric mean of the ratios to one character."""
    now = weights()
    yield f"| weight | {' | '.join(names)} | ratio |"
    yield "| --- |" + " ---: |" * (len(names) + 1)
    figures = " | ".join(f"{kept[name] * 100:.1f}" for name in names)
    yield f"| **in force** | {figures} | **{trial.ratio(kept, names):.3f}** |"
    for (weight, value), scores in tried.items():
        changes = " | ".join(f"{(scores[name] - kept[name]) * 100:+.1f}" for name in names)
        yield f"| {weight} {value:g} for {getattr(now, weight):g} | {changes} | {trial.ratio(scores, names):.3f} |"


def _left_out(
    trial: Trial, names: Sequence[str], kept: Scores, tried: Mapping[tuple[str, float], Scores]
) -> Iterator[str]:
    """For each family, each weight set to what is best for the others, judged on the family."""
    yield "| left out | chosen by the others | nDCG@10 x100 with those | with those in force |"
    yield "| --- | --- | ---: | ---: |"
    for family, members in FAMILIES.items():
        own = [name for name in names if name in members]
        others = [name for name in names if name not in members]
        if not own or not others:
            continue
        chosen = dict(_best_for(trial, others, kept, tried))
        scores = trial.scores(replace(weights(), **chosen))
        told = ", ".join(f"{weight} {value:g}" for weight, value in chosen.items()) or "no other value"
        figures = (" / ".join(f"{given[name] * 100:.1f}" for name in own) for given in (scores, kept))
        yield f"| {family} | {told} | {' | '.join(figures)} |"


def _best_for(
    trial: Trial, names: Sequence[str], kept: Scores, tried: Mapping[tuple[str, float], Scores]
) -> Iterator[tuple[str, float]]:
    """The other values that these sets would choose, each by itself."""
    for weight, values in OTHERS.items():
        best = max(values, key=lambda value: trial.ratio(tried[weight, value], names))
        if trial.ratio(tried[weight, best], names) > trial.ratio(kept, names) + 1e-4:
            yield weight, best


if __name__ == "__main__":
    main(sys.argv[1:])
