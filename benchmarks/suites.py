"""Questions generated from judged sets, the same ones each time: typos, codes as people write them, the other script,
words of two characters. Each suite tells its figures for one set.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any

from benchmarks.asking import ranked
from benchmarks.common import data
from benchmarks.judged import Judged
from indexer.analysis.analyzer import Analyzer
from indexer.analysis.normalise import normalise
from indexer.engine import SearchEngine
from indexer.evaluation import measures, ndcg
from indexer.query import Query, Words

SEED = 1
QUESTIONS = 300
"""At most so many of a set."""
WORDS = 100
CODES = 40
FEW = 3
"""Texts that have a code which is asked for."""

Suite = Callable[[Judged, SearchEngine, Analyzer], dict[str, Any]]


def typos(judged: Judged, engine: SearchEngine, analyzer: Analyzer) -> dict[str, Any]:
    """One character of each question is another of the same sound: what is kept of the clean nDCG@10, at once, and with
    the first repair that is offered.
    """
    from indexer import spelling

    dice = random.Random(SEED)
    clean, shown, repaired, offered, altered = [], [], [], 0, 0
    for question, text in _some(judged):
        wrong = _with_typo(text, dice)
        if wrong is None:
            continue
        answers = judged.answers[question]
        clean.append(ndcg(ranked(engine, analyzer, text), answers))
        shown.append(ndcg(ranked(engine, analyzer, wrong), answers))
        repairs = spelling.repairs(wrong, analyzer, engine, ())
        offered += bool(repairs)
        best = ndcg(ranked(engine, analyzer, repairs[0].text), answers) if repairs else 0.0
        repaired.append(max(shown[-1], best))
        altered += bool(spelling.repairs(text, analyzer, engine, ()))
    count = len(clean) or 1
    return {
        "questions": len(clean),
        "clean": _mean(clean),
        "kept as shown": _share(shown, clean),
        "kept with repair": _share(repaired, clean),
        "repairs offered": round(offered / count, 3),
        "offered for clean questions": round(altered / count, 3),
    }


def codes(judged: Judged, engine: SearchEngine, analyzer: Analyzer) -> dict[str, Any]:
    """Codes of the texts in every usual spelling: how often the first hit carries the code."""
    dice = random.Random(SEED)
    carriers = _carriers(judged, analyzer)
    chosen = dice.sample(sorted(carriers), min(CODES, len(carriers)))
    asked = [(code, spelt) for code in chosen for spelt in _spellings(code)]
    missed = []
    for code, spelt in asked:
        first = ranked(engine, analyzer, spelt)[:1]
        if not first or carriers[code] not in analyzer.tokens(judged.text(first[0])).terms:
            missed.append(spelt)
    return {"asked": len(asked), "hit 1": len(asked) - len(missed), "missed": missed[:5]}


def scripts(judged: Judged, engine: SearchEngine, analyzer: Analyzer) -> dict[str, Any]:
    """Each question in the other script: R@10 beside that of the question as it is."""
    import opencc

    text = "".join(judged.questions.values())
    other = opencc.OpenCC("s2t" if _is_simplified(text) else "t2s")
    same, crossed = {}, {}
    for question, words in _some(judged):
        same[question] = ranked(engine, analyzer, words)
        crossed[question] = ranked(engine, analyzer, other.convert(words))
    answers = {question: judged.answers[question] for question in same}
    one, two = measures(same, answers), measures(crossed, answers)
    return {
        "same script R@10": round(one.recall_10, 4),
        "other script R@10": round(two.recall_10, 4),
        "kept": round(two.recall_10 / one.recall_10, 4) if one.recall_10 else 1.0,
    }


def short(judged: Judged, engine: SearchEngine, analyzer: Analyzer) -> dict[str, Any]:
    """Words of two characters out of the middle of sentences: whether every text that has them is found."""
    dice = random.Random(SEED)
    texts = [normalise(judged.text(key)) for key in judged.documents]
    pairs = sorted({pair for text in dice.sample(texts, min(WORDS, len(texts))) for pair in _a_pair(text, dice)})
    missed = []
    for pair in pairs:
        everywhere = sum(pair in text for text in texts)
        total = engine.search(Query(Words((pair,)), limit=1)).total
        if total < everywhere or not ranked(engine, analyzer, pair):
            missed.append(pair)
    return {"asked": len(pairs), "found in every text": len(pairs) - len(missed), "missed": missed[:5]}


SUITES: Mapping[str, Suite] = {"typos": typos, "codes": codes, "scripts": scripts, "short": short}


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The figures of a suite as a table in Markdown."""
    names = list(next(iter(found.values()), {}))
    lines = [f"| set | {' | '.join(names)} |", "| --- |" + " ---: |" * len(names)]
    lines += [f"| {name} | {' | '.join(str(one[key]) for key in names)} |" for name, one in found.items()]
    return "\n".join(lines)


def _some(judged: Judged) -> Iterator[tuple[str, str]]:
    step = max(1, len(judged.questions) // QUESTIONS)
    return islice(iter(list(judged.questions.items())[::step]), QUESTIONS)


@cache
def _same_sound() -> Mapping[str, str]:
    """Characters of the same sound, from a table that is not ours."""
    lines = (data() / "lexicons" / "confusion" / "same_pinyin.tsv").read_text("utf-8").splitlines()
    told = (line.split("\t") for line in lines)
    return {first: "".join(others).strip() for first, *others in told if "".join(others).strip()}


def _with_typo(text: str, dice: random.Random) -> str | None:
    """The text with one Han character replaced, None where it has none that sounds like another."""
    places = [at for at, one in enumerate(text) if one in _same_sound()]
    if not places:
        return None
    at = dice.choice(places)
    return text[:at] + dice.choice(_same_sound()[text[at]]) + text[at + 1 :]


_CODE = re.compile(
    r"(?<![A-Za-z0-9_./-])(?:0[xX](?P<hex>[0-9A-Fa-f]{4,8})|(?P<letters>[A-Za-z]{1,12})[-_]?(?P<digits>[0-9]{3,8}))"
    r"(?![A-Za-z0-9_./-])"
)


def _carriers(judged: Judged, analyzer: Analyzer) -> Mapping[str, str]:
    """Codes as texts have them, with the term they are indexed by; those that at most a few texts have."""
    counts: Counter[str] = Counter()
    written: dict[str, str] = {}
    for key in judged.documents:
        spelt = {found.group() for found in _CODE.finditer(judged.text(key))}
        terms = {analyzer.question(one).codes[0]: one for one in spelt}
        counts.update(terms.keys())
        written |= terms
    return {written[term]: term for term, count in counts.items() if count <= FEW}


def _spellings(code: str) -> Sequence[str]:
    """How people write a code."""
    found = _CODE.fullmatch(code)
    if found is None:
        return (code,)
    if digits := found["hex"]:
        bare = (digits.upper(), digits.lower()) if len(digits) == 8 else ()
        return (f"0x{digits.lower()}", f"0X{digits.upper()}", *bare, f"报错 0x{digits.upper()} 怎么处理")
    letters, digits = found["letters"].lower(), found["digits"].lstrip("0") or "0"
    plain = (f"{letters}{digits}", f"{letters.upper()}-{digits}", f"{letters} {digits}", f"{letters.upper()}_{digits}")
    zeros = f"{letters.upper()}-{digits.zfill(len(digits) + 2)}"
    wide = "".join(chr(ord(one) + 0xFEE0) for one in plain[1])
    return (*plain, zeros, wide, f"请问提示 {plain[1]} 怎么办")


def _is_simplified(text: str) -> bool:
    import opencc

    return bool(opencc.OpenCC("t2s").convert(text) == text)


def _a_pair(text: str, dice: random.Random) -> Iterator[str]:
    runs = re.findall("[\u4e00-\u9fff]{6,}", text)
    if runs:
        run = dice.choice(runs)
        at = dice.randrange(1, len(run) - 2)
        if run[at] != run[at + 1]:
            yield run[at : at + 2]


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0


def _share(values: Sequence[float], of: Sequence[float]) -> float:
    return round(sum(values) / sum(of), 4) if sum(of) else 1.0
