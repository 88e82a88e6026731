"""Did you mean: what a question may have been meant to say, made of words that the asker may find; it decides nothing.

A character is doubted where no word of the collection covers it. What it may stand for is counted in the collection,
and shown only once a search with the asker's own filters has found it, beside another word of the question.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import islice
from typing import NamedTuple, Protocol

from indexer.analysis import codes, pinyin
from indexer.analysis.analyzer import CHARACTER, WORD, Analyzer
from indexer.analysis.normalise import normalise_with_offsets
from indexer.engine import SearchEngine
from indexer.parser import LONGEST
from indexer.query import And, Filter, Node, Phrase, Query, Words

SOUND, SHAPE, SWAP, MISSING, EXTRA, PINYIN, LATIN = "sound", "shape", "swap", "missing", "extra", "pinyin", "latin"
WEIGHTS = {SOUND: 0.0, SHAPE: -1.0, SWAP: -1.0, MISSING: -1.0, EXTRA: 0.0, PINYIN: 10.0, LATIN: 9.5}
"""How likely each slip is, on the scale of the logarithm of a frequency; letters that are no word are surely one."""
LEAST = {SOUND: 1, SHAPE: 3, SWAP: 3, MISSING: 2, EXTRA: 1}
"""Documents that must have a word for it to be meant."""
COMMONPLACE = 1_000  # documents that make a term one that everybody knows
FEW = 3  # documents that make a word of what is in no dictionary, or by chance of two
LONGER = 3.0  # what each character beyond two of a word counts, on the same scale
LONGEST_WORD = 4
CONTEXT = 5  # other words of a question that are looked at
BESIDE = 2  # of them, which some document must have beside the repair
DOUBTED = 6  # characters of a question that are looked at
ASKED = 9  # words of a question that are looked for with the filters, the rarest
PROVEN = 6  # proposals that are
LETTERS = 4  # of a Latin word that is repaired
WAYS = 3  # of reading letters as syllables

_LATIN = re.compile(r"[a-z]{2,30}")


class Vocabulary(Protocol):
    """Words of texts the asker may read; what is made of them is proven all the same."""

    def has(self, word: str) -> bool:
        """Whether one of the texts says this."""

    def spelled(self, syllables: Sequence[str]) -> list[str]:
        """Strings of characters that sound so, the most frequent first."""

    def between(self, left: str, right: str) -> list[str]:
        """Characters that stand between these two, the most frequent first."""

    def near(self, word: str) -> list[str]:
        """Latin words of nearly these letters, the nearest first."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """``meant`` in the place of what was ``typed``; ``how`` is sound, shape, swap, missing, extra, pinyin or latin."""

    typed: str
    meant: str
    how: str


@dataclass(frozen=True, slots=True)
class Repair:
    """A question as it may have been meant, and what of it was replaced."""

    text: str
    replaced: tuple[Replacement, ...]


class _Proposal(NamedTuple):
    """``meant`` for the characters ``start`` to ``end`` of the normal form; the greater ``value`` the likelier.

    ``word`` is what the asker has to find for it, in the place of ``typed``.
    """

    value: float
    start: int
    end: int
    meant: str
    how: str
    word: str
    typed: str = ""


def repairs(
    text: str,
    analyzer: Analyzer,
    engine: SearchEngine,
    filters: tuple[Filter, ...] = (),
    vocabulary: Vocabulary | None = None,
    limit: int = 3,
    *,
    answered: bool = False,
) -> tuple[Repair, ...]:
    """What may have been meant, best first; nothing where every word of the question is found within ``filters``.

    ``answered`` says that something within the filters is known to have all of its words, which spares looking.
    Raises what the engine raises.
    """
    if not text.strip() or len(text) > LONGEST:
        return ()
    question = _Question(text, analyzer, _Counts(engine, filters, vocabulary), answered)
    proposals = {*_characters(question, vocabulary), *_names(question, vocabulary)}
    return tuple(_combined(question, list(_proven(question, sorted(proposals, reverse=True))), limit))


class _Counts:
    """In how many documents terms occur: of the whole collection, which is cheap, and within the filters."""

    def __init__(self, engine: SearchEngine, filters: tuple[Filter, ...], vocabulary: Vocabulary | None) -> None:
        self._engine, self._filters, self._vocabulary = engine, filters, vocabulary
        self._overall: dict[str, int] = {}
        self._permitted: dict[str, int] = {}

    def overall(self, terms: Iterable[str]) -> dict[str, int]:
        """Frequencies over all documents, known to nobody but this module."""
        unknown = tuple({term for term in terms if term not in self._overall})
        if unknown:
            found = self._engine.search(Query(Words(unknown), limit=0)).statistics.frequency
            self._overall |= {term: found.get(term, 0) for term in unknown}
        return self._overall

    def permitted(self, term: str) -> int:
        """How many documents with the term are within the filters; it is not looked where a term is no secret."""
        if term not in self._permitted:
            overall = self.overall((term,))[term]
            told = not overall or overall >= COMMONPLACE
            self._permitted[term] = overall if told else self.found(Words((term,)))
        return self._permitted[term]

    def has(self, word: str) -> bool:
        """Whether anything within the filters has the word; the vocabulary is asked first, which costs less."""
        if not self.overall((word,))[word]:
            return False
        return bool(self._vocabulary and self._vocabulary.has(word)) or bool(self.permitted(word))

    def found(self, tree: Node) -> int:
        """How many documents within the filters; beyond a few it may be told too low."""
        return self._engine.search(Query(tree, self._filters, limit=FEW, counted=False)).total


class _Question:
    """A question in its normal form, with what of it is doubted."""

    def __init__(self, text: str, analyzer: Analyzer, counts: _Counts, answered: bool) -> None:
        self.text, self.analyzer, self.counts = text, analyzer, counts
        self.normal = normalise_with_offsets(text)
        found = list(codes.SCANNER.finditer(self.normal.text))
        self.runs = [one.span() for one in found if one.lastgroup == "han" and len(one.group()) > 1]
        self.names = [one.span() for one in found if _LATIN.fullmatch(one.group())]
        question = analyzer.question(text)
        self.words = {term.text for term in question.terms if term.channel == WORD}
        self.characters = {term.text for term in question.terms if term.channel == CHARACTER}
        self._synonyms = [form.typed for form in question.forms]
        self.pairs = [at for start, end in self.runs for at in range(start, end - 1)]
        counts.overall((*self.words, *(self.normal.text[at : at + 2] for at in self.pairs)))
        self.known = self._known(answered)
        self._typed = self._spans()
        self.doubted = self._doubted()

    def run_of(self, at: int) -> tuple[int, int]:
        return next(run for run in self.runs if run[0] <= at < run[1])

    def unseen(self) -> Iterator[tuple[int, str]]:
        """Places of pairs with a doubted character that are found nowhere, and the pairs."""
        for first in sorted({place for at in self.doubted for place in (at - 1, at)}.intersection(self.pairs)):
            pair = self.normal.text[first : first + 2]
            if not self.counts.has(pair):
                yield first, pair

    def others(self, start: int, end: int) -> tuple[str, ...]:
        """The longest known words that do not stand in this range: chosen by their rarity, they would tell of texts
        beyond the filters.
        """
        gone = self.normal.text[start:end]
        others = (word for word in self.known if not (word in gone or gone in word))
        return tuple(sorted(others, key=lambda word: (-len(word), word))[:CONTEXT])

    def may_be_slip(self, draft: "_Draft") -> bool:
        """A word of the dictionary is none where other words are found beside it, but may be a longer one cut short."""
        plausible = (MISSING,) if self.others(draft.first, draft.last) else (MISSING, SOUND, SWAP)
        return draft.change.how in plausible or not self.analyzer.knows(self.normal.text[draft.first : draft.last])

    def cuts(self, start: int, end: int, by_chance: int) -> bool:
        """Whether a word of this range would leave a rest of a word that was typed.

        A wrong character may make a word with its neighbours by chance: those of no more than ``by_chance`` characters
        that are not found do not count.
        """
        return any(
            first < end and last > start and not (start <= first and last <= end)
            for word, first, last in self._typed
            if word in self.known or len(word) > by_chance
        )

    def _known(self, answered: bool) -> set[str]:
        """Words that somebody with these filters finds, or that have synonyms; beyond the ASKED rarest, and where the
        question is ``answered``, a word is known if it occurs.

        What is in no dictionary is a word by chance where few documents have it.
        """
        overall = self.counts.overall(self.words)
        known = {word for word in self.words if any(word in typed for typed in self._synonyms)}
        rarest = sorted(self.words - known, key=lambda word: (overall[word], word))
        asked = 0 if answered else ASKED
        known |= {word for word in rarest[:asked] if self._is_found(word)}
        return known | {word for word in rarest[asked:] if overall[word] >= self._least(word)}

    def _spans(self) -> list[tuple[str, int, int]]:
        """Where the words of the dictionaries, and those that are found, were typed."""
        words = [word for word in self.words if word in self.known or self.analyzer.knows(word)]
        return [(word, at, at + len(word)) for word in words for at in _places(self.normal.text, word)]

    def _is_found(self, word: str) -> bool:
        least = self._least(word)
        return self.counts.has(word) if least == 1 else self.counts.permitted(word) >= least

    def _least(self, word: str) -> int:
        return 1 if self.analyzer.knows(word) else FEW

    def _doubted(self) -> list[int]:
        """Places of characters that no known word covers and that are no function words."""
        text = self.normal.text
        covered = {
            at
            for word in (*self.known, *self._synonyms)
            for start in _places(text, word)
            for at in range(start, start + len(word))
        }
        left = (at for run in self.runs for at in range(*run) if at not in covered and text[at] in self.characters)
        return list(islice(left, DOUBTED))


class _Change(NamedTuple):
    start: int
    end: int
    meant: str
    how: str


class _Draft(NamedTuple):
    """A change, and the ``word`` that speaks for it: it stands for the characters ``first`` to ``last`` as typed."""

    change: _Change
    word: str
    first: int
    last: int


def _characters(question: _Question, vocabulary: Vocabulary | None) -> list[_Proposal]:
    """What the doubted characters may stand for; only where nothing explains them one may have been left out."""
    drafts = {*_replaced(question), *_doubled(question), *_swapped(question)}
    return _likely(question, drafts) or (_likely(question, set(_missing(question, vocabulary))) if vocabulary else [])


def _likely(question: _Question, drafts: set[_Draft]) -> list[_Proposal]:
    """Those whose words the collection has. The commoner and longer they are, and the more doubts they resolve, the
    better.
    """
    overall = question.counts.overall(draft.word for draft in drafts)
    likely = []
    for draft in drafts:
        change, typed = draft.change, question.normal.text[draft.first : draft.last]
        if overall[draft.word] >= LEAST[change.how] and question.may_be_slip(draft):
            explained = sum(draft.first <= at < draft.last for at in question.doubted)
            value = math.log1p(overall[draft.word]) + LONGER * (len(draft.word) - 2) + explained
            likely.append(_Proposal(value + WEIGHTS[change.how], *change, draft.word, typed))
    return likely


def _replaced(question: _Question) -> Iterator[_Draft]:
    """Another character in the place of each that is doubted."""
    text, knows = question.normal.text, question.analyzer.knows
    for at in question.doubted:
        others = [(other, SOUND) for other in pinyin.sounds_like(text[at])]
        others += [(other, SHAPE) for other in looks_like(text[at])]
        for first, last in _windows(question, at, at + 1, 1, by_chance=2):
            before, after = text[first:at], text[at + 1 : last]
            for other, how in others:
                if knows(before + other + after):
                    yield _Draft(_Change(at, at + 1, other, how), before + other + after, first, last)


def _doubled(question: _Question) -> Iterator[_Draft]:
    """One of two of the same, where nothing has both; the second may begin a word of its own."""
    text = question.normal.text
    for at in question.pairs:
        pair = text[at : at + 2]
        begins_a_word = question.analyzer.knows(text[at + 1 : at + 3])
        if pair[0] == pair[1] and not begins_a_word and not question.counts.has(pair):
            yield from _words(question, _windows(question, at, at + 2, 1), _Change(at, at + 2, pair[0], EXTRA))


def _swapped(question: _Question) -> Iterator[_Draft]:
    for first, pair in question.unseen():
        yield from _words(
            question, _windows(question, first, first + 2, 2), _Change(first, first + 2, pair[::-1], SWAP)
        )


def _missing(question: _Question, vocabulary: Vocabulary) -> Iterator[_Draft]:
    for first, pair in question.unseen():
        for between in vocabulary.between(*pair):
            change = _Change(first, first + 2, pair[0] + between + pair[1], MISSING)
            yield from _words(question, _windows(question, first, first + 2, 3), change)


def _words(question: _Question, windows: Iterable[tuple[int, int]], change: _Change) -> Iterator[_Draft]:
    """The change with each word of the dictionary it makes in one of the windows."""
    text, knows = question.normal.text, question.analyzer.knows
    for first, last in windows:
        word = text[first : change.start] + change.meant + text[change.end : last]
        if knows(word):
            yield _Draft(change, word, first, last)


def _windows(question: _Question, start: int, end: int, length: int, by_chance: int = 1) -> Iterator[tuple[int, int]]:
    """Ranges around a change, after which they have ``length`` characters there, that may be one word afterwards."""
    begin, stop = question.run_of(start)
    for first in range(max(begin, start - LONGEST_WORD + length), start + 1):
        for last in range(end, min(stop, end + LONGEST_WORD - length - (start - first)) + 1):
            if start - first + length + last - end > 1 and not question.cuts(first, last, by_chance):
                yield first, last


def _names(question: _Question, vocabulary: Vocabulary | None) -> Iterator[_Proposal]:
    """What Latin words that are not found may stand for: characters by their sound, or another Latin word."""
    if vocabulary is None:
        return
    text = question.normal.text
    question.counts.overall(text[start:end] for start, end in question.names)
    unknown = [name for name in question.names if not question.counts.permitted(text[slice(*name)])]
    for group in _neighbours(text, unknown):
        alone = (one for name in group for one in _spelled(text, [name], vocabulary))
        yield from _spelled(text, group, vocabulary) or alone
        for start, end in group:
            yield from _respelled(text, start, end, vocabulary)


def _neighbours(text: str, names: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Names with nothing but spaces between them, together."""
    group: list[tuple[int, int]] = []
    for name in names:
        if group and not text[group[-1][1] : name[0]].isspace():
            yield group
            group = []
        group.append(name)
    if group:
        yield group


def _spelled(text: str, group: Sequence[tuple[int, int]], vocabulary: Vocabulary) -> list[_Proposal]:
    """The most frequent strings that sound like these letters."""
    ways: list[tuple[str, ...]] = [()]
    for start, end in group:
        ways = [(*way, *more) for way in ways for more in pinyin.splits(text[start:end], whole=True)][:WAYS]
    found = dict.fromkeys(one for way in ways if len(way) > 1 for one in vocabulary.spelled(way))
    start, end = group[0][0], group[-1][1]
    return [_Proposal(WEIGHTS[PINYIN] - place, start, end, one, PINYIN, one) for place, one in enumerate(found)]


def _respelled(text: str, start: int, end: int, vocabulary: Vocabulary) -> Iterator[_Proposal]:
    if end - start >= LETTERS:
        for place, word in enumerate(vocabulary.near(text[start:end])):
            yield _Proposal(WEIGHTS[LATIN] - place, start, end, word, LATIN, word)


def _proven(question: _Question, proposals: Iterable[_Proposal]) -> Iterator[_Proposal]:
    """Those that the asker finds, beside other words of the question where it has any; PROVEN are looked at."""
    proven: set[tuple[int, int, str]] = set()
    informative = (one for one in proposals if not one.typed or question.analyzer.words(one.word))
    for one in islice(informative, PROVEN):
        change = one.start, one.end, one.meant
        if change not in proven and _is_found(question, one):
            proven.add(change)
            yield one


def _is_found(question: _Question, one: _Proposal) -> bool:
    counts = question.counts
    if one.typed and counts.permitted(one.typed) >= FEW:
        return False
    if LEAST.get(one.how, 1) > 1 and counts.permitted(one.word) < LEAST[one.how]:
        return False
    word = Phrase(tuple(one.word)) if one.how == PINYIN else Words((one.word,))
    others = tuple(Words((other,)) for other in question.others(one.start, one.end))
    return bool(counts.found(And((word, Words((), others, min(BESIDE, len(others))))) if others else word))


def _places(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _combined(question: _Question, proven: Sequence[_Proposal], limit: int) -> Iterator[Repair]:
    """The best of each place together, then each of the others instead of what it contradicts."""
    best: list[_Proposal] = []
    for one in proven:
        if not _contradicted(one, best):
            best.append(one)
    seen = {question.text}
    for chosen in (best, *([one, *_beside(one, best)] for one in proven if one not in best)):
        repair = _repair(question, chosen)
        if repair.text not in seen and len(seen) <= limit:
            seen.add(repair.text)
            yield repair


def _beside(one: _Proposal, others: Iterable[_Proposal]) -> list[_Proposal]:
    return [other for other in others if not _contradicted(one, [other])]


def _contradicted(one: _Proposal, others: Iterable[_Proposal]) -> bool:
    """Whether it touches one of the others: slips side by side are rather one slip."""
    return any(one.start <= other.end and other.start <= one.end for other in others)


def _repair(question: _Question, chosen: Sequence[_Proposal]) -> Repair:
    text = question.text
    replaced = []
    for one in sorted(chosen, reverse=True, key=lambda one: one.start):
        start, end = question.normal.original(one.start, one.end)
        replaced.append(Replacement(text[start:end], one.meant, one.how))
        text = text[:start] + one.meant + text[end:]
    return Repair(text, tuple(reversed(replaced)))


@cache
def _shapes() -> dict[str, str]:
    lines = (resources.files("indexer") / "dictionaries" / "shapes.txt").read_text("utf-8").splitlines()
    return {line[0]: line[1:] for line in lines}


def looks_like(character: str) -> str:
    """Common characters that look much like this one, the most alike first."""
    return _shapes().get(character, "")
