"""Compares two texts of an article, field by field and line by line."""

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from itertools import zip_longest

from kb_service.domain.article import KINDS, Revision
from kb_service.domain.candidate import Candidate
from kb_service.results import DiffLine, FieldDiff

LONGEST = 4_000
"""Lines that are compared; further ones would take too long."""


def of(text: Revision | Candidate) -> Mapping[str, str]:
    """Everything of a text that a comparison shows, by field name."""
    return {
        **text.fields,
        "title": text.title,
        "asked": "\n".join(text.asked),
        "codes": "\n".join(text.codes),
        "system": " / ".join(filter(None, (text.system, text.module))),
        "valid": " – ".join(filter(None, (text.valid_from, text.valid_to))),
    }


def compare(kind: str, before: Mapping[str, str], after: Mapping[str, str]) -> tuple[FieldDiff, ...]:
    """The fields that differ, in the order they are read."""
    order = ("title", "asked", *(field.name for field in KINDS[kind].fields), "codes", "system", "valid")
    changed = [name for name in order if before.get(name, "") != after.get(name, "")]
    return tuple(FieldDiff(name, tuple(_lines(before.get(name, ""), after.get(name, "")))) for name in changed)


def _lines(before: str, after: str) -> Iterator[DiffLine]:
    old, new = before.splitlines()[:LONGEST], after.splitlines()[:LONGEST]
    for tag, from_old, to_old, from_new, to_new in SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            yield from (DiffLine("same", line, line) for line in old[from_old:to_old])
        else:
            pairs = zip_longest(old[from_old:to_old], new[from_new:to_new], fillvalue="")
            yield from (DiffLine(_change(left, right), left, right) for left, right in pairs)


def _change(before: str, after: str) -> str:
    if not before:
        return "new"
    return "changed" if after else "gone"
