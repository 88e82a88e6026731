"""Completes what is being typed from short texts, by characters, pinyin, initials and codes; knows no database.

All texts stand in one array of UTF-16 units, a zero before each. For every pair of neighbouring initials (电子 is
``dz``, as is ``DZ``) the places where it occurs are listed, so that any typed beginning is looked for among a few
thousand places, with numpy, whichever way it was typed. Memory is about 15 bytes a character.
"""

import re
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import resources
from itertools import chain, islice, pairwise, product
from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from indexer.analysis import codes, pinyin
from indexer.analysis.normalise import normalise

LONGEST = 200  # characters of a text that are looked at
TYPED = 60  # characters of what is typed
PATTERNS = 8  # readings of what is typed that are tried
POOL = 32  # of the matches of one reading, those that are ranked against the others
WORDS = 50_000  # distinct Latin words kept for repair
RECENT = 20_000  # changed texts, after which the segments are merged

_LETTERS, _OTHER, _NONE = 1, 37, 255  # classes: 0 is the zero before a text, 1 to 26 letters, 27 to 36 digits
_CLASSES = 38
_READINGS = 3  # initials of one character that are told apart
_INCOMPLETE = re.compile(r"(?<![0-9])0+$")  # the zeros of a code whose other digits are still to come
_RUN = re.compile(r"(?P<letters>[a-z]+)|.", re.DOTALL)
_LATIN = re.compile(r"[a-z]{4,30}")

Units = npt.NDArray[np.uint16]
Places = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


class Entry(NamedTuple):
    """A text to be suggested: what it belongs to, what kind of text it is, and the tokens of who may read it."""

    document: int
    kind: str
    text: str
    readers: frozenset[str]


class Match(NamedTuple):
    """A text that goes with what was typed, as ``written`` makes it; best first when sorted."""

    inside: bool
    reading: int
    length: int
    newest: int
    document: int
    kind: str
    text: str


class Element(NamedTuple):
    """One place of a pattern: the class its pair is listed under, and the units it may be."""

    initial: int
    units: Units


@dataclass(frozen=True, slots=True)
class Segment:
    """Some of the texts. ``starts`` is where each begins in ``units``, with the end of the last one after it."""

    units: Units
    starts: Places
    documents: Places
    kinds: npt.NDArray[np.uint8]
    readers: Places
    alive: Flags
    places: Places
    offsets: Places
    words: Counter[str]

    def pair(self, first: int, second: int) -> Places:
        """Where these two initials stand side by side."""
        at = first * _CLASSES + second
        return self.places[self.offsets[at] : self.offsets[at + 1]]

    def begun(self, first: int) -> Places:
        """Where this initial stands before anything but the end of a text."""
        return self.places[self.offsets[first * _CLASSES + 1] : self.offsets[(first + 1) * _CLASSES]]

    def places_of(self, pattern: Sequence[Element]) -> Places:
        """Where the pattern matches, some places more than once; for a single element at beginnings of texts only."""
        if len(pattern) == 1:
            return self._kept(self.pair(0, pattern[0].initial) + 1, pattern)
        pairs = [self.pair(one.initial, two.initial) for one, two in pairwise(pattern)]
        rarest = min(range(len(pairs)), key=lambda at: len(pairs[at]))
        return self._kept(pairs[rarest] - rarest, pattern)

    def _kept(self, places: Places, pattern: Sequence[Element]) -> Places:
        places = places[(places > 0) & (places + len(pattern) <= len(self.units))]
        for at, element in enumerate(pattern):
            places = places[_is_one_of(self.units[places + at], element.units)]
        return places

    def texts_at(self, places: Places) -> Places:
        found: Places = (np.searchsorted(self.starts, places, side="right") - 1).astype(np.int32)
        return found

    def text(self, at: int) -> str:
        return _text(self.units[self.starts[at] : self.starts[at + 1] - 1])


class Suggestions:
    """All texts of a collection. Safe to use from several threads; changes are seen by whoever asks next."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._segments: tuple[Segment, ...] = ()
        self._kinds: list[str] = []
        self._readers: dict[frozenset[str], int] = {}

    def __len__(self) -> int:
        return sum(int(segment.alive.sum()) for segment in self._segments)

    @property
    def size(self) -> int:
        """Bytes of memory the texts and their lists take."""
        arrays = (getattr(segment, name) for segment in self._segments for name in Segment.__slots__ if name != "words")
        return sum(array.nbytes for array in arrays)

    def put(self, entries: Iterable[Entry], instead_of: Collection[int] = ()) -> None:
        """Take these texts, forgetting all earlier ones of the documents ``instead_of``."""
        with self._lock:
            fresh = self._segment(entries)
            kept = [_without(segment, instead_of) for segment in self._segments] if instead_of else self._segments
            segments = [segment for segment in (*kept, fresh) if segment.alive.any()]
            recent = segments[1:]
            if len(recent) > 8 or sum(len(segment.alive) for segment in recent) > RECENT:
                segments = [_merged(segments)]
            self._segments = tuple(segments)

    def permitted(self, tokens: frozenset[str]) -> "Permitted":
        """What somebody who holds these tokens may see."""
        segments = self._segments
        return Permitted(
            segments, self._kinds, _open_to(tokens, tuple(self._readers)) if segments else np.empty(0, bool)
        )

    def _segment(self, entries: Iterable[Entry]) -> Segment:
        told = bytearray()
        lengths, documents, readers = array("i"), array("i"), array("i")
        kinds = array("B")
        for entry in entries:
            text = written(entry.text)[:LONGEST]
            if not text:
                continue
            encoded = text.encode("utf-16-le")
            told += encoded + b"\0\0"
            lengths.append(len(encoded) // 2 + 1)
            documents.append(entry.document)
            kinds.append(self._kind(entry.kind))
            readers.append(self._readers.setdefault(entry.readers, len(self._readers)))
        return _indexed(
            np.frombuffer(bytes(told), np.uint16),
            np.array(lengths, np.int32),
            np.array(documents, np.int32),
            np.array(kinds, np.uint8),
            np.array(readers, np.int32),
        )

    def _kind(self, kind: str) -> int:
        if kind not in self._kinds:
            self._kinds.append(kind)
        return self._kinds.index(kind)


@dataclass(frozen=True, slots=True)
class Permitted:
    """The texts somebody may see, as they were at one moment."""

    segments: tuple[Segment, ...]
    kinds: Sequence[str]
    open: Flags

    def matches(self, typed: str, limit: int) -> list[Match]:
        """The best ``limit`` documents for what was typed: beginnings first, then the shorter and the newer text."""
        found: list[Match] = []
        for reading, pattern in enumerate(_patterns(_begun(typed)) if self.segments else ()):
            for segment in self.segments:
                found += self._matches(segment, pattern, reading)
            if sum(not match.inside for match in found) >= 2 * limit:
                break  # whatever the other readings find comes after these
        return list(islice(_distinct(sorted(found)), limit))

    def has(self, word: str) -> bool:
        """Whether a text says this, a word in normal form of two characters or more."""
        pattern = [_literal(unit) for unit in _units(word)]
        return len(pattern) > 1 and any(len(self._seen(one, one.places_of(pattern))) for one in self.segments)

    def spelled(self, syllables: Sequence[str], limit: int = 5) -> list[str]:
        """Strings of characters that sound like these syllables, the most frequent first."""
        pattern = [_sound(syllable) for syllable in syllables]
        return self._commonest(pattern, limit) if len(pattern) > 1 else []

    def between(self, left: str, right: str, limit: int = 5) -> list[str]:
        """Characters that stand between these two, the most frequent first."""
        if max(left, right) > "\uffff":  # two units, and hardly ever typed
            return []
        counts: Counter[str] = Counter()
        first, last = _literal(left), _literal(right)
        for segment in self.segments:
            places = segment.begun(first.initial)
            places = places[places + 2 < len(segment.units)]
            places = places[segment.units[places] == first.units[0]]
            places = places[segment.units[places + 2] == last.units[0]]
            counts.update(_text(segment.units[self._seen(segment, places) + 1]))
        return [one for one, _ in counts.most_common(limit)]

    def near(self, word: str, limit: int = 5) -> list[str]:
        """Latin words one or two letters away, readable or not: a repair is proven before it is shown."""
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import extract

        allowed = 1 if len(word) < 6 else 2
        words = {one: often for segment in self.segments for one, often in segment.words.items()}
        found = extract(word, words.keys(), scorer=OSA.distance, score_cutoff=allowed, limit=None)
        best = sorted(found, key=lambda one: (one[1], -words[one[0]]))
        return [one for one, distance, _ in best if distance][:limit]

    def _commonest(self, pattern: Sequence[Element], limit: int) -> list[str]:
        counts: Counter[str] = Counter()
        for segment in self.segments:
            places = np.unique(self._seen(segment, segment.places_of(pattern)))
            rows = segment.units[places[:, None] + np.arange(len(pattern))]
            told, often = np.unique(rows, axis=0, return_counts=True)
            counts.update({_text(row): int(count) for row, count in zip(told, often, strict=True)})
        return [one for one, _ in counts.most_common(limit)]

    def _seen(self, segment: Segment, places: Places) -> Places:
        texts = segment.texts_at(places)
        return places[segment.alive[texts] & self.open[segment.readers[texts]]]

    def _matches(self, segment: Segment, pattern: Sequence[Element], reading: int) -> Iterator[Match]:
        places = self._seen(segment, segment.places_of(pattern))
        texts = segment.texts_at(places)
        inside = places != segment.starts[texts]
        lengths = segment.starts[texts + 1] - segment.starts[texts]
        documents = segment.documents[texts]
        order = _best(inside, lengths, documents)
        for at in order:
            text = int(texts[at])
            yield Match(
                bool(inside[at]),
                reading,
                int(lengths[at]),
                -int(documents[at]),
                int(documents[at]),
                self.kinds[segment.kinds[text]],
                segment.text(text),
            )


class Vocabulary:
    """Words from several places, each gone to once, when it is needed; those of the first place come first."""

    def __init__(self, *places: Callable[[], Permitted]) -> None:
        self._places = tuple(map(cache, places))

    def has(self, word: str) -> bool:
        """Whether a text of the first place says this: that a word is in a dictionary tells nothing of texts."""
        return self._places[0]().has(word)

    def spelled(self, syllables: Sequence[str]) -> list[str]:
        return self._joined(lambda place: place.spelled(syllables))

    def between(self, left: str, right: str) -> list[str]:
        return self._joined(lambda place: place.between(left, right))

    def near(self, word: str) -> list[str]:
        return self._joined(lambda place: place.near(word))

    def _joined(self, told: Callable[[Permitted], list[str]]) -> list[str]:
        return list(dict.fromkeys(chain.from_iterable(told(place()) for place in self._places)))


@lru_cache(maxsize=4)
def dictionary(added: tuple[str, ...]) -> Permitted:
    """The words of the package's dictionary and these, which are no secret."""
    told = (resources.files("indexer") / "dictionaries" / "user_words.txt").read_text("utf-8").splitlines()
    words = Suggestions()
    words.put(Entry(0, "word", word, frozenset({""})) for word in dict.fromkeys((*told, *added)))
    return words.permitted(frozenset({""}))


def written(text: str) -> str:
    """A text as it is compared: normalised, without separators, codes without leading zeros."""
    told = []
    for found in codes.SCANNER.finditer(normalise(text)):
        run = found.group()
        told.append(run if found.lastgroup == "han" else "".join(codes.read(run).units))
    return "".join(told)


def _begun(typed: str) -> str:
    return written(_INCOMPLETE.sub("", normalise(typed[:TYPED])))


def _patterns(typed: str) -> Iterator[list[Element]]:
    """How what was typed may be read: letters as they are, as syllables, as initials."""
    runs = [_readings_of(found) for found in _RUN.finditer(typed)]
    for pieces in islice(product(*runs), PATTERNS) if runs else ():
        yield list(chain.from_iterable(pieces))


def _readings_of(run: re.Match[str]) -> list[list[Element]]:
    literal = [_literal(character) for character in _units(run.group())]
    if not run["letters"]:
        return [literal]
    letters = run["letters"]
    ways = dict.fromkeys([*pinyin.splits(letters, whole=False, limit=PATTERNS - 3)[: PATTERNS - 3], tuple(letters)])
    return [literal, *([_sound(piece) for piece in way] for way in ways)]


@lru_cache(maxsize=8_192)
def _literal(unit: str) -> Element:
    code = int.from_bytes(unit.encode("utf-16-le", "surrogatepass"), "little")
    return Element(int(_classes()[0][code]), np.array([code], np.uint16))


@lru_cache(maxsize=1_024)
def _sound(piece: str) -> Element:
    """A syllable or its beginning; a single letter may also be itself."""
    told = pinyin.characters(piece) + (piece if len(piece) == 1 else "")
    return Element(_letter(piece[0]), np.frombuffer(told.encode("utf-16-le"), np.uint16))


def _letter(letter: str) -> int:
    return ord(letter) - ord("a") + _LETTERS


@cache
def _classes() -> npt.NDArray[np.uint8]:
    """By unit, the classes of the initials it may be typed by, 255 where there are no more."""
    classes = np.full((_READINGS, 65_536), _NONE, np.uint8)
    classes[0] = _OTHER
    classes[0, 0] = 0
    classes[0, ord("a") : ord("z") + 1] = np.arange(_LETTERS, _LETTERS + 26)
    classes[0, ord("0") : ord("9") + 1] = np.arange(_LETTERS + 26, _LETTERS + 36)
    for character in pinyin.in_use():
        initials = list(dict.fromkeys(reading[0] for reading in pinyin.readings(character)))[:_READINGS]
        classes[: len(initials), ord(character)] = [_letter(initial) for initial in initials]
    return classes


def _indexed(
    units: Units, lengths: Places, documents: Places, kinds: npt.NDArray[np.uint8], readers: Places
) -> Segment:
    """A segment of these texts: each is ``lengths`` units long, the zero after it counted."""
    units = np.concatenate((np.zeros(1, np.uint16), units))
    starts = np.concatenate((np.ones(1, np.int32), 1 + np.cumsum(lengths, dtype=np.int32)))
    keys, places = _pairs(units)
    order = np.argsort(keys, kind="stable")
    offsets = np.searchsorted(keys[order], np.arange(_CLASSES**2 + 1)).astype(np.int32)
    alive = np.ones(len(documents), bool)
    return Segment(units, starts, documents, kinds, readers, alive, places[order], offsets, _latin(units))


def _pairs(units: Units) -> tuple[npt.NDArray[np.uint16], Places]:
    """Keys and places of all pairs of neighbouring initials, as often as they may be read differently."""
    classes = _classes()[:, units]
    keys, places = [], []
    for first in classes[:, :-1]:
        for second in classes[:, 1:]:
            at = np.flatnonzero((first != _NONE) & (second != _NONE)).astype(np.int32)
            keys.append(first[at].astype(np.uint16) * _CLASSES + second[at])
            places.append(at)
    return np.concatenate(keys), np.concatenate(places)


def _latin(units: Units) -> Counter[str]:
    """The Latin words, of too many the most frequent."""
    counts = Counter(found.group() for found in _LATIN.finditer(_text(units)))
    return counts if len(counts) <= WORDS else Counter(dict(counts.most_common(WORDS)))


def _without(segment: Segment, documents: Collection[int]) -> Segment:
    gone = np.isin(segment.documents, np.fromiter(documents, np.int32))
    return replace(segment, alive=segment.alive & ~gone) if gone.any() else segment


def _merged(segments: Sequence[Segment]) -> Segment:
    def joined(name: str) -> npt.NDArray[np.int32]:
        return np.concatenate([getattr(segment, name)[segment.alive] for segment in segments])

    lengths = [np.diff(segment.starts) for segment in segments]
    units = [
        segment.units[1:][np.repeat(segment.alive, length)] for segment, length in zip(segments, lengths, strict=True)
    ]
    kept = [length[segment.alive] for segment, length in zip(segments, lengths, strict=True)]
    parts = joined("documents"), joined("kinds").astype(np.uint8), joined("readers")
    return _indexed(np.concatenate(units), np.concatenate(kept), *parts)


@lru_cache(maxsize=128)
def _open_to(tokens: frozenset[str], readers: tuple[frozenset[str], ...]) -> Flags:
    return np.array([not tokens.isdisjoint(one) for one in readers], bool)


def _is_one_of(found: Units, wanted: Units) -> Flags:
    table = np.zeros(65_536, bool)
    table[wanted] = True
    matching: Flags = found == wanted[0] if len(wanted) == 1 else table[found]
    return matching


def _best(inside: Flags, lengths: Places, documents: Places) -> npt.NDArray[np.intp]:
    """The places of the first POOL by beginning, length and age, in no order."""
    if len(inside) <= POOL:
        return np.arange(len(inside))
    key = (inside.astype(np.int64) << 48) + (lengths.astype(np.int64) << 32) - documents
    return np.argpartition(key, POOL)[:POOL]


def _distinct(matches: Iterable[Match]) -> Iterator[Match]:
    """One match of each document, and each text once."""
    documents: set[int] = set()
    texts: set[tuple[str, str]] = set()
    for match in matches:
        if match.document not in documents and (match.kind, match.text) not in texts:
            documents.add(match.document)
            texts.add((match.kind, match.text))
            yield match


def _units(text: str) -> list[str]:
    """The UTF-16 units of a text."""
    encoded = text.encode("utf-16-le")
    return [encoded[at : at + 2].decode("utf-16-le", "surrogatepass") for at in range(0, len(encoded), 2)]


def _text(units: Units) -> str:
    return units.tobytes().decode("utf-16-le", "replace")
