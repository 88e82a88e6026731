"""Short texts in one array, with the places of every pair of initials in them: made, merged, kept in files, mapped.

All texts stand in one array of UTF-16 units, a zero before each. For every pair of neighbouring initials (电子 is
``dz``, as is ``DZ``) the places where it occurs are listed, so that any typed beginning is looked for among a few
thousand places, with numpy, whichever way it was typed. That takes about 15 bytes a character, in memory or in files
that all processes of a machine share.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from indexer.analysis import pinyin

LETTERS, OTHER, NONE = 1, 37, 255  # classes: 0 is the zero before a text, 1 to 26 letters, 27 to 36 digits
CLASSES = 38
READINGS = 3  # initials of one character that are told apart

Units = npt.NDArray[np.uint16]
Places = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


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

    @property
    def size(self) -> int:
        """Bytes of its arrays."""
        return sum(getattr(self, name).nbytes for name in self.__slots__)

    def pair(self, first: int, second: int) -> Places:
        """Where these two initials stand side by side."""
        at = first * CLASSES + second
        return self.places[self.offsets[at] : self.offsets[at + 1]]

    def begun(self, first: int) -> Places:
        """Where this initial stands before anything but the end of a text."""
        return self.places[self.offsets[first * CLASSES + 1] : self.offsets[(first + 1) * CLASSES]]

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
        return decoded(self.units[self.starts[at] : self.starts[at + 1] - 1])


FILES = tuple(name for name in Segment.__slots__ if name != "alive")


def indexed(units: Units, lengths: Places, documents: Places, kinds: npt.NDArray[np.uint8], readers: Places) -> Segment:
    """A segment of these texts: each is ``lengths`` units long, the zero after it counted."""
    units = np.concatenate((np.zeros(1, np.uint16), units))
    starts = np.concatenate((np.ones(1, np.int32), 1 + np.cumsum(lengths, dtype=np.int32)))
    keys, places = _pairs(units)
    order = np.argsort(keys, kind="stable")
    offsets = np.searchsorted(keys[order], np.arange(CLASSES**2 + 1)).astype(np.int32)
    alive = np.ones(len(documents), bool)
    return Segment(units, starts, documents, kinds, readers, alive, places[order], offsets)


def _pairs(units: Units) -> tuple[npt.NDArray[np.uint16], Places]:
    """Keys and places of all pairs of neighbouring initials, as often as they may be read differently."""
    initials = classes()[:, units]
    keys, places = [], []
    for first in initials[:, :-1]:
        for second in initials[:, 1:]:
            at = np.flatnonzero((first != NONE) & (second != NONE)).astype(np.int32)
            keys.append(first[at].astype(np.uint16) * CLASSES + second[at])
            places.append(at)
    return np.concatenate(keys), np.concatenate(places)


def save(segment: Segment, folder: Path, number: int) -> None:
    """Write a segment whose texts are all alive into files."""
    for name in FILES:
        np.save(_file(folder, number, name), getattr(segment, name), allow_pickle=False)


def mapped(folder: Path, number: int) -> Segment:
    """A segment that was saved: the system reads of its files what is looked at, once for all processes.

    Raises OSError or ValueError where they cannot be read.
    """
    arrays = {name: np.load(_file(folder, number, name), "r", allow_pickle=False).view(np.ndarray) for name in FILES}
    return Segment(**arrays, alive=np.ones(len(arrays["documents"]), bool))


def _file(folder: Path, number: int, name: str) -> Path:
    return folder / f"{number:04d}-{name}.npy"


def without(segment: Segment, documents: Collection[int]) -> Segment:
    """The segment with no text of these documents alive."""
    gone = np.isin(segment.documents, np.fromiter(documents, np.int32))
    return replace(segment, alive=segment.alive & ~gone) if gone.any() else segment


def merged(segments: Sequence[Segment]) -> Segment:
    """One segment of the texts that are alive in these."""

    def joined(name: str) -> npt.NDArray[np.int32]:
        return np.concatenate([getattr(segment, name)[segment.alive] for segment in segments])

    lengths = [np.diff(segment.starts) for segment in segments]
    units = [
        segment.units[1:][np.repeat(segment.alive, length)] for segment, length in zip(segments, lengths, strict=True)
    ]
    kept = [length[segment.alive] for segment, length in zip(segments, lengths, strict=True)]
    parts = joined("documents"), joined("kinds").astype(np.uint8), joined("readers")
    return indexed(np.concatenate(units), np.concatenate(kept), *parts)


def letter_class(letter: str) -> int:
    """The class of a letter from a to z."""
    return ord(letter) - ord("a") + LETTERS


@cache
def classes() -> npt.NDArray[np.uint8]:
    """By unit, the classes of the initials it may be typed by, 255 where there are no more."""
    known = np.full((READINGS, 65_536), NONE, np.uint8)
    known[0] = OTHER
    known[0, 0] = 0
    known[0, ord("a") : ord("z") + 1] = np.arange(LETTERS, LETTERS + 26)
    known[0, ord("0") : ord("9") + 1] = np.arange(LETTERS + 26, LETTERS + 36)
    for character in pinyin.in_use():
        initials = list(dict.fromkeys(reading[0] for reading in pinyin.readings(character)))[:READINGS]
        known[: len(initials), ord(character)] = [letter_class(initial) for initial in initials]
    return known


def _is_one_of(found: Units, wanted: Units) -> Flags:
    table = np.zeros(65_536, bool)
    table[wanted] = True
    matching: Flags = found == wanted[0] if len(wanted) == 1 else table[found]
    return matching


def decoded(units: Units) -> str:
    """The text of these units."""
    return units.tobytes().decode("utf-16-le", "replace")
