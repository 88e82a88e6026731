"""What engines and ranking give back, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

TermIds = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document an engine proposes. ``tokens`` holds the ids of its units per text field, in the order of the text."""

    id: str
    version: int
    score: float
    tokens: Mapping[str, TermIds]
    numbers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Statistics:
    """What ranking needs to know of the whole collection."""

    documents: int
    frequency: Mapping[str, int]
    """In how many documents each term of the query occurs, in any text field; of a term in more than a thousand it may
    still count what was replaced since it was merged.
    """
    unit_frequency: Mapping[str, int]
    """The same of each unit that was asked about; it may still count what was replaced since the last rebuild."""
    average_length: float
    """Mean number of units of a document, all text fields together."""


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many of the found documents have this value."""

    value: str
    count: int


Facets = Mapping[str, tuple[FacetCount, ...]]


UNTOLD = Statistics(0, {}, {}, 0.0)
"""Statistics nobody asked for."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """An engine's whole answer: candidates and counts, or statistics."""

    total: int = 0
    candidates: tuple[Candidate, ...] = ()
    facets: Facets = field(default_factory=dict)
    statistics: Statistics = UNTOLD


@dataclass(frozen=True, slots=True)
class Hit:
    """A document in its final place; ``score`` is 1 for the first hit and falls to 0."""

    id: str
    version: int
    score: float


@dataclass(frozen=True, slots=True)
class Results:
    """The ordered answer to one query. ``step`` tells how far the words had to be relaxed: all, most or any.

    ``synonyms`` are the parts of the question that were also searched in another form, each with that form.
    """

    total: int
    hits: tuple[Hit, ...]
    facets: Facets
    step: str = "all"
    synonyms: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A part of the question that a document has.

    ``times`` is how often the text field has it, ``share`` its part of the document's relevance, between 0 and 1.
    ``through`` is what was typed where the document says it otherwise, and empty where it says it as typed.
    """

    term: str
    field: str
    times: int
    share: float
    through: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a document stands where it stands.

    ``rank`` is its place from 1 on, 0 where it is not among the candidates; ``score`` and ``first`` are its score and
    that of the first hit. ``exact`` tells what named it: title, code or nothing. ``parts`` are what its score is made
    of: relevance, title, prior. ``missing`` are the words of the question that it lacks.
    """

    rank: int
    score: float
    first: float
    exact: str
    parts: Mapping[str, float]
    matches: tuple[Match, ...]
    missing: tuple[str, ...]


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


@dataclass(frozen=True, slots=True)
class ClusterCondition:
    """How the servers of an engine are. ``health`` of the live index is green, yellow or red; ``unassigned`` are its
    parts and copies that lie on no node; ``fullest`` is the share of the fullest disk in percent, None where not told.
    """

    version: str
    health: str
    nodes: int
    unassigned: int
    fullest: int | None
