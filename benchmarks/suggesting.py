"""Completion over HTTP, the memory of its texts, and the repair of misspelt questions, on a base that is there."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from benchmarks import corpus, processes
from benchmarks.clients import asked
from benchmarks.common import Figure, data, percentile
from indexer.analysis.analyzer import Analyzer
from indexer.analysis.pinyin import sounds_like
from indexer.query import Filter, Query, Words
from indexer.spelling import repairs
from kb_service.bootstrap import KnowledgeBase
from kb_service.domain.access import tokens_of

DOORS = {"JSON": "/api/v1/suggest?q={}", "HTML": "/suggest?q={}"}
ASKED = 400
PAUSE = 0.2
MISSPELT = 300
LOADED = 60.0
"""Seconds until the texts count as missing."""
GROWTH = """
import gc, sys
from pathlib import Path
from kb_service.bootstrap import open_base
from kb_service.config import Settings
def anonymous():
    gc.collect()
    return next(int(line.split()[1]) for line in open("/proc/self/status") if "RssAnon" in line) / 1024
kb = open_base(Settings(home=Path(sys.argv[1])))
visitor = kb.people.visitor()
kb.articles.recent(visitor)
before = anonymous()
kb.suggest.find(visitor, "dz", wait=600)
print(anonymous() - before, kb.suggest.size / 1e6)
kb.close()
"""
"""What a process grows by when it loads the texts, and what of it they take themselves, in megabytes."""


def measure(home: Path) -> list[Figure]:
    """Both doors of completion, then memory."""
    with processes.serving(home) as (_, port, _):
        figures = [_door(port, name, path) for name, path in DOORS.items()]
    command = [sys.executable, "-c", GROWTH, str(home)]
    told = subprocess.run(command, check=True, capture_output=True, cwd=processes.ROOT).stdout
    grown, texts = map(float, told.split())
    return [*figures, Figure("memory a process grows by with the texts", grown, "MB", texts, "the texts alone", 150)]


def repairing(kb: KnowledgeBase) -> list[Figure]:
    """The 95th percentile of a repair of questions with one wrong character."""
    actor = kb.people.actor(kb.people.find(corpus.SEARCHER).id)
    rights = (Filter("readers", tokens_of(actor)),)
    kb.suggest.find(actor, "等", wait=LOADED)
    analyzer, engine, vocabulary = Analyzer(), kb._engine, kb.suggest.vocabulary(actor)
    taken, bare = [], []
    for words in islice(_misspelt(), MISSPELT):
        begun = time.perf_counter()
        repairs(words, analyzer, engine, rights, vocabulary)
        between = time.perf_counter()
        engine.search(Query(Words(analyzer.question(words).searched), rights, limit=1))
        taken.append((between - begun) * 1000)
        bare.append((time.perf_counter() - between) * 1000)
    of = "one any-word query within the rights"
    return [Figure("repair of a misspelt question, p95", percentile(taken, 0.95), "ms", percentile(bare, 0.95), of, 5)]


def _misspelt() -> Iterator[str]:
    """Questions with one character in the place of another that sounds like it."""
    dice = random.Random(1)
    for words in corpus.questions(data()):
        at = dice.randrange(len(words))
        if alike := sounds_like(words[at]):
            yield words[:at] + dice.choice(alike) + words[at + 1 :]


def _door(port: int, name: str, path: str) -> Figure:
    asked(port, path, 40, words="beginnings")
    alone = percentile(asked(port, "/healthz?{}", 200, pause=PAUSE / 10)["taken"], 0.95)
    taken = percentile(asked(port, path, ASKED, pause=PAUSE, words="beginnings")["taken"], 0.95)
    return Figure(f"{name} completion, 4 clients with pauses, p95", taken, "ms", alone, "/healthz", 15)
