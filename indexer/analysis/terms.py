"""Turns terms into the 32-bit numbers engines store and ranking compares. Two terms may share one; it is rare."""

from collections.abc import Iterable
from zlib import crc32

import numpy as np

from indexer.results import TermIds

BREAK = (
    "\x1e"  # a unit between fields and between titles; normalised text holds no control character, so no phrase has it
)


def term_id(term: str) -> int:
    """CRC-32 of the term in UTF-8. Raises UnicodeEncodeError for a lone surrogate, which no analysed term contains."""
    return crc32(term.encode())


def term_ids(terms: Iterable[str]) -> TermIds:
    """The numbers of these terms, in their order."""
    return np.array([crc32(term.encode()) for term in terms], np.uint32)
