"""What is asked of an engine: a small tree of frozen values, free of any engine's syntax."""

from dataclasses import dataclass

CANDIDATES = 100  # an engine gives at most this many to be ordered
WINDOW = 1_000  # nobody pages further than this


@dataclass(frozen=True, slots=True)
class Words:
    """Any of these analysed ``terms``; or, if ``required`` is above 0, at least so many of what is ``demanded``.

    The terms, and those of what is demanded, count towards the score.
    """

    terms: tuple[str, ...]
    demanded: "tuple[Node, ...]" = ()
    required: int = 0


@dataclass(frozen=True, slots=True)
class Phrase:
    """These units (single Han characters, Latin words, numbers) next to each other, in this order, in one field."""

    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A code in its whole, normalised form, such as ``ora942``."""

    term: str


@dataclass(frozen=True, slots=True)
class And:
    """All of these."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of these."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """Everything but this."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class Ids:
    """The documents with these ids, as many of them as there are."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Everything:
    """Every document."""


Node = Words | Phrase | Code | And | Or | Not | Ids | Everything


@dataclass(frozen=True, slots=True)
class Filter:
    """The document has at least one of ``values`` in the keyword field ``field``. No value matches nothing."""

    field: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sort:
    """By a number field instead of by relevance; documents without that number come last."""

    field: str
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Query:
    """One question to an engine. The counts of a facet leave aside the filter on that facet's own field.

    Where it is not ``counted``, the total need not reach beyond the window, which spares the engine a look at all that
    hardly matches. A ``limit`` of 0 without facets asks for statistics, and they are told to no other query: to count
    every term again would take as long as to search. ``units`` are those whose frequency is asked beside the terms'.
    """

    tree: Node
    filters: tuple[Filter, ...] = ()
    facets: tuple[str, ...] = ()
    sort: Sort | None = None
    offset: int = 0
    limit: int = CANDIDATES
    counted: bool = True
    units: tuple[str, ...] = ()
