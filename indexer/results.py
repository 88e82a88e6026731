"""What engines and ranking give back, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

TermIds = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document an engine proposes. ``tokens`` holds the ids of its terms per text field, in the order of the text."""

    id: str
    version: int
    score: float
    tokens: Mapping[str, TermIds]


@dataclass(frozen=True, slots=True)
class Statistics:
    """What ranking needs to know of the whole collection."""

    documents: int
    frequency: Mapping[str, int]
    """In how many documents each term of the query occurs, in any text field."""
    average_length: Mapping[str, float]
    """Mean number of terms per text field, over the documents where it is not empty."""


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many of the found documents have this value."""

    value: str
    count: int


Facets = Mapping[str, tuple[FacetCount, ...]]


@dataclass(frozen=True, slots=True)
class Candidates:
    """An engine's whole answer."""

    total: int
    candidates: tuple[Candidate, ...]
    facets: Facets
    statistics: Statistics


@dataclass(frozen=True, slots=True)
class Hit:
    """A document in its final place; ``score`` is 1 for the first hit and falls to 0."""

    id: str
    version: int
    score: float


@dataclass(frozen=True, slots=True)
class Results:
    """The ordered answer to one query. ``step`` tells how far the words had to be relaxed: all, most or any."""

    total: int
    hits: tuple[Hit, ...]
    facets: Facets
    step: str = "all"


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a batch of changes. ``failed`` maps the id of a document that could not be taken to the reason."""

    taken: int
    ignored: int = 0
    failed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """The state of an engine. ``generation`` is empty while there is none; ``matches`` tells if it fits the schema."""

    engine: str
    generation: str
    documents: int
    matches: bool
    details: Mapping[str, Any] = field(default_factory=dict)
