"""Which articles and reports are searchable, and the document each becomes."""

from datetime import UTC, datetime
from itertools import chain

from sqlalchemy import ColumnElement

from indexer.engine import Document
from indexer.schema import KeywordField, NumberField, Schema, TextField
from kb_service.domain.access import readers_of_article, readers_of_report
from kb_service.domain.article import KINDS, Article, Revision
from kb_service.domain.report import Report, ReportVersion
from kb_service.domain.workflow import FINDABLE

FACETS = ("kind", "system", "module", "organisation", "year")

SCHEMA = Schema(
    texts=(
        TextField("title", 3.0),
        TextField("asked", 2.0),
        TextField("symptom", 1.5),
        TextField("codes", 2.0),
        TextField("resolution", 1.0),
        TextField("body", 0.8),
    ),
    keywords=(KeywordField("readers"), *map(KeywordField, FACETS)),
    numbers=(NumberField("updated"),),
)
"""The fields of the index. The weights are a first choice; ranking measures and replaces them."""


def is_searchable(article: Article) -> bool:
    """Whether an article is in the index. Every report is."""
    return article.state in FINDABLE and article.revision_number > 0


def searchable_articles() -> ColumnElement[bool]:
    """The same as ``is_searchable``, as a condition."""
    return Article.state.in_(FINDABLE) & (Article.revision_number > 0)


PREFIXES = {"article": "a", "report": "r"}
NOUNS = {prefix: noun for noun, prefix in PREFIXES.items()}


def document_id(noun: str, object_id: int) -> str:
    """Id in the index of an article or report, such as ``a12``."""
    return f"{PREFIXES[noun]}{object_id}"


def parse_id(name: str) -> tuple[str, int]:
    """Noun and database id of a document id."""
    return NOUNS[name[0]], int(name[1:])


def article_document(article: Article, revision: Revision) -> Document:
    """The document of an article as its current revision tells it."""
    texts = {field.name: "" for field in SCHEMA.texts}
    for field in KINDS[article.kind].fields:
        texts[field.text] = _joined(texts[field.text], revision.texts.get(field.name, ""))
    texts |= {
        "title": revision.title,
        "asked": "\n".join(revision.asked),
        "codes": "\n".join(chain((article.number,), revision.codes)),
    }
    day = revision.published_at
    return Document(
        id=document_id("article", article.id),
        version=article.version,
        texts=texts,
        keywords=_keywords(
            readers=readers_of_article(article),
            kind=article.kind,
            system=revision.system,
            module=revision.module,
            organisation=str(article.scope_id),
            year=str(day.year),
        ),
        numbers={"updated": int(day.timestamp())},
    )


def report_document(report: Report, version: ReportVersion) -> Document:
    """The document of a report as its current version tells it: without handler, contact and phone."""
    return Document(
        id=document_id("report", report.id),
        version=report.version,
        texts={
            "title": version.title,
            "symptom": version.phenomenon,
            "codes": "\n".join(chain((report.number, report.key), version.codes)),
            "resolution": version.resolution,
            "body": _joined(version.environment, version.cause),
        },
        keywords=_keywords(
            readers=readers_of_report(report),
            kind="report",
            system=report.system,
            module=report.module,
            organisation=str(report.organisation_id),
            year=version.occurred[:4],
        ),
        numbers={"updated": _seconds(version.occurred) or int(version.filed_at.timestamp())},
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
