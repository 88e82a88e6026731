"""A table as its reader gives it: rows of texts that know where they stand, titles not yet told from values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``number`` counts from 1 as a spreadsheet shows it; in text tables it is the line the row begins on.

    ``faults`` gives the reason code of cells that have no value, by column. ``top`` is the row where the cells merged
    into this one begin.
    """

    number: int
    values: tuple[str, ...]
    faults: Mapping[int, str] = field(default_factory=dict)
    top: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A sheet ("" for a text table) and its rows, to be read once."""

    sheet: str
    rows: Iterator[Row]
    hidden: frozenset[int] = frozenset()
    """Columns people do not see."""
    date1904: bool = False
    strict: bool = False
    """Each row must be as wide as the titles."""
    encoding: str = ""
    delimiter: str = ""
