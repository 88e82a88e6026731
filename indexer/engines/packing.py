"""The ids of a document's units, all text fields together, as bytes: one value loads quicker than many."""

from collections.abc import Sequence

import numpy as np

from indexer.results import TermIds

IDS = np.dtype("<u4")


def packed(fields: Sequence[TermIds]) -> bytes:
    """The number of ids per field, then all ids, as little-endian uint32."""
    lengths = np.array([len(ids) for ids in fields], IDS)
    return np.concatenate([lengths, *fields]).astype(IDS, copy=False).tobytes()


def unpacked(told: bytes, fields: int) -> list[TermIds]:
    ids = np.frombuffer(told, IDS)
    found, end = [], fields
    for length in ids[:fields].tolist():
        found.append(ids[end : end + length])
        end += length
    return found
