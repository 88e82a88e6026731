"""Searches by whichever packages come first on the path, a few at each line of standard input; `paired` starts it.

``python slices.py HOME LENGTH`` prints the milliseconds of processor that one of them took.
"""

import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from benchmarks import corpus
from benchmarks.common import data
from kb_service.bootstrap import open_base
from kb_service.config import Settings
from kb_service.inputs import SearchRequest

QUESTIONS, WARMING, SLICE = 400, 60, 20


def main() -> None:
    home, length = Path(sys.argv[1]), int(sys.argv[2])
    words = [question[:length] for question in corpus.questions(data())[:QUESTIONS]]
    with closing(open_base(Settings(home=home))) as kb:
        actor = kb.people.actor(kb.people.find(corpus.SEARCHER).id)

        def ask(some: Sequence[str]) -> None:
            for one in some:
                kb.search.find(actor, SearchRequest(words=one))

        ask(words[:WARMING])
        for turn, _ in enumerate(sys.stdin):
            start = turn * SLICE % QUESTIONS
            begun = time.process_time()
            ask(words[start : start + SLICE])
            print((time.process_time() - begun) * 1000 / SLICE, flush=True)


if __name__ == "__main__":
    main()
