"""The one analyzer: makes of any text the terms it is searched by. Nothing else knows of language.

Every pair of neighbouring Han characters is a term (a bigram), and so is every word that is not a pair itself. A word
of two characters is thus found in any sentence, however that was cut; asked for, it weighs as word and as bigram.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from operator import add
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from indexer.analysis import codes
from indexer.analysis.normalise import normalise, normalise_with_offsets
from indexer.analysis.segment import Segmenter

VERSION = "1"  # raised whenever the same text gives other terms
_PAIR = 2.0  # weight of a word of two characters: it is a word and a bigram
_NAME = 2.0  # weight of a Latin word, number or code: it stands where Han text has a word and its bigrams
_SEAM = 0.5  # weight of a bigram that is half in a function word
_COLLAPSED = 50  # a character repeated more often says no more
_HAN = re.compile(f"[{codes.HAN}]")
_REPEATED = re.compile(rf"(.)\1{{{_COLLAPSED},}}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text as it is indexed, in the order of the text.

    ``terms`` are what is scored: words but function words, bigrams, codes whole and in parts. ``units`` are what
    phrases are made of: single Han characters, Latin words, numbers.
    """

    terms: list[str]
    units: list[str]


class Span(NamedTuple):
    """A term and the half-open range of the original text it stands for."""

    term: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Question:
    """A text as it is asked, in the order of the text. Function words are left out unless there is nothing else.

    ``weights`` has every term that counts towards the score and how much; ``words`` are those that may be demanded,
    ``codes`` the whole codes among the terms.
    """

    weights: Mapping[str, float]
    words: tuple[str, ...]
    codes: tuple[str, ...]

    @property
    def terms(self) -> tuple[str, ...]:
        return tuple(self.weights)

    @property
    def shown(self) -> frozenset[str]:
        """The terms to highlight: those without any part of a function word."""
        return frozenset(term for term, weight in self.weights.items() if weight > _SEAM)


class Analyzer:
    """Safe to share between threads. Dictionaries and segmenter are read when first needed."""

    def __init__(self, segmenter: str | None = None, user_words: Path | None = None) -> None:
        """``segmenter`` is rjieba, jieba or None for the best installed; ``user_words`` has more words, one a line."""
        self._name = segmenter
        self._user_words = user_words
        self._lock = Lock()
        self._segmenter: Segmenter | None = None

    @cached_property
    def fingerprint(self) -> str:
        """Hex digest of all that decides which terms a text gives; the choice of segmenter does not."""
        told = "\n".join([VERSION, *self._words, "", *sorted(self._stop_words)])
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def tokens(self, text: str) -> Tokens:
        """The terms and units of a text."""
        terms: list[str] = []
        units: list[str] = []
        cut, stop_words = self._cutter.cut, self._stop_words
        for found in codes.SCANNER.finditer(normalise(text)):
            run = found.group()
            if found.lastgroup != "han":
                name = codes.read(run)
                terms += name.terms
                units += name.units
                continue
            if len(run) == 1:  # even a function word, where nothing else stands beside it
                terms.append(run)
                units.append(run)
                continue
            for _, stretch in _stretches(run):
                terms += [word for word in cut(stretch) if len(word) != 2 and word not in stop_words]
                terms += map(add, stretch, stretch[1:])
                units += stretch
        return Tokens(terms, units)

    def spans(self, text: str, terms: Collection[str]) -> list[Span]:
        """Where these of its terms stand in a text, in the order of the text: Han terms anywhere, however it is cut."""
        normal = normalise_with_offsets(text)
        located = sorted((*_han_places(normal.text, terms), *_name_places(normal.text, terms)))
        return [Span(term, *normal.original(start, end)) for start, end, term in located]

    def words(self, text: str) -> tuple[str, ...]:
        """The informative words of a text, distinct."""
        return self.question(text).words

    def question(self, text: str) -> Question:
        """The terms of a text that is asked."""
        normal = normalise(text)
        question = self._question(normal, self._stop_words)
        return question if question.weights else self._question(normal, frozenset())

    def _question(self, normal: str, stop_words: frozenset[str]) -> Question:
        weights: dict[str, float] = {}
        words: dict[str, None] = {}
        found_codes: dict[str, None] = {}
        for found in codes.SCANNER.finditer(normal):
            if found.lastgroup == "han":
                self._ask_run(found.group(), stop_words, weights, words)
            else:
                name = codes.read(found.group())
                terms = dict.fromkeys(term for term in name.terms if term not in stop_words)
                weights |= dict.fromkeys(terms, _NAME)
                words |= dict.fromkeys(term for term in terms if term not in name.codes)
                found_codes |= dict.fromkeys(name.codes)
        return Question(weights, tuple(words), tuple(found_codes))

    def _ask_run(self, run: str, stop_words: frozenset[str], weights: dict[str, float], words: dict[str, None]) -> None:
        """Add the terms of a run and the words to demand: no single characters, for these depend on the cut."""
        for _, stretch in _stretches(run):
            found = [span for span in self._cutter.spans(stretch) if span[0] not in stop_words]
            told = {at for _, start, end in found for at in range(start, end)}
            pairs = [(at, stretch[at : at + 2]) for at in range(len(stretch) - 1)]
            inner = [pair for at, pair in pairs if at in told and at + 1 in told]
            seams = [pair for at, pair in pairs if (at in told) != (at + 1 in told)]
            for word, _, _ in found:
                weights[word] = _PAIR if len(word) == 2 else 1.0
            for pair in inner:
                weights[pair] = max(weights.get(pair, 0.0), 1.0)
            for pair in seams:
                weights.setdefault(pair, _SEAM)
            words |= dict.fromkeys([word for word, _, _ in found if len(word) > 1] or inner)

    @property
    def _cutter(self) -> Segmenter:
        return self._segmenter or self._build()

    def _build(self) -> Segmenter:
        with self._lock:
            self._segmenter = self._segmenter or Segmenter(self._name, self._words)
            return self._segmenter

    @cached_property
    def _words(self) -> list[str]:
        own = self._user_words.read_text("utf-8").splitlines() if self._user_words else []
        words = [normalise(line.strip()) for line in [*_dictionary("user_words.txt"), *own]]
        return sorted({word for word in words if word})

    @cached_property
    def _stop_words(self) -> frozenset[str]:
        return frozenset(normalise(line) for line in _dictionary("stopwords.txt"))


def _stretches(run: str) -> Iterable[tuple[int, str]]:
    """The run, or what is left of it where a character is repeated without end, with the offset of each stretch."""
    return _collapsed(run) if len(run) > _COLLAPSED else ((0, run),)


def _collapsed(run: str) -> Iterator[tuple[int, str]]:
    start = 0
    for found in _REPEATED.finditer(run):
        yield start, run[start : found.start() + _COLLAPSED]
        start = found.end()
    if start < len(run):
        yield start, run[start:]


def _han_places(normal: str, terms: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    for term in terms:
        if _HAN.match(term):
            at = normal.find(term)
            while at >= 0:
                yield at, at + len(term), term
                at = normal.find(term, at + 1)


def _name_places(normal: str, terms: Collection[str]) -> Iterator[tuple[int, int, str]]:
    for found in codes.SCANNER.finditer(normal):
        if found.lastgroup != "han":
            for part in codes.read(found.group()).parts:
                if part.term in terms:
                    yield found.start() + part.start, found.start() + part.end, part.term


def _dictionary(name: str) -> list[str]:
    return (resources.files("indexer") / "dictionaries" / name).read_text("utf-8").splitlines()
