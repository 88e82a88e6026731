"""Label and value out of the tables of a form, whatever program wrote it; how the tables are read is not known here."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from importers.errors import WHOLE_FILE, MissingColumns
from importers.fields import field_of, named, required
from importers.results import Told
from importers.sources import Source
from kb_service.inputs import AttachmentInput

Rows = Sequence[Sequence[str]]

_ESSENTIAL = {"report": ("phenomenon",), "article": ("symptom", "resolution", "answer")}
_FEWEST = 3
"""A table with fewer fields is a table in a text."""
_LONGEST_LABEL = 40
_COLON = re.compile(r"[:：]")
_WIDE_GAP = re.compile(r"\t+|[ \u3000]{2,}|\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One filled-in form: its values under field names, and all labelled values as they stand."""

    fields: Mapping[str, str]
    cells: Mapping[str, str]


def forms(blocks: Sequence[str | Rows], kind: str) -> tuple[Form, ...]:
    """The forms in a document given as paragraphs (texts) and tables (rows of texts), in their order.

    A table that labels what a form cannot do without begins a form; what stands before it since the last one, and
    tables after it without such a label, belong to it. Without such a table there is no form.
    """
    found: list[list[tuple[str, str]]] = []
    before: list[tuple[str, str]] = []
    for block in blocks:
        pairs = list(_of_paragraph(block, kind) if isinstance(block, str) else _of_rows(block, kind))
        if not isinstance(block, str) and _is_form(pairs, kind):
            found.append([*before, *pairs])
            before = []
        elif found and not isinstance(block, str):
            found[-1].extend(pairs)
        else:
            before.extend(pairs)
    if found:
        found[-1].extend(before)
    return tuple(_form(pairs, kind) for pairs in found)


def told_forms(source: Source, found: Sequence[Form], attachments: tuple[AttachmentInput, ...] = ()) -> Iterator[Told]:
    """Each form where it stands: the whole file, or its number when there are several.

    Attachments come along with a form that is alone; of several nobody can say whose they are.
    """
    whole = len(found) == 1
    notes = () if whole or not attachments else (f"文档中的 {len(attachments)} 张图片无法判断属于哪张表单，未带入。",)
    for number, form in enumerate(found, start=1):
        yield Told(
            source=source.name,
            place=WHOLE_FILE if whole else f"第 {number} 张表单",
            fields=form.fields,
            cells=form.cells,
            attachments=attachments if whole else (),
            notes=notes,
        )


def no_form(source: Source, kind: str) -> MissingColumns:
    """The error for a document that holds no form of this kind."""
    return MissingColumns("missing_columns", source.name, "、".join(named(name, kind).label for name in required(kind)))


def _is_form(pairs: Sequence[tuple[str, str]], kind: str) -> bool:
    names = {field_of(label, kind) for label, _ in pairs} - {""}
    return len(names) >= _FEWEST and not names.isdisjoint(_ESSENTIAL[kind])


def _form(pairs: Sequence[tuple[str, str]], kind: str) -> Form:
    """The first value that is not empty counts for a field; `cells` keeps every one."""
    fields: dict[str, str] = {}
    cells: dict[str, str] = {}
    for label, value in pairs:
        cells[label] = "\n".join(filter(None, (cells.get(label, ""), value)))
        name = field_of(label, kind)
        if name and not fields.get(name, "").strip():
            fields[name] = value
    return Form(fields=fields, cells=cells)


def _of_rows(rows: Rows, kind: str) -> Iterator[tuple[str, str]]:
    """Label and value side by side, in one cell parted by a colon, or the label alone in the row above its value."""
    above = ""
    for row in rows:
        if above and len(row) == 1 and not _is_label(row[0], kind):
            yield above, row[0]
            above = ""
            continue
        if len(row) == 1 and _is_label(row[0], kind):
            above = _label(row[0])
            continue
        above = ""
        yield from _of_row(row, kind)


def _of_row(row: Sequence[str], kind: str) -> Iterator[tuple[str, str]]:
    """A cell before a known label is the heading of a group, before any other cell it is a label we do not know."""
    cells = list(reversed(row))
    while cells:
        cell = cells.pop()
        if _is_label(cell, kind):
            yield _label(cell), cells.pop() if cells else ""
        elif parted := list(_parted(cell, kind)):
            yield from parted
        elif cells and len(cell) <= _LONGEST_LABEL and not _is_label(cells[-1], kind):
            yield _label(cell), cells.pop()


def _of_paragraph(text: str, kind: str) -> Iterator[tuple[str, str]]:
    for part in _WIDE_GAP.split(text):
        yield from _parted(part, kind)


def _parted(text: str, kind: str) -> Iterator[tuple[str, str]]:
    label, *rest = _COLON.split(text, maxsplit=1)
    if rest and _is_label(label, kind):
        yield _label(label), rest[0].strip()


def _is_label(text: str, kind: str) -> bool:
    return len(text) <= _LONGEST_LABEL and field_of(text, kind) != ""


def _label(text: str) -> str:
    return re.sub(r"[\s:：]+", "", text)
