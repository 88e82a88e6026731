"""Frozen values that come in: what a form, a file row or an API body says, before any rule has looked at it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentInput:
    """A file that comes along. A text refers to it as ``attachment:NAME``; the base gives it an id of its own."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInput:
    """A problem as it was told and solved. Names of organisation, system and module are as told, never ids.

    ``key`` is the number it bears in its source, "" where it has none. Days are ISO texts, ``2024-02-27`` or
    ``2024-02-27 10:22``, "" where unknown. Texts are plain.
    """

    phenomenon: str
    key: str = ""
    organisation: str = ""
    system: str = ""
    module: str = ""
    environment: str = ""
    cause: str = ""
    resolution: str = ""
    codes: tuple[str, ...] = ()
    severity: str = ""
    kind: str = "fault"
    status: str = ""
    occurred: str = ""
    resolved: str = ""
    handler: str = ""
    contact: str = ""
    phone: str = ""
    attachments: tuple[AttachmentInput, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleInput:
    """An article as written or imported. ``fields`` maps field names of its kind to Markdown; names are as told.

    ``audience`` and ``scope`` (an organisation id) may be left open: then the base takes internal and the widest
    subtree the author writes for. In Markdown, ``attachment:NAME`` refers to ``attachments`` and ``article:KEY`` to
    the article that was imported under that key.
    """

    kind: str
    title: str
    fields: Mapping[str, str]
    key: str = ""
    asked: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    system: str = ""
    module: str = ""
    audience: str = ""
    scope: int | None = None
    restricted_to: tuple[int, ...] = ()
    valid_from: str = ""
    valid_to: str = ""
    attachments: tuple[AttachmentInput, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A report or article read from a file, and where it stands there."""

    source: str
    place: str
    value: ReportInput | ArticleInput
    notes: tuple[str, ...] = ()
    """Sentences about what was mended on the way, such as a dead link that became plain text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row, page or file that was not taken: where it stands, why (a stable code, a sentence), its cells as read."""

    source: str
    place: str
    reason: str
    message: str
    cells: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """A search as asked. ``filters`` maps facet names to the chosen values; ``sort`` is relevance or newest.

    ``exact`` asks for the words as they were typed, without any repair.
    """

    words: str
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "relevance"
    limit: int = 10
    offset: int = 0
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LexiconInput:
    """A word, synonym set or stop word as somebody writes it: one line of the text format of its kind, and why."""

    kind: str
    text: str
    reason: str = ""
