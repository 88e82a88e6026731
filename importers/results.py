"""Frozen values the importers work with and give back; no rule and no reading."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kb_service.inputs import AttachmentInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a file is to be read, as a person chose it; what is empty is found out.

    ``mapping`` takes column titles to field names, "" leaves a column out. ``encoding`` and ``delimiter`` concern
    text tables.
    """

    profile: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    delimiter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """What a short day means here: the year that holds for 3月5日 (0: unknown), where serial numbers begin."""

    year: int = 0
    date1904: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one row, form, page or line says, under field names, before any rule has looked at it.

    ``fields`` holds texts under names of `importers.fields`, in articles Markdown. ``cells`` is the same as people
    know it, by column title or label, for the workbook of refused rows; without it the fields serve. ``fault`` is the
    code of a reason the reader saw by itself: then the rest matters no more.
    """

    source: str
    place: str
    fields: Mapping[str, str]
    cells: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[AttachmentInput, ...] = ()
    notes: tuple[str, ...] = ()
    calendar: Calendar = Calendar()
    fault: str = ""
    about: str = ""
    """What the fault is about, a column title as a rule: it completes the sentence of the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table: its title, the first values, the field it is taken for, "" when none."""

    title: str
    samples: tuple[str, ...] = ()
    field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePreview:
    """A table as it would be read. Rows count from 1; ``missing`` are required fields no column was found for."""

    source: str
    sheet: str
    header_rows: tuple[int, ...]
    columns: tuple[Column, ...]
    missing: tuple[str, ...] = ()
    encoding: str = ""
    delimiter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What is known of a file after its first rows; ``problems`` are sentences about parts that cannot be read."""

    tables: tuple[TablePreview, ...]
    sources: int = 0
    """Number of sources seen, tables or not."""
    problems: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    encoding: str = ""
    delimiter: str = ""
