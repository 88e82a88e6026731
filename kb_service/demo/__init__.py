"""The demo base as data: invented organisations, people, reports and articles read from TOML as frozen values."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from kb_service.domain.article import KINDS

FOLDER = Path(__file__).parent
OPEN, SOLVED = "处理中", "已解决"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A node of the tree; ``parent`` is the key of another, "" at the root."""

    key: str
    name: str
    kind: str
    parent: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """An application system with its modules."""

    name: str
    aliases: tuple[str, ...]
    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody to sign in as. ``roles`` are pairs of role and organisation key, ``about`` says what to try."""

    username: str
    name: str
    organisation: str
    roles: tuple[tuple[str, str], ...]
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A problem as it was told, under the names of ReportInput; ``resolved`` is None while it is open."""

    key: str
    organisation: str
    system: str
    module: str
    phenomenon: str
    environment: str
    cause: str
    resolution: str
    codes: tuple[str, ...]
    severity: str
    kind: str
    occurred: date
    handler: str
    resolved: date | None = None

    @property
    def told_on(self) -> date:
        """The day it was filed."""
        return self.resolved or self.occurred

    @property
    def status(self) -> str:
        return SOLVED if self.resolved else OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An accepted article. ``scope`` and ``restricted_to`` are organisation keys, ``reports`` keys of reports, the
    others usernames and texts; ``signer`` is "" where one reviewer is enough.
    """

    key: str
    kind: str
    title: str
    system: str
    module: str
    audience: str
    scope: str
    codes: tuple[str, ...]
    asked: tuple[str, ...]
    author: str
    reviewer: str
    published: date
    fields: Mapping[str, str]
    signer: str = ""
    reports: tuple[str, ...] = ()
    restricted_to: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Words somebody would search with, and the key of the article that answers them."""

    words: str
    article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A word, synonym set or stop word that the knowledge manager added, and why."""

    kind: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """The whole demo base."""

    organisations: tuple[Organisation, ...]
    systems: tuple[System, ...]
    people: tuple[Person, ...]
    reports: tuple[Report, ...]
    articles: tuple[Article, ...]
    questions: tuple[Question, ...]
    lexicon: tuple[Entry, ...]


@cache
def load() -> Demo:
    """The data, read once."""
    return Demo(
        organisations=tuple(Organisation(**table) for table in _tables("organisation", "organisations.toml")),
        systems=tuple(System(**table) for table in _tables("system", "systems.toml")),
        people=tuple(Person(**table) for table in _tables("person", "people.toml")),
        reports=tuple(Report(**table) for table in _tables("report", "reports/*.toml")),
        articles=tuple(_article(table) for table in _tables("article", "articles/*.toml")),
        questions=tuple(Question(**table) for table in _tables("question", "questions/*.toml")),
        lexicon=tuple(Entry(**table) for table in _tables("entry", "lexicon.toml")),
    )


def _article(table: dict[str, Any]) -> Article:
    names = [field.name for field in KINDS[table["kind"]].fields if field.name in table]
    return Article(fields={name: table.pop(name) for name in names}, **table)


def _tables(name: str, files: str) -> Iterator[dict[str, Any]]:
    for path in sorted(FOLDER.glob(files)):
        for table in tomllib.loads(path.read_text(encoding="utf-8"))[name]:
            yield {key: _frozen(value) for key, value in table.items()}


def _frozen(value: Any) -> Any:
    """Lists, nested ones too, as tuples; texts without the line ends around them."""
    if isinstance(value, list):
        return tuple(_frozen(part) for part in value)
    return value.strip() if isinstance(value, str) else value
