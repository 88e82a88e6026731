"""Measures ranking on judged sets, through the very search `kb search` uses, beside what others do with Chinese.

``python -m benchmarks.relevance [SET…]``: a SET is a folder in the common form, or the name of one of the corpora.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import baselines, suites
from benchmarks.asking import indexed, ranked
from benchmarks.common import percentile
from benchmarks.judged import SETS, Judged, load
from indexer.analysis.analyzer import Analyzer
from indexer.engine import SearchEngine
from indexer.evaluation import Measures, compare, geometric_mean, measures, ndcg

BASELINES: Mapping[str, Callable[[], baselines.Tokenise]] = {
    "one_character": lambda: baselines.one_character,
    "jieba_words": baselines.jieba_words,
    "words_and_bigrams": baselines.words_and_bigrams,
}
"""The last is the floor below which no set may fall."""
COMPARED = ("one_character", "jieba_words")

Rankings = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Run:
    """What one set gave: our measures, those of each baseline, times in milliseconds, and every ranking."""

    ours: Measures
    others: Mapping[str, Measures]
    p50_ms: float
    p95_ms: float
    rankings: Rankings


def measure(judged: Judged, engine: SearchEngine, analyzer: Analyzer, beside: Sequence[str] = tuple(BASELINES)) -> Run:
    """Run every question of a set."""
    rankings: dict[str, list[str]] = {}
    times: list[float] = []
    for question, text in judged.questions.items():
        begun = time.perf_counter()
        rankings[question] = ranked(engine, analyzer, text)
        times.append((time.perf_counter() - begun) * 1000)
    others = {name: baseline(judged, BASELINES[name]()) for name in beside}
    ours = measures(rankings, judged.answers)
    return Run(ours, others, percentile(times, 0.5), percentile(times, 0.95), rankings)


def baseline(judged: Judged, tokenise: baselines.Tokenise) -> Measures:
    index = baselines.indexed(((key, judged.text(key)) for key in judged.documents), tokenise)
    return measures({key: index.ranked(text) for key, text in judged.questions.items()}, judged.answers)


def ratios(runs: Mapping[str, Run]) -> dict[str, float]:
    """Geometric means over the sets of nDCG@10 against each baseline."""
    return {
        name: geometric_mean([run.ours.ndcg_10 / run.others[name].ndcg_10 for run in runs.values()])
        for name in COMPARED
        if all(run.others.get(name) and run.others[name].ndcg_10 for run in runs.values())
    }


def report(runs: Mapping[str, Run]) -> dict[str, Any]:
    """The figures as they are printed in JSON."""
    return {
        "sets": {
            name: {
                **_named(run.ours),
                "p50_ms": round(run.p50_ms, 2),
                "p95_ms": round(run.p95_ms, 2),
                **{other: _named(found) for other, found in run.others.items()},
            }
            for name, run in runs.items()
        },
        "geometric_mean": {name: round(value, 4) for name, value in ratios(runs).items()},
    }


def _named(found: Measures) -> dict[str, float]:
    return {name.replace("_1", "@1"): round(value, 4) for name, value in asdict(found).items()}


def table(runs: Mapping[str, Run]) -> str:
    """The figures as a table in Markdown."""
    lines = [
        "| set | nDCG@10 | MRR@10 | R@10 | R@100 | one character | jieba words | words + bigrams | p50 / p95 ms |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, run in runs.items():
        own = run.ours
        others = " | ".join(f"{run.others[one].ndcg_10:.3f}" if one in run.others else "" for one in BASELINES)
        figures = f"**{own.ndcg_10:.3f}** | {own.mrr_10:.3f} | {own.recall_10:.3f} | {own.recall_100:.3f}"
        lines.append(f"| {name} | {figures} | {others} | {run.p50_ms:.1f} / {run.p95_ms:.1f} |")
    means = ", ".join(f"{value:.3f} against {name.replace('_', ' ')}" for name, value in ratios(runs).items())
    return "\n".join([*lines, "", f"Geometric mean of the ratios of nDCG@10: {means}."])


def _write(path: Path, runs: Mapping[str, Run], sets: Mapping[str, Judged]) -> None:
    """One line for each question: set, question, nDCG@10, the first ten."""
    with path.open("w", encoding="utf-8") as lines:
        for name, run in runs.items():
            for question, found in run.rankings.items():
                gained = ndcg(found, sets[name].answers[question])
                told = {"set": name, "question": question, "ndcg@10": gained, "first": found[:10]}
                lines.write(json.dumps(told, ensure_ascii=False) + "\n")


def _compared(path: Path, runs: Mapping[str, Run], sets: Mapping[str, Judged]) -> Iterator[str]:
    """For each set, how this run differs from the one written to ``path``, question by question."""
    with path.open(encoding="utf-8") as lines:
        before = {(one["set"], one["question"]): one["ndcg@10"] for one in map(json.loads, lines)}
    for name, run in runs.items():
        both = [key for key in run.rankings if (name, key) in before]
        now = [ndcg(run.rankings[key], sets[name].answers[key]) for key in both]
        told = compare([before[name, key] for key in both], now)
        yield (
            f"{name}: {told.difference:+.4f} nDCG@10 over {len(both)} questions, {told.better} better, "
            f"{told.worse} worse, p = {told.p:.3f}"
        )


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.relevance", description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", default=list(SETS))
    parser.add_argument("--index", metavar="ADDRESS", help="engine, such as memory: or whoosh:index")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--per-query", type=Path, metavar="FILE", help="write every question with its nDCG@10")
    parser.add_argument(
        "--compare", type=Path, metavar="FILE", help="compare with such a file: paired randomisation test"
    )
    parser.add_argument("--suite", choices=sorted(suites.SUITES), help="run a generated suite instead")
    parser.add_argument("--limit", type=int, metavar="N", help="at most so many questions of each set")
    return parser.parse_args(given)


def main(given: Sequence[str]) -> None:
    """Print the figures of the sets."""
    asked = _arguments(given)
    analyzer = Analyzer()
    runs: dict[str, Run] = {}
    sets: dict[str, Judged] = {}
    generated: dict[str, Any] = {}
    for place in asked.sets:
        judged = load(place, asked.limit)
        with indexed(judged, asked.index, analyzer) as engine:
            if asked.suite:
                generated[judged.name] = suites.SUITES[asked.suite](judged, engine, analyzer)
            else:
                runs[judged.name] = measure(judged, engine, analyzer)
        sets[judged.name] = judged
        print(f"{judged.name} done", file=sys.stderr)
    if asked.suite:
        print(json.dumps(generated, ensure_ascii=False, indent=1) if asked.json else suites.table(generated))
        return
    print(json.dumps(report(runs), ensure_ascii=False, indent=1) if asked.json else table(runs))
    if asked.per_query:
        _write(asked.per_query, runs, sets)
    if asked.compare:
        print(*_compared(asked.compare, runs, sets), sep="\n", file=sys.stderr if asked.json else sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
