"""Cuts runs of Han characters into words in search mode, by rjieba where installed, else jieba: with equal results."""

import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from functools import cache
from typing import Any

Cut = Callable[[str], list[str]]
Spans = Callable[[str], list[tuple[str, int, int]]]
Knows = Callable[[str], bool]

PIECE = 500  # characters given to a segmenter at once: jieba is quadratic on a run of one character
_FREQUENCY = 3_000  # of our own words; one figure for both segmenters, so that their cuts stay equal
# What both segmenters take for a Han character, and what they part ways on: that is cut into single characters.
_COMMON = re.compile("[\u4e00-\u9fd5]+|.", re.DOTALL)
_RARE = re.compile("[^\u4e00-\u9fd5]")


class Segmenter:
    """A built segmenter that is never changed: a new dictionary is a new Segmenter.

    ``knows`` tells whether a word is in the dictionary, which a word it cuts out need not be.
    """

    def __init__(self, name: str | None, words: Iterable[str]) -> None:
        """``name`` is rjieba, jieba or None for the best one installed. Raises ImportError for one that is not."""
        self._cut, self._spans, self.knows = _BUILDERS[name or _installed()](words)

    def cut(self, run: str) -> list[str]:
        """The words of a run of Han characters in search mode: a long word follows the shorter words inside it."""
        if len(run) <= PIECE and not _RARE.search(run):
            return self._cut(run)
        return [word for piece, _ in _pieces(run) for word in self._cut(piece)]

    def spans(self, run: str) -> Iterator[tuple[str, int, int]]:
        """The same words with the range of each in the run."""
        for piece, start in _pieces(run):
            for word, begin, end in self._spans(piece):
                yield word, start + begin, start + end


def _pieces(run: str) -> Iterator[tuple[str, int]]:
    for found in _COMMON.finditer(run):
        for start in range(found.start(), found.end(), PIECE):
            yield run[start : min(start + PIECE, found.end())], start


def _installed() -> str:
    try:
        import rjieba  # noqa: F401
    except ImportError:
        return "jieba"
    return "rjieba"


def _rjieba(words: Iterable[str]) -> tuple[Cut, Spans, Knows]:
    import rjieba

    segmenter = rjieba.Jieba()
    for word in words:
        segmenter.add_word(word, _FREQUENCY, None)
    return segmenter.cut_for_search, lambda run: segmenter.tokenize(run, "search"), segmenter.has_word


def _jieba(words: Iterable[str]) -> tuple[Cut, Spans, Knows]:
    untouched = _untouched_jieba()
    segmenter = copy(untouched)
    segmenter.FREQ = untouched.FREQ.copy()
    for word in words:
        segmenter.add_word(word, _FREQUENCY)

    def spans(run: str) -> list[tuple[str, int, int]]:
        return list(segmenter.tokenize(run, mode="search"))

    def knows(word: str) -> bool:
        return bool(segmenter.FREQ.get(word))  # what is only the beginning of a word has 0

    return segmenter.lcut_for_search, spans, knows


@cache
def _untouched_jieba() -> Any:
    """Without words of ours, read once in a process: of building a segmenter that takes nearly all the time."""
    with warnings.catch_warnings():  # its escapes are deprecated; nothing a reader of our log could act on
        warnings.simplefilter("ignore")
        import jieba

    segmenter = jieba.Tokenizer()
    # Instead of initialize(), which keeps a marshal file in the shared temporary folder that anyone may replace.
    segmenter.FREQ, segmenter.total = segmenter.gen_pfdict(segmenter.get_dict_file())
    segmenter.initialized = True
    return segmenter


_BUILDERS: dict[str, Callable[[Iterable[str]], tuple[Cut, Spans, Knows]]] = {"rjieba": _rjieba, "jieba": _jieba}
