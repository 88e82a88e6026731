"""The one analyzer: makes of any text the terms it is searched by. Nothing else knows of language.

Every pair of neighbouring Han characters is a term, and so is every word that is longer. A word of two characters is
thus found in any sentence, however that was cut; asked for, it weighs as a word and as a pair.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import resources
from itertools import chain
from operator import add
from threading import Lock
from typing import NamedTuple

from indexer.analysis import codes
from indexer.analysis.normalise import normalise, normalise_with_offsets
from indexer.analysis.segment import Knows, Segmenter
from indexer.lexicon import Lexicon, Synonyms

VERSION = "2"  # raised whenever the same text gives other terms
_COLLAPSED = 50  # a character repeated more often says no more
_HAN = re.compile(f"[{codes.HAN}]")
_REPEATED = re.compile(rf"(.)\1{{{_COLLAPSED},}}", re.DOTALL)

WORD, PAIR, CHARACTER, NAME, CODE = "word", "pair", "character", "name", "code"
BUILT_IN, ADDED, REPAIR = "built-in", "added", "repair"


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text as it is indexed, in the order of the text.

    ``terms`` are what is searched: pairs and longer words of Han characters but no function words; Latin words,
    numbers and codes, whole and in parts. ``units`` are what all of these are made of: single Han characters, Latin
    words, numbers.
    """

    terms: list[str]
    units: list[str]


class Span(NamedTuple):
    """A term and the half-open range of the original text it stands for."""

    term: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Term:
    """One thing a question looks for: ``units`` next to each other, under the name ``text``.

    ``channel`` is WORD, PAIR, CHARACTER (of Han), NAME (Latin word, number) or CODE. What is not ``whole`` is half in a
    function word. ``start`` and ``end`` are its place among the units of the question.
    """

    text: str
    units: tuple[str, ...]
    channel: str
    whole: bool = True
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Form:
    """Another way to say a part of a question: ``meant`` for the units ``start`` to ``end``, which are ``typed``.

    ``origin`` is a synonym that is BUILT_IN or was ADDED by the lexicon, or a REPAIR.
    """

    typed: str
    meant: str
    units: tuple[str, ...]
    terms: tuple[Term, ...]
    start: int
    end: int
    origin: str

    def replaces(self, term: Term) -> bool:
        """Whether the term of the question lies in what this form says otherwise."""
        return self.start <= term.start and term.end <= self.end


@dataclass(frozen=True, slots=True)
class Question:
    """A text as it is asked. Function words are left out unless there is nothing else.

    ``terms`` are what counts towards the score; ``words`` are those that may be demanded, ``codes`` the whole codes
    among the terms; ``forms`` are other ways to say it; ``units`` the whole text.
    """

    terms: tuple[Term, ...]
    words: tuple[str, ...]
    codes: tuple[str, ...]
    forms: tuple[Form, ...] = ()
    units: tuple[str, ...] = ()

    @property
    def searched(self) -> tuple[str, ...]:
        """The terms an engine has: all but characters, those of other forms included."""
        return tuple(dict.fromkeys(term.text for term in self._every if term.channel != CHARACTER))

    @property
    def characters(self) -> tuple[str, ...]:
        """The single characters that count."""
        return tuple(dict.fromkeys(term.text for term in self._every if term.channel == CHARACTER))

    @property
    def shown(self) -> frozenset[str]:
        """The terms to highlight: those without any part of a function word, characters only where that is all."""
        longer = frozenset(term.text for term in self._every if term.whole and term.channel != CHARACTER)
        return longer or frozenset(term.text for term in self.terms)

    @property
    def _every(self) -> Iterator[Term]:
        """The terms as typed and those of other forms."""
        return chain(self.terms, *(form.terms for form in self.forms))


@dataclass(frozen=True, slots=True)
class _Language:
    """All that changes with the lexicon, swapped as one."""

    lexicon: Lexicon
    segmenter: Segmenter
    stop_words: frozenset[str]


class Analyzer:
    """Safe to share between threads. Dictionaries and segmenter are read when first needed."""

    def __init__(self, segmenter: str | None = None, lexicon: Lexicon = Lexicon()) -> None:  # noqa: B008
        """``segmenter`` is rjieba, jieba or None for the best installed."""
        self._name = segmenter
        self._first = lexicon
        self._lock = Lock()
        self._language: _Language | None = None
        self._forms: tuple[Lexicon, _Forms] | None = None

    @property
    def lexicon(self) -> Lexicon:
        """What was added to the built-in dictionaries."""
        return self._language.lexicon if self._language else self._first

    def adopt(self, lexicon: Lexicon) -> None:
        """Use another lexicon from now on, in all threads at once. A text that is being analysed keeps the old one."""
        with self._lock:
            if self._language is None:
                self._first = lexicon
            else:
                same = lexicon.words == self._language.lexicon.words
                segmenter = self._language.segmenter if same else self._segmenter(lexicon)
                self._language = _Language(lexicon, segmenter, self._all_stop_words(lexicon))

    @cached_property
    def fingerprint(self) -> str:
        """Hex digest of all that is built in and decides which terms a text gives; not of segmenter and lexicon.

        Words of a lexicon only add terms to the pairs that are always there, so an index stays usable when they change.
        """
        told = "\n".join([VERSION, *_built_in("user_words.txt"), "", *_built_in("stopwords.txt")])
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def tokens(self, text: str) -> Tokens:
        """The terms and units of a text."""
        terms: list[str] = []
        units: list[str] = []
        cut, stop_words = self._now.segmenter.cut, self._built_in_stop_words
        for found in codes.SCANNER.finditer(normalise(text)):
            run = found.group()
            if found.lastgroup != "han":
                name = codes.read(run)
                terms += name.terms
                units += name.units
            elif len(run) == 1:
                units.append(run)
            else:
                for stretch in _stretches(run):
                    terms += [word for word in cut(stretch) if len(word) > 2 and word not in stop_words]
                    terms += map(add, stretch, stretch[1:])
                    units += stretch
        return Tokens(terms, units)

    def spans(self, text: str, terms: Collection[str]) -> list[Span]:
        """Where these of its terms stand in a text, in the order of the text: Han terms anywhere, however it is cut."""
        normal = normalise_with_offsets(text)
        han = [term for term in terms if _HAN.match(term)]
        names = frozenset(terms).difference(han)
        located = [*_han_places(normal.text, han), *(_name_places(normal.text, names) if names else ())]
        return [Span(term, *normal.original(start, end)) for start, end, term in sorted(located)]

    def words(self, text: str) -> tuple[str, ...]:
        """The informative words of a text, distinct."""
        return self.question(text).words

    @property
    def knows(self) -> Knows:
        """Tells whether a word in normal form is in the dictionaries."""
        return self._now.segmenter.knows

    def question(self, text: str) -> Question:
        """The terms of a text that is asked, with other forms of its parts that the lexicon knows."""
        now = self._now
        normal = normalise(text)
        question = _read(normal, now.segmenter, now.stop_words)
        if not question.terms:
            question = _read(normal, now.segmenter, frozenset())
        return replace(question, forms=tuple(self._forms_of(question.units, now)))

    def _forms_of(self, units: Sequence[str], now: _Language) -> Iterator[Form]:
        """The synonyms of the longest phrases from each place on; a phrase within one that is taken is not."""
        known = self._known_forms(now)
        at = 0
        while at < len(units):
            lengths = (n for n in known.lengths(units[at]) if at + n <= len(units))
            length = next((n for n in lengths if tuple(units[at : at + n]) in known.meant), 0)
            if length:
                for meant, origin in known.meant[tuple(units[at : at + length])].items():
                    yield self.form(units, at, at + length, meant, origin)
            at += length or 1

    def form(self, units: Sequence[str], start: int, end: int, meant: str, origin: str) -> Form:
        """``meant`` in the place of some units of a question."""
        now = self._now
        told = _read(normalise(meant), now.segmenter, now.stop_words)
        return Form("".join(units[start:end]), meant, told.units, told.terms, start, end, origin)

    def _known_forms(self, now: _Language) -> "_Forms":
        kept = self._forms
        if kept is None or kept[0] is not now.lexicon:
            kept = now.lexicon, _Forms({BUILT_IN: _built_in_synonyms(), ADDED: now.lexicon.synonyms})
            self._forms = kept
        return kept[1]

    @property
    def _now(self) -> _Language:
        return self._language or self._build()

    def _build(self) -> _Language:
        with self._lock:
            if self._language is None:
                lexicon = self._first
                self._language = _Language(lexicon, self._segmenter(lexicon), self._all_stop_words(lexicon))
            return self._language

    def _segmenter(self, lexicon: Lexicon) -> Segmenter:
        added = (normalise(word.strip()) for word in lexicon.words)
        return Segmenter(self._name, tuple(sorted({*_built_in("user_words.txt"), *filter(None, added)})))

    def _all_stop_words(self, lexicon: Lexicon) -> frozenset[str]:
        return self._built_in_stop_words.union(map(normalise, lexicon.stop_words))

    @cached_property
    def _built_in_stop_words(self) -> frozenset[str]:
        return frozenset(_built_in("stopwords.txt"))


class _Forms:
    """Phrases, as tuples of units, with what else they are called."""

    def __init__(self, sets: Mapping[str, Iterable[Synonyms]]) -> None:
        self.meant: dict[tuple[str, ...], dict[str, str]] = {}
        self._lengths: dict[str, set[int]] = {}
        for origin, one in ((origin, one) for origin, some in sets.items() for one in some):
            for typed in one.typed:
                if units := _read_units(typed):
                    others = {meant: origin for meant in one.meant if _read_units(meant) not in ((), units)}
                    self.meant.setdefault(units, {}).update(others)
                    self._lengths.setdefault(units[0], set()).add(len(units))

    def lengths(self, unit: str) -> list[int]:
        """How long the phrases are that begin with this unit, the longest first."""
        return sorted(self._lengths.get(unit, ()), reverse=True)


def _read(normal: str, segmenter: Segmenter, stop_words: frozenset[str]) -> Question:
    """The question without its other forms."""
    terms: dict[tuple[str, str], Term] = {}
    words: dict[str, None] = {}
    found_codes: dict[str, None] = {}
    units: list[str] = []
    for found in codes.SCANNER.finditer(normal):
        if found.lastgroup == "han":
            for stretch in _stretches(found.group()):
                asked, demanded = _asked(stretch, len(units), segmenter, stop_words)
                units += stretch
                words |= dict.fromkeys(demanded)
                for term in asked:
                    _keep(terms, term)
        else:
            name = codes.read(found.group())
            for term in _named(name, len(units)):
                if term.text not in stop_words:
                    _keep(terms, term)
                    if term.text not in name.codes:
                        words[term.text] = None
            units += name.units
            found_codes |= dict.fromkeys(name.codes)
    return Question(tuple(terms.values()), tuple(words), tuple(found_codes), (), tuple(units))


def _keep(terms: dict[tuple[str, str], Term], term: Term) -> None:
    """One of each; what is whole anywhere is whole."""
    before = terms.get((term.channel, term.text))
    if before is None or (term.whole and not before.whole):
        terms[term.channel, term.text] = term


def _asked(
    stretch: str, offset: int, segmenter: Segmenter, stop_words: frozenset[str]
) -> tuple[list[Term], Iterable[str]]:
    """The terms of a run, and the words to demand: no single characters, for these depend on the cut."""
    found = [span for span in segmenter.spans(stretch) if span[0] not in stop_words]
    told = {at for _, start, end in found for at in range(start, end)}
    terms = [
        Term(word, tuple(word), WORD, True, offset + start, offset + end)
        for word, start, end in found
        if end - start > 1
    ]
    for length, channel in ((2, PAIR), (1, CHARACTER)):
        for at in range(len(stretch) - length + 1):
            inside = sum(place in told for place in range(at, at + length))
            if inside:
                text = stretch[at : at + length]
                terms.append(Term(text, tuple(text), channel, inside == length, offset + at, offset + at + length))
    pairs = [term.text for term in terms if term.channel == PAIR and term.whole]
    return terms, [word for word, start, end in found if end - start > 1] or pairs


def _named(name: codes.Name, offset: int) -> Iterator[Term]:
    """The terms of a name with their places among its units."""
    for part in name.parts:
        first = offset + part.first
        channel = CODE if part.term in name.codes else NAME
        yield Term(part.term, part.units, channel, True, first, first + len(part.units))


def _read_units(phrase: str) -> tuple[str, ...]:
    """The units of a phrase."""
    units: list[str] = []
    for found in codes.SCANNER.finditer(normalise(phrase)):
        run = found.group()
        units += run if found.lastgroup == "han" else codes.read(run).units
    return tuple(units)


def _stretches(run: str) -> Iterable[str]:
    """The run, or what is left of it where a character is repeated without end."""
    return _collapsed(run) if len(run) > _COLLAPSED else (run,)


def _collapsed(run: str) -> Iterator[str]:
    start = 0
    for found in _REPEATED.finditer(run):
        yield run[start : found.start() + _COLLAPSED]
        start = found.end()
    if start < len(run):
        yield run[start:]


def _han_places(normal: str, terms: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    for term in terms:
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


def _built_in(name: str) -> list[str]:
    """The entries of a dictionary of the package, one a line, in normal form and sorted."""
    lines = (resources.files("indexer") / "dictionaries" / name).read_text("utf-8").splitlines()
    return sorted({normal for line in lines if (normal := normalise(line.strip()))})


def _built_in_synonyms() -> Iterator[Synonyms]:
    """Two-way sets, one a line, set apart by commas."""
    lines = (resources.files("indexer") / "dictionaries" / "synonyms.txt").read_text("utf-8").splitlines()
    for line in lines:
        words = tuple(word.strip() for word in line.split(",") if word.strip())
        if words and not line.startswith("#"):
            yield Synonyms(words, words)
