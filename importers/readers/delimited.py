"""Text tables (csv, tsv) in the encodings people here use; a line that cannot be decoded spoils itself alone."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TextIO

from importers import fields
from importers.decoding import LOST, encoding_of, loosely
from importers.errors import UnreadableSource
from importers.results import Settings
from importers.sources import Source
from importers.tables import Row, Table

_SAMPLE = 1 << 18
_DELIMITERS = ",\t;|"
_LOOKED_AT = 20


def tables(source: Source, settings: Settings) -> Iterator[Table]:
    """The one table of the file. Raises `UnreadableSource` for an encoding or delimiter that cannot be told or used."""
    with source.path.open("rb") as file:
        sample = file.read(_SAMPLE)
    encoding = _chosen(source, settings.encoding) if settings.encoding else encoding_of(sample) or _guessed(sample)
    if not encoding:
        raise UnreadableSource("unknown_encoding", source.name)
    delimiter = settings.delimiter or _delimiter_of(loosely(sample, encoding))
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise UnreadableSource("bad_delimiter", source.name)
    with source.path.open(encoding=encoding, errors="replace", newline="") as text:
        yield Table(sheet="", rows=_rows(text, delimiter), strict=True, encoding=encoding, delimiter=delimiter)


def _chosen(source: Source, encoding: str) -> str:
    try:
        " ".encode(encoding)
        return codecs.lookup(encoding).name
    except (LookupError, ValueError):
        raise UnreadableSource("unknown_encoding", source.name) from None


def _guessed(sample: bytes) -> str:
    """Asked last: of short Chinese texts charset-normalizer makes Korean."""
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return best.encoding if best else ""


def _delimiter_of(text: str) -> str:
    """The delimiter under which most titles are known; without known titles the one that gives most columns."""
    return max(_DELIMITERS, key=lambda delimiter: _worth(text, delimiter))


def _worth(text: str, delimiter: str) -> tuple[int, int]:
    rows = [row.values for row in islice(_rows(text.splitlines(keepends=True), delimiter), _LOOKED_AT)]
    known = max((sum(_is_known(title) for title in row) for row in rows), default=0)
    return known, max(map(len, rows), default=0)


def _is_known(title: str) -> bool:
    return any(fields.field_of(title, kind) for kind in fields.FIELDS)


def _rows(lines: TextIO | Sequence[str], delimiter: str) -> Iterator[Row]:
    """The lines of the table; blank ones are passed over, one too long for any cell stands as such."""
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        number = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Row(number, ("",), {0: "field_count"})
            continue
        if values:
            yield Row(number, tuple(values), {at: "undecodable" for at, value in enumerate(values) if LOST in value})
