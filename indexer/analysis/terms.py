"""Turns terms into the 32-bit numbers engines store and ranking compares. Two terms may share one; it is rare."""

from collections.abc import Iterable
from zlib import crc32

import numpy as np

from indexer.results import TermIds

_KEPT = 200_000  # terms whose number is remembered, about 20 MB


class _Ids(dict[str, int]):
    def __missing__(self, term: str) -> int:
        if len(self) >= _KEPT:
            self.clear()
        self[term] = number = crc32(term.encode())
        return number


_ids = _Ids()


def term_id(term: str) -> int:
    """CRC-32 of the term in UTF-8. Raises UnicodeEncodeError for a lone surrogate, which no analysed term contains."""
    return _ids[term]


def term_ids(terms: Iterable[str]) -> TermIds:
    """The numbers of these terms, in their order."""
    return np.fromiter(map(_ids.__getitem__, terms), np.uint32)
