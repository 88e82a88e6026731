"""Which articles and reports are searchable, and the document each becomes."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import NamedTuple

from sqlalchemy import ColumnElement

from indexer.engine import Document
from indexer.schema import KeywordField, NumberField, Schema, TextField
from kb_service.domain import article as articles
from kb_service.domain import report as reports
from kb_service.domain.access import readers_of_article, readers_of_report
from kb_service.domain.article import KINDS, Article
from kb_service.domain.workflow import FINDABLE

DAY = 86_400
FACETS = ("kind", "system", "module", "organisation", "year")

SCHEMA = Schema(
    texts=(
        TextField("title", 2.0, titles=True),
        TextField("asked", 1.5, titles=True),
        TextField("symptom", 1.2),
        TextField("codes", 1.5),
        TextField("resolution", 1.0),
        TextField("body", 0.9),
    ),
    keywords=(KeywordField("readers"), *map(KeywordField, FACETS)),
    numbers=(NumberField("updated"), NumberField("validated"), NumberField("reuse"), NumberField("ends")),
)
"""The fields of the index. Weights multiply how often a term counts as found in a field."""
REUSE_LEVELS = 7
"""Each level takes twice as many people whom an article helped as the one before."""


def searchable_articles() -> ColumnElement[bool]:
    """Which articles are in the index. Every report is."""
    return Article.state.in_(FINDABLE) & (Article.revision_number > 0)


def reuse_level(people: int) -> int:
    """How much it says that an article helped so many: 0 to REUSE_LEVELS; one alone says nothing."""
    return min(max(people.bit_length() - 1, 0), REUSE_LEVELS)


def worth(now: datetime) -> Callable[[Mapping[str, int]], float]:
    """What the numbers of a document say of its worth at this time, from -1 to 1: out of force, validated, reused."""
    seconds = int(now.timestamp())

    def told(numbers: Mapping[str, int]) -> float:
        if numbers.get("ends", seconds) < seconds:
            return -1.0
        return 0.4 * numbers.get("validated", 0) + 0.6 * numbers.get("reuse", 0) / REUSE_LEVELS

    return told


PREFIXES = {"article": "a", "report": "r"}
NOUNS = {prefix: noun for noun, prefix in PREFIXES.items()}
NUMBERS: Mapping[str, Callable[[int], str]] = {"article": articles.number, "report": reports.number}
"""How people call what is in the index, by its noun."""


def document_id(noun: str, object_id: int) -> str:
    """Id in the index of an article or report, such as ``a12``."""
    return f"{PREFIXES[noun]}{object_id}"


def parse_id(name: str) -> tuple[str, int]:
    """Noun and database id of a document id."""
    return NOUNS[name[0]], int(name[1:])


class ArticleFacts(NamedTuple):
    """What the document of an article is made of: its state and its current revision; ``scope`` is a path."""

    id: int
    version: int
    kind: str
    audience: str
    state: str
    scope_id: int
    scope: str
    title: str
    texts: Mapping[str, str]
    asked: Sequence[str]
    codes: Sequence[str]
    system: str
    module: str
    published_at: datetime
    confidence: str
    valid_to: str


class ReportFacts(NamedTuple):
    """What the document of a report is made of: without handler, contact and phone; ``organisation`` is a path."""

    id: int
    version: int
    key: str
    system: str
    module: str
    organisation_id: int
    organisation: str
    phenomenon: str
    environment: str
    cause: str
    resolution: str
    codes: Sequence[str]
    occurred: str
    filed_at: datetime


def article_document(
    told: ArticleFacts, chosen: Collection[int], learned: Iterable[str] = (), solved: int = 0
) -> Document:
    """The document of an article; ``chosen`` are the ids of the organisations that may read a restricted one,
    ``learned`` what people asked who were helped by it, ``solved`` how many it helped.
    """
    texts = {field.name: "" for field in SCHEMA.texts}
    for field in KINDS[told.kind].fields:
        texts[field.text] = _joined(texts[field.text], told.texts.get(field.name, ""))
    texts |= {
        "title": told.title,
        "asked": "\n".join(chain(told.asked, learned)),
        "codes": "\n".join(chain((articles.number(told.id),), told.codes)),
    }
    return Document(
        id=document_id("article", told.id),
        version=told.version,
        texts=texts,
        keywords=_keywords(
            readers=readers_of_article(told.audience, told.state, told.scope, chosen),
            kind=told.kind,
            system=told.system,
            module=told.module,
            organisation=str(told.scope_id),
            year=str(told.published_at.year),
        ),
        numbers={
            "updated": int(told.published_at.timestamp()),
            "validated": int(told.confidence == articles.VALIDATED),
            "reuse": reuse_level(solved),
            **({"ends": _seconds(told.valid_to) + DAY} if told.valid_to else {}),
        },
    )


def report_document(told: ReportFacts) -> Document:
    """The document of a report."""
    return Document(
        id=document_id("report", told.id),
        version=told.version,
        texts={
            "title": reports.title(told.phenomenon),
            "symptom": told.phenomenon,
            "codes": "\n".join(chain((reports.number(told.id), told.key), told.codes)),
            "resolution": told.resolution,
            "body": _joined(told.environment, told.cause),
        },
        keywords=_keywords(
            readers=readers_of_report(told.organisation),
            kind="report",
            system=told.system,
            module=told.module,
            organisation=str(told.organisation_id),
            year=told.occurred[:4],
        ),
        numbers={"updated": _seconds(told.occurred) or int(told.filed_at.timestamp())},
    )


def _keywords(readers: frozenset[str], **single: str) -> dict[str, tuple[str, ...]]:
    return {"readers": tuple(sorted(readers))} | {name: (value,) if value else () for name, value in single.items()}


def _joined(*texts: str) -> str:
    return "\n".join(text for text in texts if text)


def _seconds(day: str) -> int:
    """Seconds since 1970 of an ISO day or minute, 0 where there is none."""
    try:
        return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return 0
