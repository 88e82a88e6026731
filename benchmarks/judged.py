"""Reads judged sets in the common form: docs.jsonl, queries.jsonl, qrels.tsv, each packed with gzip or not."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from benchmarks.common import data
from indexer.evaluation import Judgements

FIELDS = ("title", "body")
BODY_ONLY = "--fields body"
"""What a set's about.json notes where its titles are the questions themselves."""
SETS = ("stard", "tidb", "lecoqa", "sql_errors/zh_cn", "sql_errors/zh_tw", "drcd")
BODIES = ("drcd",)
"""Sets judged by their bodies although they do not note it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A set: texts by document id and field, questions by id, and the documents that answer each question."""

    name: str
    documents: Mapping[str, Mapping[str, str]]
    questions: Mapping[str, str]
    answers: Mapping[str, Judgements]

    def text(self, document: str) -> str:
        """All fields of a document, one after the other."""
        return "\n".join(self.documents[document].values())


def load(name: str, limit: int | None = None) -> Judged:
    """The set in the folder ``name``, or of that name among the corpora; at most ``limit`` questions, evenly chosen.

    It bears the name of its folder, or of one of SETS. Questions nobody judged are left out. Raises
    FileNotFoundError.
    """
    folder = Path(name) if (Path(name) / "qrels.tsv").exists() or _packed(Path(name), "qrels.tsv") else data() / name
    fields = _fields(folder)
    documents = {one["id"]: {field: one.get(field) or "" for field in fields} for one in _lines(folder, "docs.jsonl")}
    answers: defaultdict[str, dict[str, int]] = defaultdict(dict)
    with _open(folder, "qrels.tsv") as lines:
        for line in lines:
            question, document, grade = line.rstrip("\n").split("\t")
            if document in documents and grade.isdecimal():
                answers[question][document] = int(grade)
    questions = {one["id"]: one["text"] for one in _lines(folder, "queries.jsonl") if one["id"] in answers}
    chosen = list(questions)[:: max(1, len(questions) // limit)][:limit] if limit else list(questions)
    return Judged(
        _name(folder), documents, {one: questions[one] for one in chosen}, {one: answers[one] for one in chosen}
    )


def _name(folder: Path) -> str:
    place = folder.resolve()
    return next((name for name in SETS if place.as_posix().endswith(f"/{name}")), place.name)


def _fields(folder: Path) -> Sequence[str]:
    about = folder / "about.json"
    noted = about.exists() and BODY_ONLY in json.loads(about.read_text("utf-8")).get("note", "")
    return ("body",) if noted or folder.resolve().name in BODIES else FIELDS


def _packed(folder: Path, name: str) -> bool:
    return (folder / f"{name}.gz").exists()


def _open(folder: Path, name: str) -> IO[str]:
    if _packed(folder, name):
        return gzip.open(folder / f"{name}.gz", "rt", encoding="utf-8")
    return (folder / name).open(encoding="utf-8")


def _lines(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    with _open(folder, name) as lines:
        yield from map(json.loads, lines)
