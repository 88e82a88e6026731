"""Which reader reads which format; a reader is imported when a source of its format comes."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Protocol, cast

from importers.results import Settings, Told
from importers.sources import Source
from importers.tables import Table
from kb_service.inputs import Refusal


class TableReader(Protocol):
    """Gives the tables of a source, rows still under column titles; raises ImportFailed when it cannot be read."""

    def tables(self, source: Source, settings: Settings) -> Iterator[Table]: ...


class TextReader(Protocol):
    """Gives the pages, forms or lines of a source; raises ImportFailed when it cannot be read."""

    def read(self, source: Source, kind: str, settings: Settings) -> Iterator[Told | Refusal]: ...


TABLES: Mapping[str, str] = {"xlsx": "xlsx", "xls": "xls", "csv": "delimited", "tsv": "delimited"}
TEXTS: Mapping[str, str] = {
    "md": "markdown_pages",
    "docx": "docx",
    "doc": "doc",
    "json": "json_values",
    "jsonl": "json_values",
}


def table_reader(format_name: str) -> TableReader:
    """The reader of a format of `TABLES`."""
    return cast(TableReader, import_module(f"{__name__}.{TABLES[format_name]}"))


def text_reader(format_name: str) -> TextReader:
    """The reader of a format of `TEXTS`."""
    return cast(TextReader, import_module(f"{__name__}.{TEXTS[format_name]}"))
