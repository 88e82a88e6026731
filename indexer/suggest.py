"""Completes what is being typed from short texts, by characters, pinyin, initials and codes; knows no database."""

import json
import re
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import chain, count, islice, product
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from indexer.analysis import codes, pinyin
from indexer.analysis.normalise import normalise
from indexer.segments import (
    Element,
    Flags,
    Places,
    Segment,
    Units,
    classes,
    decoded,
    indexed,
    letter_class,
    mapped,
    merged,
    save,
    without,
)

LONGEST = 200  # characters of a text that are looked at
TYPED = 60  # characters of what is typed
PATTERNS = 8  # readings of what is typed that are tried
POOL = 32  # of the matches of one reading, those that are ranked against the others
WORDS = 50_000  # distinct Latin words kept for repair
RECENT = 8  # segments of changed texts, after which they are merged
LARGEST = 100_000  # texts of a segment in files
TABLES = "tables.json"

_INCOMPLETE = re.compile(r"(?<![0-9])0+$")  # the zeros of a code whose other digits are still to come
_RUN = re.compile(r"(?P<letters>[a-z]+)|.", re.DOTALL)
_LATIN = re.compile(r"[a-z]{4,30}")


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


class Suggestions:
    """All texts of a collection. Safe to use from several threads; changes are seen by whoever asks next."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._segments: tuple[Segment, ...] = ()
        self._in_files = 0
        self._words: Counter[str] = Counter()
        self._kinds: list[str] = []
        self._readers: dict[frozenset[str], int] = {}

    @classmethod
    def opened(cls, folder: Path) -> "Suggestions":
        """The texts that ``write`` left in a folder: memory is taken only for what changes afterwards.

        Raises OSError, ValueError, KeyError or TypeError where they cannot be read.
        """
        told = json.loads((folder / TABLES).read_text("utf-8"))
        texts = cls()
        texts._segments = tuple(mapped(folder, number) for number in range(told["segments"]))
        texts._in_files = len(texts._segments)
        texts._words.update(told["words"])
        texts._kinds = told["kinds"]
        texts._readers = {frozenset(tokens): at for at, tokens in enumerate(told["readers"])}
        return texts

    def __len__(self) -> int:
        return sum(int(segment.alive.sum()) for segment in self._segments)

    @property
    def size(self) -> int:
        """Bytes the texts and their lists take, in memory and in files."""
        return sum(segment.size for segment in self._segments)

    @property
    def recent(self) -> int:
        """Texts that are in memory."""
        return sum(len(segment.alive) for segment in self._segments[self._in_files :])

    def put(self, entries: Iterable[Entry], instead_of: Collection[int] = ()) -> None:
        """Take these texts, forgetting all earlier ones of the documents ``instead_of``."""
        with self._lock:
            fresh = self._segment(entries)
            kept = [without(segment, instead_of) for segment in self._segments] if instead_of else self._segments
            recent = [segment for segment in (*kept[self._in_files :], fresh) if segment.alive.any()]
            if len(recent) > RECENT:
                recent = [merged(recent)]
            self._segments = (*kept[: self._in_files], *recent)
            self._words = _latin(fresh.units, self._words)

    def permitted(self, tokens: frozenset[str]) -> "Permitted":
        """What somebody who holds these tokens may see."""
        segments, words = self._segments, self._words
        opened = _open_to(tokens, tuple(self._readers)) if segments else np.empty(0, bool)
        return Permitted(segments, self._kinds, opened, words)

    def _write(self, folder: Path, entries: Iterable[Entry]) -> None:
        rest, numbers = iter(entries), count()
        for first in rest:
            segment = self._segment(chain((first,), islice(rest, LARGEST - 1)))
            if len(segment.alive):
                save(segment, folder, next(numbers))
                self._words = _latin(segment.units, self._words)
        readers = [sorted(tokens) for tokens in self._readers]
        told = {"segments": next(numbers), "words": self._words, "kinds": self._kinds, "readers": readers}
        (folder / TABLES).write_text(json.dumps(told, ensure_ascii=False), "utf-8")

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
        return indexed(
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
    words: Mapping[str, int]

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
            counts.update(decoded(segment.units[self._seen(segment, places) + 1]))
        return [one for one, _ in counts.most_common(limit)]

    def near(self, word: str, limit: int = 5) -> list[str]:
        """Latin words one or two letters away, readable or not: a repair is proven before it is shown."""
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import extract

        allowed = 1 if len(word) < 6 else 2
        found = extract(word, self.words.keys(), scorer=OSA.distance, score_cutoff=allowed, limit=None)
        best = sorted(found, key=lambda one: (one[1], -self.words[one[0]]))
        return [one for one, distance, _ in best if distance][:limit]

    def _commonest(self, pattern: Sequence[Element], limit: int) -> list[str]:
        counts: Counter[str] = Counter()
        for segment in self.segments:
            places = np.unique(self._seen(segment, segment.places_of(pattern)))
            rows = segment.units[places[:, None] + np.arange(len(pattern))]
            told, often = np.unique(rows, axis=0, return_counts=True)
            counts.update({decoded(row): int(count) for row, count in zip(told, often, strict=True)})
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


def write(folder: Path, entries: Iterable[Entry]) -> None:
    """Keep these texts in files in an empty folder, for ``Suggestions.opened`` in any number of processes.

    Memory is taken for LARGEST of them at a time.
    """
    Suggestions()._write(folder, entries)


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
    return Element(int(classes()[0][code]), np.array([code], np.uint16))


@lru_cache(maxsize=1_024)
def _sound(piece: str) -> Element:
    """A syllable or its beginning; a single letter may also be itself."""
    told = pinyin.characters(piece) + (piece if len(piece) == 1 else "")
    return Element(letter_class(piece[0]), np.frombuffer(told.encode("utf-16-le"), np.uint16))


def _latin(units: Units, known: Counter[str]) -> Counter[str]:
    """The known Latin words and those of the texts, of too many the most frequent."""
    counts = known + Counter(found.group() for found in _LATIN.finditer(decoded(units)))
    return counts if len(counts) <= WORDS else Counter(dict(counts.most_common(WORDS)))


@lru_cache(maxsize=128)
def _open_to(tokens: frozenset[str], readers: tuple[frozenset[str], ...]) -> Flags:
    return np.array([not tokens.isdisjoint(one) for one in readers], bool)


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
