"""Fills a base with many published articles and reports from real texts, by bulk inserts past the use cases."""

import gzip
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from indexer.analysis.pinyin import readings
from kb_service.bootstrap import KnowledgeBase, open_base
from kb_service.config import Settings
from kb_service.domain.article import KINDS, Article, ArticleReader, Revision
from kb_service.domain.organisation import Organisation
from kb_service.domain.report import Report, ReportVersion
from kb_service.store.unit_of_work import Database, Tx
from web.cli.db import upgraded

SETS = ("stard", "lecoqa", "tidb", "drcd", "sql_errors/zh_cn", "sql_errors/zh_tw")
SHORTEST, LONGEST = 100, 500
"""Characters of a text; the mean is half way."""
REPORTS = 0.2
"""Share of reports among the documents."""
PROVINCES, CITIES = 30, 5
SYSTEMS = {f"系统{number}": tuple(f"模块{number}-{part}" for part in range(8)) for number in range(20)}
AUDIENCES = ("public",) * 8 + ("internal", "restricted")
BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
BATCH = 5_000
SEARCHER = "searcher"
"""User name of an expert of the first province."""


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a packed jsonl file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def questions(data: Path) -> list[str]:
    """What people ask."""
    return [line["text"] for line in read(data / "lecoqa" / "queries.jsonl.gz")]


def beginnings(data: Path) -> list[str]:
    """What people have typed of titles so far: characters, pinyin or initials."""
    dice = random.Random(1)
    typed = []
    for title, _ in islice(texts(data), 0, 50_000, 25):
        sounds = [found[0] for character in title if (found := readings(character))]
        ways = (title, "".join(sounds), "".join(sound[0] for sound in sounds))
        way = dice.choice([way for way in ways if way])
        typed.append(way[: dice.randint(1, 12)])
    return typed


def texts(data: Path) -> Iterator[tuple[str, str]]:
    """Titles and texts without end: all bodies in their order, cut anew in every pass."""
    dice = random.Random(1)
    rest = ""
    for line in cycle([line for name in SETS for line in read(data / name / "docs.jsonl.gz")]):
        rest += line["body"] + "\n"
        while len(rest) >= LONGEST:
            length = dice.randint(SHORTEST, LONGEST)
            yield line["title"][:200], rest[:length]
            rest = rest[length:]


def fill(settings: Settings, data: Path, count: int) -> None:
    """Make a base of ``count`` documents; they are not indexed."""
    upgraded(settings)
    kb = open_base(settings)
    try:
        _add_people(kb)
    finally:
        kb.close()
    database = Database(settings.database_url(), lambda: BEGIN)
    told = texts(data)
    reports = round(count * REPORTS)
    _in_batches(database, _add_articles, islice(told, count - reports))
    _in_batches(database, _add_reports, islice(told, reports))
    database.close()


def _add_people(kb: KnowledgeBase) -> None:
    local = kb.people.local()
    kb.people.add_organisation(local, name="总局", kind="headquarters")
    for province in range(PROVINCES):
        kb.people.add_organisation(local, name=f"第{province}省局", kind="province", parent="总局")
        for city in range(CITIES):
            name = f"第{province}-{city}市局"
            kb.people.add_organisation(local, name=name, kind="city", parent=f"第{province}省局")
    for name, modules in SYSTEMS.items():
        kb.people.add_system(local, name=name, modules=modules)
    kb.people.add(local, username=SEARCHER, name="检索者", organisation="第0省局", roles=[("expert", "")])


def _in_batches(database: Database, add: Any, told: Iterator[tuple[str, str]]) -> None:
    first = 1
    while batch := list(islice(told, BATCH)):
        with database.begin() as tx:
            add(tx, first, batch)
        first += len(batch)


def _add_articles(tx: Tx, first: int, told: Sequence[tuple[str, str]]) -> None:
    dice = random.Random(first)
    places = _places(tx)
    articles = [_article(dice, number, places) for number in range(first, first + len(told))]
    tx.session.execute(insert(Article), articles)
    tx.session.execute(
        insert(Revision), [_revision(dice, one, *words) for one, words in zip(articles, told, strict=True)]
    )
    readers = [
        {"article_id": one["id"], "organisation_id": one["scope_id"]}
        for one in articles
        if one["audience"] == "restricted"
    ]
    tx.session.execute(insert(ArticleReader), readers)


def _article(dice: random.Random, number: int, places: Sequence[int]) -> dict[str, Any]:
    return {
        "id": number,
        "kind": dice.choice(list(KINDS)),
        "state": "published",
        "audience": dice.choice(AUDIENCES),
        "scope_id": dice.choice(places),
        "revision_number": 1,
        "version": 1,
    }


def _revision(dice: random.Random, article: Mapping[str, Any], title: str, text: str) -> dict[str, Any]:
    fields = _divided(text, [field.name for field in KINDS[article["kind"]].fields if field.required])
    system = dice.choice(list(SYSTEMS))
    return {
        "article_id": article["id"],
        "number": 1,
        "title": title,
        "fields": fields,
        "html": {name: f"<p>{part}</p>" for name, part in fields.items()},
        "texts": fields,
        "asked": [],
        "codes": [],
        "system": system,
        "module": dice.choice(SYSTEMS[system]),
        "author": "作者",
        "reviewer": "审核人",
        "published_at": BEGIN + timedelta(hours=dice.randrange(50_000)),
    }


def _divided(text: str, names: Sequence[str]) -> dict[str, str]:
    """The text over all of these fields, in equal parts."""
    length = -(-len(text) // len(names))
    return {name: text[at * length : (at + 1) * length] for at, name in enumerate(names)}


def _add_reports(tx: Tx, first: int, told: Iterable[tuple[str, str]]) -> None:
    dice = random.Random(-first)
    places = _places(tx)
    reports, versions = [], []
    for number, (title, text) in enumerate(told, first):
        system = dice.choice(list(SYSTEMS))
        reports.append(
            {
                "id": number,
                "identity": f"{number:064d}",
                "digest": f"{number:064d}",
                "key": f"{number:08d}",
                "organisation_id": dice.choice(places),
                "system": system,
                "module": dice.choice(SYSTEMS[system]),
            }
        )
        versions.append(
            {
                "report_id": number,
                "version": 1,
                "phenomenon": title,
                "resolution": text,
                "codes": [],
                "occurred": f"{dice.randint(2020, 2025)}-0{dice.randint(1, 9)}-15",
                "filed_at": tx.now,
                "filed_by": "处理人",
            }
        )
    tx.session.execute(insert(Report), reports)
    tx.session.execute(insert(ReportVersion), versions)


def _places(tx: Tx) -> list[int]:
    return [one for (one,) in tx.session.query(Organisation.id)]
