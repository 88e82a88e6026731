"""Tells codes, versions, addresses, names and numbers in normalised text, and writes each in one canonical form.

A code keeps its letters and numbers; leading zeros and the separators between them go, except that two numbers stay
apart by a point: ``ORA-00942``, ``ora 942`` and ``ORA00942`` are all ``ora942``; ``v08.02-1`` is ``v8.2.1``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby, pairwise

LONGEST = 64  # characters of a term; what is longer is data, not a word

HAN = "\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LETTER = (
    "a-z\u00aa\u00b5\u00ba\u00df-\u1fff\u2c00-\u2dff\u3041-\u309a\u309d-\u30fa\u30fc-\u318f"
    "\ua000-\ud7ff\U00010000-\U0001bfff"
)
_NAME = f"[{_LETTER}0-9]{{1,128}}"  # what is longer is data, and cut into pieces

# One alternative per kind. The bounded repetitions keep the scan linear on any input.
SCANNER = re.compile(
    rf"(?P<han>[{HAN}]+)"
    rf"|(?P<negative>(?<![{_LETTER}0-9_.\-])-[0-9]{{2,12}}(?![{_LETTER}0-9_.\-]))"
    rf"|(?P<name>(?:[a-z]{{1,12}}(?:[ ]{{1,2}}|[ ]?[-_:#][ ]?)(?=[0-9]))?{_NAME}(?:[-_.]{{1,2}}{_NAME}){{0,32}})"
)
_GROUP = re.compile(rf"(?P<prefix>0x(?=[0-9a-f]))|(?P<number>[0-9]+)|(?P<letters>[{_LETTER}]+)")
_HAS_DIGIT = re.compile("[0-9]")


@dataclass(frozen=True, slots=True)
class Part:
    """One term within a name, from ``start`` to ``end`` of it; ``units`` are its from the ``first`` on."""

    term: str
    start: int
    end: int
    units: tuple[str, ...]
    first: int = 0


@dataclass(frozen=True, slots=True)
class Name:
    """All a name is searched by, and the ``codes`` among it: the whole, and each word with the numbers after it."""

    parts: tuple[Part, ...]
    terms: tuple[str, ...]
    units: tuple[str, ...]
    codes: tuple[str, ...]


@lru_cache(maxsize=65_536)
def read(name: str) -> Name:
    """Take apart what SCANNER found as ``name`` or ``negative``."""
    told = (found for found in _GROUP.finditer(name) if not found["prefix"])
    groups = [
        Part((term := _term(found)), found.start(), found.end(), (term,), first) for first, found in enumerate(told)
    ]
    found = [*_whole(name, groups), *_within(groups)]
    singles = [part for part in groups if len(part.term) > 1 or part.term.isdigit() or not found]
    parts = {part.term: part for part in reversed([*found, *singles])}
    ordered = tuple(parts[term] for term in dict.fromkeys(part.term for part in [*found, *singles]))
    return Name(
        parts=ordered,
        terms=tuple(part.term for part in ordered),
        units=tuple(part.term for part in groups),
        codes=tuple(dict.fromkeys(part.term for part in found)),
    )


def _term(group: re.Match[str]) -> str:
    if digits := group["number"]:
        return (digits.lstrip("0") or "0")[:LONGEST]
    return group.group()[:LONGEST]


def _whole(name: str, groups: list[Part]) -> list[Part]:
    """The canonical form of a whole code; none for a plain word, a plain number, or what is too long to be a code.

    A hexadecimal number is a code with its prefix, and with letters in it also without.
    """
    if name.startswith("-"):
        return [Part(f"-{groups[0].term}", 0, len(name), groups[0].units)]
    if name.startswith("0x") and groups[0].start == len("0x") and len(name) <= LONGEST:
        plain = _joined(groups)
        return [replace(plain, term=f"0x{plain.term}", start=0), *([plain] if len(groups) > 1 else [])]
    if len(groups) < 2 or len(name) > LONGEST or not _HAS_DIGIT.search(name):
        return []
    return [_joined(groups)]


def _within(groups: list[Part]) -> Iterator[Part]:
    """Each chain of numbers, and each word with the chain after it: what is a code although more is written to it."""
    start = 0
    for numeric, chain in groupby(groups, key=_is_number):
        end = start + len(list(chain))
        if numeric and end - start > 1:
            yield _joined(groups[start : min(end, start + LONGEST)])
        if numeric and start:
            yield _joined(groups[start - 1 : min(end, start + LONGEST)])
        start = end


def _joined(groups: list[Part]) -> Part:
    written = groups[0].term
    for before, after in pairwise(groups):
        written += f".{after.term}" if _is_number(before) and _is_number(after) else after.term
    units = tuple(part.term for part in groups)
    return Part(written[:LONGEST], groups[0].start, groups[-1].end, units, groups[0].first)


def _is_number(part: Part) -> bool:
    return part.term.isdecimal()
