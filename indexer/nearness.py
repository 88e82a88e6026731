"""What two texts share, by runs of the same characters: passages on the original texts, and how much of each they are.

Shingles are runs of SHINGLE letters and digits of the normal form (Broder, On the resemblance and containment of
documents, 1997); spaces, punctuation, width, case and Traditional or Simplified spelling make no difference.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from indexer.analysis.normalise import normalise, normalise_with_offsets

SHINGLE = 8
"""Letters in a row that are no chance: shorter runs are the idioms of a trade."""
LONGEST = 20_000
"""Characters of a text that are compared; what comes after them counts as if it were not there."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of the first text, and the one of the second that says the same; half-open ranges of the originals."""

    start: int
    end: int
    other_start: int
    other_end: int


@dataclass(frozen=True, slots=True)
class Shared:
    """``share`` is how much of the first text the passages are, ``other_share`` how much of the second, 0 to 1."""

    share: float
    other_share: float
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class Letters:
    """A text reduced to what is compared, each letter with the half-open range of the original it stands for."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @cached_property
    def shingles(self) -> frozenset[str]:
        return frozenset(_shingles(self.text))


NOTHING = Shared(0.0, 0.0, ())


def letters(text: str) -> Letters:
    """The letters and digits of the normal form of a text's first LONGEST characters."""
    normal = normalise_with_offsets(text[:LONGEST])
    kept = [at for at, character in enumerate(normal.text) if character.isalnum()]
    return Letters(
        "".join(normal.text[at] for at in kept), [normal.starts[at] for at in kept], [normal.ends[at] for at in kept]
    )


def shared(first: Letters, text: str) -> Shared:
    """The passages both texts have, in the order of the first; each letter of the first is in one at most.

    Offsets cost more than all the rest, so they are not looked for in a text that shares nothing.
    """
    if first.shingles.isdisjoint(_shingles("".join(filter(str.isalnum, normalise(text[:LONGEST]))))):
        return NOTHING
    second = letters(text)
    runs = list(_runs(first.text, second.text))
    passages = (
        Passage(first.starts[at], first.ends[at + size - 1], second.starts[there], second.ends[there + size - 1])
        for at, there, size in runs
    )
    covered = sum(size for _, _, size in runs)
    covered_there = {place for _, there, size in runs for place in range(there, there + size)}
    return Shared(covered / (len(first.text) or 1), len(covered_there) / (len(second.text) or 1), tuple(passages))


def _shingles(text: str) -> Iterator[str]:
    return (text[at : at + SHINGLE] for at in range(len(text) - SHINGLE + 1))


def _runs(first: str, second: str) -> Iterator[tuple[int, int, int]]:
    """Place in the first, place in the second and length of each run that is the same, from left to right."""
    places = {second[at : at + SHINGLE]: at for at in reversed(range(len(second) - SHINGLE + 1))}
    at = 0
    while at <= len(first) - SHINGLE:
        there = places.get(first[at : at + SHINGLE])
        if there is None:
            at += 1
            continue
        size = _length(first, second, at, there)
        yield at, there, size
        at += size


def _length(first: str, second: str, at: int, there: int) -> int:
    """How many characters from these places on are the same."""
    size = SHINGLE
    most = min(len(first) - at, len(second) - there)
    while size < most and first[at + size] == second[there + size]:
        size += 1
    return size
