"""Articles or reports as JSON objects: one a line (.jsonl), or a list at the top or under ``data`` (.json)."""

import codecs
import json
from collections.abc import Iterator
from typing import Any

from importers.decoding import decoded
from importers.errors import UnreadableSource, refusal
from importers.fields import MARKDOWN, field_of
from importers.markup import markdown
from importers.results import Settings, Told
from importers.sources import Source
from kb_service.inputs import Refusal

_LIST = "data"
_LONGEST_LINE = 2**24


def read(source: Source, kind: str, settings: Settings) -> Iterator[Told | Refusal]:
    """Each object under the field names its keys stand for; a bad line is refused, the others are read."""
    if source.format == "jsonl":
        return _lines(source, kind)
    return _listed(source, kind)


def _lines(source: Source, kind: str) -> Iterator[Told | Refusal]:
    for number, line in enumerate(_texts(source), start=1):
        if line is None or line.strip():
            yield _told_or_refused(source, kind, f"第 {number} 行", line)


def _texts(source: Source) -> Iterator[str | None]:
    """The lines of a file, None for one that cannot be decoded. Each line may be in an encoding of its own."""
    with source.path.open("rb") as file:
        marked = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    if marked:
        with source.path.open(encoding="utf-16", errors="replace") as lines:
            yield from lines
        return
    with source.path.open("rb") as file:
        while line := file.readline(_LONGEST_LINE):
            yield _decoded(line)


def _decoded(line: bytes) -> str | None:
    try:
        return decoded(line)
    except ValueError:
        return None


def _told_or_refused(source: Source, kind: str, place: str, line: str | None) -> Told | Refusal:
    if line is None:
        return refusal(source.name, place, "undecodable", "这一行")
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    return _told(source, kind, place, value, line)


def _listed(source: Source, kind: str) -> Iterator[Told | Refusal]:
    try:
        value = json.loads(decoded(source.path.read_bytes()))
    except (ValueError, RecursionError) as error:
        raise UnreadableSource("unreadable", source.name) from error
    values = value.get(_LIST) if isinstance(value, dict) else value
    if not isinstance(values, list):
        raise UnreadableSource("no_list", source.name)
    for number, each in enumerate(values, start=1):
        yield _told(source, kind, f"第 {number} 个对象", each, str(each))


def _told(source: Source, kind: str, place: str, value: object, raw: str) -> Told | Refusal:
    if not isinstance(value, dict):
        return refusal(source.name, place, "bad_json", cells={"原文": raw})
    cells = {str(key): _text(each) for key, each in value.items()}
    fields: dict[str, str] = {}
    for key, text in cells.items():
        name = field_of(key, kind)
        if name and not fields.get(name):
            fields[name] = markdown(text) if kind == "article" and name in MARKDOWN else text
    return Told(source=source.name, place=place, fields=fields, cells=cells)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(_scalar, value))
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
